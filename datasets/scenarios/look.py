"""Look: one picture that a camera gives for analysis, and how a row of them may go wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

Span = tuple[float, float]
"""From the first second to before the second one, of the story."""


@dataclass(frozen=True, slots=True)
class Look:
    """One picture of one camera.

    Attributes:
        t: Second of the story that the picture shows, however the camera's clock goes.
        at: What the camera's clock says, UTC.
        index: Number of the picture in its source; a repeated one keeps its number.
    """

    t: float
    at: datetime
    index: int


def every(seconds: float, start: datetime, until: float, *, since: float = 0.0) -> tuple[Look, ...]:
    """A look each so many seconds, from second `since` to second `until` of the story.

    Args:
        seconds: Between two looks.
        start: What the camera's clock says at second 0; aware.
        until: Last second.
        since: First second.
    """
    count = round((until - since) // seconds) + 1
    moments = [round(since + n * seconds, 3) for n in range(count)]
    return tuple(Look(t, start + timedelta(seconds=t), n) for n, t in enumerate(moments))


def survey(start: datetime, days: Sequence[float], *, looks: int = 4) -> tuple[Look, ...]:
    """Flights on some days after the start, each a few looks a minute apart."""
    moments = [day * 86400.0 + 60.0 * n for day in days for n in range(looks)]
    return tuple(Look(t, start + timedelta(seconds=t), n) for n, t in enumerate(moments))


def without(looks: Iterable[Look], *gaps: Span) -> tuple[Look, ...]:
    """The camera gave nothing in these spans."""
    return tuple(look for look in looks if not any(a <= look.t < b for a, b in gaps))


def losing(looks: Sequence[Look], share: float, *, seed: int, keep: Iterable[float]) -> tuple[
    Look, ...
]:  # fmt: skip
    """A share of the looks is lost by chance, never more than two in a row.

    Args:
        looks: What would have been seen.
        share: Of them that is lost, 0..1.
        seed: Source of chance.
        keep: Seconds whose looks are not lost, since a scenario's times hang on them.
    """
    rng, kept = np.random.default_rng(seed), set(keep)
    left: list[Look] = []
    run = 0
    for look in looks:
        lost = bool(rng.random() < share) and run < 2 and look.t not in kept
        run = run + 1 if lost else 0
        if not lost:
            left.append(look)
    return tuple(left)


def stepping(looks: Iterable[Look], at: float, by: float) -> tuple[Look, ...]:
    """The camera's clock is set by so many seconds at second `at`; back where negative."""
    step = timedelta(seconds=by)
    return tuple(replace(look, at=look.at + step) if look.t >= at else look for look in looks)


def twice(looks: Iterable[Look]) -> tuple[Look, ...]:
    """Each picture is delivered two times, with the same time and number."""
    return tuple(same for look in looks for same in (look, look))
