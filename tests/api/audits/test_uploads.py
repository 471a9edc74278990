"""Uploads over a real server: resumed, and whatever a hostile client sends."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from typing import Any
from unittest import mock

import httpx
import pytest

from api.access.roles import Role
from api.audits import store
from api.audits.folders import Folders
from api.http.app import create_app
from api.http.routes.audit_files import OCTETS
from tests.api.world import World, make_site, make_world, served

TUS = {"Tus-Resumable": "1.0.0", "Content-Type": OCTETS}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_world(make_site(tmp_path_factory.mktemp("uploads")))
    yield made
    made.database.close()


@pytest.fixture(scope="module")
def http(world: World) -> Iterator[httpx.Client]:
    """An officer at a server that starts no audit, for its runner is asleep."""
    app = create_app(world.site, world.database, world.evidence)
    with (
        mock.patch("api.audits.runner.Runner._round"),
        served(app) as address,
        httpx.Client(
            base_url=address,
            headers={"Authorization": f"Bearer {world.key(Role.OFFICER)}"},
            trust_env=False,
            timeout=60,
        ) as client,
    ):
        yield client


@pytest.fixture
def audit(http: httpx.Client) -> Iterator[str]:
    made: str = http.post("/v1/audits", json={"name": "a walk"}).json()["id"]
    yield made
    http.post(f"/v1/audits/{made}/cancel")
    assert http.delete(f"/v1/audits/{made}").status_code in {204, 404}


def begin(http: httpx.Client, audit: str, name: str, size: int) -> httpx.Response:
    named = base64.b64encode(name.encode("utf-8", "surrogatepass")).decode()
    headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": f"filename {named}"}
    return http.post(f"/v1/audits/{audit}/files", headers=headers)


def place(http: httpx.Client, audit: str, name: str, size: int) -> str:
    answer = begin(http, audit, name, size)
    assert answer.status_code == 201, answer.text
    return f"/v1/audits/{audit}/{answer.headers['Location']}"


def send(http: httpx.Client, where: str, offset: int, content: bytes, **headers: str) -> Any:
    return http.patch(
        where, headers={**TUS, "Upload-Offset": str(offset)} | headers, content=content
    )


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def code_of(answer: httpx.Response) -> str | None:
    return code(answer)[1] if answer.is_error else None


def test_an_upload_goes_on_where_its_connection_broke(
    http: httpx.Client, audit: str, world: World
) -> None:
    where = place(http, audit, "walk/现场 1.jpg", 3_000_000)
    content = bytes(range(256)) * 11_718 + bytes(192)
    with socket.create_connection((http.base_url.host, http.base_url.port)) as line:
        head = (
            f"PATCH {where} HTTP/1.1\r\nHost: x\r\nContent-Type: {OCTETS}\r\nUpload-Offset: 0\r\n"
            f"Authorization: {http.headers['Authorization']}\r\nContent-Length: {len(content)}\r\n"
            "\r\n"
        )
        line.sendall(head.encode() + content[:2_000_000])
    # The server writes on until it hears that nobody is there; who comes too early is told so.
    while (there := int(http.head(where).headers["Upload-Offset"])) < 2_000_000:
        assert there <= len(content)
    while code_of(answer := send(http, where, there, content[there:])) == "audit_file_busy":
        continue
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(len(content)))
    files = http.get(f"/v1/audits/{audit}").json()["files"]
    assert [(f["name"], f["offset"]) for f in files] == [("walk/现场 1.jpg", len(content))]
    assert http.post(f"/v1/audits/{audit}/start").json()["state"] == "queued"
    given = world.site.storage.folder / "audits" / audit / "given/walk/现场 1.jpg"
    assert given.read_bytes() == content
    assert code(begin(http, audit, "late.jpg", 1)) == (409, "audit_started")
    assert code(send(http, where, len(content), b"")) == (409, "audit_started")
    assert code(http.delete(f"/v1/audits/{audit}")) == (409, "audit_runs")


def test_wrong_offsets_two_writers_and_too_much_are_refused_and_change_nothing(
    http: httpx.Client, audit: str, world: World
) -> None:
    where = place(http, audit, "a.jpg", 10)
    assert send(http, where, 0, b"01234").status_code == 204
    for offset in (0, 4, 6, 10, 2**40):
        assert code(send(http, where, offset, b"x")) == (409, "audit_offset")
    assert code(send(http, where, 5, b"x" * 6)) == (413, "audit_file_longer")
    assert code(send(http, where, 5, b"x", **{"Content-Type": "text/plain"}))[0] == 415
    assert code(send(http, where, 5, b"x", **{"Tus-Resumable": "0.2.2"}))[0] == 412
    assert send(http, where, -1, b"x").status_code == 422
    folders = Folders(world.site.storage.folder / "audits")
    row = store.AuditStore(world.database).files(audit)[0]
    with folders.upload(row, 5):
        assert code(send(http, where, 5, b"56789")) == (409, "audit_file_busy")
    assert http.head(where).headers["Upload-Offset"] == "5"
    assert code(http.post(f"/v1/audits/{audit}/start")) == (409, "audit_incomplete")
    assert send(http, where, 5, b"56789").status_code == 204
    assert code(begin(http, audit, "a.jpg", 1)) == (409, "audit_file_twice")
    assert code(begin(http, audit, "a.jpg/b.jpg", 1)) == (409, "audit_file_twice")
    assert http.delete(where).status_code == 204
    assert http.head(where).status_code == 404
    assert code(http.post(f"/v1/audits/{audit}/start")) == (409, "audit_empty")


@pytest.mark.parametrize(
    "name",
    [
        *("../a.jpg", "/a.jpg", "a/../../b.jpg", "a//b.jpg", "./a.jpg", "..", "a\\b.jpg", " a.jpg"),
        *("a\0.jpg", "a\x1b[31m.jpg", "a\u202egpj.exe", "a\n.jpg", "\ud800.jpg", "x" * 241),
        *("a/" * 12 + "b.jpg", "文" * 81 + ".jpg"),
    ],
)
def test_a_name_that_leads_elsewhere_or_hides_what_it_is_is_refused(
    http: httpx.Client, audit: str, name: str
) -> None:
    answer = begin(http, audit, name, 1)
    assert code(answer) in {(409, "audit_file_name"), (422, "audit_metadata")}
    assert http.get(f"/v1/audits/{audit}").json()["files"] == []


def test_what_does_not_fit_is_refused_before_it_is_sent(http: httpx.Client, audit: str) -> None:
    assert code(begin(http, audit, "huge.tif", 2**40)) == (413, "audit_file_large")
    with mock.patch("api.audits.store.LARGEST_AUDIT", 1000):
        place(http, audit, "a.jpg", 900)
        assert code(begin(http, audit, "b.jpg", 101)) == (413, "audit_large")
    with mock.patch("api.audits.store.MOST_FILES", 1):
        assert code(begin(http, audit, "b.jpg", 1)) == (413, "audit_files_many")
    with mock.patch("api.audits.store.MOST_UNFINISHED", 1):
        answer = http.post("/v1/audits", json={"name": "another"})
        assert code(answer) == (409, "audits_unfinished")


def test_a_full_disk_keeps_what_has_come_and_leaves_room_for_cases(
    http: httpx.Client, audit: str
) -> None:
    where = place(http, audit, "a.jpg", 10)
    with mock.patch("api.audits.folders.spare", return_value=3):
        assert code(begin(http, audit, "b.jpg", 4)) == (507, "audit_no_room")
        assert code(send(http, where, 0, b"01234")) == (507, "audit_no_room")
        assert [f["name"] for f in http.get(f"/v1/audits/{audit}").json()["files"]] == ["a.jpg"]
    with mock.patch("api.audits.folders.spare", return_value=10):
        assert send(http, where, 0, b"0123456789").status_code == 204


def test_another_audits_file_is_not_reached_through_this_one(
    http: httpx.Client, audit: str
) -> None:
    where = place(http, audit, "a.jpg", 10)
    other = http.post("/v1/audits", json={"name": "other"}).json()["id"]
    elsewhere = where.replace(audit, other)
    assert code(send(http, elsewhere, 0, b"0")) == (404, "audit_file_unknown")
    assert http.head(elsewhere).status_code == http.delete(elsewhere).status_code == 404
    assert http.delete(f"/v1/audits/{other}").status_code == 204
    assert code(http.get(f"/v1/audits/{other}")) == (404, "audit_unknown")
    assert code(http.get(f"/v1/audits/{audit}/report.json")) == (409, "audit_not_done")
