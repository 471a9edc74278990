"""Request ids: on every answer, in every line of their request, from a trusted proxy only."""

from __future__ import annotations

import logging
import socket
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from api.access.roles import Role
from api.http.app import create_app
from api.http.problems import LOG
from tests.api.world import served
from vision.logs import REQUEST

ID = "X-Request-Id"


@pytest.fixture
def app(world) -> FastAPI:
    made = create_app(world.site, world.database, world.evidence)

    @made.get("/v1/boom")
    def boom() -> None:  # in a request worker's thread
        LOG.warning("about to fail")
        raise KeyError("a bug")

    return made


class Noted(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str | None, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((REQUEST.get(), record.getMessage()))


@pytest.fixture
def noted():
    handler = Noted()
    loggers = [logging.getLogger(f"streetwarden.{name}") for name in ("api", "requests")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    yield handler
    for logger, level in zip(loggers, before, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


def test_every_answer_has_an_id_and_a_problem_names_it(app, world):
    key = world.key(Role.ADMIN)
    known = {"Authorization": f"Bearer {key}"}
    with served(app) as address:
        answers = [
            httpx.request(method, f"{address}{path}", headers=headers, trust_env=False)
            for method, path, headers in (
                ("GET", "/healthz", {}),
                ("GET", "/v1/cases", {}),
                ("GET", "/v1/nowhere", known),
                ("POST", "/v1/cases/reject", known),
                ("GET", "/v1/boom", known),
                ("GET", "/static/app.js", {}),
            )
        ]
        host = urlsplit(address)
        with socket.create_connection((host.hostname, host.port)) as raw:
            raw.sendall(b"NONSENSE\r\n\r\n")
            refused = raw.makefile("rb").read().decode("latin-1").lower()
    assert [a.status_code for a in answers] == [200, 401, 404, 422, 500, 200]
    ids = [answer.headers[ID] for answer in answers]
    assert len(set(ids)) == len(ids)
    for answer in answers:
        if answer.headers["content-type"] == "application/problem+json":
            assert answer.json()["request_id"] == answer.headers[ID]
    assert refused.startswith("http/1.1 400")
    assert "x-request-id: " in refused
    assert '"request_id":"' in refused


def test_every_line_of_a_request_bears_its_id(app, world, noted):
    key = world.key(Role.ADMIN)
    with served(app) as address:
        headers = {"Authorization": f"Bearer {key}", ID: "from-the-proxy.1"}
        url = f"{address}/v1/boom?q=secret"
        answer = httpx.get(url, headers=headers, trust_env=False)
    assert answer.headers[ID] == "from-the-proxy.1"
    assert {request for request, _ in noted.lines} == {"from-the-proxy.1"}
    words = [line for _, line in noted.lines]
    assert words[0] == "about to fail"
    assert any(line.startswith("incident ") for line in words)
    assert words[-1].startswith("127.0.0.1 GET /v1/boom 500 ")
    assert "secret" not in "".join(words)


@pytest.mark.parametrize("given", ["x" * 65, "a b", 'a"b', "\x1b[2J", "ü", ""])
def test_an_id_that_is_none_is_not_taken_over(app, given):
    with served(app) as address:
        headers = [(ID.encode(), given.encode())]
        answer = httpx.get(f"{address}/healthz", headers=headers, trust_env=False)
    assert answer.headers[ID] not in {given, ""}


@pytest.mark.parametrize(("proxies", "believed"), [("10.0.0.1", False), ("127.0.0.0/8", True)])
def test_only_of_a_proxy_that_is_trusted_an_id_is_believed(app, monkeypatch, proxies, believed):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", proxies)
    headers = {ID: "forged", "X-Forwarded-For": "10.0.0.1"}
    with served(app) as address:
        answer = httpx.get(f"{address}/healthz", headers=headers, trust_env=False)
    assert (answer.headers[ID] == "forged") is believed
