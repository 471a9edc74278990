"""Scope: for whom a package is, and what it may hold: evidence by its role, records of the log."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from api.cases.view import PLATE_ACTIONS
from vision.evidence import EvidenceRole


class Scope(StrEnum):
    """For whom a package is."""

    OFFICER = "officer"
    """For the file and a court: everything, originals included."""
    RECEIVER = "receiver"
    """For the case system: derivatives, log but for plates and opinions, hashes of originals."""
    PUBLIC = "public"
    """To be published: masked pictures alone; no person's name, no key."""


_DERIVED = frozenset({EvidenceRole.MASKED.value, EvidenceRole.ANNOTATED.value})
_PUBLIC_ACTIONS = frozenset({"opened", "sighted", "reopened", "cleared", "ended"})
"""What the cameras alone have to say; everything else may name a person. New actions are withheld
until somebody has looked at what they hold (Personal Information Protection Law, art. 6 and 25)."""
_OURS = frozenset({"opinion"})
"""What receivers are not given: a model's opinion helps the site's reviewers and is no evidence."""


def holds(scope: Scope, role: str) -> bool:
    """Whether a package may hold evidence of this role; of the rest it states the hash."""
    if scope is Scope.OFFICER:
        return True
    if scope is Scope.RECEIVER:
        return role in _DERIVED or role == EvidenceRole.RECORD.value
    return role == EvidenceRole.MASKED.value


def shown(scope: Scope, line: Mapping[str, Any]) -> dict[str, Any]:
    """A line of `log.jsonl` as this scope may read it.

    A record that is withheld keeps its hash, so that the records around it still hang together,
    and says what happened and when.
    """
    record = line["record"]
    if not _withheld(scope, record):
        return dict(line)
    told = {name: record[name] for name in ("no", "at", "action", "stage")}
    return {**line, "record": None, "withheld": told}


def _withheld(scope: Scope, record: Mapping[str, Any]) -> bool:
    if scope is Scope.OFFICER:
        return False
    if scope is Scope.RECEIVER:
        return record["action"] in PLATE_ACTIONS | _OURS
    return record["key_id"] is not None or record["action"] not in _PUBLIC_ACTIONS
