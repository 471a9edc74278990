"""A case from one installation (SQLite) to another (PostgreSQL), by their commands and servers."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select
from typer.testing import CliRunner

from api.access.roles import Role
from api.cases.log import enter
from api.cases.view import PLATE_ACTIONS
from api.evidence.verify import MANIFEST, verify
from api.http.app import create_app
from api.storage.tables import CaseRow, DeliveryRow, RecordRow
from scripts.streetwarden import app
from tests.api.evidence.packing import put_together, taken_apart
from tests.api.world import CONFIRM, SECRET, World, make_event, make_site, make_world, served
from tests.api.world import cleared as seen_gone
from tests.real.console import browser, findings, opened

__all__ = ["browser"]
Told = Mapping[str, Collection[str]]
"""What a page says under which heading."""
PLATE, WHY = "鄂A·SECRET", "a model's own secret reason"
"""What the sender's log says of a plate, and of a model's opinion."""
SITE = """
site: {{name: {name}, division: "{division}", language: en}}
storage: {{database: "{database}", evidence: "{evidence}", site_key: "{key}"}}
cameras: [{{id: gate, source: gate.mp4}}]
webhooks: [{{name: city, url: "https://city.example/hook", secret: "{secret}"}}]
"""


@dataclass
class Installation:
    """One of two: its parts, its site file, and its public key."""

    world: World
    file: Path
    key: Path

    def run(self, *said: str | Path) -> Any:
        return CliRunner().invoke(app, [str(word) for word in said])


def installed(root: Path, name: str, division: str, database: str | None = None) -> Installation:
    root.mkdir()
    made = make_site(root)
    address = database or made.storage.database
    site = made.model_copy(
        update={
            "site": made.site.model_copy(update={"name": name, "division": division}),
            "storage": made.storage.model_copy(
                update={"database": address, "site_key": str(root / "site.key")}
            ),
        }
    )
    world = make_world(site)
    file = root / "site.yaml"
    file.write_text(
        SITE.format(
            name=name,
            division=division,
            database=address,
            evidence=made.storage.evidence,
            key=root / "site.key",
            secret=SECRET,
        )
    )
    with served(create_app(site, world.database, world.evidence)) as server:
        auth = {"Authorization": f"Bearer {world.key(Role.AUDITOR)}"}
        pem = httpx.get(f"{server}/v1/site/key", headers=auth, timeout=60, trust_env=False)
    key = root / "site.pem"
    key.write_text(pem.raise_for_status().text)
    return Installation(world, file, key)


@pytest.fixture
def two(
    tmp_path: Path, new_database: Callable[[], str]
) -> Iterator[tuple[Installation, Installation]]:
    west = installed(tmp_path / "west", "West", "421303")
    east = installed(tmp_path / "east", "East", "421321", new_database())
    yield west, east
    for one in (west, east):
        one.world.database.close()


def packed(west: Installation, path: Path, *, confirm: bool = True) -> tuple[str, Path]:
    event = make_event()
    case_id = west.world.take(event)
    if confirm:
        west.world.review(case_id, CONFIRM)
        west.world.take(seen_gone(event))
    with west.world.database.write() as session:
        case = session.get_one(CaseRow, case_id)
        enter(session, case, "plate_confirmed", by="Li", data={"text": PLATE})
        enter(session, case, "opinion", by="m", reason=WHY, data={"second_opinion": {"why": WHY}})
    said = (
        "package",
        case_id,
        west.file,
        "--scope",
        "officer",
        "--reason",
        "theirs",
        "--out",
        path,
    )
    done = west.run(*said)
    assert done.exit_code == 0, done.output
    return case_id, path


def test_a_case_goes_across_with_its_evidence_and_is_signed_for(
    two: tuple[Installation, Installation], tmp_path: Path, browser: Browser
) -> None:
    west, east = two
    case_id, package = packed(west, tmp_path / "case.zip")
    receipt = tmp_path / "receipt.json"
    take = ("receive-case", package, east.file, "--start", "work-order")
    refused = east.run(*take)
    assert "name the sending site's key" in str(refused.exception), "who vouches for it?"
    refused = east.run(*take, "--key", east.key)
    assert "not signed by a key that you gave" in str(refused.exception)
    done = east.run(*take, "--key", west.key, "--out", receipt)
    assert done.exit_code == 0, (done.output, done.exception)
    first = receipt.read_text()
    assert east.run(*take, "--key", west.key, "--out", receipt).exit_code == 0
    assert receipt.read_text() == first, "again, and nothing has changed"

    seen_there(west, east, case_id)
    # What leaves from here on holds too, with the other site's log in it.
    _, onward = packed_again(east, case_id, tmp_path / "onward.zip")
    assert verify(onward).holds
    assert taken_apart(package)["log.jsonl"] in taken_apart(onward).values()
    lesser = tmp_path / "lesser.zip"
    said = ("package", case_id, east.file, "--scope", "receiver", "--reason", "theirs")
    assert east.run(*said, "--out", lesser).exit_code == 0
    for name, content in taken_apart(lesser).items():
        assert PLATE.encode() not in content, name
        assert WHY.encode() not in content, name

    sent = ("case-sent", receipt, west.file, "--reason", "across the river")
    assert "signed by another key" in str(west.run(*sent, "--key", west.key).exception)
    for _ in range(2):
        done = west.run(*sent, "--key", east.key)
        assert done.exit_code == 0, (done.output, done.exception)
    here = west.world.read(case_id)
    assert here.stage == "transferred"
    assert [entry.action for entry in here.log].count("transferred") == 1
    seen_on_the_page(
        browser,
        west,
        case_id,
        {
            "Sent to": ["East", "421321", "across the river", "they signed on", "(Confirmed)"],
            "移送去向": ["East", "421321", "对方于", "证据"],
        },
    )
    seen_on_the_page(
        browser,
        east,
        case_id,
        {
            "Received from another site": ["West", "421303", "signed by", "for their log up to"],
            "移送来案": ["West", "收案时间", "签收"],
        },
    )
    told = here.log[-1]
    assert told.data["to"] == "East"
    assert told.data["receipt"]["case"] == case_id
    altered = json.loads(first)
    altered["receipt"]["case"] = "SW-01J9ZK3V5Q8T6W2Y4B7N0C1D2E"
    receipt.write_text(json.dumps(altered))
    assert "was altered" in str(west.run(*sent, "--key", east.key).exception)
    # Sent once more, from where it has gone on since, it is another package.
    _, later = packed_again(west, case_id, tmp_path / "later.zip")
    again = east.run("receive-case", later, east.file, "--key", west.key)
    assert "is here already" in str(again.exception) or "stage transferred" in str(again.exception)


def seen_there(west: Installation, east: Installation, case_id: str) -> None:
    """What the receiving site's server shows of it, and to whom."""
    east_site = east.world.site
    with served(create_app(east_site, east.world.database, east.world.evidence)) as server:
        auth = {"Authorization": f"Bearer {east.world.key(Role.OFFICER, divisions=['421321'])}"}
        client = httpx.Client(base_url=server, headers=auth, timeout=60, trust_env=False)
        case = client.get(f"/v1/cases/{case_id}").raise_for_status().json()
        assert (case["stage"], case["where"]["division"]) == ("confirmed", "421321")
        assert case["review"]["reviewer"] == "Officer Li"
        assert case["camera"].endswith("/gate"), "not the gate of this site"
        assert case["when"]["ended_by"] == "cleared"
        origin = case["origin"]
        assert (origin["name"], origin["division"]) == ("West", "421303")
        there = west.world.read(case_id)
        assert [(e["action"], e["actor"]) for e in origin["log"]] == [
            (entry.action, entry.actor) for entry in there.log
        ]
        assert [entry["action"] for entry in case["log"]] == ["received"]
        for item in case["evidence"]:
            reason = "?reason=received" if item["role"] == "original" else ""
            got = client.get(f"/v1/media/{item['sha256']}{reason}")
            assert got.status_code == 200, item
        brought = {item["sha256"] for item in case["evidence"] if item["moment"] == "origin"}
        assert len(brought) == 3
        seen_by_viewers(east, server, case_id, brought)
        listed = client.get("/v1/transfers").json()["items"]
        assert [(one["way"], one["peer"]) for one in listed] == [("received", "West")]
        own_gate = {"Authorization": f"Bearer {east.world.key(Role.OFFICER, cameras=['gate'])}"}
        assert client.get(f"/v1/cases/{case_id}", headers=own_gate).status_code == 404
        client.close()


def seen_on_the_page(browser: Browser, one: Installation, case_id: str, told: Told) -> None:
    """What a site's case page says of where the case came from or went, in both languages."""
    app_ = create_app(one.world.site, one.world.database, one.world.evidence)
    key = one.world.key(Role.REVIEWER)
    with served(app_) as server, opened(browser, f"{server}/#key={key}") as page:
        expect(page.locator(".bar")).to_be_visible()
        page.evaluate("hash => { location.hash = hash }", f"#/cases/{case_id}")
        for heading, said in told.items():
            part = page.get_by_role("region", name=heading)
            expect(part).to_contain_text(case_id)
            for words in said:
                expect(part).to_contain_text(words)
            if part.locator("details").count():
                part.locator("summary").click()
                expect(part.locator(".trail")).to_contain_text("Officer Li")
            page.screenshot(path=one.file.parent / f"{heading}.png", full_page=True)
            assert findings(page) == []
            page.locator(".bar button[lang]").click()  # the other language


def seen_by_viewers(east: Installation, server: str, case_id: str, brought: set[str]) -> None:
    """No plate, neither in the other site's log nor in what was brought with it."""
    auth = {"Authorization": f"Bearer {east.world.key(Role.VIEWER)}"}
    with httpx.Client(base_url=server, headers=auth, timeout=60, trust_env=False) as viewer:
        answer = viewer.get(f"/v1/cases/{case_id}")
        actions = {entry["action"] for entry in answer.json()["origin"]["log"]}
        assert "opinion" in actions
        assert not actions & PLATE_ACTIONS
        assert PLATE not in answer.text
        for sha256 in brought:
            assert viewer.get(f"/v1/media/{sha256}").status_code == 403
            assert viewer.get(f"/v1/media/{sha256}?reason=curious").status_code == 403


def packed_again(west: Installation, case_id: str, path: Path) -> tuple[str, Path]:
    said = ("package", case_id, west.file, "--scope", "officer", "--reason", "once more")
    assert west.run(*said, "--out", path).exit_code == 0
    return case_id, path


def test_what_is_altered_or_no_case_to_take_is_refused_whole(
    two: tuple[Installation, Installation], tmp_path: Path
) -> None:
    west, east = two
    case_id, package = packed(west, tmp_path / "case.zip", confirm=False)
    take = ("receive-case", package, east.file, "--key", west.key)
    assert "stage pending_review is not sent" in str(east.run(*take).exception)
    west.world.review(case_id, CONFIRM)
    _, package = packed_again(west, case_id, tmp_path / "confirmed.zip")
    members = taken_apart(package)
    picture = next(name for name in members if name.startswith("masked/"))
    for name, content in (
        (picture, members[picture][:-1] + b"!"),
        (MANIFEST, members[MANIFEST].replace(b'"kind":"street_vending"', b'"kind":"dirty_truck"')),
    ):
        wrong = put_together(members | {name: content}, tmp_path / "wrong.zip")
        done = east.run("receive-case", wrong, east.file, "--key", west.key)
        assert "does not hold" in str(done.exception), name
    with west.world.database.write() as session:
        row = session.get_one(CaseRow, case_id)
        known, row.detector = row.detector, row.detector | {"of another version": 1}
    _, other = packed_again(west, case_id, tmp_path / "other.zip")
    done = east.run("receive-case", other, east.file, "--key", west.key)
    assert "detector" in str(done.exception), "what cannot be shown is not taken"
    with west.world.database.write() as session:
        session.get_one(CaseRow, case_id).detector = known
    with east.world.database.read() as session:
        assert session.scalars(select(RecordRow)).all() == []
    done = east.run(
        "receive-case", package, east.file, "--key", west.key, "--division", "421321100"
    )
    assert done.exit_code == 0, (done.output, done.exception)
    case = east.world.read(case_id)
    assert (case.stage, case.review, case.where.division) == ("pending_review", None, "421321100")
    with east.world.database.read() as session:
        assert session.scalars(select(DeliveryRow)).all() == [], "nobody is told before a decision"
    assert east.world.review(case_id, CONFIRM).stage == "confirmed"
