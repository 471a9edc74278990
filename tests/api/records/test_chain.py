"""The chain of a case by itself: whatever is done to it is found, and said in its words."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.records.chain import (
    ZEROS,
    Fault,
    Sealed,
    canonical,
    digest,
    findings,
    to_sign,
)
from api.records.keyring import Keyring, PublicKey, statement
from api.records.site_key import SiteKey

SITE = "01J9ZK3V5Q8T6W2Y4B7N0C1D2E"
AT = "2026-11-27T08:00:00.000000Z"


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> list[SiteKey]:
    folder = tmp_path_factory.mktemp("keys")
    return [SiteKey.make(folder / f"{n}.key") for n in range(3)]


def public(key: SiteKey, from_no: int = 1, old: SiteKey | None = None, *, lost=False) -> PublicKey:
    previous = old.fingerprint if old else None
    said = statement(key.fingerprint, SITE, from_no, AT, previous)
    given_ = old.sign(said) if old and not lost else None
    return PublicKey(key.fingerprint, key.pem, SITE, from_no, AT, previous, key.sign(said), given_)


def chain(
    key: SiteKey | None, count: int = 6, case: str = "SW-1", site: str = SITE
) -> list[Sealed]:
    """A case of its own site: its numbers in both chains are the same."""
    made: list[Sealed] = []
    for no in range(1, count + 1):
        record = {
            "v": 1,
            "site": site,
            "case": case,
            "no": no,
            "at": AT,
            "actor": "王警官",
            "key_id": None,
            "action": "sighted",
            "stage": "pending_review",
            "reason": f"第{no}次",
            "data": {"score": 0.1 * no, "evidence": ["ab" * 32]},
            "prev": made[-1].hash if made else ZEROS,
            "site_no": no,
            "site_prev": made[-1].hash if made else ZEROS,
        }
        made.append(sealed(record, key))
    return made


def sealed(record: dict, key: SiteKey | None) -> Sealed:
    hash_ = digest(record)
    signature = key.sign(to_sign(hash_)) if key else None
    return Sealed(record, hash_, signature, key.fingerprint if key else None)


def faults(records, ring, case="SW-1", head=None) -> list[tuple[Fault, int]]:
    return [(f.fault, f.no) for f in findings(case, records, ring, head)]


def changed(one: Sealed, **fields) -> Sealed:
    return replace(one, record={**one.record, **fields})


def test_what_is_whole_has_no_findings(keys):
    records = chain(keys[0])
    ring = Keyring([public(keys[0])], trusted={keys[0].fingerprint})
    assert ring.wrong == []
    assert faults(records, ring, head=(6, records[-1].hash)) == []


@pytest.mark.parametrize(
    "field", ["at", "actor", "key_id", "action", "stage", "reason", "data", "prev", "site_no"]
)
def test_every_field_of_every_record_is_covered(keys, field):
    ring = Keyring([public(keys[0])])
    for no in range(1, 7):
        records = chain(keys[0])
        value = 99 if field == "site_no" else "0" * 63 + "1"
        records[no - 1] = changed(records[no - 1], **{field: value})
        assert (Fault.CHANGED, no) in faults(records, ring)


def test_a_record_changed_together_with_its_hash_does_not_fit_the_next_nor_its_signature(keys):
    records = chain(keys[0])
    forged = {**records[2].record, "reason": "nothing seen"}
    records[2] = replace(records[2], record=forged, hash=digest(forged))
    ring = Keyring([public(keys[0])])
    assert faults(records, ring) == [(Fault.WRONG_KEY, 3), (Fault.CHANGED, 4)]


@pytest.mark.parametrize("gone", [[1], [3], [3, 4], [6]])
def test_a_record_that_is_missing_is_named(keys, gone):
    whole = chain(keys[0])
    records = [r for r in whole if r.record["no"] not in gone]
    found = findings("SW-1", records, Keyring([public(keys[0])]), (6, whole[-1].hash))
    assert [(f.fault, f.no) for f in found] == [(Fault.MISSING, gone[0])]
    words = "record 3 is" if gone == [3] else "records 3 to 4 are" if gone == [3, 4] else "missing"
    assert words in found[0].words


@given(st.permutations(range(6)))
@settings(max_examples=60, deadline=None)
def test_every_other_order_is_found(keys, order):
    whole = chain(keys[0])
    records = [whole[n] for n in order]
    found = faults(records, Keyring([public(keys[0])]), head=(6, whole[-1].hash))
    assert (found == []) == (list(order) == list(range(6)))
    if found:
        assert Fault.REORDERED in {fault for fault, _ in found}
        assert Fault.MISSING not in {fault for fault, _ in found}


def test_a_record_twice_a_spliced_one_and_one_of_another_site_are_found(keys):
    ring = Keyring([public(keys[0])])
    whole = chain(keys[0])
    assert faults([*whole[:3], whole[2], *whole[3:]], ring) == [
        (Fault.REORDERED, 3),
    ]
    other = chain(keys[0], case="SW-2")
    assert (Fault.SPLICED, 4) in faults([*whole[:3], other[3], *whole[4:]], ring)
    elsewhere = chain(keys[0], site="another")
    found = faults([*whole[:3], *elsewhere[3:]], ring)
    assert (Fault.SPLICED, 4) in found
    assert (Fault.CHANGED, 4) in found  # it does not follow either
    assert {f for f, _ in faults(whole, ring, case="SW-2")} == {Fault.SPLICED}


def test_an_unsigned_record_is_good_before_the_first_signed_one_only(keys):
    ring = Keyring([public(keys[0], from_no=4)])
    old = chain(None, 3)
    signed = chain(keys[0], 6)
    records = old + [sealed(dict(r.record), keys[0]) for r in signed[3:]]
    assert faults(records, ring) == []  # the fourth covers the first three by its hash
    records[4] = replace(records[4], signature=None, signed_by=None)
    assert faults(records, ring) == [(Fault.UNSIGNED, 5)]
    half = [replace(signed[0], signed_by=None), *signed[1:]]
    assert (Fault.UNSIGNED, 1) in faults(half, Keyring([public(keys[0])]))


def test_a_record_by_a_strange_key_is_found_even_if_the_package_brings_that_key(keys):
    ours, theirs, _ = keys
    records = chain(theirs)
    for brought in ([public(ours)], [public(ours), public(theirs)]):
        ring = Keyring(brought, trusted={ours.fingerprint})
        assert faults(records, ring) == [(Fault.WRONG_KEY, no) for no in range(1, 7)]
    # Their key says that it came after ours: only ours could say so.
    usurper = replace(public(theirs, 1, ours, lost=True), previous_signature=theirs.sign(b"x"))
    ring = Keyring([public(ours), usurper], trusted={ours.fingerprint})
    assert {f for f, _ in faults(records, ring)} == {Fault.WRONG_KEY}


def test_keys_of_a_rotation_vouch_for_each_other_and_are_in_force_in_their_time(keys):
    first, second, third = keys
    listed = [public(first), public(second, 3, first), public(third, 5, second)]
    whole = chain(first)
    signers = [first, first, second, second, third, third]
    records = [sealed(dict(r.record), k) for r, k in zip(whole, signers, strict=True)]
    for known in keys:  # whichever of them the court was given
        assert faults(records, Keyring(listed, trusted={known.fingerprint})) == []
    late = [*records[:4], sealed(dict(whole[4].record), first), *records[5:]]
    found = findings("SW-1", late, Keyring(listed))
    assert [(f.fault, f.no) for f in found] == [(Fault.WRONG_KEY, 5)]
    assert "not in force" in found[0].words
    # A key that took over from a lost one vouches for that; nothing vouches for it.
    listed = [public(first), public(second, 3, first, lost=True)]
    records = [
        sealed(dict(r.record), k) for r, k in zip(whole, signers[:4] + [second] * 2, strict=True)
    ]
    assert faults(records, Keyring(listed, trusted={second.fingerprint})) == []
    assert faults(records, Keyring(listed, trusted={first.fingerprint})) == [
        (Fault.WRONG_KEY, no) for no in range(3, 7)
    ]


def test_a_key_that_was_altered_is_said(keys):
    first, second, _ = keys
    altered = replace(public(second, 3, first), from_no=1)
    ring = Keyring([public(first), altered])
    assert len(ring.wrong) == 1
    assert second.fingerprint[:16] in ring.wrong[0]
    broken = Keyring([replace(public(first), pem="-----BEGIN NOTHING-----")])
    assert "no Ed25519 public key" in broken.wrong[0]


def test_one_byte_anywhere_in_a_signature_or_hash_is_found(keys):
    ring = Keyring([public(keys[0])])
    rng = random.Random(7)
    for _ in range(50):
        records = chain(keys[0])
        n, field = rng.randrange(6), rng.choice(["hash", "signature"])
        text = getattr(records[n], field)
        at = rng.randrange(len(text) - 3)  # base64's last letter has bits that say nothing
        other = "1" if text[at] != "1" else "2"
        records[n] = replace(records[n], **{field: text[:at] + other + text[at + 1 :]})
        assert faults(records, ring) != []


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_the_canonical_form_is_one_and_reads_back(value):
    import json

    made = canonical(value)
    assert canonical(json.loads(made)) == made


def test_the_canonical_form_is_what_the_contract_says():
    assert (
        canonical({"b": 1.0, "a": "王\udc80", "c": None})
        == '{"a":"王\\udc80","b":1.0,"c":null}'.encode()
    )
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical({"score": float("nan")})


def test_hostile_records_are_findings_not_faults(keys):
    ring = Keyring([public(keys[0])])
    whole = chain(keys[0])
    for bad in (
        {},
        {**whole[1].record, "extra": 1},
        {**whole[1].record, "v": 2},
        {**whole[1].record, "no": "2"},
        {**whole[1].record, "no": 10**30},
        {**whole[1].record, "case": None},
        {**whole[1].record, "data": float("inf")},
        {**whole[1].record, "site_no": "x"},
    ):
        records = [whole[0], replace(whole[1], record=bad), *whole[2:]]
        assert faults(records, ring) != []
    for bad in ({"signature": "§"}, {"signature": ""}, {"signed_by": "none"}, {"hash": "§"}):
        assert faults([replace(whole[0], **bad), *whole[1:]], ring) != []
