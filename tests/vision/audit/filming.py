"""Films videos of coloured rectangles, whose every pixel comes out as it went in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

TICK = Fraction(1, 1000)


def ground(size: tuple[int, int] = (320, 240), seed: int = 7) -> np.ndarray:
    """H×W×3 BGR: blocks of grey with corners to follow, none in a colour that the engine sees."""
    shades = np.random.default_rng(seed).integers(60, 200, (-(-size[1] // 16), -(-size[0] // 16)))
    grey = np.kron(shades, np.ones((16, 16)))[: size[1], : size[0]].astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def film(
    path: Path,
    pictures: Iterable[np.ndarray],
    times: Sequence[float],
    *,
    rotation: int = 0,
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write pictures (BGR, one size) to a .mov or .mkv, each at its time (seconds)."""
    codec, form = ("ffv1", "bgr0") if path.suffix == ".mkv" else ("png", "rgb24")
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(path, "w", options={"movflags": "+use_metadata_tags"}) as container:
        container.metadata.update(metadata or {})
        stream = container.add_stream(codec, rate=1000)
        stream.pix_fmt, stream.time_base, stream.codec_context.time_base = form, TICK, TICK
        for number, (pixels, at) in enumerate(zip(pictures, times, strict=True)):
            if number == 0:
                stream.height, stream.width = pixels.shape[:2]
                if rotation:
                    stream.set_display_rotation(rotation)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="bgr24")
            frame.pts, frame.time_base = round(at / TICK), TICK
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
