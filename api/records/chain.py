"""Chain: what a record is, its canonical form and hash, and what is wrong with a sequence of them.

A record is one entry of a case's log. It names the hash of the case's record before it and of the
site's record before it, so its own hash covers both chains. The standard library alone is used
here: whoever checks a package needs no more.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

VERSION = 1
ZEROS = "0" * 64
"""What stands for the record before the first one."""
FIELDS = frozenset(
    {"v", "site", "case", "no", "prev", "site_no", "site_prev"}
    | {"at", "actor", "key_id", "action", "stage", "reason", "data"}
)
_SIGNED = b"streetwarden record v1\n"
_LONE = re.compile("[\ud800-\udfff]")  # no UTF-8 has them; JSON writes them as escapes


class Fault(StrEnum):
    """Kinds of what can be wrong with a chain."""

    MISSING = "missing"
    """A record that the others show to have been there is not."""
    CHANGED = "changed"
    """A record's content does not give its hash, or its hash not what the next one names."""
    REORDERED = "re-ordered"
    """A record stands twice, or behind one that follows it."""
    SPLICED = "spliced"
    """A record belongs to another case or site."""
    UNSIGNED = "unsigned"
    """A record has no signature although earlier ones have."""
    WRONG_KEY = "wrong key"
    """A record is signed by a key that is not known, not in force, or not at all by that key."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, at a record's number in the chain that was looked at."""

    fault: Fault
    no: int
    words: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """A record with its hash and signature; both of the latter None before records were signed."""

    record: Mapping[str, Any]
    hash: str
    signature: str | None
    signed_by: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """Numbers and hashes that tie a record to those before it: of its case, and of its site."""

    no: int
    prev: str
    site_no: int
    site_prev: str


Verify = Callable[[Sealed], str | None]
"""Says in words what is wrong with a signed record's signature; None if nothing is."""


def canonical(value: object) -> bytes:
    r"""JSON of which there is one form: keys sorted, no spaces, UTF-8.

    A lone surrogate, which no UTF-8 has, is written as its escape, `\udc80`.

    Raises:
        ValueError: it holds a number that JSON has not (NaN, infinity).
        TypeError: it holds what is no JSON.
    """
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return _LONE.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode()


def timed(at: datetime) -> str:
    """A time as a record states it: UTC with microseconds, `2026-11-27T08:00:00.000000Z`."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def digest(record: Mapping[str, Any]) -> str:
    """The SHA-256 of a record's canonical form, in hex."""
    return hashlib.sha256(canonical(record)).hexdigest()


def to_sign(hash_: str) -> bytes:
    """What the site's key signs of a record."""
    return _SIGNED + hash_.encode()


class Walk:
    """Walks along one chain, a record at a time, and tells what is wrong.

    Args:
        own: the field that all records of the chain share: "case" or "site".
        verify: checks a signature.
        known: numbers that are in the chain, to tell a record that is missing from one that is
            elsewhere; leave it out where records come sorted by their number.
    """

    def __init__(self, own: str, verify: Verify, known: frozenset[int] = frozenset()) -> None:
        self._no, self._prev = ("no", "prev") if own == "case" else ("site_no", "site_prev")
        self._own = own
        self._verify = verify
        self._known = known
        self._signed = False
        self.of: str | None = None
        self.last, self.hash = 0, ZEROS

    def take(self, sealed: Sealed) -> Iterator[Finding]:
        """Go on to the next record; give what is wrong with it and its place."""
        record = sealed.record
        no, own = record.get(self._no), record.get(self._own)
        if record.get("v") != VERSION or set(record) != FIELDS or not isinstance(no, int):
            words = f"record {self.last + 1} has not the fields of a record of version {VERSION}"
            yield Finding(Fault.CHANGED, self.last + 1, words)
            return
        self.of = self.of or own
        if own != self.of:
            words = f"record {no} belongs to {self._own} {own}, not to {self.of}"
            yield Finding(Fault.SPLICED, no, words)
            return
        yield from self._content(no, sealed)
        yield from self._place(no, record[self._prev])
        yield from self._signature(no, sealed)
        self.last, self.hash = max(no, self.last), sealed.hash

    def end(self, no: int, hash_: str) -> Iterator[Finding]:
        """Say whether the chain ends where it should."""
        if self.last < no:
            yield Finding(Fault.MISSING, self.last + 1, _absent(self.last + 1, no, "the end"))
        elif self.last > no:
            words = f"the chain goes on after record {no}, which is said to be its last"
            yield Finding(Fault.SPLICED, no + 1, words)
        elif self.hash != hash_:
            words = f"record {no} is not the one that is said to be the last"
            yield Finding(Fault.CHANGED, no, words)

    def _content(self, no: int, sealed: Sealed) -> Iterator[Finding]:
        try:
            same = digest(sealed.record) == sealed.hash
        except (ValueError, TypeError, RecursionError):
            same = False
        if not same:
            yield Finding(Fault.CHANGED, no, f"record {no} was changed: its hash differs")

    def _place(self, no: int, prev: object) -> Iterator[Finding]:
        if no <= self.last:
            words = f"record {no} stands behind record {self.last}"
            yield Finding(Fault.REORDERED, no, words)
        elif no > self.last + 1:
            if not any(self.last < other < no for other in self._known):
                words = _absent(self.last + 1, no - 1, f"record {no}")
                yield Finding(Fault.MISSING, self.last + 1, words)
        elif prev != self.hash:
            words = f"record {no} does not follow the record that stands before it"
            yield Finding(Fault.CHANGED, no, f"{words}: one of the two was changed or put there")

    def _signature(self, no: int, sealed: Sealed) -> Iterator[Finding]:
        if sealed.signature is not None and sealed.signed_by is not None:
            self._signed = True
            wrong = self._verify(sealed)
            if wrong is not None:
                yield Finding(Fault.WRONG_KEY, no, f"record {no} {wrong}")
        elif self._signed or sealed.signature is not None or sealed.signed_by is not None:
            words = f"record {no} is not signed, although records before it are"
            yield Finding(Fault.UNSIGNED, no, words)


def findings(
    case: str, sealed: Iterable[Sealed], verify: Verify, head: tuple[int, str] | None = None
) -> list[Finding]:
    """What is wrong with the records of one case, in the order in which they are given.

    Args:
        case: whose they should be.
        sealed: all of them.
        verify: checks a signature.
        head: number and hash of the record that should be the last, where that is known.
    """
    records = list(sealed)
    numbers = frozenset(no for one in records if isinstance(no := one.record.get("no"), int))
    walk = Walk("case", verify, numbers)
    walk.of = case
    found: list[Finding] = []
    site: str | None = None
    for one in records:
        found += walk.take(one)
        site = site or one.record.get("site")
        if one.record.get("site") != site:
            words = f"record {one.record.get('no')} is of site {one.record.get('site')}"
            found.append(Finding(Fault.SPLICED, walk.last, f"{words}, not of {site}"))
    if head is not None:
        found += walk.end(*head)
    return found


def _absent(first: int, last: int, before: str) -> str:
    which = f"record {first} is" if first == last else f"records {first} to {last} are"
    return f"{which} missing before {before}"
