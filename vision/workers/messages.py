"""Messages: what a camera worker and the main process tell each other, pickled through a pipe.

Worker to main: `Report` each second and before each `Offer`; `Offer` for each event; `Shown`,
`LookedAgain`, `Applied`; `Farewell` as its last word. Main to worker: `Answer` to an offer, `Show`,
`LookAgain`, `Apply`, `Stop`. No frame travels:
evidence is on the disk that both share, and a picture is sent when somebody asks for one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from vision.episodes import EpisodeEvent
from vision.evidence import EvidenceItem, SecondLook
from vision.loop import LoopCounts
from vision.rules.looks import as_row, from_row
from vision.site import Site
from vision.sources.status import CameraStatus


@dataclass(frozen=True, slots=True)
class Report:
    """How a worker is doing. Its arrival is the worker's heartbeat.

    Attributes:
        ready: its pipeline runs; False while it is still being put together.
        cameras: the status of each.
        loop: what its loop has done.
        sightings: see `Pipeline.sightings`.
        problem: why it cannot watch or store now; None while all is well.
        device_memory: bytes of a device's own memory that its engine holds.
        drained: its sources have ended and all their frames are analysed.
    """

    ready: bool = False
    cameras: Sequence[CameraStatus] = ()
    loop: LoopCounts = field(default_factory=LoopCounts)
    sightings: Mapping[str, Mapping[str, datetime]] = field(default_factory=dict)
    problem: str | None = None
    device_memory: int | None = None
    drained: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """An event whose evidence is stored, for the main process's sink. One at a time."""

    number: int
    event: EpisodeEvent
    items: Sequence[EvidenceItem]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an offer.

    Attributes:
        number: the offer's.
        fault: why the sink did not take it; None: it is stored.
        waits: nothing can be stored now, so the same is worth trying until it can.
    """

    number: int
    fault: str | None = None
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Show:
    """Ask for the latest picture of a camera."""

    number: int
    camera: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The answer: a masked JPEG; None where there is none."""

    number: int
    picture: bytes | None


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Ask for evidence that an episode is still there; see `Pipeline.look_again`."""

    number: int
    camera: str
    episode: str
    after: datetime


@dataclass(frozen=True, slots=True)
class LookedAgain:
    """The answer; its pictures are stored."""

    number: int
    look: SecondLook


@dataclass(frozen=True, slots=True)
class Apply:
    """Watch by a changed site from now on; see `Pipeline.apply`.

    Attributes:
        number: of the question.
        site: the whole of it.
        cameras: ids of those that are this worker's.
    """

    number: int
    site: Site
    cameras: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """The answer: why it could not; None where it does."""

    number: int
    fault: str | None


@dataclass(frozen=True, slots=True)
class Stop:
    """End in order: read nothing more, store what is left."""


@dataclass(frozen=True, slots=True)
class Farewell:
    """The worker ends: why it cannot work, or None where it was asked to.

    `mendable`: it never worked, and the user has to change something.
    """

    why: str | None
    mendable: bool = False


ToMain = Report | Offer | Shown | LookedAgain | Applied | Farewell
ToWorker = Answer | Show | LookAgain | Apply | Stop


def without_pixels(event: EpisodeEvent) -> EpisodeEvent:
    """The event as a sink needs it: no pixels, no clip and no record, which are evidence by now."""
    frame, detections = from_row(as_row(event.frame, event.detections), event.frame.camera)
    frame = replace(frame, name=event.frame.name)
    event = replace(event, frame=frame, detections=detections, recording=None, recorded=None)
    return replace(event, stills=())
