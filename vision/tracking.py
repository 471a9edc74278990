"""Tracker: multi-object tracking (ByteTrack) for one camera."""

from __future__ import annotations

import numpy as np

from vision.byte_track import UNTRACKED, ByteTrack
from vision.detections import Detections, altered, class_names
from vision.frames import Frame
from vision.kinds import catalogue

__all__ = ["UNTRACKED", "Tracker"]

# ByteTrack's two score bands (its paper's section 3): boxes over the first start tracks and are
# matched first, the rest only continue tracks. Lower than for pedestrians at 30 frames/s, because
# at one look per second a box missed is a second lost.
_STRONG = 0.4
_WIDEST = 0.5  # margin of boxes that are compared, a share of their size
_LOST_AFTER_LOOKS = 5
_LOST_AFTER_S = 1.0


class Tracker:
    """Gives every detection of one camera a track id that lasts while the object is in view.

    Classes that one object may change between (`group` in `kinds.yaml`) are tracked together, every
    other class alone, so that a person in front of a stall never inherits the stall's track.

    ByteTrack (`vision/byte_track.py`), on capture times, so that a look that came late is predicted
    further. At low rates an object may not overlap its last box; boxes are then compared with a
    margin that grows as the rate falls. What crosses the picture between two looks cannot be
    followed; dwell is therefore counted on places, not on tracks.

    Ids start at 0 for each tracker and are never used twice: the key of a track is (camera,
    preset, id).

    Args:
        camera: id of the camera; frames of another are refused.
        fps: looks per second that are expected.
    """

    def __init__(self, camera: str, *, fps: float = 1.0) -> None:
        self.camera = camera
        self._fps = fps
        self._tracks = ByteTrack(
            fps=fps,
            lost_after_s=max(_LOST_AFTER_S, _LOST_AFTER_LOOKS / fps),
            strong=_STRONG,
            margin=min(1 / fps, _WIDEST),
        )
        self._groups: dict[str, int] = {}  # by class, the number of its group
        self._last_s: float | None = None
        self._source_part = 0

    def update(self, frame: Frame, detections: Detections) -> Detections:
        """The detections of the camera's next frame, in their order, with `tracker_id`.

        A clock that steps back ends all tracks, and so does a seam of a recording (`Frame.part`):
        motion cannot be told over it. Frames of the same instant are taken as one nominal interval
        apart.

        Raises:
            ValueError: the frame is another camera's.
        """
        if frame.camera != self.camera:
            raise ValueError(f"the tracker of {self.camera} was given a frame of {frame.camera}")
        if frame.part != self._source_part:
            self._tracks.forget()
            self._source_part = frame.part
        elapsed_s = self._clock(frame.captured_at.timestamp())
        names = class_names(detections).tolist()
        ids = self._tracks.update(
            detections.xyxy.astype(np.float64),
            np.asarray(detections.confidence),
            np.array([self._group(name) for name in names], np.int64),
            elapsed_s,
        )
        return altered(detections, tracker_id=ids)

    def _group(self, name: str) -> int:
        known = self._groups.get(name)
        if known is None:
            group = catalogue().group_of(name)
            alike = (n for c, n in self._groups.items() if catalogue().group_of(c) == group)
            known = self._groups[name] = next(alike, len(self._groups))
        return known

    def _clock(self, now: float) -> float:
        """Seconds since the look before; a nominal interval where that tells nothing."""
        last = self._last_s
        if now == last:
            now += 1 / self._fps
        if last is not None and now < last:
            self._tracks.forget()
        self._last_s = now
        return now - last if last is not None and now > last else 1 / self._fps
