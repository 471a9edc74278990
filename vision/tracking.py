"""Tracker: which box of this frame is which box of the last one, for one camera."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import numpy as np
from numpy.typing import NDArray
from supervision import Detections
from trackers import BIoU, ByteTrackTracker

from vision.detections import class_names
from vision.frames import Frame
from vision.kinds import catalogue

UNTRACKED = -1
"""Tracker id of a box that belongs to no track: its first look, or too weak to start one."""

# ByteTrack's two score bands (its paper's section 3): boxes over the first start tracks and are
# matched first, the rest only continue tracks. Lower than for pedestrians at 30 frames/s, because
# at one look per second a box missed is a second lost.
_STRONG = 0.4
_LOST_AFTER_LOOKS = 5
_LOST_AFTER_S = 1.0
_NOMINAL_FPS = 30.0  # the rate in which `trackers` counts its buffer


class Tracker:
    """Gives every detection of one camera a track id that lasts while the object is in view.

    Classes that one object may change between (`group` in `kinds.yaml`) are tracked together, every
    other class alone, so that a person in front of a stall never inherits the stall's track.

    ByteTrack (Zhang et al., 2022) from the package `trackers`, on capture times, so that a look
    that came late is predicted further. At low rates an object may not overlap its last box; boxes
    are then compared with a margin (BIoU, Yang et al., 2023) that grows as the rate falls. What
    crosses the picture between two looks cannot be followed; dwell is therefore counted on places,
    not on tracks.

    Ids start at 0 for each tracker and are never used twice: the key of a track is (camera,
    preset, id).

    Args:
        camera: id of the camera; frames of another are refused.
        fps: looks per second that are expected.
    """

    def __init__(self, camera: str, *, fps: float = 1.0) -> None:
        self.camera = camera
        self._fps = fps
        self._ids = count()
        self._groups: dict[str, _Group] = {}
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
            self._groups.clear()
            self._source_part = frame.part
        now = self._clock(frame.captured_at.timestamp())
        ids = np.full(len(detections), UNTRACKED, np.int64)
        groups = np.array([catalogue().group_of(n) for n in class_names(detections)], np.str_)
        for name in {*self._groups, *groups.tolist()}:
            group = self._groups.get(name)
            if group is None:
                group = self._groups[name] = _Group(self._fps, self._ids.__next__)
            places = np.flatnonzero(groups == name)
            ids[places] = group.update(detections, places, now)
        return replace(detections, tracker_id=ids)

    def _clock(self, now: float) -> float:
        if self._last_s is not None and now == self._last_s:
            now += 1 / self._fps
        if self._last_s is not None and now < self._last_s:
            self._groups.clear()
        self._last_s = now
        return now


class _Group:
    """The tracks of classes that are tracked together."""

    def __init__(self, fps: float, next_id: Callable[[], int]) -> None:
        lost_after_s = max(_LOST_AFTER_S, _LOST_AFTER_LOOKS / fps)
        self._tracker = ByteTrackTracker(
            lost_track_buffer=round(lost_after_s * _NOMINAL_FPS),
            frame_rate=fps,
            track_activation_threshold=_STRONG,
            high_conf_det_threshold=_STRONG,
            minimum_consecutive_frames=2,
            iou=BIoU(buffer_ratio=float(np.clip(1 / fps, 0.0, 0.5))),
        )
        self._next_id = next_id
        self._names: dict[int, int] = {}

    def update(
        self, detections: Detections, places: NDArray[np.intp], now: float
    ) -> NDArray[np.int64]:
        """Camera-wide track ids of the boxes at these places."""
        # ByteTrack returns boxes in an order of its own; the class id carries their place.
        bare = Detections(
            xyxy=detections.xyxy[places].astype(np.float64),
            confidence=np.asarray(detections.confidence)[places],
            class_id=np.arange(len(places)),
        )
        found = self._tracker.update(bare, timestamp=now)
        ids = np.full(len(places), UNTRACKED, np.int64)
        if len(found):
            ids[np.asarray(found.class_id)] = [
                self._name(int(i)) for i in np.asarray(found.tracker_id)
            ]
        kept = {int(track.tracker_id) for track in self._tracker.tracks}
        self._names = {inner: name for inner, name in self._names.items() if inner in kept}
        return ids

    def _name(self, inner: int) -> int:
        if inner == UNTRACKED:
            return UNTRACKED
        if inner not in self._names:
            self._names[inner] = self._next_id()
        return self._names[inner]
