"""Ways to decode a recording, many streams at once in threads: frames per second."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import av
import torch
from av.codec.hwaccel import HWAccel
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from vision.frames import fitted
from vision.sources.hardware import hardware

SOFTWARE, SCALED, DOWNLOADED, KEPT = (
    "software decoder",
    "software decoder, scaled by FFmpeg",
    "NVDEC, frames downloaded",
    "NVDEC, frames kept on the device",
)
NVDEC = frozenset({DOWNLOADED, KEPT})
DECODERS = (SOFTWARE, SCALED, DOWNLOADED, KEPT)

Use = Callable[[VideoFrame], object]


def decoded(
    clip: Path, way: str, streams: int, seconds: float, size: int, device: torch.device
) -> float | None:
    """Frames per second of a recording that so many threads decode, each from its start.

    Args:
        clip: the recording.
        way: one of `DECODERS`.
        streams: number of threads.
        seconds: how long.
        size: longer side to which frames are scaled, pixels.
        device: where.

    Returns:
        None where this machine cannot do it.
    """
    del device
    if way in NVDEC and hardware("cuda") is None:
        return None
    counts = [0] * streams
    until = time.perf_counter() + seconds
    threads = [
        Thread(target=_decode, args=(clip, way, size, until, counts, number))
        for number in range(streams)
    ]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - started)


def _decode(clip: Path, way: str, size: int, until: float, counts: list[int], number: int) -> None:
    use = _use(way, size)
    while time.perf_counter() < until:
        with av.open(str(clip), hwaccel=_hwaccel(way)) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            for frame in container.decode(stream):
                use(frame)
                counts[number] += 1
                if time.perf_counter() >= until:
                    return


def _hwaccel(way: str) -> HWAccel | None:
    if way not in NVDEC:
        return None
    return HWAccel("cuda", options={"primary_ctx": "1"}, is_hw_owned=way == KEPT)


def _use(way: str, size: int) -> Use:
    if way != SCALED:
        return lambda _: None
    scaler = VideoReformatter()

    def scale(frame: VideoFrame) -> object:
        width, height = fitted(frame.width, frame.height, size)
        small = scaler.reformat(frame, width=width, height=height, format="bgr24", threads=1)
        return small.to_ndarray()

    return scale
