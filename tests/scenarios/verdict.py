"""Verdict: what was reported in a scenario against what had to be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from datasets.scenarios import Expected, Scenario
from vision.episodes import Episode, EpisodeEvent, EpisodeStage

# Camera clocks count in whole microseconds, look intervals such as 1/3 s do not.
_ROUNDING = 0.01
_HEAD = ("kind", "scenarios", "expected", "reported", "right", "precision", "recall")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One scenario's score at the level of events.

    Attributes:
        found: Expected episodes and the reported ones they were matched with.
        missed: Expected episodes that nothing reported matches.
        false: Reported episodes that nobody expected, or at another time than expected.
    """

    scenario: Scenario
    found: tuple[tuple[Expected, Episode], ...]
    missed: tuple[Expected, ...]
    false: tuple[Episode, ...]

    @property
    def right(self) -> bool:
        """Whether all that was expected was reported, and nothing else."""
        return not self.missed and not self.false

    def __str__(self) -> str:
        """What is wrong, a line each."""
        name = self.scenario.name
        lines = [f"{name}: missed {_expected(e)}" for e in self.missed]
        lines += [f"{name}: false {_reported(self.scenario, e)}" for e in self.false]
        return "\n".join(lines) or f"{name}: as expected"


def judge(scenario: Scenario, events: Iterable[EpisodeEvent], *, strictly: bool) -> Verdict:
    """Match what was confirmed with what was expected, one to one.

    Args:
        scenario: What happened.
        events: What the rules said.
        strictly: When it was confirmed and cleared must fit too, not only its start and end.
    """
    left = _confirmed(events)
    found, missed = [], []
    for expected in scenario.expected:
        fitting = [e for e in left if _fits(scenario, expected, e, strictly=strictly)]
        if fitting:
            found.append((expected, fitting[0]))
            left.remove(fitting[0])
        else:
            missed.append(expected)
    return Verdict(scenario, tuple(found), tuple(missed), tuple(left))


def table(verdicts: Sequence[Verdict]) -> str:
    """Precision and recall per kind and over all, as text."""
    rows: list[tuple[str, ...]] = [_HEAD]
    kinds = sorted({kind for v in verdicts for kind in watched(v.scenario)})
    for kind in [*kinds, "all"]:
        some = [v for v in verdicts if kind in (*watched(v.scenario), "all")]
        precision, recall = rates(some)
        right = sum(len(v.found) for v in some)
        expected = right + sum(len(v.missed) for v in some)
        reported = right + sum(len(v.false) for v in some)
        numbers = (len(some), expected, reported, right)
        rows.append((kind, *map(str, numbers), f"{precision:.3f}", f"{recall:.3f}"))
    widths = [max(len(row[n]) for row in rows) for n in range(len(_HEAD))]
    lines = [[cell.rjust(w) for cell, w in zip(row, widths, strict=True)] for row in rows]
    return "\n".join("  ".join(line) for line in lines)


def rates(verdicts: Sequence[Verdict]) -> tuple[float, float]:
    """Precision and recall over some scenarios; 1 where there was nothing to get wrong."""
    right = sum(len(v.found) for v in verdicts)
    false, missed = sum(len(v.false) for v in verdicts), sum(len(v.missed) for v in verdicts)
    precision = right / (right + false) if right + false else 1.0
    recall = right / (right + missed) if right + missed else 1.0
    return precision, recall


def watched(scenario: Scenario) -> set[str]:
    """The kinds that a scenario's cameras watch."""
    zones = [zone for camera in scenario.site["cameras"] for zone in camera["zones"]]
    return {kind for zone in zones for kind in zone["watch"]}


def _confirmed(events: Iterable[EpisodeEvent]) -> list[Episode]:
    """Each confirmed episode as it was last told, in order of confirmation."""
    told: dict[str, Episode] = {}
    for event in events:
        if event.episode.stage is EpisodeStage.CONFIRMED or event.episode.id in told:
            told[event.episode.id] = event.episode
    return list(told.values())


def _fits(scenario: Scenario, expected: Expected, episode: Episode, *, strictly: bool) -> bool:
    same = ("kind", "subtype", "camera", "zone")
    if any(getattr(expected, name) != getattr(episode, name) for name in same):
        return False
    if (expected.cleared is None) != (episode.cleared_at is None):
        return False
    if (expected.ended is None) != (episode.ended_at is None):
        return False
    pairs: list[tuple[float | None, datetime | None]] = [(expected.opened, episode.opened_at)]
    if expected.cleared is not None:
        pairs.append((expected.last_seen, episode.last_seen_at))
    if strictly:
        pairs += [
            (expected.confirmed, episode.confirmed_at),
            (expected.cleared, episode.cleared_at),
            (expected.ended, episode.ended_at),
        ]
    look = scenario.interval(expected.camera) + _ROUNDING
    return all(
        wanted is None or (at is not None and abs(scenario.seconds(at) - wanted) <= look)
        for wanted, at in pairs
    )


def _expected(expected: Expected) -> str:
    times = [
        f"{n} {_time(getattr(expected, n))}"
        for n in ("opened", "confirmed", "last_seen", "cleared", "ended")
    ]
    return f"{expected.kind}/{expected.subtype} at {expected.camera}: " + ", ".join(times)


def _reported(scenario: Scenario, episode: Episode) -> str:
    moments = {
        "opened": episode.opened_at,
        "confirmed": episode.confirmed_at,
        "last_seen": episode.last_seen_at,
        "cleared": episode.cleared_at,
        "ended": episode.ended_at,
    }
    times = [
        f"{n} {_time(None if at is None else scenario.seconds(at))}" for n, at in moments.items()
    ]
    return f"{episode.kind}/{episode.subtype} at {episode.camera}: " + ", ".join(times)


def _time(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:g} s"
