"""Episode: one violation at one place over time, and its events (opened, confirmed, cleared …)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from vision.detections import Detections
from vision.frames import Clock, Frame
from vision.gap import Gap
from vision.geo.position import Position
from vision.sources.clip_facts import ClipFacts
from vision.sources.ring import Clip

NormBox = tuple[float, float, float, float]
"""x1, y1, x2, y2 as fractions of the frame's width and height, 0..1, origin top left."""


class EpisodeStage(StrEnum):
    """Stage of an episode. `opened` may still be dropped; nothing is sent before `confirmed`."""

    OPENED = "opened"
    CONFIRMED = "confirmed"
    SUPPLEMENTED = "supplemented"
    """Confirmed some seconds ago: its clip, with what followed, is there now. Not a rule's."""
    CLEARED = "cleared"
    """Clean looks have shown it gone."""
    ENDED = "ended"
    """It is no longer watched, and was not seen gone. `Episode.ended_by` says why."""
    DROPPED = "dropped"


class EndedBy(StrEnum):
    """What ended an episode without a clear."""

    HOURS = "hours_over"
    """The zone is not watched at this time."""
    PERMIT = "permit"
    """A permit covers it from now on."""
    UNWATCHED = "unwatched"
    """For too long nobody looked, the camera, its zone or preset has left the site, or a recording
    has a seam there."""


Datum = float | int | str | list[str]
"""A value that a reason was made from."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of the rule: a code with its data, and the sentences that they made.

    Attributes:
        en, zh: as it is said, in both languages.
        data: what the sentences were made from.
        code: of `vision.rules.reasons.TEMPLATES`, or a word of another package's kind; None where
            nobody gave one (records of earlier versions).
    """

    en: str
    zh: str
    data: dict[str, Datum]
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Episode:
    """A snapshot of one violation at one place. Times are aware UTC.

    Attributes:
        id: ULID, given when the episode opens.
        kind, subtype: names in `datasets/kinds.yaml`.
        camera, zone: where; `zone` is the zone's name in the site file.
        box: the place in the picture, normalised; for a market the hull of its stalls.
        opened_at, last_seen_at: first and latest look that showed it.
        confirmed_at, cleared_at: None until it happened.
        ended_at, ended_by: when it was last watched and why no longer; None if it cleared.
        looks: number of looks that showed it.
        score: median of the best score of each look that showed it, 0..1.
        why: the rule's reasons, in the order they were met.
        objects: number of objects in the latest look that showed it.
        where: on the map, where the camera's ground is known.
        asset: id of the registered thing that it is about, where there is one.
    """

    id: str
    kind: str
    subtype: str
    camera: str
    zone: str
    box: NormBox
    stage: EpisodeStage
    opened_at: datetime
    last_seen_at: datetime
    looks: int
    score: float
    clock: Clock
    why: tuple[Reason, ...] = ()
    objects: int = 1
    confirmed_at: datetime | None = None
    cleared_at: datetime | None = None
    where: Position | None = None
    asset: str | None = None
    ended_at: datetime | None = None
    ended_by: EndedBy | None = None

    @property
    def dwell(self) -> timedelta:
        """Time from the first look to the last that showed it."""
        return self.last_seen_at - self.opened_at


BEST = "best"
"""The moment of a `Still` that shows an episode largest and clearest."""


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """A look at an episode that is kept with another one.

    Attributes:
        moment: `opened`, the first look at what passes, or `best`.
        frame, detections, focus, details: as an event's.
    """

    moment: str
    frame: Frame
    detections: Detections
    focus: tuple[int, ...] = ()
    details: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class EpisodeEvent:
    """An episode reached a stage, in this frame, with these detections in it.

    `detections` are all of the frame's, so that evidence can mask bystanders; `focus` are the
    indexes of those that the episode is about, `details` of those that a reviewer wants to see by
    themselves, such as a truck's plate. `recording` is the clip of a live camera up to now, if one
    is kept; `recorded` gives the inputs of the decision, see `vision.rules.record`, whenever it is
    called and in any thread. `preset` is the preset in the frame, if the camera has presets: the
    privacy zones to paint out depend on it.

    `stills` are earlier looks that show it too, at the same preset. `gaps` are the camera's from
    before it opened until now. With `supplemented`, `recording` holds what followed as well, and
    `clip` states the facts of it.
    """

    episode: Episode
    frame: Frame
    detections: Detections
    focus: tuple[int, ...] = ()
    details: tuple[int, ...] = ()
    recording: Clip | None = None
    recorded: Callable[[], bytes] | None = None
    preset: str | None = None
    stills: tuple[Still, ...] = ()
    clip: ClipFacts | None = None
    gaps: tuple[Gap, ...] = ()

    @property
    def record(self) -> bytes | None:
        """The inputs of the decision, if it has any: made anew each time, which takes a while."""
        return self.recorded() if self.recorded is not None else None
