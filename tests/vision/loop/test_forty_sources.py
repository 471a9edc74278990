"""Forty recordings at once, through real decoders: each result belongs to its frame."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Condition
from typing import Any

import av
import cv2
import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from vision.frames import Pixels
from vision.loop import InferenceLoop
from vision.site import Camera
from vision.sources.mailbox import Mailbox
from vision.sources.reader import Reader
from vision.sources.source import open_source
from vision.sources.status import CameraState

SOURCES = 40
IMAGE_SIZE = 160
MPEG_CLOCK = 90_000
WRAP = 2**33  # of MPEG's clock: after 26.5 h

# A picture is 4×4 blocks, dark or bright: six bits for the camera, eight for the frame, two that
# say how many of these are set, so that a picture put together from two is not taken for a third.
SIDE = 4


@dataclass(frozen=True)
class Plan:
    """One recording; its second half may differ from the first in size, or jump in time."""

    width: int
    height: int
    rate: int
    frames: int
    gop: int
    reordered: bool  # B-frames: decoded in another order than shown
    gaps: tuple[int, ...]  # from frame to frame in units of the rate, in turn: a variable rate
    second: str  # the second half: "same", "size", "jump", "again" (from 0) or "wrap"


plans = st.builds(
    Plan,
    width=st.integers(2, 10).map(lambda n: 32 * n),
    height=st.integers(2, 8).map(lambda n: 32 * n),
    rate=st.sampled_from([2, 5, 12, 25, 30]),
    frames=st.integers(2, 12),
    gop=st.sampled_from([1, 4, 50]),
    reordered=st.booleans(),
    gaps=st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple),
    second=st.sampled_from(["same", "size", "jump", "again", "wrap"]),
)


def coded(camera: int, index: int, width: int, height: int) -> Pixels:
    bits = camera << 8 | index
    bits |= (bits.bit_count() % 4) << 14
    blocks = np.array([bits >> n & 1 for n in range(16)], np.uint8).reshape(SIDE, SIDE) * 160 + 48
    grey = np.kron(blocks, np.ones((height // SIDE, width // SIDE), np.uint8))
    return np.repeat(grey[..., None], 3, axis=2)


def read_code(pixels: Pixels) -> tuple[int, int]:
    blocks = cv2.resize(pixels, (32, 32))[..., 0].reshape(SIDE, 8, SIDE, 8)
    inner = blocks[:, 2:6, :, 2:6].mean(axis=(1, 3))
    if (abs(inner - 128) < 30).any():
        raise ValueError("this picture is none of those that were made")
    bits = sum(1 << n for n, value in enumerate(inner.ravel()) if value > 128)
    if (bits & 0x3FFF).bit_count() % 4 != bits >> 14:
        raise ValueError("this picture was put together from several")
    return bits >> 8 & 63, bits & 255


def write(path: Path, camera: int, plan: Plan) -> None:
    """Two MPEG transport streams, one behind the other, as recorders write them."""
    half = plan.frames // 2
    size = (plan.width, plan.height)
    other = (plan.height, plan.width) if plan.second == "size" else size
    start = WRAP - MPEG_CLOCK * half // plan.rate if plan.second == "wrap" else 0
    parts = []
    for first, last, (width, height) in ((0, half, size), (half, plan.frames, other)):
        if plan.second == "again":
            start = 0
        elif plan.second == "jump" and first:
            start += 3600 * MPEG_CLOCK
        part = path.with_suffix(f".{first}.ts")
        with av.open(part, "w", options={"avoid_negative_ts": "disabled"}) as out:
            stream = out.add_stream("libx264", rate=plan.rate, options={"preset": "ultrafast"})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            context = stream.codec_context
            context.gop_size, context.thread_count = plan.gop, 1
            context.max_b_frames = 2 if plan.reordered else 0
            context.time_base = Fraction(1, MPEG_CLOCK)
            for index in range(first, last):
                frame = av.VideoFrame.from_ndarray(coded(camera, index, width, height), "bgr24")
                frame.pts, frame.time_base = start, Fraction(1, MPEG_CLOCK)
                out.mux(stream.encode(frame))
                start += plan.gaps[index % len(plan.gaps)] * MPEG_CLOCK // plan.rate
            out.mux(stream.encode())
        parts.append(part.read_bytes())
    path.write_bytes(b"".join(parts))


# Not shrunk: forty recordings are written anew for each attempt.
@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
@given(
    plans=st.lists(plans, min_size=SOURCES, max_size=SOURCES),
    batch=st.integers(1, 9),
    depth=st.integers(1, 3),
)
def test_every_result_belongs_to_its_frame(
    fakes: Any, plans: list[Plan], batch: int, depth: int
) -> None:
    ready, delivered = Condition(), fakes.Delivered()
    engine = fakes.Engine(batch=batch, depth=depth, read=read_code)
    with TemporaryDirectory() as folder:
        boxes, readers = [], []
        for number, plan in enumerate(plans):
            path = Path(folder) / f"{number}.ts"
            write(path, number, plan)
            camera = Camera(id=f"c{number}", source=str(path), pace="fast", analyse_fps=60)
            boxes.append(Mailbox(camera.id, live=False, ready=ready))
            readers.append(
                Reader(
                    camera,
                    boxes[-1],
                    opener=lambda given, stop: open_source(given, stop=stop, image_size=IMAGE_SIZE),
                )
            )
        loop = InferenceLoop(engine, boxes, delivered, ready=ready)
        loop.start()
        for reader in readers:
            reader.start()
        assert loop.wait_until_drained(fakes.LIMIT)
        assert loop.stop(fakes.LIMIT)

    assert delivered.mixed == []
    for plan, box, reader in zip(plans, boxes, readers, strict=True):
        assert delivered.of(box.camera) == list(range(plan.frames)), plan
        status = reader.status()
        assert (status.state, status.error) == (CameraState.ENDED, None)
        assert (status.read, status.analysed, status.dropped) == (plan.frames, plan.frames, {})
