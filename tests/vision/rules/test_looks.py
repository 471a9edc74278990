from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from vision.detections import Detections
from vision.frames import Clock, Frame
from vision.rules.looks import as_row, from_row


def test_a_seam_of_a_recording_is_kept_with_its_looks() -> None:
    pixels = np.zeros((48, 64, 3), np.uint8)
    for part in (0, 2):
        frame = Frame(pixels, "cam", datetime(2026, 3, 1, tzinfo=UTC), 7, Clock.MEDIA, part=part)
        told, _ = from_row(as_row(frame, Detections.empty()), "cam")
        assert (told.part, told.index, told.clock) == (part, 7, Clock.MEDIA)
