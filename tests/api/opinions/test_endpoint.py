"""An endpoint that is right, slow, wrong, rude and down: an answer, or a failure in words."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from werkzeug.wrappers import Response

from api.opinions.endpoint import Blame, Endpoint, Failure, Told
from api.opinions.prompt import Prompt
from tests.api.delivery.test_hostile_receivers import ENDLESS, receivers
from tests.api.opinions.model import NO, YES, Model, completion, model, said
from vision.site.second_opinion import SecondOpinion

PICTURE = b"\xff\xd8 no real picture: the stand-in does not look"
PROMPT = Prompt("Is there a bin?")
KEY = "sk-p@ss/w:ord"


@pytest.fixture(scope="module")
def served() -> Iterator[Model]:
    with model() as made:
        yield made


@pytest.fixture
def there(served: Model) -> Model:
    served.says, served.answer = YES, None
    served.bodies.clear()
    served.headers.clear()
    return served


def ask(settings: SecondOpinion) -> Told | Failure:
    return Endpoint(settings).ask(PICTURE, "image/jpeg", PROMPT)


def status(code: int, **headers: str) -> Response:
    made = Response("<h1>no</h1>", status=code, content_type="text/html")
    made.headers.extend({name.replace("_", "-"): value for name, value in headers.items()})
    return made


def failed(found: Told | Failure) -> Failure:
    assert isinstance(found, Failure), found
    assert KEY not in found.error
    return found


def test_it_gets_the_picture_and_the_question_and_nothing_else(there: Model) -> None:
    found = ask(there.settings(key=KEY))
    assert isinstance(found, Told)
    assert (found.reply.answer, found.reply.model, found.held) == ("yes", "qwen-vl", True)
    (body,) = there.bodies
    assert there.pictures == [PICTURE]
    (message,) = body.pop("messages")
    image, text = message["content"]
    assert image["image_url"]["url"].startswith("data:image/jpeg;base64,")
    assert (message["role"], text) == ("user", {"type": "text", "text": PROMPT.text})
    form = body.pop("response_format")
    assert form["json_schema"]["schema"]["properties"]["answer"]["enum"] == ["yes", "no", "unsure"]
    assert body == {"model": "small-vl", "temperature": 0, "max_tokens": 1024, "stream": False}
    (headers,) = there.headers
    assert headers["authorization"] == f"Bearer {KEY}"
    told = {"host", "accept", "accept-encoding", "connection", "content-length", "content-type"}
    assert set(headers) == told | {"user-agent", "authorization"}


@pytest.mark.parametrize("refusal", [400, 422, 501])
def test_without_schemas_the_prompt_alone_asks_for_the_form_from_then_on(
    there: Model, refusal: int
) -> None:
    there.answer = lambda body: (
        status(refusal) if "response_format" in body else said(f"```json\n{NO}\n```")
    )
    endpoint = Endpoint(there.settings())
    for _ in range(2):
        found = endpoint.ask(PICTURE, "image/jpeg", PROMPT)
        assert isinstance(found, Told)
        assert (found.reply.answer, found.held) == ("no", False)
    assert ["response_format" in body for body in there.bodies] == [True, False, False]


def test_one_that_refuses_both_is_asked_for_the_form_again(there: Model) -> None:
    there.answer = lambda _: status(400)
    endpoint = Endpoint(there.settings())
    for _ in range(2):
        refused = failed(endpoint.ask(PICTURE, "image/jpeg", PROMPT))
        assert (refused.blame, refused.status) == (Blame.ANSWER, 400)
    assert ["response_format" in body for body in there.bodies] == [True, False] * 2


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (status(401), "401; see the key"),
        (status(403), "403; see the key"),
        (status(404), "404; see the url and model"),
        (status(500), "500"),
        (status(503), "503"),
        (status(204), "204"),
        (status(307, Location="http://127.0.0.1:9/"), "redirects are not followed"),
        (status(301, Location="https://cloud.example/v1"), "redirects are not followed"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_it_answers_is_told_in_words(there: Model, answer: Response, says: str) -> None:
    there.answer = lambda _: answer
    refused = failed(ask(there.settings(key=KEY)))
    assert refused.blame is Blame.ENDPOINT
    assert says in refused.error
    assert len(there.bodies) == 1, "nobody else was asked, and it was asked once"


def test_one_that_is_busy_says_for_how_long(there: Model) -> None:
    there.answer = lambda _: status(429, Retry_After="17")
    busy = failed(ask(there.settings()))
    assert (busy.status, busy.retry_after) == (429, timedelta(seconds=17))


@pytest.mark.parametrize(
    "answer",
    [
        Response("<html><script>alert(1)</script></html>", content_type="text/html"),
        said("I cannot help with that."),
        said('{"answer": "perhaps", "why": "x"}'),
        Response(completion(YES), headers={"Content-Encoding": "gzip"}),
        Response(b"\x1f\x8b\x08\x00 no gzip", headers={"Content-Encoding": "gzip"}),
        Response(""),
    ],
    ids=["html", "prose", "word", "said gzip", "broken gzip", "empty"],
)
def test_what_is_not_in_the_form_is_no_answer(there: Model, answer: Response) -> None:
    there.answer = lambda _: answer
    found = ask(there.settings())
    if answer.data == completion(YES):  # it is read as it came, whatever it is called
        assert isinstance(found, Told)
    else:
        assert failed(found).blame is Blame.ANSWER


def test_ten_megabytes_are_not_read(there: Model) -> None:
    long = json.dumps({"answer": "yes", "why": "x" * 10_000_000})
    there.answer = lambda _: said(long)
    assert "longer than 256 KiB" in failed(ask(there.settings())).error


@pytest.mark.parametrize(
    ("answer", "more"),
    [
        (None, ""),
        (ENDLESS.format(200), ""),
        (ENDLESS.format(200), "1\r\n \r\n"),
        ("", "HTTP/1.1 100 Continue\r\n\r\n"),
        ("no HTTP", ""),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", ""),
    ],
    ids=["silent", "hangs", "endless", "interim", "nonsense", "breaks off"],
)
def test_whatever_comes_ends_in_time(answer: str | None, more: str) -> None:
    with receivers((answer, more)) as (one,):
        settings = {"url": f"http://127.0.0.1:{one.port}/v1", "model": "m", "timeout": "1s"}
        assert failed(ask(SecondOpinion.model_validate(settings))).blame is Blame.ENDPOINT
        one.let_go()


def test_one_that_is_down(there: Model) -> None:
    assert failed(ask(there.settings(url="http://127.0.0.1:9/v1"))).blame is Blame.ENDPOINT


@pytest.mark.parametrize(
    "address",
    [
        *("8.8.8.8", "[2606:4700::1111]", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("[64:ff9b::a00:9]", "[2002:a00:9::1]", "[fe80::1]", "224.0.0.1"),
    ],
)
def test_no_picture_leaves_the_sites_network(address: str) -> None:
    settings = {"url": f"http://{address}:8000/v1", "model": "m"}
    refused = failed(ask(SecondOpinion.model_validate(settings)))
    assert refused.blame is Blame.ENDPOINT
    assert "not on the site's own network" in refused.error


def test_a_name_is_resolved_once_and_its_private_addresses_are_the_ones(
    there: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolved = []

    def resolve(host: str, port: int) -> list[str]:
        resolved.append((host, port))
        return ["93.184.216.34", "127.0.0.1"] if len(resolved) == 1 else ["93.184.216.34"]

    monkeypatch.setattr("api.delivery.egress.resolve", resolve)
    named = there.settings(url=there.url.replace("127.0.0.1", "model.site"))
    assert isinstance(ask(named), Told)
    assert there.headers[0]["host"].startswith("model.site:")
    assert "not on the site's own network" in failed(ask(named)).error
    assert len(resolved) == 2


def test_a_question_is_given_up_when_the_program_ends() -> None:
    with receivers((None, "")) as (one,):
        settings = {"url": f"http://127.0.0.1:{one.port}/v1", "model": "m", "timeout": "60s"}
        endpoint, stopping = Endpoint(SecondOpinion.model_validate(settings)), threading.Event()
        found: list[Told | Failure] = []
        asking = threading.Thread(
            target=lambda: found.append(endpoint.ask(PICTURE, "image/jpeg", PROMPT, stopping))
        )
        asking.start()
        assert one.came.acquire(timeout=20)
        stopping.set()
        asking.join(20)
        one.let_go()
    assert failed(found[0]).blame is Blame.STOPPED
