"""What is logged: one form for all, and no secret in it, whoever wrote it and however."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import threading
import time

import pytest
from pydantic import SecretStr

from tests.api.world import SECRET, make_site
from vision.errors import StreetwardenError
from vision.logs import REQUEST, LogFormat, Logs, log_to_stderr, set_up
from vision.redaction import REDACTION, Redaction, secrets_of

KEY = "sw_0123456789ab_AbCdEf-GhIjKl_MnOpQrStUvWxYz0123456789abcdef"
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJsaSJ9.MEUCIQDx-secret"
HOSTILE = "p@ss:w/ör?d#1&\"2'3\\4 5\n6"


@pytest.fixture
def log(monkeypatch):
    """`log(form)` sets logging up as a process of its own would; gives what it wrote."""
    text = io.StringIO()
    before, hook = logging.root.level, threading.excepthook

    def start(form=LogFormat.JSON, *, verbose=False):
        # Only now: pytest puts its own there before each test.
        monkeypatch.setattr(logging.root, "handlers", [])
        monkeypatch.setattr("sys.stderr", text)
        log_to_stderr(verbose=verbose, form=form)
        return text

    yield start
    logging.root.setLevel(before)
    threading.excepthook = hook


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("rtsp://admin:hunter22@10.0.0.5/stream1 does not answer", "hunter22"),
        ("rtsp://admin:p@ss/w:rd1@10.0.0.5/stream1", "ss/w:rd1"),
        ("x" * 50 + "://u:hunter22@h/", "hunter22"),
        ("https://h/hook?access=abcdef123456 says no", "abcdef123456"),
        ("postgresql+psycopg://city:hunter22@db/cases", "hunter22"),
        (f"key {KEY} is unknown", KEY[16:]),
        (f"/#key={KEY}", KEY[16:]),
        (f"secret {SECRET} has gone", SECRET[6:]),
        (f"headers: {{'authorization': 'Bearer {KEY}', 'accept': '*/*'}}", KEY[16:]),
        ("[(b'authorization', b'Basic YWRtaW46aHVudGVyMjI='), (b'a', b'b')]", "YWRtaW46"),
        ("Authorization: Digest username=x, response=6629fae49393a05397", "6629fae4"),
        ("Cookie: sid=Fe26.2**abc; theme=dark\r\nHost: x", "Fe26"),
        ('{"set-cookie": "session=Fe26.2**abc; HttpOnly"}', "Fe26"),
        ("X-Api-Key: 3f786850e387550f", "3f786850"),
        ("webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=", "K5oZ"),
        ("bearer tokens: Bearer abc.def-ghi_jkl", "abc.def"),
        (f"id_token {JWT} is expired", "MEUC"),
        ('{"client_secret": "a \\" b", "user": "li"}', 'a \\" b'),
        ("password = 'hunter 22' for li", "hunter"),
        ("aws_secret_access_key=wJalrXUtnFEMI/K7MDENG", "wJalr"),
        ("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----", "MC4C"),
        (repr("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIV"), "MC4C"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text, secret):
    assert secret in text
    assert secret not in Redaction()(text)
    assert "***" in Redaction()(text)


@pytest.mark.parametrize(
    "text",
    [
        "webhook main: the receiver answered 503",
        "camera gate: shows only darkness",
        "http://127.0.0.1:8000/v1/cases/SW-1 is served",
        "case SW-01ARZ3NDEKTSV4RRFFQ69G5FAV confirmed by Officer Li",
        "a key with the role viewer may not do this; ask for another role",
    ],
)
def test_other_words_stay_as_they_are(text):
    assert Redaction()(text) == text


@pytest.mark.parametrize("spelt", [str, repr, json.dumps, lambda s: repr(s.encode())])
def test_the_sites_own_secrets_are_hidden_in_every_spelling(spelt):
    redaction = Redaction()
    redaction.hide([HOSTILE, "abc"])
    text = redaction(f"the library said: {spelt(HOSTILE)}, abc")
    for part in ("p@ss", "w/", "rd", "4 5"):
        assert part not in text.replace("library", "").replace("word", "")
    assert text.endswith("abc")  # three characters are in everything


def test_the_secrets_of_a_site_are_all_that_is_marked_or_stands_in_an_address(tmp_path):
    hook = {"name": "a", "url": "https://u:in-the-url@h.example/x?mode=live", "secret": SECRET}
    site = make_site(tmp_path, hook)
    found = set(secrets_of(site))
    assert {SECRET, "in-the-url"} <= found
    assert "live" not in found
    assert set(secrets_of({"a": [SecretStr("b1"), ("c", "rtsp://x:y%40z@h/")]})) >= {"b1", "y@z"}


def test_hostile_texts_take_no_time():
    began = time.process_time()
    for piece in ("a", "a.", "a-", "password", "token:", "'\\", "://", "sw_a_", "basic ", "eyJ"):
        Redaction()(piece * (64_000 // len(piece)))
    assert time.process_time() - began < 20  # quadratic ones would take an hour


def test_a_line_of_json_says_who_when_and_for_which_request(log):
    text = log()
    token = REQUEST.set("r-1")
    logging.getLogger("streetwarden.x").warning("case %s\nforged \x1b[2J\u2028", "SW-1")
    REQUEST.reset(token)
    logging.getLogger("streetwarden.x").warning("another")
    logging.getLogger("streetwarden.x").info("not asked for")
    first, second = map(json.loads, text.getvalue().split("\n")[:-1])
    assert first["message"] == "case SW-1\nforged \x1b[2J\u2028"
    assert (first["level"], first["logger"], first["request"]) == (
        "WARNING",
        "streetwarden.x",
        "r-1",
    )
    assert first["time"].endswith("+00:00")
    assert isinstance(first["pid"], int)
    assert "request" not in second
    assert "\x1b" not in text.getvalue()


@pytest.mark.parametrize("form", list(LogFormat))
def test_errors_their_causes_and_arguments_that_do_not_fit_are_redacted_too(log, form):
    text = log(form)
    logger = logging.getLogger("streetwarden.x")
    try:
        try:
            int(f"rtsp://admin:hunter22@h/ {SECRET}")
        except ValueError as cause:
            raise KeyError(f"Authorization: Bearer {KEY}") from cause
    except KeyError:
        logger.exception("it failed", stack_info=True)
    logger.error("%d cameras", "rtsp://admin:hunter22@h/")
    said = text.getvalue()
    assert "KeyError" in said
    assert "ValueError" in said
    for secret in ("hunter22", SECRET[6:], KEY[16:]):
        assert secret not in said
    if form is LogFormat.JSON:
        assert all(json.loads(line) for line in said.splitlines())


def test_a_thread_that_dies_says_so_in_the_log(log):
    text = log()

    def die() -> None:
        raise RuntimeError("rtsp://admin:hunter22@h/")

    thread = threading.Thread(target=die, name="grace-timer")
    thread.start()
    thread.join()
    line = json.loads(text.getvalue())
    assert line["level"] == "CRITICAL"
    assert "grace-timer" in line["message"]
    assert "RuntimeError" in line["exception"]
    assert "hunter22" not in text.getvalue()


def test_the_environment_names_the_form(monkeypatch):
    monkeypatch.setenv("STREETWARDEN_LOG_FORMAT", "json")
    assert log_to_stderr().form is LogFormat.JSON
    assert log_to_stderr(form=LogFormat.TEXT).form is LogFormat.TEXT
    monkeypatch.setenv("STREETWARDEN_LOG_FORMAT", "xml")
    with pytest.raises(StreetwardenError, match="write text or json"):
        log_to_stderr()


CHILD = """
import logging, multiprocessing, sys
from vision.logs import log_to_stderr, running, set_up
from vision.redaction import REDACTION

def child(logs):
    set_up(logs)
    logging.getLogger("vision.x").warning("from the child: rtsp://a:hunter22@h/")

if __name__ == "__main__":
    log_to_stderr()
    logging.getLogger("vision.x").warning("from the parent")
    process = multiprocessing.get_context("spawn").Process(
        target=child, args=(running(),), name="worker-1")
    process.start()
    process.join()
"""


def test_processes_that_are_started_log_in_the_same_form(tmp_path, monkeypatch):
    script = tmp_path / "child.py"
    script.write_text(CHILD, encoding="utf-8")
    monkeypatch.setenv("STREETWARDEN_LOG_FORMAT", "json")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    parent, child = map(json.loads, done.stderr.splitlines())
    assert (parent["process"], child["process"]) == ("MainProcess", "worker-1")
    assert child["message"] == "from the child: rtsp://***@h/"


def test_a_site_that_is_watched_has_its_secrets_hidden(tmp_path, monkeypatch):
    from scripts.watching import choose_site

    monkeypatch.setattr(REDACTION, "_known", ())
    path = tmp_path / "site.yaml"
    path.write_text(
        "site: {name: s}\ncameras: [{id: a, source: 'rtsp://u:s3cr3t%2Fpw@10.0.0.1/x'}]\n",
        encoding="utf-8",
    )
    choose_site(path, [])
    assert REDACTION("libav: s3cr3t/pw was refused") == "libav: *** was refused"


def test_logging_that_goes_somewhere_is_left_alone(log):
    text = log()
    before = list(logging.root.handlers)
    set_up(Logs(logging.INFO, LogFormat.TEXT))
    assert logging.root.handlers == before
    assert text.getvalue() == ""
