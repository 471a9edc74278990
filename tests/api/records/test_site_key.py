"""The site's key: made once, refused in words, rotated without a gap, never shown."""

from __future__ import annotations

import logging
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from sqlalchemy import text

from api.access.roles import Role
from api.errors import DatabaseUnavailable, SiteKeyError
from api.records.chain import Fault, findings
from api.records.check import SiteCheck
from api.records.head_file import HeadFile
from api.records.keyring import Keyring
from api.records.rotation import rotate
from api.records.site_chain import SiteChain, case_records, next_file, public_keys
from api.records.site_key import SiteKey, fingerprint, from_pem, verifies
from api.storage.database import Database
from tests.api.world import CONFIRM, World, make_event, make_site, make_world
from vision.site.file import load_site

STREETWARDEN = [sys.executable, "-m", "scripts.streetwarden"]


@pytest.fixture
def key_file(world: World) -> Path:
    return world.site.storage.key_file


def reopened(world: World) -> SiteChain:
    return SiteChain.open(world.database, world.site.storage.key_file)


def truck(world: World) -> str:
    return world.case(kind="dirty_truck", subtype="spill")


def check(world: World) -> list[tuple[Fault, int]]:
    checked = SiteCheck(world.database, HeadFile(world.site.storage.key_file))
    return [(f.fault, f.no) for f in checked.findings()]


def keys(world: World):
    with world.database.read() as session:
        return public_keys(session)


def test_it_is_made_once_beside_the_evidence_for_its_owner_alone(world, key_file):
    assert key_file == Path(world.site.storage.evidence).parent / "site.key"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    before = key_file.read_bytes()
    reopened(world)
    assert key_file.read_bytes() == before
    assert [k.fingerprint for k in keys(world)] == [SiteKey.read(key_file).fingerprint]


def test_its_place_can_be_named(tmp_path):
    site = make_site(tmp_path, storage={"site_key": str(tmp_path / "safe" / "k.pem")})
    assert site.storage.key_file == tmp_path / "safe" / "k.pem"
    SiteKey.make(site.storage.key_file)
    assert SiteKey.read(site.storage.key_file)
    with pytest.raises(SiteKeyError, match="File exists"):
        SiteKey.make(site.storage.key_file)
    assert [p.name for p in (tmp_path / "safe").iterdir()] == ["k.pem"]


def test_many_first_starts_at_once_make_one_key(tmp_path):
    site = make_site(tmp_path)
    opened = [Database.open(site.storage.database) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda d: SiteChain.open(d, site.storage.key_file), opened))
    assert len({d.sealer._key.fingerprint for d in opened}) == 1
    for database in opened:
        database.close()


def test_a_first_start_that_was_cut_off_takes_the_key_that_it_made(world, key_file, tmp_path):
    made = SiteKey.read(key_file)
    fresh = Database.open(f"sqlite:///{tmp_path / 'fresh.db'}")
    SiteChain.open(fresh, key_file)
    with fresh.read() as session:
        assert [k.fingerprint for k in public_keys(session)] == [made.fingerprint]
    fresh.close()


def rsa() -> bytes:
    return generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def locked_up(key_file: Path) -> bytes:
    key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    how = serialization.BestAvailableEncryption(b"secret")
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: f.unlink(), "is not there; restore it from your backup"),
        (lambda f: f.write_bytes(b""), "damaged"),
        (lambda f: f.write_bytes(f.read_bytes()[:-40]), "damaged"),
        (lambda f: f.write_bytes(b"\xff" * 99), "damaged"),
        (lambda f: f.write_bytes(rsa()), "no Ed25519 private key"),
        (lambda f: f.write_bytes(locked_up(f)), "without a password"),
        (lambda f: f.chmod(0o640), "mode 0640.*chmod 600"),
        (lambda f: f.chmod(0o604), "mode 0604.*chmod 600"),
        (lambda f: (f.unlink(), f.mkdir()), "cannot be read"),
        (lambda f: (f.unlink(), f.symlink_to("nowhere")), "is not there"),
        (lambda f: (f.unlink(), SiteKey.make(f)), "is not the one that signs"),
    ],
)
def test_a_key_that_cannot_be_used_is_said_and_never_replaced(world, key_file, caplog, spoil, said):
    truck(world)
    secret = key_file.read_text().split("\n")[1]
    spoil(key_file)
    listed = sorted(p.name for p in key_file.parent.iterdir())
    with pytest.raises(SiteKeyError, match=said) as caught:
        reopened(world)
    assert str(key_file) in str(caught.value)
    assert secret[:20] not in str(caught.value) + caplog.text
    assert sorted(p.name for p in key_file.parent.iterdir()) == listed
    assert len(keys(world)) == 1


def test_a_key_that_cannot_be_written_stops_the_first_start(tmp_path):
    site = make_site(tmp_path)
    database = Database.open(site.storage.database)
    for place in (Path("/proc/none/site.key"), tmp_path / "cases.db" / "site.key"):
        with pytest.raises(SiteKeyError, match=r"cannot be written.*storage\.site_key"):
            SiteChain.open(database, place)
    with database.read() as session:
        assert public_keys(session) == []
    database.close()


def test_a_rotation_is_taken_up_by_the_running_server_and_leaves_all_verifiable(world, key_file):
    case_id = truck(world)
    other = Database.open(world.site.storage.database)
    new = rotate(other, key_file)
    other.close()
    world.review(case_id, CONFIRM)
    rotate(world.database, key_file)
    note = world.take(make_event(kind="dirty_truck", subtype="spill"))
    assert note != case_id
    listed = keys(world)
    assert [k.from_no for k in listed] == [1, 2, 3]
    assert listed[1].fingerprint == new.fingerprint
    with world.database.read() as session:
        records = case_records(session, case_id)
    assert [r.signed_by for r in records] == [k.fingerprint for k in listed[:2]]
    for known in listed:
        ring = Keyring(listed, trusted={known.fingerprint})
        assert findings(case_id, records, ring) == []
    assert check(world) == []
    assert not next_file(key_file).exists()
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600


def test_a_rotation_that_was_cut_off_ends_with_the_next_start(world, key_file, monkeypatch):
    truck(world)
    before = key_file.read_bytes()
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        rotate(world.database, key_file)
    monkeypatch.undo()
    assert key_file.read_bytes() == before  # in force is the next one, in its file
    truck(world)
    assert SiteKey.read(key_file).fingerprint == keys(world)[-1].fingerprint
    assert check(world) == []


def test_a_rotation_that_failed_before_it_was_in_force_changes_nothing(
    world, key_file, monkeypatch
):
    truck(world)
    with world.database.write() as session:
        session.execute(text("ALTER TABLE site_keys RENAME TO elsewhere"))
    with pytest.raises(DatabaseUnavailable):
        rotate(world.database, key_file)
    with world.database.write() as session:
        session.execute(text("ALTER TABLE elsewhere RENAME TO site_keys"))
    assert next_file(key_file).exists()  # a key that nobody knows
    reopened(world)
    truck(world)
    rotate(world.database, key_file)
    truck(world)
    assert len(keys(world)) == 2
    assert check(world) == []


def test_a_lost_key_is_replaced_only_when_that_is_said(world, key_file):
    truck(world)
    with pytest.raises(SiteKeyError, match="not lost"):
        rotate(world.database, key_file, lost=True)
    key_file.write_text("coffee")
    with pytest.raises(SiteKeyError, match="damaged"):
        rotate(world.database, key_file)
    rotate(world.database, key_file, lost=True)
    assert key_file.with_name("site.key.unusable").read_text() == "coffee"
    truck(world)
    old, new = keys(world)
    assert new.previous == old.fingerprint
    assert new.previous_signature is None
    assert check(world) == []


def test_a_server_whose_key_was_replaced_and_is_gone_keeps_nothing_and_says_why(world, key_file):
    case_id = truck(world)
    other = Database.open(world.site.storage.database)
    rotate(other, key_file)
    other.close()
    key_file.unlink()
    with pytest.raises(SiteKeyError, match="is not there"):
        world.review(case_id, CONFIRM)
    assert world.read(case_id).stage == "pending_review"
    assert check(world) == []


def test_its_private_half_is_shown_nowhere(world, key_file, caplog, client):
    caplog.set_level(logging.DEBUG)
    secret = key_file.read_text().split("\n")[1]
    truck(world)
    rotate(world.database, key_file)
    held = [*keys(world), world.database.sealer, vars(SiteKey.read(key_file))]
    answers = [client(Role.ADMIN).get(f"/v1/site/{name}").text for name in ("key", "keys")]
    for said in (repr(held), caplog.text, *answers):
        assert secret not in said
        assert "PRIVATE" not in said


def test_the_public_keys_are_downloaded(world, key_file, client):
    truck(world)
    rotate(world.database, key_file)
    viewer = client(Role.VIEWER)
    answer = viewer.get("/v1/site/key")
    public = from_pem(answer.content)
    assert fingerprint(public) == SiteKey.read(key_file).fingerprint
    assert answer.headers["content-type"] == "application/x-pem-file"
    assert "attachment" in answer.headers["content-disposition"]
    listed = viewer.get("/v1/site/keys").json()["items"]
    assert listed == [key.as_json() for key in keys(world)]
    assert verifies(from_pem(listed[1]["pem"]), keys(world)[1].statement, listed[1]["signature"])
    with pytest.raises(SiteKeyError, match="no Ed25519 public key"):
        from_pem(key_file.read_bytes())


def run(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [*STREETWARDEN, "site-key", *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_command_shows_rotates_and_checks(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text(
        "site: {name: East}\ncameras: [{id: gate, source: gate.mp4}]\n"
        "storage: {database: 'sqlite:///cases.db', evidence: e}\n"
    )
    assert "the first start makes it" in run("show", str(path))[1]
    code, said = run("rotate", str(path))
    assert code == 1
    assert "the first start makes it" in said
    world = make_world(load_site(path).model_copy(update={"cameras": make_site(tmp_path).cameras}))
    truck(world)
    code, said = run("rotate", str(path))
    assert code == 0, said
    truck(world)
    code, said = run("show", str(path))
    assert said.count("BEGIN PUBLIC KEY") == 2
    assert "PRIVATE" not in said
    assert run("check", str(path)) == (0, "2 records, nothing wrong\n")
    with world.database.write() as session:
        session.execute(text("DROP TRIGGER case_log_no_update"))
        session.execute(text("UPDATE case_log SET reason = 'x' WHERE id = 2"))
    code, said = run("check", str(path))
    assert code == 1
    assert "changed: record 2 was changed" in said
    code, said = run("check", "--json", str(path))
    assert code == 1
    assert '"site_no": 2' in said
    world.database.close()
