"""The whole error tree of the pipeline, in one place.

StreetwardenError
├── SiteError            the site file is missing, malformed or asks for what is not there
├── SourceError          a camera, file or folder
│   ├── SourceUnavailable    may come back: the reader tries again (more: `vision.gateways`)
│   │   └── SourceRefused    wrong credentials: it tries rarely, cameras lock out who guesses
│   └── SourceBroken         will not come back by itself: wrong path, not a video
├── PictureError         one picture cannot be read; the others can
├── EngineError          the model cannot run on this machine as asked
├── PlaceError           wrong calibration points, pose, position or grid (`vision.geo`)
│   └── NoGround             a point of the picture that shows no ground
├── StorageUnavailable   what stores cannot do so now, whatever it is given: it is waited for
├── EvidenceError        evidence could not be stored or read back
│   ├── EvidenceMissing      nothing is stored under this hash
│   └── EvidenceUnavailable  nothing can be now: full disk, no permission, storage away
│                            (StorageUnavailable too)
├── NotWatched           nobody here looks at this camera now
├── TrialRuns            rules are being tried out on this camera's looks already
└── CaseError            a step that a case, a key or a receiver does not allow (used by `api`)

Every message names the thing, the cause and what to do next, and never holds a credential.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from vision.sentence import Said


class StreetwardenError(Exception):
    """Something the user can act on: the message is one or two plain sentences."""


class Mistake(NamedTuple):
    """One mistake of a site file: its 1-based line, the keys that lead to it, and its mend.

    `what` knows its code and values: of `vision.mistakes`, or a type of pydantic's with its limits.
    """

    line: int
    where: tuple[int | str, ...]
    what: Said


class SiteError(StreetwardenError):
    """The site file is missing or wrong; the message carries file, line and fix.

    Attributes:
        mistakes: what it says, one by one.
    """

    def __init__(self, message: str, mistakes: Sequence[Mistake] = ()) -> None:
        super().__init__(message)
        self.mistakes = tuple(mistakes)


class SourceError(StreetwardenError):
    """A source of frames cannot be used."""


class SourceUnavailable(SourceError):  # noqa: N818 - a state of the camera, not a programming error
    """The source does not answer now but may later; readers retry with backoff."""


class SourceRefused(SourceUnavailable):
    """The source refuses the user or password; readers retry rarely, lest the camera lock them."""


class SourceBroken(SourceError):  # noqa: N818
    """The source will not work until somebody changes something; readers stop."""


class PictureError(StreetwardenError):
    """One picture is unreadable; a batch names it and goes on."""


class EngineError(StreetwardenError):
    """The model cannot be run as asked."""


class StorageUnavailable(StreetwardenError):  # noqa: N818 - a state of the disk or database
    """Nothing can be stored now; what waits to be is not at fault, and is tried until it is."""


class EvidenceError(StreetwardenError):
    """Evidence could not be written or read back; nothing is claimed that is not stored."""


class EvidenceMissing(EvidenceError):  # noqa: N818 - a state
    """Nothing is stored under this hash."""


class EvidenceUnavailable(EvidenceError, StorageUnavailable):  # noqa: N818 - a state
    """The evidence store takes or gives no file now; it may later."""


class NotWatched(StreetwardenError):  # noqa: N818 - a state
    """Nobody here looks at this camera now, so that nothing can be said of what it sees."""


class TrialRuns(StreetwardenError):  # noqa: N818 - a state
    """Rules are being tried out on this camera's looks already; one at a time."""


class CaseError(StreetwardenError):
    """A step that the case's life, a key's role or a receiver does not allow."""
