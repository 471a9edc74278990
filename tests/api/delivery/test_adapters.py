"""Each form that is shipped, against a stand-in that takes exactly that form and nothing else."""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from werkzeug.wrappers import Request, Response

import api.delivery
from api.access.roles import Role
from api.delivery.outcome import Result
from api.storage.tables import CaseRow, DeliveryRow, EvidenceRow
from tests.api.delivery.stand_in import StandIn, deliver, stand_in
from tests.api.world import (
    BIN,
    CONFIRM,
    SECRET,
    World,
    cleared,
    make_event,
    make_site,
    make_world,
)
from tests.vision.site.test_odd_site_files import refusal
from vision.site.adapter import plug_in
from vision.site.file import load_site

README = Path(api.delivery.__file__).parent / "README.md"
KEY = "k3y/with+odd characters"


def strict(found: set[str], wanted: set[str]) -> list[str]:
    return [f"unknown {n}" for n in sorted(found - wanted)] + [
        f"missing {n}" for n in sorted(wanted - found)
    ]


@contextmanager
def receiver(
    tmp_path, answer: Callable[[Request], Response], adapter: str, **changes: Any
) -> Iterator[tuple[World, StandIn]]:
    with stand_in(answer) as server:
        hook = {"name": "city", "url": server.url, "adapter": adapter, "allow": ["127.0.0.0/8"]}
        world = make_world(make_site(tmp_path, hook | changes))
        try:
            yield world, server
        finally:
            world.database.close()


def delivery(world: World, number: int = -1) -> DeliveryRow:
    with world.database.read() as session:
        return list(session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)))[number]


def masked(world: World, case_id: str) -> dict[str, str]:
    """The digest of the masked picture of each moment."""
    query = select(EvidenceRow).where(EvidenceRow.case_id == case_id, EvidenceRow.role == "masked")
    with world.database.read() as session:
        return {row.moment: row.sha256 for row in session.scalars(query)}


class Platform:
    """A digital city platform: takes the form of the standard under names of its own."""

    def __init__(self) -> None:
        self.form = {"sxdm", "sxmc", "zgbm", "zgbmmc", "dzms", "dywg", "ajbh", "event_name"}
        self.form |= {"source"}
        self.wrong: list[str] = []
        self.taken: list[tuple[dict[str, str], dict[str, str]]] = []

    def __call__(self, request: Request) -> Response:
        files = {name: file.read() for name, file in request.files.items()}
        form = request.form.to_dict()
        self.wrong += strict(set(form), self.form)
        self.wrong += strict(set(files), {"pic1"} | ({"pic2"} if len(self.taken) else set()))
        if request.headers["content-type"].partition(";")[0] != "multipart/form-data":
            self.wrong.append("no multipart")
        if self.wrong:
            return Response(json.dumps({"code": 500, "msg": self.wrong}), 200)
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        self.taken.append((form, digests))
        return Response(json.dumps({"code": 0, "taskno": 20260521001}))


PLATFORM = {
    "names": {
        "matter_code": "sxdm",
        "matter_name": "sxmc",
        "department_code": "zgbm",
        "department_name": "zgbmmc",
        "address": "dzms",
        "grid": "dywg",
        "case_id": "ajbh",
        "event": "event_name",
        "before": "pic1",
        "after": "pic2",
    },
    "fixed": {"source": "17"},
    "accepted": {"code": 0},
    "task_no": "taskno",
}


def test_a_platform_gets_the_six_fields_and_masked_pictures_from_before_and_after(tmp_path):
    platform = Platform()
    with receiver(tmp_path, platform, "digital_city", settings=PLATFORM) as (world, _):
        event = make_event()
        case = world.take(event)
        world.review(case, CONFIRM)
        outcome = deliver(world, "city")
        assert (outcome.result, platform.wrong) == (Result.DELIVERED, [])
        world.take(cleared(event))
        assert deliver(world, "city").result is Result.DELIVERED
        pictures = masked(world, case)
        detail = world.read(case)
    [(form, before), (later, both)] = platform.taken
    assert form == {
        "sxdm": "09006",
        "sxmc": "占道经营",
        "zgbm": "11421303MB1234567X",
        "zgbmmc": "City management",
        "dzms": "Market gate",
        "dywg": "421303001002003",
        "ajbh": case,
        "event_name": "confirmed",
        "source": "17",
    }
    assert later == form | {"event_name": "cleared"}
    assert before == {"pic1": pictures["confirmed"]}
    assert both == {"pic1": pictures["confirmed"], "pic2": pictures["cleared"]}
    assert detail.task_no == "20260521001"
    assert [e.action for e in detail.log][-3:] == ["emitted", "numbered", "cleared"]


def test_a_case_that_lacks_a_field_is_a_dead_letter_at_once_and_nothing_is_sent(tmp_path):
    with receiver(tmp_path, Platform(), "digital_city") as (world, server):
        world.review(world.case(camera="yard", zone="whole picture", **BIN), CONFIRM)
        outcome = deliver(world, "city")
        row = delivery(world)
        assert server.asked == []
    assert outcome.result is Result.REFUSED
    assert (row.state, row.attempts) == ("dead", 1)
    for said in ("department code", "department name", "address", "unit-grid code", "fallback"):
        assert said in row.last_result
    assert "matter" not in row.last_result


def test_the_sites_fallback_fills_what_a_camera_does_not_say_and_its_length_is_checked(tmp_path):
    fallback = {
        "department_code": "11421303MB1234567X",
        "department_name": "CG",
        "address": "somewhere",
        "grid": "4213030010",
    }
    with receiver(
        tmp_path, Platform(), "digital_city", settings={**PLATFORM, "fallback": fallback}
    ) as (world, _):
        world.review(world.case(camera="yard", zone="whole picture", **BIN), CONFIRM)
        assert "no unit-grid code (单元网格编码) of 15 characters" in deliver(world, "city").error
    fallback["grid"] = "421303001002003"
    with receiver(
        tmp_path / "b",
        platform := Platform(),
        "digital_city",
        settings={**PLATFORM, "fallback": fallback},
    ) as (world, _):
        world.review(world.case(camera="yard", zone="whole picture", **BIN), CONFIRM)
        assert deliver(world, "city").result is Result.DELIVERED
    assert platform.taken[0][0]["dywg"] == "421303001002003"


def test_an_answer_200_that_says_no_is_tried_again_in_its_words(tmp_path):
    def no(_: Request) -> Response:
        return Response(json.dumps({"code": 17, "taskno": "1"}))

    with receiver(tmp_path, no, "digital_city", settings=PLATFORM) as (world, _):
        case = world.case()
        world.review(case, CONFIRM)
        assert "code='17', not 0" in deliver(world, "city").error
        assert delivery(world).state == "pending"
        assert world.read(case).task_no is None


def test_a_picture_in_which_more_was_masked_since_is_the_one_that_is_sent(tmp_path):
    platform = Platform()
    with receiver(tmp_path, platform, "digital_city", settings=PLATFORM) as (world, _):
        case = world.case()
        world.review(case, CONFIRM)
        better = world.evidence.put(b"more is masked")
        with world.database.write() as session:
            query = select(EvidenceRow).where(EvidenceRow.role == "masked")
            old = session.scalars(query).one()
            old.replaced_by = better
            columns = ("case_id", "episode_id", "of", "camera", "captured_at", "media_type")
            kept = {name: getattr(old, name) for name in columns}
            session.add(EvidenceRow(**kept, sha256=better, role="masked", size=14, moment="later"))
        assert deliver(world, "city").result is Result.DELIVERED
    assert platform.taken[0][1] == {"pic1": better}


def test_a_purged_picture_is_told_in_words(tmp_path):
    with receiver(tmp_path, Platform(), "digital_city", settings=PLATFORM) as (world, server):
        world.review(world.case(), CONFIRM)
        with world.database.write() as session:
            session.execute(update(EvidenceRow).values(purged_at=EvidenceRow.captured_at))
        outcome = deliver(world, "city")
        assert (outcome.result, server.asked) == (Result.REFUSED, [])
        assert "is not there (any more)" in outcome.error


OPEN311 = {
    "services": {"street_vending/stall": "V6", "overflowing_bin": "B1"},
    "jurisdiction_id": "zengdu.gov.cn",
    "description": "{matter} at {address} since {first_seen}",
}


class Endpoint:
    """A GeoReport v2 endpoint: form-encoded in, JSON or XML out, errors as the specification's."""

    def __init__(self, form: str, *, located: bool = True) -> None:
        self.format, self.taken = form, list[dict[str, str]]()
        place = {"lat", "long"} if located else {"address_string"}
        self.wanted = {"service_code", "description", "jurisdiction_id", "api_key"} | place
        self.answer = {"service_request_id": "SR-77"}

    def __call__(self, request: Request) -> Response:
        if (request.method, request.path) == ("GET", f"/in/services.{self.format}"):
            return Response("[]")
        assert (request.method, request.path) == ("POST", f"/in/requests.{self.format}")
        form = request.form.to_dict()
        wrong = strict(set(form), self.wanted)
        if request.headers["content-type"] != "application/x-www-form-urlencoded":
            wrong.append("no form")
        if form.get("api_key") != KEY:
            return Response("[]", 403)
        if wrong or form["service_code"] not in {"V6", "B1"}:
            told = f"{wrong} {form.get('service_code')} {form.get('api_key')}"
            return self.said("errors", "error", {"code": "400", "description": told}, 400)
        self.taken.append(form)
        return self.said("service_requests", "request", self.answer, 201)

    def said(self, outer: str, inner: str, fields: dict[str, str], status: int) -> Response:
        if self.format == "json":
            return Response(json.dumps([fields]), status, content_type="application/json")
        parts = "".join(f"<{n}>{v}</{n}>" for n, v in fields.items())
        body = (
            f"<?xml version='1.0' encoding='utf-8'?><{outer}><{inner}>{parts}</{inner}></{outer}>"
        )
        return Response(body, status, content_type="text/xml")


@contextmanager
def endpoint(tmp_path, server: Endpoint, **changes: Any):
    settings = OPEN311 | {"api_key": KEY, "format": server.format} | changes
    with receiver(tmp_path, server, "open311", stages=["confirmed"], settings=settings) as (
        world,
        stand,
    ):
        yield world, stand


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize("number", ["service_request_id", "token"])
def test_an_endpoint_gets_a_service_request_and_its_number_is_the_cases(tmp_path, form, number):
    server = Endpoint(form)
    server.answer = {number: "SR-77"}
    with endpoint(tmp_path, server) as (world, _):
        case = world.case()
        world.review(case, CONFIRM)
        assert deliver(world, "city").result is Result.DELIVERED
        detail = world.read(case)
    assert server.taken == [
        {
            "service_code": "V6",
            "lat": "31.710000",
            "long": "113.380000",
            "description": "stall on public way at Market gate since 2026-05-21 12:00",
            "jurisdiction_id": "zengdu.gov.cn",
            "api_key": KEY,
        }
    ]
    assert detail.task_no == "SR-77"
    assert KEY not in detail.model_dump_json()


def test_a_case_without_a_position_is_filed_by_its_address_or_not_at_all(tmp_path):
    server = Endpoint("json", located=False)
    with endpoint(tmp_path, server) as (world, stand):
        for address in ("by the yard", ""):
            case = world.case(camera="yard", zone="whole picture", **BIN)
            with world.database.write() as session:
                session.get(CaseRow, case).address = address
            world.review(case, CONFIRM)
            outcome = deliver(world, "city")
            with world.database.write() as session:  # else the next one is a sighting of it
                session.get(CaseRow, case).stage = "closed"
        assert len(stand.asked) == 1
    assert server.taken[0]["address_string"] == "by the yard"
    assert outcome.result is Result.REFUSED
    assert "neither a position nor an address" in outcome.error


def test_what_an_endpoint_refuses_is_a_dead_letter_in_its_words_without_the_key(tmp_path):
    services = {"street_vending": "no such code"}
    with endpoint(tmp_path, Endpoint("xml"), services=services) as (world, stand):
        world.review(world.case(), CONFIRM)
        outcome = deliver(world, "city")
        world.review(world.case(**BIN), CONFIRM)
        unmapped = deliver(world, "city")
        assert len(stand.asked) == 1
    assert outcome.result is Result.REFUSED
    assert "no such code" in outcome.error
    assert KEY not in outcome.error
    assert unmapped.result is Result.REFUSED
    assert "no service code for overflowing_bin/bin_overflow" in unmapped.error


@pytest.mark.parametrize(
    "body", ["", "[", "[" * 9000, "7", "[[]]", "<a>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"]
)
def test_an_accepted_case_stays_accepted_whatever_else_the_endpoint_says(tmp_path, body):
    for form in ("json", "xml"):
        server = Endpoint(form)
        server.said = lambda *_: Response(body, 201)
        with endpoint(tmp_path / form, server) as (world, _):
            case = world.case()
            world.review(case, CONFIRM)
            assert deliver(world, "city").result is Result.DELIVERED
            assert world.read(case).task_no is None


NOTICE = {
    "text": {"zh": "您在{address}的{matter}行为，请立即整改。{{执法}}", "en": "{matter}"},
    "token": "t0ken",
}


def noticed(world: World) -> str:
    case = world.case()
    world.review(case, CONFIRM)
    with world.database.write() as session:
        session.get(CaseRow, case).stage = "emitted"
    told = {
        "said": "Correct it.",
        "at": "2026-05-21T04:30:00Z",
        "where": "Market gate",
        "way": "text",
        "gateway": "sms",
    }
    world.step(case, {"step": "notice", "data": told}, world.principal(Role.ADMIN))
    return case


def test_a_notice_goes_to_the_gateway_after_the_step_of_that_name_and_is_logged(tmp_path):
    came: list[dict[str, Any]] = []

    def gateway(request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer t0ken"
        assert request.headers["content-type"] == "application/json; charset=utf-8"
        assert "webhook-signature" in request.headers
        came.append(json.loads(request.data))
        return Response(status=202)

    with receiver(
        tmp_path, gateway, "notice_gateway", stages=["noticed"], settings=NOTICE, secret=SECRET
    ) as (world, _):
        case = noticed(world)
        assert deliver(world, "city").result is Result.DELIVERED
        last = world.read(case).log[-1]
        event = delivery(world).event_id
    assert came == [
        {
            "event_id": event,
            "case_id": case,
            "way": "text",
            "language": "zh",
            "text": "您在Market gate的占道经营行为，请立即整改。{执法}",
            "address": "Market gate",
            "grid": "421303001002003",
        }
    ]
    assert (last.action, last.reason, last.data) == (
        "notice",
        "city took it",
        {
            "said": [{"code": "told_to", "params": {"receiver": "city"}}],
            "receiver": "city",
            "event": event,
        },
    )


def test_a_notice_that_reaches_nobody_is_in_the_log(tmp_path):
    with receiver(
        tmp_path,
        lambda _: Response(status=404),
        "notice_gateway",
        stages=["noticed"],
        settings=NOTICE,
    ) as (world, _):
        case = noticed(world)
        assert deliver(world, "city").result is Result.REFUSED
        last = world.read(case).log[-1]
    assert last.action == "notice_failed"
    assert "it can tell nobody" in last.reason


TO_311 = "adapter: open311\n    stages: [confirmed]\n    settings:\n      services: {a: b}\n"
NOTED = "adapter: notice_gateway\n    stages: [noticed]\n    settings:\n"
MISTAKES = [
    ("adapter: nope", "webhooks.0.adapter: 'nope' is no adapter; choose from cloudevents, "),
    ("adapter: open311\n    stages: [confirmed]", "3: webhooks.0.settings.services: is required"),
    (
        "adapter: open311\n    settings: {services: {}}",
        "the adapter open311 has no form for cleared, reopened; write stages: [confirmed]",
    ),
    (
        "adapter: digital_city\n    settings:\n      names: {gird: x}",
        "7: webhooks.0.settings.names.gird: no such setting",
    ),
    (
        f"{TO_311}      api_key: 918273",
        "9: webhooks.0.settings.api_key: is a text",
    ),
    (
        f"{TO_311}      description: '{{adress}}'",
        "9: webhooks.0.settings.description: {adress} is no placeholder; there are {case_id}, ",
    ),
    (
        f"{NOTED}      text: {{zh: '{{', en: a}}",
        "webhooks.0.settings.text.zh: ",
    ),
    ("kinds: [all]", "webhooks.0: secret is required"),
    ("secret: x\n    cameras: [gone]", "no camera is called 'gone'"),
    ("secret: x\n    fields: [reviewer]", "webhooks.0.fields.0: "),
    ("secret: x\n    origin: https://a.example", "webhooks.0.origin: is a host name"),
]


@pytest.mark.parametrize(("given", "told"), MISTAKES)
def test_a_mistake_in_a_receivers_section_has_its_line_and_its_mend(tmp_path, given, told):
    path = tmp_path / "site.yaml"
    path.write_text(
        "site: {name: t}\nwebhooks:\n  - name: w\n    url: https://x.example\n    " + given + "\n"
    )
    said = refusal(path)
    assert told in said.replace(f"{path}:", "")
    assert "918273" not in said


def test_the_receiver_in_the_readme_is_one(tmp_path, monkeypatch):
    given = README.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    for name in ("NEW_SECRET", "OLD_SECRET"):
        monkeypatch.setenv(name, SECRET)
    path = tmp_path / "site.yaml"
    path.write_text(
        "site: {name: t}\ncameras: [{id: market-gate, source: a.mp4}]\n" + given, encoding="utf-8"
    )
    [hook] = load_site(path).webhooks
    assert hook.origin == "streetwarden.example"


def test_a_minimal_plug_in_of_another_package_is_found_by_its_entry_point(tmp_path, monkeypatch):
    """The example of `api/delivery/README.md`, installed as a package is."""
    readme = README.read_text(encoding="utf-8")
    code = readme.split("```python\n")[1].split("```")[0]
    (tmp_path / "city_log.py").write_text(textwrap.dedent(code))
    info = tmp_path / "city_log-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: city-log\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[streetwarden.adapters]\ncity_log = city_log:CityLog\n")
    monkeypatch.syspath_prepend(tmp_path)
    plug_in.cache_clear()
    came: list[tuple[str, str]] = []

    def answer(request: Request) -> Response:
        came.append((request.headers["content-type"], request.get_data(as_text=True)))
        return Response(status=201)

    with stand_in(answer) as server:
        path = tmp_path / "site.yaml"
        path.write_text(
            f"site: {{name: t}}\nwebhooks:\n  - name: log\n    url: {server.url}\n"
            "    adapter: city_log\n    settings: {prefix: 5}\n    allow: [127.0.0.0/8]\n"
        )
        assert "6: webhooks.0.settings.prefix: is a text" in refusal(path).replace(f"{path}:", "")
        path.write_text(path.read_text().replace("prefix: 5", "prefix: SW"))
        made = make_site(tmp_path)
        world = make_world(made.model_copy(update={"webhooks": load_site(path).webhooks}))
        case = world.case()
        world.review(case, CONFIRM)
        assert deliver(world, "log").result is Result.DELIVERED
        world.database.close()
    plug_in.cache_clear()
    assert came == [("text/plain; charset=utf-8", f"SW {case} confirmed")]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("SR\x00-\ud800\u202e7", r"SR\x00-\ud800\u202e7"),
        ("7" * 1000, "7" * 200),
        (77, "77"),
        (" \n ", None),
        ({"id": 7}, None),
        (True, None),
        ("", None),
    ],
)
def test_whatever_an_endpoint_gives_as_a_number_the_case_is_delivered(tmp_path, said, kept):
    server = Endpoint("json")
    server.answer = {"service_request_id": said}
    with endpoint(tmp_path, server) as (world, _):
        case = world.case()
        world.review(case, CONFIRM)
        assert deliver(world, "city").result is Result.DELIVERED
        detail = world.read(case)
    assert (detail.stage, detail.task_no) == ("emitted", kept)
