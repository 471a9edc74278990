"""CudaGraphs: a computation on a CUDA device, captured once per input shape and replayed.

Replaying a graph costs the host one launch instead of hundreds. Its addresses are fixed, so its
input, its output and what the network keeps for the shape live as long as it does; what it needs in
between lies in a pool that all graphs share, since they run one after the other on one stream.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

BUCKETS = (1, 2, 4, 8, 16, 32, 64)
"""Batches for which there are graphs; from 64 pictures on a graph gains nothing (`README.md`)."""
_WARM_UPS = 3
"""Runs before a capture, as PyTorch's notes on CUDA graphs have it: libraries choose their kernels,
and the head makes its anchors, with copies from the host that no graph may hold."""

Compute = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True, slots=True)
class _Captured:
    """A graph that fills `rows` from `pixels`; it reads `kept`, which are the network's."""

    graph: torch.cuda.CUDAGraph
    pixels: torch.Tensor
    rows: torch.Tensor
    kept: object


class CudaGraphs:
    """Runs a computation on batches of bytes; several can be under way. For one thread.

    A batch goes up on a stream of its own while the one before is computed, and its few rows come
    down behind it. Memory of a batch is PyTorch's to give out again once the device has done with
    it, so batch B overwrites nothing of A, however late A is asked for.

    Args:
        device: CUDA.
        compute: N×H×W×3 uint8 on the device to N×rows×columns 32-bit floats; nothing in it may
            wait for the device or depend on what was seen.
        kept: the tensors that `compute` keeps from one call to the next, after a call; its graph
            reads them, so they are kept alive though a call with another shape replaces them.
    """

    def __init__(self, device: torch.device, compute: Compute, kept: Callable[[], object]) -> None:
        self._device = device
        self._compute = compute
        self._kept = kept
        self._copying = torch.cuda.Stream(device)
        self._computing = torch.cuda.Stream(device)
        self._pool = torch.cuda.graph_pool_handle()
        self._captured: dict[tuple[int, ...], _Captured] = {}

    @staticmethod
    def bucket(count: int) -> int:
        """How many pictures are computed for so many; BUCKETS[-1] at most are given."""
        return next(size for size in BUCKETS if size >= count)

    @staticmethod
    def room(count: int, shape: tuple[int, int]) -> torch.Tensor:
        """Memory to draw N pictures of a height and width into: N×H×W×3 uint8, pinned."""
        return torch.empty((count, *shape, 3), dtype=torch.uint8, pin_memory=True)

    def run(self, room: torch.Tensor) -> Callable[[], torch.Tensor]:
        """Start on N pictures in pinned memory.

        Returns:
            What waits for their rows: N×rows×columns, in this machine's own memory.

        Raises:
            torch.OutOfMemoryError: it takes more memory than there is, at this bucket's size.
            RuntimeError: the device failed; waiting may raise it too.
        """
        count = len(room)
        captured = self._of((self.bucket(count), *room.shape[1:]))
        with torch.cuda.stream(self._copying):
            pixels = room.to(self._device, non_blocking=True)
        self._computing.wait_stream(self._copying)
        with torch.cuda.stream(self._computing):
            # The places behind them keep what an earlier batch left: no picture sees another.
            captured.pixels[:count].copy_(pixels)
            pixels.record_stream(self._computing)
            captured.graph.replay()
            rows = torch.empty((count, *captured.rows.shape[1:]), pin_memory=True)
            rows.copy_(captured.rows[:count], non_blocking=True)
            done = torch.cuda.Event(blocking=True)  # waits asleep, not with a core that spins
            done.record()

        def found() -> torch.Tensor:
            done.synchronize()
            return rows

        return found

    def repeat(self, compute: Compute, given: torch.Tensor, times: int) -> None:
        """Run a computation again and again on a batch that lies on the device; for benchmarks."""
        captured = self._capture(compute, given.to(self._device))
        with torch.cuda.stream(self._computing):
            for _ in range(times):
                captured.graph.replay()
        self._computing.synchronize()

    def _of(self, shape: tuple[int, ...]) -> _Captured:
        captured = self._captured.get(shape)
        if captured is None:
            pixels = torch.zeros(shape, dtype=torch.uint8, device=self._device)
            captured = self._captured[shape] = self._capture(self._compute, pixels)
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
