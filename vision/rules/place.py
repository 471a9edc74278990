"""Place: what stays at one place of a zone, or in the whole of it, and for how long together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from vision.episodes import Episode, EpisodeStage
from vision.rules.sight import overlap
from vision.rules.stay import Stay

_CLEAN_LOOKS = 2
# What stays at a spot for this share of the dwell has stopped there, and does not pass by.
_STOP = 0.2
# And this much of its box is then where it was first, or the other way round if it has grown.
_STILL = 0.85


@dataclass(frozen=True, slots=True)
class Least:
    """What makes a violation at least.

    Attributes:
        dwell: how long it stays.
        looks: that show it.
        score: median of theirs, 0..1.
        together: what stops one after the other adds up.
    """

    dwell: timedelta
    looks: int
    score: float
    together: bool


@dataclass(slots=True)
class Place:
    """One place: the stays that belong to it and the episode it is going through.

    Attributes:
        occupied: how long something has stopped here, one thing or one after the other.
        occupied_from, occupied_until: first and latest moment of that (UTC).
        source_part: the part of a recording that it was seen in, see `Frame.part`.
    """

    stays: list[Stay] = field(default_factory=list)
    episode: Episode | None = None
    occupied: timedelta = timedelta(0)
    occupied_from: datetime | None = None
    occupied_until: datetime | None = None
    source_part: int = 0

    @property
    def doubtful(self) -> bool:
        """It is a candidate, or what was confirmed is not to be seen."""
        return not self.confirmed or all(stay.misses for stay in self.stays)

    @property
    def confirmed(self) -> bool:
        """Whether it goes through an episode that was confirmed."""
        return self.episode is not None and self.episode.stage is EpisodeStage.CONFIRMED

    @property
    def looked(self) -> datetime:
        """The latest look at any of its stays, showing it or not (UTC)."""
        return max(stay.looked or stay.last for stay in self.stays)

    def since(self, at: datetime, lapse: timedelta) -> datetime:
        """The first moment of what is here now, of stays or of an occupancy that goes on (UTC)."""
        first = min(stay.first for stay in self.stays)
        if self.occupied_from is None or self.occupied_until is None:
            return first
        return min(first, self.occupied_from) if at - self.occupied_until <= lapse else first

    def occupy(self, at: datetime, lapse: timedelta, least: Least) -> None:
        """Count the time in which something was seen here that has stopped, none of it twice.

        Time adds up to what is confirmed only while the place stands empty for no longer than
        `lapse` at a time; then it begins anew. What is seen now and then keeps nothing going: its
        looks add no time, and only time that was added goes on.

        Args:
            at: of the look that the stays have just seen or missed.
            lapse: see `vision.rules.gaps`.
            least: a share of its dwell tells a stop from passing by.
        """
        seen = [s for s in self.stays if s.last == at]
        spans = [(at - s.step, s.step) for s in seen if s.stopped and s.step and not s.flickers]
        for stay in seen:
            if not stay.stopped and stay.looks >= least.looks and _stops(stay, least.dwell * _STOP):
                stay.stopped = True
                spans.append((stay.first, stay.dwell))
        if not spans:
            return
        begun, before = min(start for start, _ in spans), self.occupied_until
        if before is None or (begun - before > lapse and not self.confirmed):
            self.occupied, self.occupied_from, before = timedelta(0), begun, begun
        # Of each, at most so much lies where the place was counted already.
        self.occupied += max(
            max(timedelta(0), length - max(timedelta(0), before - start)) for start, length in spans
        )
        self.occupied_until = at

    def ripe(self, least: Least) -> list[Stay]:
        """The stays that make a violation: each by itself, or else those that stopped in turn."""
        for stay in self.stays:
            stay.ripe = stay.ripe or (
                stay.looks >= least.looks
                and stay.stayed >= least.dwell
                and not stay.flickers
                and stay.score >= least.score
            )
        alone = [s for s in self.stays if s.ripe]
        together = least.together and least.dwell and self.occupied >= least.dwell
        return alone or [s for s in self.stays if together and s.stopped]

    def part(self, at: datetime, clear: timedelta, lapse: timedelta) -> list[Stay]:
        """Take out what has left: clean looks have shown it gone for `clear`.

        With it goes what has been seen on too few looks for `lapse`, unless it was told: it would
        keep a candidate alive, or hide by its many misses who stands there next.
        """
        gone, kept = list[Stay](), list[Stay]()
        for stay in self.stays:
            left = stay.clean >= _CLEAN_LOOKS and stay.absent(at) >= clear
            flickers = stay.flickers and at - stay.first >= lapse and not self.holds(stay)
            (gone if left or flickers else kept).append(stay)
        self.stays = kept
        return gone

    def put(self, stay: Stay, *, instead_of: Stay) -> None:
        """Let a stay begin anew."""
        self.stays = [stay if known is instead_of else known for known in self.stays]

    def holds(self, stay: Stay) -> bool:
        """Whether this stay is what a confirmed episode is about."""
        return stay.ripe or (self.confirmed and stay.stopped)

    def permit(self, since: Callable[[Stay], datetime | None]) -> datetime | None:
        """Take out what a permit lets stand here, and tell from when on; None if nothing was.

        Nothing of what it adds to is left by then: what is left occupies the place from now on.
        """
        moments = [(stay, since(stay)) for stay in self.stays]
        self.stays = [stay for stay, moment in moments if moment is None]
        if any(stay.stopped for stay, moment in moments if moment is not None):
            self.occupied, self.occupied_from, self.occupied_until = timedelta(0), None, None
        return max((moment for _, moment in moments if moment is not None), default=None)

    def shift(self, by: timedelta) -> None:
        """The camera's clock was set: all that was seen so far was at other times."""
        for stay in self.stays:
            stay.shift(by)
        self.occupied_from = self.occupied_from and self.occupied_from + by
        self.occupied_until = self.occupied_until and self.occupied_until + by
        if self.episode is not None:
            told = self.episode
            self.episode = replace(
                told,
                opened_at=told.opened_at + by,
                last_seen_at=told.last_seen_at + by,
                confirmed_at=told.confirmed_at and told.confirmed_at + by,
            )


def _stops(stay: Stay, least: timedelta) -> bool:
    """Whether it has been at its spot for so long that it does not just pass by."""
    still = overlap(stay.boxes[0], stay.sight.box)[1] >= _STILL
    return still and not stay.flickers and stay.dwell >= least
