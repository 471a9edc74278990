"""Audits over HTTP, with the shipped weights: as the command line, side by side, after a kill.

A server is a process; what it tells of an audit is awaited from its event stream.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from api.access.keys import KeyStore
from api.access.roles import Role
from api.storage.database import Database
from scripts.streetwarden import app
from tests.real.processes import Child, running

SERVER = str(Path(__file__).with_name("review_server.py"))
ROOT = str(Path(__file__).parents[2])
TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
PHOTOS = 3
MADE_UP = {"started_at"}
"""Of `report.json`, what is this run's own."""


@pytest.fixture(scope="module")
def photos(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of photos in a folder, a zip of some of them and more, and a broken one."""
    folder = tmp_path_factory.mktemp("photos")
    found = sorted((shared_data / "bins_cn/val/images").iterdir())[: PHOTOS + 2]
    (folder / "walk").mkdir()
    for photo in found[:PHOTOS]:
        shutil.copy(photo, folder / "walk")
    with zipfile.ZipFile(folder / "more.zip", "w") as zipped:
        for photo in found[PHOTOS - 1 :]:
            zipped.write(photo, f"照片/{photo.name}")
    (folder / "cut.jpg").write_bytes(found[0].read_bytes()[:2000])
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the servers of this module have their data."""
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[Callable[[], tuple[Child, httpx.Client]]]:
    """Starts a server on the site, with a client of an officer."""
    patch = pytest.MonkeyPatch()
    patch.setenv("PYTHONPATH", ROOT + os.pathsep + os.environ.get("PYTHONPATH", ""))
    address = f"sqlite:///{site / 'cases.db'}"
    database = Database.open(address)
    key = KeyStore(database).create("an officer", Role.OFFICER).key
    clients: list[httpx.Client] = []

    def start() -> tuple[Child, httpx.Client]:
        child = Child(SERVER, address, str(site))
        client = httpx.Client(
            base_url=child.line().strip(),
            headers={"Authorization": f"Bearer {key}"},
            trust_env=False,
            timeout=240,  # an audit is nice to all else that runs, and may say nothing for long
        )
        clients.append(client)
        return child, client

    yield start
    for client in clients:
        client.close()
    database.close()
    patch.undo()


def upload(http: httpx.Client, audit: str, name: str, content: bytes, at_once: int = 2**20) -> None:
    named = base64.b64encode(name.encode()).decode()
    made = http.post(
        f"/v1/audits/{audit}/files",
        headers={**TUS, "Upload-Length": str(len(content)), "Upload-Metadata": f"filename {named}"},
    )
    assert made.status_code == 201, made.text
    where = httpx.URL(f"/v1/audits/{audit}/files").join(made.headers["Location"])
    for offset in range(0, len(content), at_once):
        sent = http.patch(
            where,
            headers={**TUS, "Upload-Offset": str(offset)},
            content=content[offset : offset + at_once],
        )
        assert sent.status_code == 204, sent.text
    assert http.head(where).headers["Upload-Offset"] == str(len(content))


def begun(http: httpx.Client, name: str, folder: Path, which: str = "*") -> str:
    """An audit of what the folder holds, uploaded and started."""
    audit: str = http.post("/v1/audits", json={"name": name, "language": "en"}).json()["id"]
    for path in sorted(path for path in folder.rglob(which) if path.is_file()):
        upload(http, audit, str(path.relative_to(folder)), path.read_bytes())
    assert http.post(f"/v1/audits/{audit}/start").status_code == 200
    return audit


def told(http: httpx.Client, audit: str) -> Iterator[dict[str, Any]]:
    """What the event stream says of an audit, until it is over."""
    with http.stream("GET", f"/v1/audits/{audit}/events") as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))


@pytest.mark.timeout(900)
def test_the_api_finds_what_the_command_line_does_and_a_killed_service_goes_on(
    server: Callable[[], tuple[Child, httpx.Client]], site: Path, photos: Path, tmp_path: Path
) -> None:
    child, http = server()
    with running(child):
        audit = begun(http, "walk", photos)
        other = begun(http, "the zip, beside it", photos, "*.zip")
        for now in told(http, audit):
            if (now["progress"] or {}).get("pictures"):
                break  # it is at work, and so is the other
    # The service is dead. What it had started ends too, and the next one goes on.
    child, http = server()
    with running(child):
        for one in (audit, other):
            *_, last = told(http, one)
            assert last["state"] == "done", last
        report = http.get(f"/v1/audits/{audit}/report.json").json()
        beside = http.get(f"/v1/audits/{other}/report.json").json()
        page = http.get(f"/v1/audits/{audit}/report")
        zipped = zipfile.ZipFile(
            io.BytesIO(http.get(f"/v1/audits/{audit}/everything.zip?reason=to+print").content)
        )
        shown = re.findall(r'src="(pictures/[^"]+)"', page.text)
        for picture in shown:
            assert http.get(f"/v1/audits/{audit}/{picture}").content == zipped.read(picture)
        put = [http.post(f"/v1/audits/{audit}/cases", json={}).json() for _ in range(2)]
        again = http.post(f"/v1/audits/{other}/cases", json={}).json()
        cases = [http.get(f"/v1/cases/{one['case_id']}").json() for one in put[0]["items"]]
        originals = [
            http.get(f"/v1/media/{one['sha256']}?reason=what+was+uploaded").content
            for case in cases
            for one in case["evidence"]
            if one["role"] == "original"
        ]
    ids = checked_cases(photos, report, [*put, again], cases, originals)
    assert shown
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy
    journal = (site / "audits" / audit / "out" / "journal.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in journal.splitlines()]
    looked = [line["record"]["sha256"] for line in lines if "record" in line]
    assert len(looked) == len(set(looked)) == PHOTOS + 2, "nothing is looked at twice"

    out = tmp_path / "out"
    paths = [str(photos / name) for name in ("cut.jpg", "more.zip", "walk")]
    (tmp_path / "site.yaml").write_text(
        f"""site: {{name: Zengdu test}}
storage: {{database: 'sqlite:///{site / "cases.db"}', evidence: '{site / "evidence"}'}}
cameras: [{{id: yard, source: yard.mp4}}]
""",
        encoding="utf-8",
    )
    options = ["--name", "walk", "--language", "en", "--to-review", str(tmp_path / "site.yaml")]
    done = CliRunner().invoke(app, ["audit", *paths, "--out", str(out), *options])
    assert done.exit_code == 0, done.output
    assert f"0 cases; {len(ids)} were cases already" in " ".join(done.output.split())
    expected = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert expected["counts"]["findings"] >= 3
    assert plain(report) == plain(expected)
    assert beside["counts"]["pictures"] == 3
    assert zipped.read("map.geojson") == (out / "map.geojson").read_bytes()


def checked_cases(
    photos: Path,
    report: dict[str, Any],
    answers: list[dict[str, Any]],
    cases: list[dict[str, Any]],
    originals: list[bytes],
) -> dict[str, str]:
    """Cases by violation: each once, a lead that waits, with the photo as it was uploaded."""
    *put, again = answers
    given = {photo.read_bytes() for photo in (photos / "walk").iterdir()}
    given |= {
        zipped_photo(photos, name) for name in zipfile.ZipFile(photos / "more.zip").namelist()
    }
    assert set(originals) <= given, "as they were uploaded, byte for byte"
    assert len(originals) == len(report["violations"]) == len(put[0]["items"])
    assert {one["new"] for one in put[0]["items"]} == {True}
    assert {one["new"] for one in (*put[1]["items"], *again["items"])} == {False}, "never twice"
    ids = {one["violation"]: one["case_id"] for one in put[0]["items"]}
    assert {one["violation"]: one["case_id"] for one in put[1]["items"]} == ids
    assert {ids[one["violation"]] for one in again["items"]} <= set(ids.values())
    for case in cases:
        assert (case["stage"], case["legal_use"]) == ("pending_review", "lead_only")
        assert case["log"][0]["actor"] == "an officer"
    return ids


def zipped_photo(photos: Path, name: str) -> bytes:
    with zipfile.ZipFile(photos / "more.zip") as zipped:
        return zipped.read(name)


def plain(report: dict[str, Any]) -> str:
    """A report without what is of this run alone."""
    return json.dumps({k: v for k, v in report.items() if k not in MADE_UP}, ensure_ascii=False)
