"""Place: what stays at one place of a zone, or in the whole of it, and for how long together."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from vision.episodes import Episode, EpisodeStage
from vision.rules.sight import overlap
from vision.rules.stay import Stay

_CLEAN_LOOKS = 2
# What stays at a spot for this share of the dwell has stopped there, and does not pass by.
_STOP = 0.2
# And this much of its box is then where it was first, or the other way round if it has grown.
_STILL = 0.85
_NEVER = timedelta.max


@dataclass(slots=True)
class Place:
    """One place: the stays that belong to it and the episode it is going through.

    Attributes:
        occupied: how long something has stopped here, one thing or one after the other.
        occupied_from, occupied_until: first and latest moment of that (UTC).
    """

    stays: list[Stay] = field(default_factory=list)
    episode: Episode | None = None
    occupied: timedelta = timedelta(0)
    occupied_from: datetime | None = None
    occupied_until: datetime | None = None

    @property
    def doubtful(self) -> bool:
        """It is a candidate, or what was confirmed is not to be seen."""
        undecided = self.episode is None or self.episode.stage is EpisodeStage.OPENED
        return undecided or all(stay.misses for stay in self.stays)

    def occupy(self, at: datetime, gap: timedelta, *, dwell: timedelta, looks: int) -> None:
        """Count the time in which something was seen here that has stopped, none of it twice.

        Args:
            at: of the look that the stays have just seen or missed.
            gap: looks further apart than this say nothing of what was between them.
            dwell: that makes a violation; a share of it tells a stop from passing by.
            looks: from which on something can have stopped.
        """
        before = self.occupied_until
        since_then = at - before if before is not None else _NEVER
        counts = [since_then] if before is not None and since_then <= gap else []
        seen = [s for s in self.stays if s.last == at]
        for stay in seen:
            if not stay.stopped and stay.looks >= looks and _stops(stay, dwell * _STOP):
                stay.stopped = True
                self.occupied_from = self.occupied_from or stay.first
                # Of its dwell, at most so much lies where the place was counted already.
                counted = max(timedelta(0), before - stay.first) if before else timedelta(0)
                counts.append(max(timedelta(0), stay.dwell - counted))
        if any(stay.stopped for stay in seen):
            self.occupied += max(counts, default=timedelta(0))
            self.occupied_until = at

    def part(self, at: datetime, clear: timedelta) -> list[Stay]:
        """Take out what has left: clean looks have shown it gone for `clear`."""
        gone = [s for s in self.stays if s.clean >= _CLEAN_LOOKS and s.absent(at) >= clear]
        for stay in gone:
            self.stays.remove(stay)
        return gone

    def shift(self, by: timedelta) -> None:
        """The camera's clock was set: all that was seen so far was at other times."""
        for stay in self.stays:
            stay.shift(by)
        self.occupied_from = self.occupied_from and self.occupied_from + by
        self.occupied_until = self.occupied_until and self.occupied_until + by


def _stops(stay: Stay, least: timedelta) -> bool:
    """Whether it has been at its spot for so long that it does not just pass by."""
    still = overlap(stay.boxes[0], stay.sight.box)[1] >= _STILL
    return still and not stay.flickers and stay.dwell >= least
