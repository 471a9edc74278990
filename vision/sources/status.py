"""CameraStatus: the status of a camera, for the console and the metrics."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from vision.view.health import View


class CameraState(StrEnum):
    """What a reader is doing."""

    CONNECTING = "connecting"
    ALIVE = "alive"
    PAUSED = "paused"
    """Outside the hours in which it is watched: it sends, and nothing is decoded. One behind a
    gateway is not even asked to send."""
    RETRYING = "retrying"
    """It answered badly or not at all; the reader waits and tries again."""
    ENDED = "ended"
    """A recording or a folder came to its end."""
    BROKEN = "broken"
    """It cannot work until somebody changes something; `error` says what."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """A snapshot of one reader.

    Attributes:
        camera: id; `source` is the address with every credential removed.
        error: the last error in plain words, credentials removed; None while all is well.
        width, height: of the latest frame, pixels; 0 before the first.
        read: frames due to be looked at since start.
        analysed: frames that were looked at.
        reused: of those, frames of an unchanged scene, which reused an earlier look's detections.
        dropped: frames read but not looked at, counted by reason.
        reconnects: times the source was opened again after having worked.
        last_frame_at: capture time of the latest frame (UTC).
        view: health of its view; rules pause while it is not clear.
        processor_s: processor time of the thread that reads it, up to its latest frame, seconds.
        preset: which of its presets it shows; None at none of them, or where it has none.
    """

    camera: str
    source: str
    state: CameraState
    error: str | None = None
    width: int = 0
    height: int = 0
    read: int = 0
    analysed: int = 0
    reused: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    reconnects: int = 0
    last_frame_at: datetime | None = None
    view: View = View.CLEAR
    preset: str | None = None
    processor_s: float = 0.0
