"""Frames through the audit's engine, in batches and with as many under way as it likes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from vision.audit.sight import Attributes
from vision.detections import Detections
from vision.engines.engine import Engine, Pending
from vision.errors import EngineError
from vision.frames import Frame
from vision.loop.views import Views


@dataclass(slots=True, eq=False)
class Looks:
    """Looks at the frames of one video.

    Attributes:
        engine: the detector; only the calling thread uses it.
        attributes: reader of truck states, if any.
    """

    engine: Engine
    attributes: Attributes | None = None
    _worked: bool = field(default=False, init=False)

    def at(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, Detections | None]]:
        """Each frame in order, with what is seen in it; None where the engine fails for it alone.

        Raises:
            EngineError: the engine can look at none of the first frames.
        """
        under_way = deque[tuple[Sequence[Frame], Pending | EngineError]]()
        batch = list[Frame]()
        for frame in frames:
            batch.append(frame)
            if len(batch) < self.engine.batch:
                continue
            under_way.append((batch, self._submit(batch)))
            batch = []
            if len(under_way) >= self.engine.depth:
                yield from self._settle(*under_way.popleft())
        if batch:
            under_way.append((batch, self._submit(batch)))
        while under_way:
            yield from self._settle(*under_way.popleft())

    def _submit(self, batch: Sequence[Frame]) -> Pending | EngineError:
        try:
            return self.engine.submit([frame.small for frame in batch])
        except EngineError as error:
            return error

    def _settle(
        self, batch: Sequence[Frame], pending: Pending | EngineError
    ) -> Iterator[tuple[Frame, Detections | None]]:
        try:
            if isinstance(pending, EngineError):
                raise pending
            found: list[Detections | EngineError] = list(pending.result())
        except EngineError:
            found = [self._alone(frame) for frame in batch]
        errors = [result for result in found if isinstance(result, EngineError)]
        if len(errors) == len(found) and not self._worked:
            raise errors[0]
        self._worked = True
        frames, seen = list[Frame](), list[Detections]()
        for frame, result in zip(batch, found, strict=True):
            if not isinstance(result, EngineError):
                frames.append(frame)
                seen.append(Views.of(frame, side=None).joined([result]))
        read = iter(self.attributes(frames, seen) if self.attributes is not None else seen)
        for frame, result in zip(batch, found, strict=True):
            yield frame, None if isinstance(result, EngineError) else next(read)

    def _alone(self, frame: Frame) -> Detections | EngineError:
        try:
            return self.engine.infer([frame.small])[0]
        except EngineError as error:
            return error
