"""Kinds: the registry of rules by kind, built in and from other packages' entry points."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points

from vision.errors import SiteError
from vision.mistakes.wrong import wrong
from vision.rules.context import Context, Rule
from vision.rules.dirty_truck import DirtyTruck
from vision.rules.illegal_structure import IllegalStructure
from vision.rules.overflowing_bin import OverflowingBin
from vision.rules.street_vending import StreetVending

GROUP = "streetwarden.rules"
"""Entry point group for other packages: the name is the kind, the value its rule class."""

MakeRule = Callable[[Context], Rule]

_OURS: dict[str, MakeRule] = {
    rule.kind: rule for rule in (StreetVending, OverflowingBin, IllegalStructure, DirtyTruck)
}


@cache
def rule_of(kind: str) -> MakeRule:
    """Return the factory of the rule of a kind.

    Raises:
        SiteError: no installed package has a rule for it.
    """
    if kind in _OURS:
        return _OURS[kind]
    for found in entry_points(group=GROUP, name=kind):
        made: MakeRule = found.load()
        return made
    raise SiteError(wrong("rule_missing", kind=kind, group=GROUP))
