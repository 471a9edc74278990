"""A computation on batches of pictures on a CUDA device: plain, or as CUDA graphs.

Replaying a graph (`CudaGraphs`) costs the host one launch instead of hundreds. Its addresses are
fixed, so its input, its output and what the network keeps for the shape live as long as it does;
what it needs in between lies in a pool that all graphs share, since they run one after the other on
one stream.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from vision.engines.device_batch import device_batch
from vision.engines.letterbox import Letterbox
from vision.frames import Image

BUCKETS = (1, 2, 4, 8, 16, 32, 64)
"""Batches for which there are graphs; from 64 pictures on a graph gains nothing (`README.md`)."""
_WARM_UPS = 3
"""Runs before a capture, as PyTorch's notes on CUDA graphs have it: libraries choose their kernels,
and the head makes its anchors, with copies from the host that no graph may hold."""

Compute = Callable[[torch.Tensor], torch.Tensor]
"""From a tensor on a device to one there."""


def coming_down(tensor: torch.Tensor) -> Callable[[], torch.Tensor]:
    """Enqueue a copy of what lies on a CUDA device, or is computed there, on the current stream.

    Returns:
        What waits for it, asleep and not with a core that spins: the copy, in pinned memory.
    """
    here = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
    here.copy_(tensor, non_blocking=True)
    stream = torch.cuda.current_stream(tensor.device)
    done = stream.record_event(torch.cuda.Event(blocking=True))

    def come() -> torch.Tensor:
        done.synchronize()
        return here

    return come


class CudaStreams:
    """Runs a computation on batches of pictures; several can be under way. For one thread.

    A batch goes up on a stream of its own while the one before is computed, and its few rows come
    down behind it. Memory of a batch is PyTorch's to give out again once the device has done with
    it, so batch B overwrites nothing of A, however late A is asked for.

    Args:
        device: CUDA.
        compute: N×H×W×3 uint8 on the device to N×rows×columns 32-bit floats there, on the stream
            that is current.
        stream: on which it is computed; a new one by default.
    """

    def __init__(
        self, device: torch.device, compute: Compute, stream: torch.cuda.Stream | None = None
    ) -> None:
        self._device = device
        self._compute = compute
        self._copying = torch.cuda.Stream(device)
        self._computing = stream if stream is not None else torch.cuda.Stream(device)

    def bucket(self, count: int) -> int:
        """How many pictures are computed for so many."""
        return count

    def run(
        self, images: Sequence[Image], boxes: Sequence[Letterbox]
    ) -> Callable[[], torch.Tensor]:
        """Start on pictures that share an input shape; see `device_batch`.

        Tensors have to stay as they are until their rows are there.

        Returns:
            What waits for their rows: N×rows×columns, in this machine's own memory.

        Raises:
            torch.OutOfMemoryError: it takes more memory than there is, at this bucket's size.
            RuntimeError: the device failed; waiting may raise it too.
        """
        there = [image for image in images if isinstance(image, torch.Tensor) and image.is_cuda]
        if there:  # made on the stream that is current here
            self._copying.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._copying):
            pixels = device_batch(images, boxes, self._device)
            for image in there:
                image.record_stream(self._copying)
        self._computing.wait_stream(self._copying)
        with torch.cuda.stream(self._computing):
            pixels.record_stream(self._computing)
            return coming_down(self._rows(pixels))

    def repeat(self, compute: Compute, given: torch.Tensor, times: int) -> None:
        """Run a computation again and again on a batch that lies on the device; for benchmarks."""
        self._computing.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._computing):
            for _ in range(times):
                compute(given)
        self._computing.synchronize()

    def _rows(self, pixels: torch.Tensor) -> torch.Tensor:
        return self._compute(pixels)


@dataclass(frozen=True, slots=True)
class _Captured:
    """A graph that fills `rows` from `pixels`; it reads `kept`, which are the network's."""

    graph: torch.cuda.CUDAGraph
    pixels: torch.Tensor
    rows: torch.Tensor
    kept: object


class CudaGraphs(CudaStreams):
    """The same by graphs: one per input shape and bucket, captured when first needed.

    Args:
        device: CUDA.
        compute: as for `CudaStreams`; nothing in it may wait for the device or depend on what was
            seen.
        kept: the tensors that `compute` keeps from one call to the next, after a call; its graph
            reads them, so they are kept alive though a call with another shape replaces them.
    """

    def __init__(self, device: torch.device, compute: Compute, kept: Callable[[], object]) -> None:
        super().__init__(device, compute)
        self._kept = kept
        self._pool = torch.cuda.graph_pool_handle()
        self._captured: dict[tuple[Compute, tuple[int, ...]], _Captured] = {}

    def bucket(self, count: int) -> int:
        """How many pictures are computed for so many; BUCKETS[-1] at most are given."""
        return next(size for size in BUCKETS if size >= count)

    def repeat(self, compute: Compute, given: torch.Tensor, times: int) -> None:
        """See `CudaStreams.repeat`; captured when first asked for."""
        captured = self._of(compute, given.shape)
        captured.pixels.copy_(given)

        def replay(_: torch.Tensor) -> torch.Tensor:
            captured.graph.replay()
            return captured.rows

        super().repeat(replay, given, times)

    def _rows(self, pixels: torch.Tensor) -> torch.Tensor:
        count = len(pixels)
        captured = self._of(self._compute, (self.bucket(count), *pixels.shape[1:]))
        # The places behind them keep what an earlier batch left: no picture sees another.
        captured.pixels[:count].copy_(pixels)
        captured.graph.replay()
        return captured.rows[:count]

    def _of(self, compute: Compute, shape: tuple[int, ...]) -> _Captured:
        captured = self._captured.get((compute, shape))
        if captured is None:
            pixels = torch.zeros(shape, dtype=torch.uint8, device=self._device)
            captured = self._captured[compute, shape] = self._capture(compute, pixels)
        return captured

    def _capture(self, compute: Compute, given: torch.Tensor) -> _Captured:
        self._computing.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._computing):
            for _ in range(_WARM_UPS):
                rows = torch.empty_like(compute(given))
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(
            graph,
            pool=self._pool,
            stream=self._computing,
            capture_error_mode="thread_local",  # decoders' threads go on meanwhile
        ):
            # The output lies outside of the pool, which the next graph writes over.
            rows.copy_(compute(given))
        return _Captured(graph, given, rows, self._kept())
