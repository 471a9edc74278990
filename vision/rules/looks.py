"""Looks as data: serialises what a rule saw in a frame, without the pixels, and reads it back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vision.detections import Detections, class_names
from vision.episodes import Episode
from vision.frames import Clock, Frame, Pixels, Pose
from vision.geo.carried_pose import CarriedPose
from vision.geo.drone_pose import DronePose, PoseDeviations
from vision.look import Laid, Look, Matrix

_TRUCK = ("load", "dirt")
_NOTHING = np.zeros((1, 1, 3), np.uint8)

Row = dict[str, Any]
"""A look, ready for JSON."""


@dataclass(frozen=True, slots=True)
class _Unseen:
    """A picture whose pixels were not kept."""

    width: int
    height: int

    @property
    def small(self) -> Pixels:
        return _NOTHING.copy()

    def whole(self) -> Pixels:
        raise ValueError("this look was kept as data: its pixels are in the evidence, if anywhere")


@dataclass(frozen=True, slots=True)
class Past:
    """A look as it is kept for the records: without its picture, and not yet a row.

    A row is made when a record is, which most looks never see; attributes as a `Frame`'s.
    """

    captured_at: datetime
    clock: Clock
    index: int
    width: int
    height: int
    pose: Pose | None
    part: int
    detections: Detections

    @classmethod
    def of(cls, frame: Frame, detections: Detections) -> Past:
        """Keep a look; its detections must not change from now on."""
        width, height = frame.width, frame.height
        return cls(
            frame.captured_at,
            frame.clock,
            frame.index,
            width,
            height,
            frame.pose,
            frame.part,
            detections,
        )

    def again(self, camera: str) -> tuple[Frame, Detections]:
        """The look as a rule is given it; its frame has no pixels."""
        frame = Frame(
            _Unseen(self.width, self.height),
            camera,
            self.captured_at,
            self.index,
            self.clock,
            pose=self.pose,
            part=self.part,
        )
        return frame, self.detections

    def row(self, classes: Collection[str]) -> Row:
        """The look as `as_row` gives it, with the boxes of these classes alone."""
        row = as_row(self, self.detections)
        return row | {"boxes": [box for box in row["boxes"] if box["class"] in classes]}


Kept = tuple[str | None, Past]
"""The preset that a look showed, of a camera that has any, and the look."""


def as_row(frame: Frame | Past, detections: Detections) -> Row:
    """Return everything that a rule decides from; floats are kept exactly."""
    row: Row = {
        "at": frame.captured_at.isoformat(),
        "clock": frame.clock.value,
        "index": frame.index,
        "size": [frame.width, frame.height],
        "boxes": [],
    }
    if frame.pose is not None:
        row["pose"] = asdict(frame.pose)
    if frame.part:
        row["part"] = frame.part
    row |= _of_look(Look.of(detections))
    seen: list[Row] = [
        {"class": name, "score": score, "box": box}
        for name, score, box in zip(
            class_names(detections).tolist(),
            np.asarray(detections.confidence).tolist(),
            detections.xyxy.tolist(),
            strict=True,
        )
    ]
    if detections.tracker_id is not None:
        _add(seen, "track", np.asarray(detections.tracker_id))
    for attribute in _TRUCK:
        if attribute in detections.data:
            _add(seen, attribute, np.asarray(detections.data[attribute]))
            _add(seen, f"{attribute}_score", np.asarray(detections.data[f"{attribute}_score"]))
    row["boxes"] = seen
    return row


def _add(boxes: list[Row], name: str, values: NDArray[Any]) -> None:
    for box, value in zip(boxes, values.tolist(), strict=True):
        box[name] = value


def from_row(row: Row, camera: str) -> tuple[Frame, Detections]:
    """Read a look back; its frame has no pixels.

    Raises:
        ValueError, KeyError, TypeError: the row is not one of `as_row`.
    """
    pose = row.get("pose")
    frame = Frame(
        _Unseen(*row["size"]),
        camera,
        datetime.fromisoformat(row["at"]),
        int(row["index"]),
        Clock(row["clock"]),
        pose=_pose(pose) if pose else None,
        part=int(row.get("part", 0)),
    )
    boxes: list[Row] = row["boxes"]
    data: dict[str, Any] = {"class_name": np.array([b["class"] for b in boxes], np.str_)}
    for attribute in _TRUCK:
        if any(attribute in b for b in boxes):
            data[attribute] = np.array([b[attribute] for b in boxes], np.str_)
            data[f"{attribute}_score"] = np.array(
                [b[f"{attribute}_score"] for b in boxes], np.float32
            )
    tracked = any("track" in b for b in boxes)
    detections = Detections(
        xyxy=np.array([b["box"] for b in boxes], np.float32).reshape(-1, 4),
        confidence=np.array([b["score"] for b in boxes], np.float32),
        class_id=np.zeros(len(boxes), np.int64),
        tracker_id=np.array([b["track"] for b in boxes], np.int64) if tracked else None,
        data=data,
    )
    return frame, _look(row).on(detections)


def _pose(told: Row) -> Pose:
    if "viewing_m" in told:  # those of earlier versions have the course of its way as well
        return CarriedPose(**{name: value for name, value in told.items() if name != "course"})
    return DronePose(**told | {"deviations": PoseDeviations(**told["deviations"])})


def unseen(episode: Episode) -> tuple[Frame, Detections]:
    """What stands for a look where an episode is over and none shows it: no pixels, no boxes."""
    at = episode.ended_at or episode.last_seen_at
    row = {"at": at.isoformat(), "clock": episode.clock.value, "index": 0, "size": [1, 1]}
    return from_row({**row, "boxes": []}, episode.camera)


def _of_look(look: Look) -> Row:
    """Serialise a `Look` under the field names that records have always had."""
    row: Row = {"stands": True} if look.reused else {}
    if look.surveyed:
        row["to_reference"] = None if look.to_reference is None else look.to_reference.tolist()
    if look.laid is not None:
        row["laid"] = {"over": look.laid.over, "to": look.laid.to.tolist()}
    if look.visit is not None:
        row["visit"] = look.visit.isoformat()
    return row


def _look(row: Row) -> Look:
    laid, visit = row.get("laid"), row.get("visit")
    return Look(
        reused=bool(row.get("stands")),
        surveyed="to_reference" in row,
        to_reference=_matrix(row.get("to_reference")),
        laid=Laid(int(laid["over"]), np.array(laid["to"], np.float64)) if laid else None,
        visit=datetime.fromisoformat(visit) if visit else None,
    )


def _matrix(rows: list[list[float]] | None) -> Matrix | None:
    return None if rows is None else np.array(rows, np.float64)
