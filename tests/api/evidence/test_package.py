"""The evidence package of a case: what each scope holds, who gets it, what it says is wrong."""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
import tracemalloc
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text

from api.access.roles import Principal, Role
from api.cases.requests import ReviewRequest
from api.errors import DatabaseUnavailable
from api.evidence.scope import Scope
from api.evidence.verify import LOG, MANIFEST, SIGNATURE, verify
from api.http.routes import packages
from api.storage.tables import AccessRow, EvidenceRow
from tests.api.evidence.packing import (
    REASON,
    codes,
    confirmed_case,
    desk,
    in_memory,
    lines_of,
    pack,
    taken_apart,
)
from tests.api.world import CONFIRM, NOON, OFFICER, TICKS, make_event, store_pictures
from vision.errors import EvidenceUnavailable
from vision.evidence import EvidenceItem, EvidenceRole

FULL = Path("/dev/full")
"""What takes no byte: writing to it fails as on a full disk."""
ALWAYS = [LOG, "report.html", "README.txt", "verify.py", MANIFEST, SIGNATURE]
DERIVED = ["masked/01-confirmed.jpg", "masked/02-cleared.jpg"]
DRAWN = ["annotated/01-confirmed.jpg", "annotated/02-cleared.jpg"]
SEALED = ["original/01-confirmed.jpg", "original/02-cleared.jpg"]


def looks(world) -> list[AccessRow]:
    with world.database.read() as session:
        query = select(AccessRow).where(AccessRow.what == "original")
        return list(session.scalars(query.order_by(AccessRow.id)))


def manifest_of(path) -> dict:
    return json.loads(taken_apart(path)[MANIFEST])


@pytest.mark.parametrize(
    ("scope", "holds"),
    [
        (Scope.OFFICER, [*SEALED, *DERIVED, *DRAWN]),
        (Scope.RECEIVER, [*DERIVED, *DRAWN]),
        (Scope.PUBLIC, DERIVED),
    ],
)
def test_each_scope_holds_its_own_and_states_the_rest(world, scope, holds):
    path, made = pack(world, confirmed_case(world), scope)
    members = taken_apart(path)
    assert sorted(members) == sorted([*holds, *ALWAYS])
    assert list(members)[-2:] == [MANIFEST, SIGNATURE]
    assert made.faults == ()
    assert made.size == path.stat().st_size
    manifest = json.loads(members[MANIFEST])
    assert {item["role"] for item in manifest["evidence"]} == {"original", "masked", "annotated"}
    for item in manifest["evidence"]:
        if item["file"] is None:
            assert item["absent"] == "scope"
            assert f"{item['role']}/" not in "".join(holds)
        else:
            assert hashlib.sha256(members[item["file"]]).hexdigest() == item["sha256"]
    assert {"model", "version", "sha256", "score", "looks"} <= manifest["detector"].keys()
    assert len(looks(world)) == (len(SEALED) if scope is Scope.OFFICER else 0)


def test_a_public_copy_names_nobody_and_still_hangs_together(world):
    who = replace(OFFICER, label="Officer Wang Xiaoming", key_id="k3y-0f-wang")
    event = make_event()
    case = world.take(event)
    note = "the stall of Mrs Zhao"
    world.review(case, ReviewRequest(decision="confirm", checks=TICKS, note=note), who)
    for scope in Scope:
        path, _ = pack(world, case, scope, who)
        raw = path.read_bytes()
        for name in (who.label, who.key_id, note):
            assert (name.encode() in raw) == (scope is not Scope.PUBLIC), (scope, name)
        assert verify(path).holds
    opened, confirmed = lines_of(taken_apart(path))
    assert opened["record"]["actor"] == "pipeline"
    assert confirmed["record"] is None
    assert confirmed["withheld"].keys() == {"no", "at", "action", "stage"}
    assert confirmed["withheld"]["action"] == "confirmed"
    assert manifest_of(path)["by"] is None


def test_the_same_moment_makes_the_same_bytes(world):
    case = confirmed_case(world)
    assert in_memory(world, case, Scope.OFFICER) == in_memory(world, case, Scope.OFFICER)


def test_a_key_of_one_camera_gets_that_cameras_pictures_and_the_others_hashes(world):
    event = make_event()
    case = world.take(event)
    yard = make_event(camera="yard", zone="yard", at=NOON + timedelta(minutes=1))
    items = store_pictures(world.evidence, yard)
    world.review(case, CONFIRM)
    with world.database.write() as session:
        for item in items:
            session.add(_row(case, event.episode.id, item))
    limited = replace(OFFICER, cameras=frozenset({"gate"}))
    path, _ = pack(world, case, Scope.OFFICER, limited)
    listed = manifest_of(path)["evidence"]
    for item in listed:
        assert (item["absent"] is None) == (item["camera"] == "gate")
        assert item["absent"] in {None, "camera"}
    assert {look.sha256 for look in looks(world)} == {
        i["sha256"] for i in listed if i["camera"] == "gate" and i["role"] == "original"
    }


def _row(case: str, episode: str, item: EvidenceItem) -> EvidenceRow:
    return EvidenceRow(
        case_id=case,
        episode_id=episode,
        sha256=item.sha256,
        role=item.role.value,
        of=item.of,
        media_type=item.media_type,
        size=item.size,
        camera=item.camera,
        captured_at=item.captured_at,
        moment=item.moment,
    )


def test_missing_and_altered_evidence_is_stated_and_never_packed(world):
    case = confirmed_case(world)
    rows = {f"{i.role.value}-{i.moment}": i for i in world.read(case).evidence}
    altered, missing = rows["masked-confirmed"].sha256, rows["original-cleared"].sha256
    world.evidence.path(altered).write_bytes(b"something else, and longer than it was" * 1000)
    world.evidence.path(missing).unlink()
    path, made = pack(world, case)
    assert set(made.faults) == {f"{altered} is altered", f"{missing} is missing"}
    members = taken_apart(path)
    assert "masked/01-confirmed.jpg" not in members
    assert b"something else" not in path.read_bytes()
    stated = {i["sha256"]: i["absent"] for i in manifest_of(path)["evidence"]}
    assert stated[altered] == "altered"
    assert stated[missing] == "missing"
    page = members["report.html"].decode()
    assert altered[:12] in page
    assert "MISSING!" in page
    verdict = verify(path)
    assert verdict.holds, "the package is what the site made"
    told = {(f.what, f.other) for f in verdict.findings if f.code == "absent"}
    assert told == {(altered, "altered"), (missing, "missing")}
    assert {look.sha256 for look in looks(world)} == {rows["original-confirmed"].sha256}


def test_evidence_that_the_log_knows_and_no_row_does_is_stated(world):
    case = confirmed_case(world)
    gone = world.read(case).evidence[0].sha256
    with world.database.write() as session:
        session.execute(delete(EvidenceRow).where(EvidenceRow.sha256 == gone))
    path, made = pack(world, case)
    assert made.faults == (f"{gone} is missing",)
    (item,) = [i for i in manifest_of(path)["evidence"] if i["sha256"] == gone]
    assert (item["absent"], item["role"]) == ("missing", "unknown")
    assert verify(path).holds


def test_a_log_that_was_altered_is_packed_as_it_is_and_does_not_hold(world):
    case = confirmed_case(world)
    with world.database.write() as session:
        session.execute(text("DROP TRIGGER case_log_no_update"))
        session.execute(text("UPDATE case_log SET actor = 'nobody' WHERE action = 'confirmed'"))
    path, made = pack(world, case)
    assert any("record 2 was changed" in fault for fault in made.faults)
    assert "record 2 was changed" in taken_apart(path)["report.html"].decode()
    verdict = verify(path)
    assert codes(verdict) == {"record"}
    assert any("record 2 was changed" in f.what for f in verdict.findings if f.code == "fault")


def test_a_big_clip_is_never_held_in_memory(world):
    size, episode = 200 << 20, make_event()
    digest = hashlib.sha256(bytes(size)).hexdigest()
    big = world.evidence.root / digest[:2] / digest
    big.parent.mkdir(parents=True, exist_ok=True)
    with big.open("wb") as sparse:
        sparse.truncate(size)
    clip = EvidenceItem(digest, EvidenceRole.ORIGINAL, "video/mp4", size, "gate", NOON, "confirmed")
    case = world.intake.take(episode, [*store_pictures(world.evidence, episode), clip])
    tracemalloc.start()
    try:
        path, _ = pack(world, case)
        assert verify(path).holds
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert path.stat().st_size > size
    assert most < size / 10
    (item,) = [i for i in manifest_of(path)["evidence"] if i["media_type"] == "video/mp4"]
    assert item["file"] == "original/02-confirmed.mp4"


def test_a_full_disk_is_told_and_nothing_is_logged_or_served(world, client, monkeypatch):
    case = confirmed_case(world)
    with FULL.open("r+b", buffering=0) as full, pytest.raises(EvidenceUnavailable) as told:
        desk(world).make(OFFICER, case, Scope.OFFICER, REASON, full)
    assert "No space left" in str(told.value)
    monkeypatch.setattr(tempfile, "TemporaryFile", partial(FULL.open, "r+b", buffering=0))
    answer = client(Role.OFFICER).get(
        f"/v1/cases/{case}/package", params={"scope": "officer", "reason": REASON}
    )
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert looks(world) == []


def test_what_cannot_be_logged_does_not_leave(world, monkeypatch):
    case = confirmed_case(world)

    @contextmanager
    def unwritable():
        raise DatabaseUnavailable("read-only")
        yield

    monkeypatch.setattr(world.database, "write", unwritable)
    for scope in Scope:
        with pytest.raises(DatabaseUnavailable):
            desk(world).make(OFFICER, case, scope, REASON, io.BytesIO())


def test_it_is_served_as_a_zip_that_holds(world, client, tmp_path):
    case = confirmed_case(world)
    http = client(Role.OFFICER)
    for scope in Scope:
        answer = http.get(
            f"/v1/cases/{case}/package", params={"scope": scope.value, "reason": REASON}
        )
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/zip"
        assert answer.headers["cache-control"] == "no-store"
        assert f"{case}-{scope.value}.zip" in answer.headers["content-disposition"]
        assert int(answer.headers["content-length"]) == len(answer.content)
        path = tmp_path / f"{scope.value}.zip"
        path.write_bytes(answer.content)
        assert verify(path).holds
    logged = looks(world)
    assert {(look.actor, look.role, look.reason) for look in logged} == {
        ("a officer", "officer", REASON)
    }
    assert len(logged) == len(SEALED)


def test_who_may_not_or_says_not_why_is_refused(world, client):
    case, waiting = confirmed_case(world), world.case(kind="dirty_truck", subtype="spill")
    reviewer, officer = client(Role.REVIEWER), client(Role.OFFICER)
    why = {"scope": "officer", "reason": REASON}
    assert reviewer.get(f"/v1/cases/{case}/package", params=why).status_code == 403
    assert client(Role.RECEIVER).get(f"/v1/cases/{case}/package").status_code == 403
    for wrong, status in (({}, 403), ({"reason": "   "}, 422), ({"reason": "x"}, 422)):
        answer = officer.get(f"/v1/cases/{case}/package", params={"scope": "officer", **wrong})
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    assert officer.get(f"/v1/cases/{case}/package", params={"scope": "all"}).status_code == 422
    assert officer.get("/v1/cases/SW-NONE/package").status_code == 404
    for scope in ("receiver", "public"):
        answer = reviewer.get(f"/v1/cases/{waiting}/package", params={"scope": scope})
        assert answer.status_code == 409
        assert "confirm it first" in answer.json()["detail"]
    assert officer.get(f"/v1/cases/{waiting}/package", params=why).status_code == 200
    assert reviewer.get(f"/v1/cases/{case}/package").status_code == 200


def test_only_some_are_made_at_the_same_time(world, client):
    case, http = confirmed_case(world), client(Role.VIEWER)
    for _ in range(packages.AT_ONCE):
        assert packages._making.acquire(blocking=False)
    try:
        answer = http.get(f"/v1/cases/{case}/package")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    finally:
        packages._making.release(packages.AT_ONCE)
    for _ in range(2 * packages.AT_ONCE):
        assert http.get(f"/v1/cases/{case}/package").status_code == 200


def test_without_the_sites_key_nothing_is_packed_and_no_path_is_told(world, client):
    case = confirmed_case(world)
    world.site.storage.key_file.unlink()
    answer = client(Role.VIEWER).get(f"/v1/cases/{case}/package")
    assert answer.status_code == 503
    assert "key" in answer.json()["detail"]
    assert str(world.site.storage.key_file) not in answer.text


def test_who_asks_is_in_the_manifest(world):
    case = confirmed_case(world)
    who = Principal("7", "Officer Li", Role.OFFICER)
    path, _ = pack(world, case, Scope.RECEIVER, who)
    manifest = manifest_of(path)
    assert manifest["by"] == {"name": "Officer Li", "role": "officer", "reason": REASON}
    assert (manifest["case"], manifest["site_name"]) == (case, "Zengdu test")
    assert manifest["made_at"] == "2026-05-21T04:00:00.000000Z"
