"""`streetwarden replay`: from an episode to a case, and back to the decision."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cases.intake import CaseIntake
from api.delivery.events import Announcer
from api.records.site_chain import SiteChain
from api.storage.database import Database
from scripts.streetwarden import app
from tests.api.world import DETECTOR
from tests.vision.rules.busy_street import undisturbed
from vision.errors import StreetwardenError
from vision.evidence import EvidenceStore, Recorder
from vision.site.file import load_site

SITE = """\
site: {name: t}
storage: {database: "sqlite:///s.db", evidence: evidence}
cameras:
  - id: cam
    source: x
    zones: [{name: gate/1, watch: [street_vending, overflowing_bin]}]
"""


def run(*args: object) -> Result:
    return CliRunner().invoke(app, ["replay", *map(str, args)])


@pytest.fixture
def stored(tmp_path: Path) -> tuple[Path, str, str]:
    """A site file, and the ids of a stored case and of its episode."""
    path = tmp_path / "site.yaml"
    path.write_text(SITE, encoding="utf-8")
    site = load_site(path)
    database = Database.open(site.storage.database)
    SiteChain.open(database, site.storage.key_file)
    intake = CaseIntake(database, site, DETECTOR, Announcer(site).announce)
    recorder = Recorder(EvidenceStore(Path(site.storage.evidence)), site)
    vending = [e for e in undisturbed() if e.episode.kind == "street_vending"]
    cases = {intake.take(event, recorder.record(event)) for event in vending} - {None}
    database.close()
    (case,) = cases
    assert case is not None
    return path, case, vending[0].episode.id


def test_a_cases_decisions_are_made_again(stored: tuple[Path, str, str]) -> None:
    site, case, episode = stored
    for what in (case, episode):
        done = run(what, site, "--json")
        assert done.exit_code == 0, done.output
        confirmed, cleared = json.loads(done.output)
        stages = [verdict["stored"]["stage"] for verdict in (confirmed, cleared)]
        assert stages == ["confirmed", "cleared"]
        assert confirmed["same"]
        assert confirmed["again"]["why"] == confirmed["stored"]["why"]
        assert confirmed["model"]["sha256"] == "0" * 64
    table = run(case, site)
    assert table.exit_code == 0
    assert table.output.count("the same") == 2


def test_a_record_that_says_otherwise_ends_with_1(tmp_path: Path) -> None:
    event = next(e for e in undisturbed() if e.record is not None)
    assert event.record is not None
    record = json.loads(event.record)
    record["episode"]["looks"] += 1
    file = tmp_path / "record.json"
    file.write_text(json.dumps(record))
    done = run(file)
    assert done.exit_code == 1
    assert "otherwise: looks" in " ".join(done.output.split())


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("none.json", "give a record's file, or an id and the site file"),
        ("x.json", "cannot be replayed"),
    ],
)
def test_what_is_no_record_is_told(tmp_path: Path, what: str, says: str) -> None:
    (tmp_path / "x.json").write_text("{}")
    done = run(tmp_path / what)
    assert isinstance(done.exception, StreetwardenError)
    assert says in str(done.exception)


def test_an_unknown_id_is_told(stored: tuple[Path, str, str]) -> None:
    done = run("SW-NONE", stored[0])
    assert isinstance(done.exception, StreetwardenError)
    assert "no decision of it is stored" in str(done.exception)
