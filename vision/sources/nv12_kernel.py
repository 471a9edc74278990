"""The Triton kernel of `vision.sources.nv12.scaled_bgr`: one launch a picture."""
# Types of a kernel's arguments are Triton's own; its decorator and language have none.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import triton
from triton import language as tl

if TYPE_CHECKING:
    from vision.sources.nv12 import Nv12

_BLOCK = 128  # pixels a program


@triton.jit
def _sample(  # noqa: PLR0917
    plane,
    stride,
    step,
    rows,
    columns,
    row,
    column,
    down,
    across,
    TAPS_DOWN: tl.constexpr,  # noqa: N803 - Triton's custom
    TAPS_ACROSS: tl.constexpr,  # noqa: N803
):
    """The weighted mean of a plane around an output pixel; see `nv12._weights`."""
    y, x = (row + 0.5) * down - 0.5, (column + 0.5) * across - 0.5
    reach_y, reach_x = tl.maximum(down, 1.0), tl.maximum(across, 1.0)
    first_y = tl.ceil(y - reach_y).to(tl.int32)
    first_x = tl.ceil(x - reach_x).to(tl.int32)
    total, weight = y * 0, y * 0
    for i in range(TAPS_DOWN):
        at_y = first_y + i
        by_y = tl.maximum(1 - tl.abs(at_y - y) / reach_y, 0.0)
        by_y = tl.where((at_y >= 0) & (at_y < rows), by_y, 0.0)
        for k in range(TAPS_ACROSS):
            at_x = first_x + k
            by = by_y * tl.maximum(1 - tl.abs(at_x - x) / reach_x, 0.0)
            by = tl.where((at_x >= 0) & (at_x < columns), by, 0.0)
            there = tl.load(plane + at_y * stride + at_x * step, mask=by > 0, other=0)
            total += by * there.to(tl.float32)
            weight += by
    return total / weight


@triton.jit(  # parts lie anywhere and are of any size: else each kind of them is compiled for
    do_not_specialize=["rows", "columns", "height", "width"],
    do_not_specialize_on_alignment=["luma", "chroma"],
)
def _convert(  # noqa: PLR0917
    luma,
    chroma,
    out,
    luma_stride,
    chroma_stride,
    rows,
    columns,
    height,
    width,
    down,
    across,
    low,
    gain,
    b_cb,
    g_cb,
    g_cr,
    r_cr,
    LUMA_DOWN: tl.constexpr,  # noqa: N803
    LUMA_ACROSS: tl.constexpr,  # noqa: N803
    CHROMA_DOWN: tl.constexpr,  # noqa: N803
    CHROMA_ACROSS: tl.constexpr,  # noqa: N803
    BLOCK: tl.constexpr,  # noqa: N803
):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = place < height * width
    row, column = place // width, place % width
    y = _sample(
        luma, luma_stride, 1, rows, columns, row, column, down, across, LUMA_DOWN, LUMA_ACROSS
    )
    rows, columns, down, across = rows // 2, columns // 2, down / 2, across / 2
    cb = _sample(
        chroma, chroma_stride, 2, rows, columns, row, column, down, across, CHROMA_DOWN,
        CHROMA_ACROSS,
    ) - 128  # fmt: skip
    cr = _sample(
        chroma + 1, chroma_stride, 2, rows, columns, row, column, down, across, CHROMA_DOWN,
        CHROMA_ACROSS,
    ) - 128  # fmt: skip
    grey = (y - low) * gain
    blue = grey + b_cb * cb
    green = grey + g_cb * cb + g_cr * cr
    red = grey + r_cr * cr
    to = out + place * 3
    tl.store(to, tl.clamp(blue + 0.5, 0.0, 255.0).to(tl.uint8), mask=inside)
    tl.store(to + 1, tl.clamp(green + 0.5, 0.0, 255.0).to(tl.uint8), mask=inside)
    tl.store(to + 2, tl.clamp(red + 0.5, 0.0, 255.0).to(tl.uint8), mask=inside)


def scaled_bgr_by_kernel(picture: Nv12, width: int, height: int) -> torch.Tensor:
    """See `nv12.scaled_bgr`; on the current stream."""
    rows, columns = picture.luma.shape
    down, across = rows / height, columns / width
    out = torch.empty((height, width, 3), dtype=torch.uint8, device=picture.luma.device)
    colours = picture.colours
    _convert[(triton.cdiv(height * width, _BLOCK),)](
        picture.luma,
        picture.chroma,
        out,
        picture.luma.stride(0),
        picture.chroma.stride(0),
        rows,
        columns,
        height,
        width,
        down,
        across,
        colours.low,
        colours.gain,
        colours.b_cb,
        colours.g_cb,
        colours.g_cr,
        colours.r_cr,
        LUMA_DOWN=_taps(down),
        LUMA_ACROSS=_taps(across),
        CHROMA_DOWN=_taps(down / 2),
        CHROMA_ACROSS=_taps(across / 2),
        BLOCK=_BLOCK,
    )
    return out


def _taps(scale: float) -> int:
    """Most samples that an output pixel reaches."""
    return math.ceil(2 * max(scale, 1.0)) + 1
