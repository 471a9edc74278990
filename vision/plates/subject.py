"""SubjectPlates: reads the plate of what a case is about, from the pictures that are kept of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vision.errors import EngineError
from vision.frames import Pixels, crop
from vision.plates.network import PaddleNetworks, demand
from vision.plates.reader import PlateReader
from vision.plates.reading import PlateReading
from vision.throttled_log import ThrottledLog

_log = logging.getLogger(__name__)

MOST = 2
"""Plates of one truck that are read in one picture, the largest ones: it has one in front and one
behind, and a trailer has its own."""


class Reader(Protocol):
    """Reads one plate; see `vision.plates.reader`."""

    def read(self, crop: Pixels) -> PlateReading | None: ...  # noqa: D102


def _open() -> Reader:
    return PlateReader(PaddleNetworks())


class SubjectPlates:
    """Reads the plates that it is given, and no others. Owned by one thread.

    A plate that cannot be read, for whatever reason, is none: the case is made without it.

    Args:
        open_reader: opens what reads; called with the first plate, in the thread that reads.
    """

    def __init__(self, open_reader: Callable[[], Reader] = _open) -> None:
        self._open = open_reader
        self._reader: Reader | None = None
        self._faults = ThrottledLog(_log)

    @classmethod
    def where(cls, *, wanted: bool) -> SubjectPlates | None:
        """What reads plates, if the site wants it.

        Raises:
            EngineError: it does, and what reads them is not installed.
        """
        if not wanted:
            return None
        demand()
        return cls()

    def read(self, picture: Pixels, boxes: NDArray[np.floating]) -> PlateReading | None:
        """The plate that is read most surely of these boxes of one picture; None where none is.

        Args:
            picture: H×W×3 BGR, privacy painted out.
            boxes: N×4 xyxy pixels, of the subject's plates alone.
        """
        try:
            if self._reader is None:
                self._reader = self._open()
            sizes = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
            largest = boxes[np.argsort(-sizes)[:MOST]]
            read = [self._reader.read(crop(picture, box)) for box in largest]
        except EngineError as error:
            self._faults.in_words("reading a plate", error)
            return None
        except Exception as error:  # noqa: BLE001 - no case waits for a plate, whatever a library does
            self._faults.traced("reading a plate", error)
            return None
        return max(filter(None, read), key=lambda one: one.confidence, default=None)
