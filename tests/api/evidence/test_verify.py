"""What `verify` finds: whatever is changed in a package, it says so, and says what."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import zipfile
from itertools import pairwise
from pathlib import Path
from unittest import mock

import pytest

from api.evidence import verify as verifier
from api.evidence.scope import Scope
from api.evidence.verify import HEADER, LOG, MANIFEST, SIGNATURE, canonical, verify
from api.records import chain, rotation
from api.records.chain import digest as record_digest
from api.records.chain import to_sign
from api.records.site_chain import SiteChain
from api.records.site_key import SiteKey
from tests.api.evidence.packing import (
    Members,
    changed,
    codes,
    confirmed_case,
    in_memory,
    judged,
    lines_of,
    listed,
    pack,
    signed,
    taken_apart,
    with_log,
)
from tests.api.world import REJECT, World, make_site, make_world

CHANGES = 200
"""Random bytes that are changed, one at a time, in each member."""


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> World:
    made = make_world(make_site(tmp_path_factory.mktemp("packages")))
    yield made
    made.database.close()


@pytest.fixture(scope="module")
def package(house) -> Path:
    """An officer's package of a case with three records."""
    return pack(house, confirmed_case(house))[0]


@pytest.fixture(scope="module")
def members(package) -> Members:
    return taken_apart(package)


@pytest.fixture(scope="module")
def key(house) -> SiteKey:
    return SiteKey.read(house.site.storage.key_file)


@pytest.fixture(params=["with cryptography", "standard library alone"])
def signatures(request):
    """Whether signatures can be checked."""
    if request.param == "with cryptography":
        yield True
        return
    with mock.patch.object(verifier, "_ed25519", return_value=None):
        yield False


def alone(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the verifier of a package where there is nothing but Python."""
    return subprocess.run(
        [sys.executable, "-I", "-S", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={"PYTHONIOENCODING": "utf-8", "PATH": "/nowhere"},
    )


@pytest.mark.parametrize("scope", list(Scope))
def test_an_untouched_package_holds(house, key, tmp_path, scope, signatures):
    path = tmp_path / "untouched.zip"
    path.write_bytes(in_memory(house, confirmed_case(house), scope))
    verdict = verify(path, {key.fingerprint})
    said = {finding.code for finding in verdict.findings}
    assert verdict.holds, verdict.findings
    assert said >= {"layout", "files", "chain", "trusted"}
    assert said >= ({"signed", "records"} if signatures else {"unchecked"})
    assert "inside" not in said
    assert "inside" in {finding.code for finding in verify(path).findings}


def test_it_needs_nothing_but_the_package_and_python(package, members, key, tmp_path):
    inner = tmp_path / "verify.py"
    inner.write_bytes(members["verify.py"])
    told = alone(inner, package)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "NOT checked" in told.stdout
    assert "签名未校验" in told.stdout
    assert key.fingerprint in told.stdout
    (found,) = json.loads(alone(inner, "--json", package).stdout)
    assert found["holds"]
    assert {f["code"] for f in found["findings"]} == {
        *("layout", "files", "inside", "chain", "unchecked")
    }
    broken = tmp_path / "broken.zip"
    broken.write_bytes(changed(package.read_bytes(), 5000))
    both = alone(inner, package, broken)
    assert both.returncode == 1
    assert "original/01-confirmed.jpg" in both.stdout
    wrong = alone(inner, package, "--fingerprint", "ab" * 32)
    assert wrong.returncode == 1
    assert "not signed by a key that you gave" in wrong.stdout
    assert alone(inner, package, "--fingerprint", "ab").returncode == 2


def test_one_byte_changed_anywhere_is_found_and_named(package, tmp_path, signatures):
    raw, path = package.read_bytes(), tmp_path / "changed.zip"
    dice = random.Random(4711)
    with zipfile.ZipFile(package) as opened:
        starts = {info.filename: info.header_offset for info in opened.infolist()}
        starts |= {"the directory": opened.start_dir, "the end": len(raw)}
    assert len(starts) > 10
    for (name, start), (_, after) in pairwise(starts.items()):
        head = HEADER.size + len(name) if name != "the directory" else after - start
        # Each byte of what no reader looks at, and some of the rest.
        places = {*range(start, min(after, start + head))}
        places |= {dice.randrange(start, after) for _ in range(CHANGES)}
        for at in sorted(places):
            by = dice.randrange(1, 256)
            path.write_bytes(changed(raw, at, lambda old, by=by: old ^ by))
            faults = [finding for finding in verify(path).findings if finding.fault]
            assert faults, (name, at, by)
            assert all(finding.words() for finding in faults)
            if at >= start + head:
                assert name in {finding.what for finding in faults}, (name, at, by, faults)


@pytest.mark.parametrize(
    "name", ["original/01-confirmed.jpg", "verify.py", LOG, MANIFEST, SIGNATURE]
)
def test_a_dropped_member_is_named(members, tmp_path, name, signatures):
    left = {one: content for one, content in members.items() if one != name}
    verdict = judged(left, tmp_path / "dropped.zip")
    assert codes(verdict) & {"dropped", "none"}
    assert name in {finding.what for finding in verdict.findings if finding.fault}


@pytest.mark.parametrize("name", ["original/99-more.jpg", "README2.txt", "../../etc/passwd", "a b"])
def test_an_added_member_is_named(members, tmp_path, name, signatures):
    verdict = judged({"evil.bin": b"", **members, name: b"more"}, tmp_path / "added.zip")
    assert "added" in codes(verdict)
    assert {name, "evil.bin"} <= {finding.what for finding in verdict.findings}


def test_a_renamed_a_swapped_and_a_moved_member_are_named(members, tmp_path, signatures):
    one, other = "masked/01-confirmed.jpg", "masked/02-cleared.jpg"
    renamed = {name if name != one else "masked/03-cleared.jpg": c for name, c in members.items()}
    (fault,) = [f for f in judged(renamed, tmp_path / "a.zip").findings if f.fault]
    assert (fault.code, fault.what, fault.other) == ("renamed", one, "masked/03-cleared.jpg")
    swapped = {**members, one: members[other], other: members[one]}
    faults = [f for f in judged(swapped, tmp_path / "b.zip").findings if f.fault]
    assert {(f.code, f.what, f.other) for f in faults} == {
        ("swapped", one, other),
        ("swapped", other, one),
    }
    moved = {other: members[other], **members}
    assert codes(judged(moved, tmp_path / "c.zip")) == {"order"}


@pytest.mark.parametrize(
    ("kept", "found"),
    [
        ((0, 2), ("removed", "3")),
        ((1, 2), ("removed", "2")),
        ((0, 1), None),
        ((1, 0, 2), ("moved", "1")),
        ((0, 2, 1), ("moved", "2")),
        ((0, 1, 1, 2), ("moved", "2")),
    ],
)
def test_records_removed_or_re_ordered_are_found_though_the_manifest_was_made_anew(
    members, tmp_path, kept, found, signatures
):
    lines = lines_of(members)
    assert [line["record"]["action"] for line in lines] == ["opened", "confirmed", "cleared"]
    verdict = judged(with_log(members, [lines[n] for n in kept]), tmp_path / "log.zip")
    if found is None:  # taken from the end: its pictures are those of no record now
        assert "unlogged" in codes(verdict)
    else:
        assert found in {(f.code, f.what) for f in verdict.findings}
    assert ("forged" in codes(verdict)) == signatures


@pytest.mark.parametrize("field", ["actor", "at", "reason", "data", "stage"])
def test_an_altered_record_is_found_though_its_line_and_the_manifest_were_made_anew(
    members, tmp_path, field, signatures
):
    lines = lines_of(members)
    lines[1]["record"][field] = {} if field == "data" else "another"
    verdict = judged(with_log(members, lines), tmp_path / "altered.zip")
    assert ("record", "2") in {(f.code, f.what) for f in verdict.findings}
    lines[1]["hash"] = record_digest(lines[1]["record"])
    verdict = judged(with_log(members, lines), tmp_path / "hashed.zip")
    assert ("link", "3") in {(f.code, f.what) for f in verdict.findings}


def test_a_whole_chain_made_anew_is_found_by_its_signatures_alone(members, tmp_path, signatures):
    lines = lines_of(members)
    lines[0]["record"]["actor"] = "another"
    for before, line in zip([None, *lines], lines, strict=False):
        if before is not None:
            line["record"]["prev"] = before["hash"]
        line["hash"] = record_digest(line["record"])
    verdict = judged(with_log(members, lines), tmp_path / "forged.zip")
    forged = {f.what for f in verdict.findings if f.code == "forged"}
    assert forged == ({MANIFEST, *(f"{LOG}: {n}" for n in (1, 2, 3))} if signatures else set())
    assert verdict.holds is not signatures, "only a signature can tell"


def test_a_picture_put_in_anothers_place_contradicts_the_log(members, tmp_path, signatures):
    manifest = json.loads(members[MANIFEST])
    name, picture = "original/01-confirmed.jpg", b"another picture"
    (item,) = (one for one in manifest["evidence"] if one["file"] == name)
    old = item["sha256"]
    item["size"] = len(picture)
    item["sha256"] = verifier.hashlib.sha256(picture).hexdigest()
    forged = listed({**members, name: picture}, manifest)
    verdict = judged(forged, tmp_path / "picture.zip")
    found = {(f.code, f.what) for f in verdict.findings}
    assert found >= {("left_out", old), ("unlogged", item["sha256"])}
    manifest = json.loads(members[MANIFEST])
    stray = listed({"original/09-more.jpg": picture, **members}, manifest)
    assert "stray" in codes(judged(stray, tmp_path / "stray.zip"))


def test_two_packages_spliced_are_found(house, members, tmp_path, signatures):
    other = taken_apart(pack(house, confirmed_case(house), name="other.zip")[0])
    for parts in ({LOG}, {LOG, MANIFEST}, {MANIFEST}, {MANIFEST, SIGNATURE}, {SIGNATURE}):
        spliced = {name: (other if name in parts else members)[name] for name in members}
        verdict = judged(spliced, tmp_path / "spliced.zip")
        assert verdict.holds is (parts == {SIGNATURE} and not signatures), parts
    lines = [*lines_of(members), *lines_of(other)]
    verdict = judged(with_log(members, lines), tmp_path / "logs.zip")
    assert {"foreign", "moved"} <= codes(verdict)
    mixed = {**members, "masked/01-confirmed.jpg": other["masked/01-confirmed.jpg"]}
    verdict = judged(mixed, tmp_path / "mixed.zip")
    assert {(f.code, f.what) for f in verdict.findings if f.fault} == {
        ("altered", "masked/01-confirmed.jpg")
    }


def test_another_key_is_found(house, members, key, tmp_path):
    thief = SiteKey.make(tmp_path / "thief.key")
    manifest = json.loads(members[MANIFEST])
    verdict = judged(signed(members, thief), tmp_path / "a.zip")
    assert "unknown_key" in codes(verdict), "the manifest does not hold it"
    # The thief's own key under the site's name, the site's key under the thief's.
    swapped = listed(members, manifest | {"keys": [manifest["keys"][0] | {"pem": thief.pem}]})
    assert "key" in codes(judged(signed(swapped, thief), tmp_path / "b.zip"))
    # Everything made anew with the thief's key: only who knows the site's key can tell.
    verdict = judged(_all_by(thief, members), tmp_path / "c.zip", key.fingerprint)
    assert codes(verdict) == {"untrusted"}
    assert thief.fingerprint in {f.what for f in verdict.findings if f.code == "untrusted"}
    verdict = verify(tmp_path / "c.zip")
    assert verdict.holds
    assert {f.what for f in verdict.findings if f.code == "inside"} == {thief.fingerprint}


def _all_by(thief: SiteKey, members: Members) -> Members:
    lines = lines_of(members)
    for line in lines:
        signature = thief.sign(to_sign(line["hash"]))
        line |= {"signature": signature, "signed_by": thief.fingerprint}
    made = with_log(members, lines)
    manifest = json.loads(made[MANIFEST])
    stated = manifest["keys"][0] | {"fingerprint": thief.fingerprint, "pem": thief.pem}
    stated["signature"] = thief.sign(verifier._statement(stated))
    return signed(listed(made, manifest | {"keys": [stated]}), thief)


def test_a_package_holds_by_the_key_of_before_and_of_after_a_rotation(tmp_path):
    world = make_world(make_site(tmp_path))
    old = SiteKey.read(world.site.storage.key_file)
    case = world.case()
    rotation.rotate(world.database, world.site.storage.key_file)
    SiteChain.open(world.database, world.site.storage.key_file)
    new = SiteKey.read(world.site.storage.key_file)
    assert new.fingerprint != old.fingerprint
    world.review(case, REJECT)
    path, _ = pack(world, case)
    for known in (old, new):
        verdict = verify(path, {known.fingerprint})
        assert verdict.holds, verdict.findings
    assert codes(verify(path, {"ab" * 32})) == {"untrusted"}
    # A record of today signed with the key of yesterday.
    made = taken_apart(path)
    lines = lines_of(made)
    assert [line["signed_by"] for line in lines] == [old.fingerprint, new.fingerprint]
    stale = {"signed_by": old.fingerprint, "signature": old.sign(to_sign(lines[1]["hash"]))}
    verdict = judged(with_log(made, [lines[0], lines[1] | stale]), tmp_path / "stale.zip")
    assert "not_in_force" in codes(verdict)
    unsigned = {"signed_by": None, "signature": None}
    verdict = judged(with_log(made, [lines[0], lines[1] | unsigned]), tmp_path / "unsigned.zip")
    assert "unsigned" in codes(verdict)
    verdict = judged(with_log(made, [lines[0] | unsigned, lines[1]]), tmp_path / "first.zip")
    assert "unsigned" not in codes(verdict), "records from before the site had a key"
    world.database.close()


def test_its_json_is_the_chains(members):
    for value in (
        {"b": 1, "a": [1.5, "街", None, True]},
        {"x": "\udc80"},
        json.loads(members[MANIFEST]),
    ):
        assert canonical(value) == chain.canonical(value)


def test_every_sentence_is_there_in_both_languages():
    for code in {**verifier.HOLDS, **verifier.NOTES, **verifier.FAULTS}:
        english, chinese = verifier.Finding(code, "WHAT", "missing").words()
        assert english.isascii()
        assert not chinese.isascii()
        assert ("WHAT" in english) == ("WHAT" in chinese)
