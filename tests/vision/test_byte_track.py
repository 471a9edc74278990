"""ByteTrack in one array gives the tracks that the package `trackers` gives, object by object."""

from __future__ import annotations

import numpy as np
import pytest
from trackers import BIoU, ByteTrackTracker

from scripts.bench.crowd import Cast, Crowd
from vision.byte_track import UNTRACKED, ByteTrack
from vision.detections import Detections

STRONG = 0.4


class Package:
    """The package's tracker, one for each group; its ids as ours, in order of the detections."""

    def __init__(self, fps: float, lost_after_s: float, margin: float) -> None:
        self._given = {
            "lost_track_buffer": round(30 * lost_after_s),
            "frame_rate": fps,
            "track_activation_threshold": STRONG,
            "high_conf_det_threshold": STRONG,
            "minimum_consecutive_frames": 2,
        }
        self._margin = margin
        self._of: dict[int, ByteTrackTracker] = {}

    def update(
        self, boxes: np.ndarray, scores: np.ndarray, groups: np.ndarray, now: float
    ) -> list[tuple[int, int]]:
        ids = [(0, UNTRACKED)] * len(boxes)
        for group in {*self._of, *groups.tolist()}:
            if group not in self._of:
                self._of[group] = ByteTrackTracker(
                    **self._given, iou=BIoU(buffer_ratio=self._margin)
                )
            at = np.flatnonzero(groups == group)
            found = self._of[group].update(
                Detections(xyxy=boxes[at], confidence=scores[at], class_id=np.arange(len(at))),
                timestamp=now,
            )
            for place, inner in zip(found.class_id, found.tracker_id, strict=True):
                ids[at[place]] = (group, int(inner))
        return ids


def renamed(ids: list[object], names: dict[object, int]) -> list[int]:
    """Ids by first appearance, so that only who is who is compared."""
    return [names.setdefault(i, len(names)) for i in ids]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("fps", [0.5, 1.0, 5.0])
def test_random_crowds_are_tracked_as_by_the_package(seed: int, fps: float) -> None:
    rng = np.random.default_rng(seed)
    lost, margin = max(1.0, 5 / fps), min(0.5, 1 / fps)
    ours = ByteTrack(fps=fps, lost_after_s=lost, strong=STRONG, margin=margin)
    theirs = Package(fps, lost, margin)
    ours_names, their_names = dict[object, int](), dict[object, int]()
    crowd = Crowd(Cast(stalls=12, people=15, vehicles=6, litter=2))
    now, last = 1000.0, 1000.0 - 1 / fps
    tracked = 0
    for n in range(60):
        seen = crowd.look(n)
        boxes, scores = seen.xyxy.astype(np.float64), np.asarray(seen.confidence)
        groups = np.asarray(seen.class_id)
        a = ours.update(boxes, scores, groups, now - last).tolist()
        b = theirs.update(boxes, scores, groups, now)
        assert [i == UNTRACKED for i in a] == [i == UNTRACKED for _, i in b]
        known = [k for k, i in enumerate(a) if i != UNTRACKED]
        tracked += len(known)
        assert renamed([a[k] for k in known], ours_names) == renamed(
            [b[k] for k in known], their_names
        )
        last, now = now, now + (1 + rng.choice([0, 0, 0, 0.002, 0.4, 3, 7])) / fps
    assert tracked > 200


def test_a_look_costs_the_same_number_of_calls_whatever_it_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import vision.byte_track as module

    calls, solve = [0], module.linear_sum_assignment

    def counted(*given: object, **more: object) -> object:
        calls[0] += 1
        return solve(*given, **more)

    monkeypatch.setattr(module, "linear_sum_assignment", counted)
    for people in (10, 200):
        tracks = ByteTrack(fps=5, lost_after_s=1, strong=STRONG, margin=0.2)
        crowd, calls[0] = Crowd(Cast(people=people)), 0
        for n in range(20):
            seen = crowd.look(n)
            tracks.update(
                seen.xyxy.astype(np.float64),
                np.asarray(seen.confidence),
                np.asarray(seen.class_id),
                0.2,
            )
        assert calls[0] <= 2 * 20, "once for the strong boxes, once for the weak ones"
        assert len(tracks) <= 3 * people, "those that may be found again, and no others"
