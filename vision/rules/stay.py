"""Stay: an object that remains at one spot over several looks, with its dwell.

Dwell belongs to the spot, not to a track: track ids are lost at every occlusion, and a stay must
survive a passer-by in front of it. A spot does not follow a moving object: a sight is matched with
the median of the boxes seen there, so a slow cart leaves its spot instead of dragging it along.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AliasChoices, Field, TypeAdapter

from vision.episodes import NormBox
from vision.rules.kept_text import KeptText
from vision.rules.sight import Sight, overlap, touching
from vision.rules.spotted import Spotted

# Two boxes are of one spot from this overlap on; a hull that gains or loses a part (garbage beside
# a bin) still covers the smaller one.
SAME_IOU, _SAME_COVER = 0.3, 0.75
_MEMORY, _SCORES = 32, 128
# A thing seen in fewer than half of the looks since it was first seen is flicker, not presence.
_MIN_PRESENCE = 0.5


class _Derived:
    """What a stay has ready, so that a look costs it little; it is not part of its state.

    Attributes:
        _sides: the sides of its boxes in order: a median costs one insertion a look.
        _box: that median.
        _ranked: its scores in order.
        _texts: its boxes and its scores as JSON, of which a look adds one.
    """

    __slots__ = ("_box", "_ranked", "_sides", "_texts")
    _sides: list[list[float]] | None
    _box: NormBox | None
    _ranked: list[float] | None
    _texts: tuple[KeptText, KeptText] | None


@dataclass(slots=True)
class Stay(_Derived):
    """One spot and the object seen there.

    Attributes:
        first, last: moments of the first and latest look that showed it (UTC).
        stopped: it has been here long enough not to be passing by.
        ripe: it meets the rule's minimum; remains true until it is gone, even if looks miss it.
        dwell: time accumulated between looks; an interval longer than the allowed gap adds
            nothing, since it is not known what happened in it.
        step: what the latest look added to `dwell`.
        between: time that counts between the visits of a camera on patrol, in addition to `dwell`.
        here: looks that showed it in the latest visit that did.
        looks: looks that showed it; `chances`: looks since the first, showing it or not.
        reused: of the looks that showed it, those that reused the detections of an earlier one.
        attended: of the looks that showed it, those that showed somebody with it.
        missed_since: moment of the first look of the current run of clean looks, else None.
        misses: clean looks in that run; `clean`: those of them in the latest visit.
        looked: moment of the latest look at the spot, whether it showed the object or not.
        spotted: where on the map it is, of a camera that moves and tells its place.
    """

    first: datetime
    last: datetime
    sight: Sight
    dwell: timedelta = timedelta(0)
    step: timedelta = timedelta(0)
    between: timedelta = timedelta(0)
    here: int = 1
    looks: int = 1
    chances: int = 1
    # Memories and records of earlier versions say `stood`.
    reused: Annotated[int, Field(validation_alias=AliasChoices("reused", "stood"))] = 0
    attended: int = 0
    missed_since: datetime | None = None
    misses: int = 0
    clean: int = 0
    looked: datetime | None = None
    stopped: bool = False
    ripe: bool = False
    spotted: Spotted | None = None
    boxes: deque[NormBox] = field(default_factory=deque)
    scores: deque[float] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._sides = self._box = None  # type: ignore[misc] # the base's slots
        self._ranked = self._texts = None  # type: ignore[misc] # the base's slots
        # What is recalled after a restart comes as deques without a bound.
        self.boxes = deque(self.boxes or [self.sight.box], _MEMORY)
        self.scores = deque(self.scores or [self.sight.score], _SCORES)

    @classmethod
    def begun(cls, at: datetime, sight: Sight) -> Stay:
        """Start a stay with the first look that shows it."""
        return cls(first=at, last=at, sight=sight, attended=int(sight.attended))

    @property
    def stayed(self) -> timedelta:
        """The dwell, including the time that counts between visits."""
        return self.dwell + self.between

    @property
    def along(self) -> bool:
        """Whether it was seen at enough steps of a moving camera's way."""
        return self.spotted is not None and self.spotted.enough

    @property
    def box(self) -> NormBox:
        """Median of the boxes seen here."""
        if self._box is None:
            if self._sides is None:
                self._sides = [  # type: ignore[misc] # the base's slot
                    sorted(side) for side in zip(*self.boxes, strict=True)
                ]
            x1, y1, x2, y2 = self._sides
            half = len(x1) // 2
            if len(x1) % 2:
                middle = x1[half], y1[half], x2[half], y2[half]
            else:
                before = half - 1
                middle = (
                    (x1[before] + x1[half]) / 2,
                    (y1[before] + y1[half]) / 2,
                    (x2[before] + x2[half]) / 2,
                    (y2[before] + y2[half]) / 2,
                )
            self._box = middle  # type: ignore[misc] # the base's slot
        return self._box

    @property
    def score(self) -> float:
        """Median score over the looks that showed it."""
        if self._ranked is None:
            self._ranked = sorted(self.scores)  # type: ignore[misc] # the base's slot
        ranked, half = self._ranked, len(self._ranked) // 2
        return ranked[half] if len(ranked) % 2 else (ranked[half - 1] + ranked[half]) / 2

    @property
    def flickers(self) -> bool:
        """Whether too few of those looks showed it."""
        return self.looks < _MIN_PRESENCE * self.chances

    def see(
        self,
        at: datetime,
        sight: Sight,
        gap: timedelta,
        *,
        reused: bool = False,
        visit: datetime | None = None,
    ) -> None:
        """Add a look that shows it.

        Args:
            gap: a longer interval between looks than this adds no dwell.
            reused: the look reused earlier detections, since the scene has not changed.
            visit: start of the visit that shows it, for a camera on patrol.
        """
        since = at - self.last
        again = visit is not None and self.last < visit
        self.here = 1 if again else self.here + 1
        self.step = since if timedelta(0) < since <= gap else timedelta(0)
        self.dwell += self.step
        self.last, self.sight = max(at, self.last), sight
        self.looks += 1
        self.reused += reused
        self.attended += sight.attended
        self.chances += 1
        self.missed_since, self.misses, self.clean, self.looked = None, 0, 0, at
        self._put(sight.box, sight.score)

    def _put(self, box: NormBox, score: float) -> None:
        out = self.boxes[0] if len(self.boxes) == _MEMORY else None
        if self._ranked is not None:
            if len(self.scores) == _SCORES:
                del self._ranked[bisect_left(self._ranked, self.scores[0])]
            insort(self._ranked, score)
        self.boxes.append(box)
        self.scores.append(score)
        self._box = None  # type: ignore[misc] # the base's slot
        if self._texts is not None:
            self._texts[0].add(box)
            self._texts[1].add(score)
        if self._sides is None:
            return
        for n, side in enumerate(self._sides):
            if out is not None:
                del side[bisect_left(side, out[n])]
            insort(side, box[n])

    def to_json(self) -> bytes:
        """Return the state as JSON: pydantic's text, of which the boxes and scores are kept."""
        if self._texts is None:
            self._texts = (  # type: ignore[misc] # the base's slot
                KeptText(self.boxes, _MEMORY),
                KeptText(self.scores, _SCORES),
            )
        boxes, scores = self._texts
        rest = _STAY.to_json(self, exclude=_AS_TEXT)[:-1]
        return b"".join(
            (rest, b',"boxes":', boxes.to_json(), b',"scores":', scores.to_json(), b"}")
        )

    def miss(self, at: datetime, visit: datetime | None = None) -> None:
        """Add a clean look; the first of a visit starts a new run of `clean`."""
        again = visit is not None and (self.looked or self.last) < visit
        self.clean = 1 if again else self.clean + 1
        self.chances += 1
        self.misses += 1
        self.missed_since, self.looked = self.missed_since or at, at

    def shift(self, by: timedelta) -> None:
        """Shift all times after the camera's clock was set."""
        self.first += by
        self.last += by
        self.looked = self.looked and self.looked + by
        if self.missed_since is not None:
            self.missed_since += by

    def absent(self, at: datetime) -> timedelta:
        """How long clean looks have shown it gone. A camera gap alone is not absence."""
        return at - self.missed_since if self.missed_since else timedelta(0)


# They are the last of its fields.
_AS_TEXT = {"boxes", "scores"}
_STAY = TypeAdapter(Stay).serializer


def match(stays: Sequence[Stay], sights: Sequence[Sight]) -> tuple[list[int | None], list[int]]:
    """Pair stays with sights, best overlap first.

    Returns:
        For each stay the index of its sight or None, and the indexes of sights left over.
    """
    if not stays or not sights:
        return [None] * len(stays), list(range(len(sights)))
    # One median for each stay, not for each pair.
    places, shown = [stay.box for stay in stays], [sight.box for sight in sights]
    pairs = []
    for i, j in touching(places, shown):
        iou, cover = overlap(places[i], shown[j])
        if iou >= SAME_IOU or cover >= _SAME_COVER:
            pairs.append((iou, i, j))
    taken: list[int | None] = [None] * len(stays)
    free = set(range(len(sights)))
    for _, one, seen in sorted(pairs, reverse=True):
        if taken[one] is None and seen in free:
            taken[one] = seen
            free.discard(seen)
    return taken, sorted(free)
