"""Post: a camera at its stage, what it watches there, and the site file around it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from datasets.renderer.scene import Actor
from datasets.scenarios.look import Look, every
from datasets.scenarios.scenario import Expected, Scenario, View
from datasets.scenarios.stage import Condition, Stage

SHANGHAI, BERLIN = "Asia/Shanghai", "Europe/Berlin"
Cast = Callable[[], Sequence[Actor]]
Sway = Callable[[float], tuple[float, float]]


def local(timezone: str, *when: int) -> datetime:
    """A moment by a zone's wall clock (year, month, day, hour, minute), in UTC."""
    year, month, day, hour, minute = when
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(timezone)).astimezone(UTC)


@dataclass(frozen=True)
class Post:
    """A camera at a stage, watching one kind in one zone. `replace` it for other settings.

    Attributes:
        camera: Its id.
        stage: Where it stands and looks.
        zone: One of the stage's.
        kind: What is watched in it.
        subtype: What an episode here is, unless said otherwise.
        seconds: Between two looks.
        condition: Light and weather.
        start: When its stories begin.
        dwell, clear: Of the settings below or as shipped, seconds.
        settings: Of the kind in the zone, as in a site file.
        hours, valid: Of the zone.
        shows: What the zone says it shows: a sub-type of the kind.
        timezone: The site's.
        type: The camera's.
        sway: Its shake.
        permits, holidays: The site's.
        baseline: The site's, as GeoJSON.
        ground: (u, v, lon, lat) of points that the camera sees.
        tags: Of every scenario here.
    """

    camera: str
    stage: Stage
    zone: str
    kind: str
    subtype: str
    seconds: float
    condition: Condition
    start: datetime
    dwell: float
    clear: float
    settings: Mapping[str, Any] | None = None
    hours: tuple[str, ...] = ()
    valid: str = ""
    shows: str = ""
    timezone: str = SHANGHAI
    type: str = "cctv"
    sway: Sway | None = None
    permits: tuple[Mapping[str, Any], ...] = ()
    holidays: tuple[str, ...] = ()
    baseline: Mapping[str, Any] | None = None
    ground: tuple[tuple[float, ...], ...] = ()
    tags: tuple[str, ...] = ()

    def looks(self, until: float) -> tuple[Look, ...]:
        """Looks from second 0 to second `until`, none lost."""
        return every(self.seconds, self.start, until)

    def stayed(
        self, since: float, until: float | None = None, subtype: str = "", delay: float = 0.0
    ) -> Expected:
        """The episode of what is there from one second to another, to the end where None.

        Args:
            since: First second.
            until: First second at which it is gone.
            subtype: Where it is not the post's.
            delay: Seconds by which it is confirmed later, since the rule was kept from looking.
        """
        return Expected(
            self.kind,
            subtype or self.subtype,
            self.camera,
            self.zone,
            opened=since,
            confirmed=since + self.dwell + delay,
            last_seen=until,
            cleared=None if until is None else until + self.clear,
        )

    def camera_entry(self) -> dict[str, Any]:
        """The camera in a site file. It has no source: its looks are made here."""
        zone: dict[str, Any] = {
            "name": self.zone,
            "polygon": self.stage.polygon(self.zone),
            "watch": [self.kind],
        }
        if self.hours:
            zone["hours"] = list(self.hours)
        if self.valid:
            zone["valid"] = self.valid
        if self.shows:
            zone["subtypes"] = {self.kind: self.shows}
        if self.settings:
            zone["settings"] = {self.kind: dict(self.settings)}
        entry: dict[str, Any] = {
            "id": self.camera,
            "source": f"drawn/{self.camera}",
            "type": self.type,
            "analyse_fps": 1 / self.seconds,
            "zones": [zone],
        }
        if self.ground:
            entry["ground"] = [list(point) for point in self.ground]
        return entry

    def site(self, *others: "Post") -> dict[str, Any]:
        """A site file with this camera and others."""
        site: dict[str, Any] = {
            "site": {"name": "Scenario", "timezone": self.timezone},
            "cameras": [post.camera_entry() for post in (self, *others)],
        }
        if self.holidays:
            site["site"]["holidays"] = list(self.holidays)
        if self.permits:
            site["permits"] = [dict(permit) for permit in self.permits]
        return site

    def view(self, looks: tuple[Look, ...], cast: Cast, **more: Any) -> View:
        """What this camera sees of a story."""
        conditions = ((0.0, self.condition),)
        return View(
            self.camera,
            self.stage,
            looks,
            cast,
            **{"conditions": conditions, "sway": self.sway, **more},
        )

    def scenario(
        self,
        name: str,
        about: str,
        looks: float | tuple[Look, ...],
        cast: Cast,
        *expected: Expected,
        tags: Sequence[str] = (),
        fault: str = "",
    ) -> Scenario:
        """A story that only this camera sees.

        Args:
            name: Unique, words joined by hyphens.
            about: What it tests.
            looks: Those that arrive, or the last second of an unbroken row.
            cast: Makes who and what is there.
            expected: The episodes it must become; none where it must become none.
            tags: Further than the post's.
            fault: See `Scenario`.
        """
        seen = looks if isinstance(looks, tuple) else self.looks(looks)
        return Scenario(
            name,
            about,
            self.site(),
            self.start,
            (self.view(seen, cast),),
            expected,
            frozenset((self.kind, self.condition.name, *self.tags, *tags)),
            fault,
            self.baseline,
        )

    def but(self, **changes: Any) -> "Post":
        """The same post with some attributes changed."""
        return replace(self, **changes)
