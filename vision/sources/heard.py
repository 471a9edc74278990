"""Heard: what telemetry beside a stream tells, and what reads a form of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from vision.sources.sample import Sample


class Heard(NamedTuple):
    """A sample, whose `at` means nothing yet, and when it was made.

    Attributes:
        own: on the sender's own clock, seconds from any origin; NaN where it has none.
        utc: by satellites, Unix seconds; NaN where they do not tell.
    """

    sample: Sample
    own: float = math.nan
    utc: float = math.nan


class Listener(Protocol):
    """Reads one form of telemetry."""

    def take(self, data: bytes) -> Iterable[Heard]:
        """The samples that some more bytes complete; whatever they are, it raises nothing."""
        ...

    def restart(self) -> None:
        """Another connection begins: what was incomplete is of the one before."""
        ...
