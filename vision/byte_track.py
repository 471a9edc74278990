"""ByteTrack: follows the boxes of one camera over its looks, all tracks in one array.

ByteTrack (Zhang et al., 2022) as the package `trackers` does it per object: a Kalman filter of
corners with constant velocity, boxes matched by overlap with the strong ones first. There, every
track is an object with matrices of its own, and a crowd of a hundred costs 10 ms of a look. But its
matrices have the same noise for each corner and no terms between corners, so that one covariance
of place and speed, three numbers, tells all of them; and all tracks step at once.
`tests/vision/test_byte_track.py` holds that both give the same tracks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

UNTRACKED = -1
"""Id of a box that belongs to no track: its first look, or too weak to start one."""

# Variances, pixels² and pixels² per step², as the original's tuning: of a measured corner, of a new
# track's place and speed, and what a step adds.
_MEASURED, _NEW, _STEP = 0.1, 1.0, 0.01
# Seconds by which a look may miss its nominal time; beyond, the filter's noise grows with the gap.
_ON_TIME_S = 0.004
_LEAST_IOU = 0.1
_MATURE = 2  # looks in a row that make a track

_BOX, _SPEED = slice(0, 4), slice(4, 8)
# Variance of place, covariance of place and speed, variance of speed; then the track's id, looks in
# a row that showed it, seconds since the last that did, and its group.
_PP, _PV, _VV, _ID, _HITS, _UNSEEN, _GROUP = range(8, 15)
_COLUMNS = 15

Boxes = NDArray[np.float64]
Indexes = NDArray[np.intp]


class ByteTrack:
    """The tracks of one camera.

    Args:
        fps: nominal looks per second.
        lost_after_s: a track unseen for longer ends, seconds.
        strong: score from which a box starts a track and is matched first, 0..1.
        margin: share of its size by which a box is grown to each side before it is compared (BIoU,
            Yang et al., 2023).
    """

    def __init__(self, *, fps: float, lost_after_s: float, strong: float, margin: float) -> None:
        self._fps, self._lost_after_s = fps, lost_after_s
        self._strong, self._margin = strong, margin
        self._tracks: Boxes = np.empty((0, _COLUMNS))
        self._next_id = 0

    def __len__(self) -> int:
        """Number of tracks, those included that are not seen at the moment."""
        return len(self._tracks)

    def forget(self) -> None:
        """End all tracks; ids go on."""
        self._tracks = self._tracks[:0]

    def update(
        self,
        boxes: Boxes,
        scores: NDArray[np.floating],
        groups: NDArray[np.int64],
        elapsed_s: float,
    ) -> NDArray[np.int64]:
        """Return the track id of each box of the next look, or `UNTRACKED`.

        Args:
            boxes: N×4, xyxy in pixels.
            scores: N, 0..1.
            groups: N numbers; boxes and tracks of two groups are never matched.
            elapsed_s: seconds since the look before, more than 0.
        """
        ids = np.full(len(boxes), UNTRACKED, np.int64)
        if len(self._tracks):
            self._predict(elapsed_s)
        if len(boxes) == 0 and len(self._tracks) == 0:
            return ids
        strong = scores >= self._strong
        rows, cols = self._match(boxes, strong, groups)
        if len(rows):
            self._correct(rows, boxes[cols])
            ids[cols] = self._tracks[rows, _ID]
        new = strong.copy()
        new[cols] = False
        kept = (self._tracks[:, _ID] >= 0) | (self._tracks[:, _UNSEEN] == 0)
        if not kept.all():
            self._tracks = self._tracks[kept]
        if new.any():
            self._begin(boxes[new], groups[new])
        return ids

    def _predict(self, elapsed_s: float) -> None:
        """Move every track on by the time since the look before; end those unseen for too long."""
        tracks, step = self._tracks, elapsed_s * self._fps
        tracks[:, _BOX] += step * tracks[:, _SPEED]
        if abs(step - 1.0) <= _ON_TIME_S * self._fps:
            noise = _STEP, 0.0, _STEP
        else:  # white noise of acceleration over the gap
            noise = _STEP * step**4 / 4, _STEP * step**3 / 2, _STEP * step**2
        speed = tracks[:, _VV]
        tracks[:, _PP] += 2 * step * tracks[:, _PV] + step * step * speed + noise[0]
        tracks[:, _PV] += step * speed + noise[1]
        tracks[:, _VV] += noise[2]
        tracks[tracks[:, _UNSEEN] > 0, _HITS] = 0
        tracks[:, _UNSEEN] += elapsed_s
        alive = tracks[:, _UNSEEN] <= self._lost_after_s
        if not alive.all():
            self._tracks = tracks[alive]

    def _match(
        self, boxes: Boxes, strong: NDArray[np.bool_], groups: NDArray[np.int64]
    ) -> tuple[Indexes, Indexes]:
        """Match tracks with the strong boxes first, those left over with the weak ones."""
        tracks = self._tracks
        if len(tracks) == 0 or len(boxes) == 0:
            return np.empty(0, np.intp), np.empty(0, np.intp)
        iou = _overlap(_grown(tracks[:, _BOX], self._margin), _grown(boxes, self._margin))
        iou *= tracks[:, _GROUP, None] == groups
        first = _assign(iou * strong)
        if strong.all():
            return first
        weak = iou * ~strong
        weak[first[0]] = 0
        then = _assign(weak)
        return np.concatenate([first[0], then[0]]), np.concatenate([first[1], then[1]])

    def _correct(self, rows: Indexes, seen: Boxes) -> None:
        """Take these boxes in as what these tracks show now."""
        tracks = self._tracks[rows]
        pp, pv = tracks[:, _PP], tracks[:, _PV]
        place, speed = pp / (pp + _MEASURED), pv / (pp + _MEASURED)  # the Kalman gain
        off, rest = seen - tracks[:, _BOX], 1 - place
        tracks[:, _BOX] += place[:, None] * off
        tracks[:, _SPEED] += speed[:, None] * off
        # Joseph's form, stable where the variances are small.
        tracks[:, _VV] += speed * speed * (pp + _MEASURED) - 2 * speed * pv
        tracks[:, _PV] = rest * (pv - speed * pp) + place * speed * _MEASURED
        tracks[:, _PP] = rest * rest * pp + place * place * _MEASURED
        tracks[:, _HITS] += 1
        tracks[:, _UNSEEN] = 0
        mature = (tracks[:, _ID] < 0) & (tracks[:, _HITS] >= _MATURE)
        found = int(np.count_nonzero(mature))
        if found:
            tracks[mature, _ID] = np.arange(self._next_id, self._next_id + found)
            self._next_id += found
        self._tracks[rows] = tracks

    def _begin(self, boxes: Boxes, groups: NDArray[np.int64]) -> None:
        new = np.zeros((len(boxes), _COLUMNS))
        new[:, _BOX], new[:, _GROUP] = boxes, groups
        new[:, [_PP, _VV]], new[:, _ID], new[:, _HITS] = _NEW, UNTRACKED, 1
        self._tracks = np.concatenate([self._tracks, new])


def _grown(boxes: Boxes, margin: float) -> Boxes:
    """4×N: the sides of boxes that are grown by a share of their size to each side."""
    sides = boxes.T
    size = margin * (sides[2:] - sides[:2])
    return np.concatenate([sides[:2] - size, sides[2:] + size])


def _overlap(a: Boxes, b: Boxes) -> NDArray[np.float32]:
    """Intersection over union, N×M, of boxes given as 4×N and 4×M; single, as the package's."""
    wide = np.minimum(a[2][:, None], b[2]) - np.maximum(a[0][:, None], b[0])
    tall = np.minimum(a[3][:, None], b[3]) - np.maximum(a[1][:, None], b[1])
    shared = np.maximum(wide, 0) * np.maximum(tall, 0)
    areas = [(c[2] - c[0]) * (c[3] - c[1]) for c in (a, b)]
    either = areas[0][:, None] + areas[1] - shared
    iou = np.zeros(shared.shape, np.float32)
    np.divide(shared, either, out=iou, where=shared > 0)
    return iou


def _assign(iou: NDArray[np.float32]) -> tuple[Indexes, Indexes]:
    """Rows and columns of the assignment with the most overlap, none below the least that counts.

    Where a row and a column overlap only each other there is nothing to weigh up: what is solved is
    the rest, which in most looks is little.
    """
    touching = iou > 0
    rows, cols = touching.sum(axis=1), touching.sum(axis=0)
    i, j = np.nonzero(touching)
    alone = (rows[i] == 1) & (cols[j] == 1)
    if not alone.all():
        some_i, some_j = np.unique(i[~alone]), np.unique(j[~alone])
        found = linear_sum_assignment(iou[np.ix_(some_i, some_j)], maximize=True)
        i = np.concatenate([i[alone], some_i[found[0]]])
        j = np.concatenate([j[alone], some_j[found[1]]])
    enough = iou[i, j] >= np.float32(_LEAST_IOU)
    return i[enough], j[enough]
