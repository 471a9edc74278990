"""Writes a scene as H.264 video with its truth beside it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import cv2
import numpy as np

from datasets.errors import RenderError
from datasets.renderer.camera import Array
from datasets.renderer.truth import Truth, TruthBox, TruthFrame, Violation


class Filmable(Protocol):
    """What can be filmed: a `Scene` or several in sequence."""

    @property
    def size(self) -> tuple[int, int]:
        """Frame (width, height) in pixels."""

    @property
    def violations(self) -> Iterable[Violation]:
        """What is violated."""

    def frame(self, t: float) -> tuple[Array, list[TruthBox]]:
        """BGR pixels and boxes at `t` seconds."""


def render_video(
    scene: Filmable,
    path: Path,
    seconds: float,
    fps: float,
    *,
    crf: int = 26,
    key_s: float = 2.0,
    progress: Callable[[float], None] | None = None,
) -> Truth:
    """Film a scene.

    Args:
        scene: What to film.
        path: The video to write, e.g. `street.mp4`; its truth goes to `street.truth.json`.
        seconds: Length.
        fps: Frames per second.
        crf: x264's constant rate factor, lower is better.
        key_s: Seconds from one key frame to the next.
        progress: Called with the share done.

    Returns:
        The truth as saved.

    Raises:
        RenderError: The video or its truth could not be written.
    """
    rate = Fraction(fps).limit_denominator(1001)
    count = max(1, round(seconds * fps))
    width, height = scene.size
    frames = []
    try:
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=rate)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            # One thread and no open-ended look-ahead: same frames in, same bytes out.
            stream.options = {
                "crf": str(crf),
                "preset": "ultrafast",
                "threads": "1",
                "g": str(round(key_s * fps)),
            }
            for index in range(count):
                pixels, boxes = scene.frame(index / fps)
                frames.append(TruthFrame(round(index / fps, 4), tuple(boxes)))
                planes = cv2.cvtColor(pixels, cv2.COLOR_BGR2YUV_I420).astype(np.uint8, copy=False)
                picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
                picture.pts = index
                container.mux(stream.encode(picture))
                if progress is not None:
                    progress((index + 1) / count)
            container.mux(stream.encode())
        violations = tuple(resolved(v, frames, width, height) for v in scene.violations)
        seen = tuple(v for v in violations if v is not None and v.start < seconds)
        truth = Truth(path.name, float(fps), width, height, tuple(frames), seen)
        truth.save(Truth.path_for(path))
    except (OSError, av.FFmpegError) as error:
        raise RenderError(
            f"Video {path} could not be written: {error}. Is the disk full or read-only?"
        ) from error
    return truth


def resolved(
    violation: Violation, frames: list[TruthFrame], width: int, height: int
) -> Violation | None:
    """Fill in when and where a violation is really seen.

    Start and end are narrowed to the frames that show its actor; the box is the median of the
    hulls of the actor's boxes, normalised.

    Returns:
        The violation, or None when no frame shows it.
    """
    end = float("inf") if violation.end is None else violation.end
    hulls, times = [], []
    for frame in frames:
        mine = [b.box for b in frame.boxes if b.actor == violation.actor and b.label != "plate"]
        if violation.start <= frame.t <= end and mine:
            corners = np.array(mine)
            hulls.append(np.concatenate((corners[:, :2].min(axis=0), corners[:, 2:].max(axis=0))))
            times.append(frame.t)
    if not times:
        return None
    x1, y1, x2, y2 = np.median(hulls, axis=0) / (width, height, width, height)
    last = None if violation.end is None and times[-1] >= frames[-1].t else times[-1]
    box = (round(float(x1), 4), round(float(y1), 4), round(float(x2), 4), round(float(y2), 4))
    return replace(violation, start=times[0], end=last, box=box)


class Sequence:
    """Scenes one after the other, cut hard: two flights in one video.

    Args:
        takes: (first second, scene), in order of time, all of one size. Each scene is asked for
            times of the whole video.
    """

    def __init__(self, *takes: tuple[float, Filmable]) -> None:
        self._takes = takes

    @property
    def size(self) -> tuple[int, int]:
        """Frame (width, height) in pixels."""
        return self._takes[0][1].size

    @property
    def violations(self) -> Iterable[Violation]:
        """The violations of all takes."""
        return [v for _, scene in self._takes for v in scene.violations]

    def frame(self, t: float) -> tuple[Array, list[TruthBox]]:
        """The frame of the take on air at `t` seconds."""
        on_air = [scene for start, scene in self._takes if t >= start][-1]
        return on_air.frame(t)
