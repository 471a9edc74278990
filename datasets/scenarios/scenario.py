"""Scenario: what happens before some cameras, and exactly which episodes it must become."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from datasets.renderer.scene import Actor
from datasets.scenarios.look import Look
from datasets.scenarios.stage import Condition, Stage


@dataclass(frozen=True)
class Expected:
    """An episode that must be reported. Seconds are on the camera's clock, from `Scenario.start`.

    A time that is None is not checked, except that `cleared=None` says that it must not clear, and
    `ended=None` that nothing but clean looks may end it.

    Attributes:
        kind: By its name in `datasets/kinds.yaml`.
        subtype: Sub-type of that kind.
        camera: Id in the site.
        zone: Its name.
        opened: When it could first be seen.
        confirmed: When the rule is met.
        last_seen: When it could last be seen, for one that clears.
        cleared: When the rule for its end is met.
        ended: When the clock ends it, since its hours are over or a permit begins.
    """

    kind: str
    subtype: str
    camera: str
    zone: str
    opened: float | None
    confirmed: float | None
    last_seen: float | None = None
    cleared: float | None = None
    ended: float | None = None

    def but(self, **changes: Any) -> "Expected":
        """The same episode with some attributes changed."""
        return replace(self, **changes)


@dataclass(frozen=True)
class View:
    """What one camera of a scenario looks at, and when.

    Attributes:
        camera: Its id in the site.
        stage: The place.
        looks: In the order in which they arrive.
        cast: Makes who and what is in the scene besides the stage's furniture.
        conditions: (from second, light and weather), in order of time.
        sway: Shift of the picture at a second, across and down, each -1..1 of its margin.
        over: For a drone that flies about, the stage as it saw it first: the poses it gives
            lays looks over that one.
    """

    camera: str
    stage: Stage
    looks: tuple[Look, ...]
    cast: Callable[[], Sequence[Actor]]
    conditions: tuple[tuple[float, Condition], ...]
    sway: Callable[[float], tuple[float, float]] | None = None
    over: Stage | None = None

    def condition(self, t: float) -> Condition:
        """Light and weather at second `t`."""
        return [condition for since, condition in self.conditions if t >= since][-1]


@dataclass(frozen=True)
class Scenario:
    """One story and its truth.

    Attributes:
        name: Unique, words joined by hyphens.
        about: What it tests, in a few words.
        site: A whole site file as `vision.site` reads it, with this scenario's cameras.
        start: What the cameras' clocks say at second 0; aware.
        views: One for each camera of the site, or several of one that flies elsewhere.
        expected: Every episode that must be confirmed; any other is a false one.
        tags: What it is about, to choose by.
        fault: Why the rules do not yet pass it with perfect boxes; empty where they do.
        baseline: GeoJSON of the structures known, for the site to name its file.
    """

    name: str
    about: str
    site: Mapping[str, Any]
    start: datetime
    views: tuple[View, ...]
    expected: tuple[Expected, ...]
    tags: frozenset[str] = field(default=frozenset())
    fault: str = ""
    baseline: Mapping[str, Any] | None = None

    @cached_property
    def looks(self) -> tuple[tuple[View, Look], ...]:
        """Every look of every camera, in the order in which they happen."""
        found = [(view, look) for view in self.views for look in view.looks]
        return tuple(sorted(found, key=lambda pair: pair[1].t))

    def seconds(self, moment: datetime) -> float:
        """A camera's time as seconds from the start."""
        return (moment - self.start) / timedelta(seconds=1)

    def interval(self, camera: str) -> float:
        """Seconds between two looks of a camera when nothing is lost."""
        [found] = [c for c in self.site["cameras"] if c["id"] == camera]
        return 1 / float(found["analyse_fps"])
