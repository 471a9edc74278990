"""Shipped eyes: the weights that ship, on drawn pictures."""

from __future__ import annotations

import numpy as np

from datasets.renderer.camera import Array
from datasets.scenarios import Look, View
from datasets.scenarios.stage import NOMINAL
from tests.scenarios.album import Album
from vision.detections import Detections
from vision.engines import Engine
from vision.engines.truck_state import TruckStateReader
from vision.frames import Clock, Frame, Pixels


class ShippedEyes:
    """Draws each distinct picture, gives it to the engine, and trucks to the reader of their state.

    Frames are black: the engine has looked already, and what looks alike is drawn once.

    Args:
        engine: looks at the pictures; closing it is the caller's.
        truck_state: reads the trucks of the cameras that it was opened for.
    """

    def __init__(self, engine: Engine, truck_state: TruckStateReader) -> None:
        self._engine = engine
        self._truck_state = truck_state
        self._album = Album(NOMINAL)
        self._black: Pixels = np.zeros((NOMINAL[1], NOMINAL[0], 3), np.uint8)

    @property
    def threshold(self) -> float:
        """The model's own."""
        return self._engine.model.threshold

    @property
    def pictures(self) -> int:
        """How many were drawn and looked at."""
        return self._album.pictures

    def see(self, view: View, look: Look) -> tuple[Frame, Detections]:
        """See `tests.scenarios.player.Eyes`."""

        def infer(pixels: Array, _: object) -> Detections:
            frame = Frame(pixels, view.camera, look.at, look.index, Clock.STREAM)
            [seen] = self._engine.infer([frame.small])
            [read] = self._truck_state([frame], [seen])
            return read

        frame = Frame(self._black, view.camera, look.at, look.index, Clock.STREAM)
        return frame, self._album.seen(view, look.t, infer)
