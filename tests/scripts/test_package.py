"""`streetwarden package` and `verify`: from a case to a zip that proves itself, and back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.access.roles import Principal, Role
from api.records.site_chain import SiteChain
from api.records.site_key import SiteKey
from api.storage.database import Database
from scripts.streetwarden import app
from tests.api.world import CONFIRM, review_desk
from tests.scripts.test_replay import stored
from vision.errors import StreetwardenError
from vision.site.file import load_site

__all__ = ["stored"]


def run(*args: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in args])


def refused(result: Result) -> str:
    assert result.exit_code != 0
    assert isinstance(result.exception, StreetwardenError), result.exception
    return str(result.exception)


@pytest.fixture
def case(stored, monkeypatch) -> tuple[Path, str]:
    """A site file and the id of a case that was confirmed, in the folder of the file."""
    site, case, _ = stored
    monkeypatch.chdir(site.parent)
    loaded = load_site(site)
    database = Database.open(loaded.storage.database)
    SiteChain.open(database, loaded.storage.key_file)
    review_desk(database, loaded).review(Principal("0", "Li", Role.OFFICER), case, CONFIRM)
    database.close()
    return site, case


def test_a_package_is_made_holds_and_its_decisions_are_made_again(case):
    site, name = case
    done = run("package", name, site, "--scope", "officer", "--reason", "file 4711", "--by", "Li")
    assert done.exit_code == 0, done.output
    made = Path(f"{name}-officer.zip")
    assert "It holds." in done.output
    assert made.stat().st_mode & 0o777 == 0o600
    key = load_site(site).storage.key_file
    Path("site.pem").write_text(SiteKey.read(key).pem)
    told = run("verify", made, "--key", "site.pem", "--json")
    assert told.exit_code == 0, told.output
    (found,) = json.loads(told.output)
    assert {f["code"] for f in found["findings"]} == {
        *("layout", "files", "signed", "trusted", "chain", "records")
    }
    with zipfile.ZipFile(made) as opened:
        opened.extractall("unpacked")
    records = sorted(Path("unpacked").glob("decision*.json"))
    assert [record.name for record in records] == ["decision-2.json", "decision.json"]
    for record in records:
        again = run("replay", record)
        assert again.exit_code == 0, again.output
        assert "the same" in again.output


def test_what_does_not_hold_ends_with_1_and_is_named(case):
    site, name = case
    assert run("package", name, site, "--out", "a.zip").exit_code == 0
    raw = bytearray(Path("a.zip").read_bytes())
    raw[100] ^= 1
    Path("b.zip").write_bytes(raw)
    done = run("verify", "a.zip", "b.zip", "gone.zip")
    assert done.exit_code == 1
    assert done.output.count("does NOT hold") == 2
    assert "masked/01-opened.jpg" in done.output
    assert "校验不通过" in done.output
    assert run("verify", "a.zip", "--fingerprint", "ab" * 32).exit_code == 1


def test_missing_evidence_is_said_and_ends_with_1(case):
    site, name = case
    for file in Path("evidence").rglob("*"):
        if file.is_file() and file.read_bytes()[:3] == b"\xff\xd8\xff":
            file.unlink()
    done = run("package", name, site, "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert told["holds"]
    assert len(told["faults"]) >= 2
    assert all(fault.endswith("is missing") for fault in told["faults"])


def test_what_is_wrongly_asked_for_is_refused_in_a_sentence(case):
    site, name = case
    assert "officer, receiver, public" in refused(run("package", name, site, "--scope", "all"))
    assert "--reason" in refused(run("package", name, site, "--scope", "officer"))
    assert "no case" in refused(run("package", "SW-NONE", site))
    Path("there.zip").write_bytes(b"mine")
    assert "there already" in refused(run("package", name, site, "--out", "there.zip"))
    assert Path("there.zip").read_bytes() == b"mine"
    assert "cannot be written" in refused(run("package", name, site, "--out", "no/such/a.zip"))
    assert "cannot be written" in refused(run("package", name, site, "--out", "/dev/full/a.zip"))
    Path("no.pem").write_text("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    for wrong in ("no.pem", "gone.pem", site):
        assert "/v1/site/key" in refused(run("verify", "there.zip", "--key", wrong))
    assert "fingerprint" in refused(run("verify", "there.zip", "--fingerprint", "12"))
    assert not list(Path().glob(".part-*"))


SLOW = """
import os, sys, time
import api.evidence.archive as archive
add = archive.Archive.add
def slowly(self, name, blocks, sha256=None):
    member = add(self, name, blocks, sha256)
    self._file.flush()
    if name == "log.jsonl":
        print("half", flush=True)
        sys.stdin.read()
    return member
archive.Archive.add = slowly
from scripts.streetwarden import main
sys.argv = ["streetwarden", *sys.argv[1:]]
main()
"""


def test_killed_in_the_middle_leaves_no_package(case):
    site, name = case
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, "package", name, str(site), "--out", "killed.zip"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"half\n"
        process.kill()
    (part,) = Path().glob(".part-*")
    assert part.stat().st_size > 1000, "it was under way"
    assert not Path("killed.zip").exists()
    assert run("verify", part).exit_code == 1
    assert run("package", name, site, "--out", "killed.zip").exit_code == 0
