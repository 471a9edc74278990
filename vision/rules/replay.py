"""Replay: makes a stored decision again from its record."""

from __future__ import annotations

from dataclasses import dataclass, fields

from vision.episodes import Episode, Reason
from vision.rules.kinds import rule_of
from vision.rules.looks import from_row
from vision.rules.record import RULES_VERSION, Record

# Given anew to an episode that opens in a replay.
_ARBITRARY = {"id"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a replay.

    Attributes:
        stored: the decision at that time.
        again: the decision now; None if there is none.
        differs: names of the episode's fields that differ.
        rules: the versions of the rules, then and now.
    """

    stored: Episode
    again: Episode | None
    differs: tuple[str, ...]
    rules: tuple[str, str]

    @property
    def same(self) -> bool:
        """Whether both decisions are the same."""
        return not self.differs


def replay(record: Record) -> Verdict:
    """Pass the recorded looks to the rule again.

    Raises:
        ValueError, KeyError, TypeError: the record's looks or state cannot be read by these rules.
    """
    rule = rule_of(record.kind)(record.context)
    rule.recall(record.before)
    again: Episode | None = None
    for row in record.looks:
        events = rule.look(*from_row(row, record.context.camera.id))
    for event in events if record.looks else ():
        if event.episode.stage is record.episode.stage and _alike(event.episode, record.episode):
            again = event.episode
    names = [f.name for f in fields(Episode) if f.name not in _ARBITRARY]
    differs = tuple(
        n
        for n in names
        if again is None or not _same(getattr(again, n), getattr(record.episode, n))
    )
    return Verdict(record.episode, again, differs, (record.rules, RULES_VERSION))


def _same(again: object, stored: object) -> bool:
    """Whether a field says the same; reasons do whatever their words, which may be new ones."""
    if isinstance(again, tuple) and isinstance(stored, tuple) and len(again) == len(stored):
        return all(_same(one, other) for one, other in zip(again, stored, strict=True))
    if isinstance(again, Reason) and isinstance(stored, Reason):
        if again.code is None or stored.code is None:  # of before there were codes, with fewer data
            return stored.data.items() <= again.data.items()
        return (again.code, again.data) == (stored.code, stored.data)
    return again == stored


def _alike(one: Episode, other: Episode) -> bool:
    """Of several episodes that reach a stage in one look, the one at the same place."""
    return all(abs(a - b) < 0.01 for a, b in zip(one.box, other.box, strict=True))
