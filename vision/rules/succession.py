"""Succession: the rules of a camera follow those before them, where its site was changed meanwhile.

A rule that decides by the same as the one before it is not exchanged: nothing of what it has under
way is lost, not even what no state file holds. One of the same zone and kind that decides by other
settings recalls what that remembers, as after a restart. What a rule held whose zone or kind is no
longer watched, and what lies outside of a zone as it is drawn now, is over: nobody watches it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

from pydantic_core import from_json, to_json

from vision.episodes import Episode
from vision.rules.context import Context, Rule

_log = logging.getLogger(__name__)


@runtime_checkable
class Leaves(Protocol):
    """A rule that has things under way at places of its zone: candidates too."""

    def leave(self, *, all_of_it: bool = False) -> Sequence[Episode]:
        """Forget what lies outside of the zone, or all; return the episodes that are over so."""
        ...


def named(rule: Rule) -> str:
    """What a rule's state is kept under."""
    return f"{rule.context.zone.name}/{rule.kind}"


def as_json(rule: Rule) -> bytes:
    """What a rule remembers, as JSON text; in one go if the rule can do that."""
    direct: Callable[[], bytes] | None = getattr(rule, "remember_json", None)
    return direct() if direct is not None else to_json(rule.remember())


def succeed(
    before: Sequence[Rule], after: Sequence[Rule]
) -> tuple[tuple[Rule, ...], list[Episode]]:
    """Let new rules go on where the ones before them are.

    Args:
        before: they are not to be used any more, unless they are returned.
        after: made for the changed site; they have seen nothing.

    Returns:
        The rules that go on, and the episodes that are over: confirmed ones, and candidates.
    """
    known = {named(rule): rule for rule in before}
    rules, over = list[Rule](), list[Episode]()
    for rule in after:
        old = known.pop(named(rule), None)
        if old is not None and _decisive(old.context) == _decisive(rule.context):
            rules.append(old)
            continue
        rules.append(rule)
        if old is not None:
            over += _recall(rule, old)
    for old in known.values():
        over += old.leave(all_of_it=True) if isinstance(old, Leaves) else old.episodes
    return tuple(rules), over


def _recall(rule: Rule, old: Rule) -> Sequence[Episode]:
    """Let a rule recall what another remembers; the episodes that are over by that."""
    try:
        rule.recall(from_json(as_json(old)))
    except (ValueError, KeyError, TypeError) as error:
        _log.warning(
            "%s: what %s remembers cannot be read (%s); it begins anew",
            rule.context.camera.id,
            named(rule),
            error,
        )
        return list(old.episodes)
    return rule.leave() if isinstance(rule, Leaves) else ()


def _decisive(context: Context) -> tuple[Any, ...]:
    """All that a rule decides by, and what its records state of its camera."""
    camera, baseline = context.camera, context.baseline
    return (
        camera.type,
        camera.analyse_fps,
        camera.place,
        camera.ground,
        context.zone,
        context.settings,
        context.threshold,
        context.timezone.key,
        [p for p in context.permits if p.camera in (None, camera.id)],
        [a for a in context.assets if a.camera in (None, camera.id)],
        context.holidays,
        (baseline.as_of, baseline.outlines) if baseline is not None else None,
        context.memory,
    )
