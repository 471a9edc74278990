"""Sight: an audit's pictures through the engine, batch after batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from vision.audit.reading import Loaded
from vision.detections import Detections
from vision.engines.engine import Engine, Pending
from vision.errors import EngineError
from vision.frames import Clock, Frame, Pixels
from vision.tiling import joined

CAMERA = "audit"
"""The camera that an audit's frames carry: photos have none of their own."""

Attributes = Callable[[Sequence[Frame], Sequence[Detections]], Sequence[Detections]]
"""Adds to a picture's detections, for example what a truck carries."""

Seen = Detections | EngineError
"""What came of a picture, in pixels of its raster."""


@dataclass(slots=True, eq=False)
class Sight:
    """Starts batches and finishes them in their order.

    Attributes:
        engine: the detector; only the calling thread uses it.
        attributes: reader of truck states, if any.
        works: whether anything was ever seen; an engine that sees nothing from the start on ends
            the audit, and a picture that it cannot look at later is that picture's problem.
    """

    engine: Engine
    attributes: Attributes | None
    works: bool
    _batches: deque[tuple[Sequence[Loaded], Pending | EngineError]] = field(
        default_factory=deque, init=False
    )

    @property
    def under_way(self) -> int:
        """Pictures that were started and not finished."""
        return sum(len(batch) for batch, _ in self._batches)

    @property
    def busy(self) -> bool:
        """Whether the engine has as many batches as it likes to have."""
        return len(self._batches) >= self.engine.depth

    def start(self, batch: Sequence[Loaded]) -> None:
        """Give the engine a batch of pictures that have a raster."""
        try:
            views = [view for one in batch for view in self._views(one)]
            pending: Pending | EngineError = self.engine.submit(views)
        except EngineError as error:
            pending = error
        self._batches.append((batch, pending))

    def finish(self) -> list[tuple[Loaded, Seen]]:
        """Wait for the oldest batch; where it fails, each of its pictures has its own chance.

        Raises:
            EngineError: nothing of it works, and nothing did before.
        """
        batch, pending = self._batches.popleft()
        try:
            if isinstance(pending, EngineError):
                raise pending
            seen_in = iter(pending.result())
            found: list[Seen] = [self._joined(one, seen_in) for one in batch]
        except EngineError:
            found = [self._alone(one) for one in batch]
        errors = [r for r in found if isinstance(r, EngineError)]
        if len(errors) == len(found) and not self.works:
            raise errors[0]
        self.works = True
        return list(zip(batch, self._with_attributes(batch, found), strict=True))

    def _alone(self, one: Loaded) -> Seen:
        try:
            return self._joined(one, iter(self.engine.infer(self._views(one))))
        except EngineError as error:
            return error

    def _views(self, one: Loaded) -> list[Pixels]:
        """What the engine is shown of a picture: all of it, and its tiles if it is large."""
        assert one.raster is not None
        pixels = one.raster.pixels
        return [pixels, *(tile.cut(pixels) for tile in one.tiles(self.engine.image_size))]

    def _joined(self, one: Loaded, seen_in: Iterator[Detections]) -> Detections:
        """What was seen in a picture's views, the next of these, in pixels of its raster."""
        cut = one.tiles(self.engine.image_size)
        whole = next(seen_in)
        return joined(whole, cut, [next(seen_in) for _ in cut])

    def _with_attributes(self, batch: Sequence[Loaded], found: Sequence[Seen]) -> list[Seen]:
        """Read the trucks of a batch at once."""
        if self.attributes is None:
            return list(found)
        now = datetime.now(UTC)
        frames, seen = [], []
        for one, result in zip(batch, found, strict=True):
            if one.raster is not None and not isinstance(result, EngineError):
                frames.append(Frame(one.raster.pixels, CAMERA, now, 0, Clock.PHOTO))
                seen.append(result)
        read = iter(self.attributes(frames, seen))
        return [r if isinstance(r, EngineError) else next(read) for r in found]
