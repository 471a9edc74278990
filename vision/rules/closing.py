"""Closing: ends episodes without a clear: end of hours, start of a permit, or a long camera gap.

Vending and other activities are violations only during the zone's hours, and an activity on another
day is another violation: its episode ends with the zone's hours. A thing that is in a *state* (a
full bin, a structure; `gaps_count`) is not emptied or torn down by the clock, so closed hours are
an ordinary camera gap for it. Episodes of both sorts end when a permit starts that covers them.

A state that nobody looked at for the kind's `horizon` is another one: a bin was emptied many times
since. Its episode ends as well, and what was no more than a candidate begins anew, but for what
`endures`: surveys that see a building may be years apart.

A gap in the looks that is longer than the kind's `dedupe` ends what people do as well: what is seen
after it is no longer the same case, so it cannot be the same episode. Looks that come as usual are
never apart by that much, however short a site sets it.

At a seam of a recording (`Frame.part`) all of it ends, whatever its kind: how much time lies there,
nobody knows, so that neither dwell nor an episode may last over it. It ends with its last look.

A camera may send nothing from before the end of hours until the next day. So what ended is asked
for the time since the last look, and is dated by the clock, not by the look that tells it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vision.detections import Detections
from vision.episodes import EndedBy, Episode, EpisodeEvent, EpisodeStage, NormBox
from vision.frames import Frame
from vision.registers.permits import Line
from vision.rules.context import Context
from vision.rules.gaps import Gaps
from vision.rules.place import Least, Place
from vision.rules.registers import Registers
from vision.rules.stay import Stay


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of an episode: when (UTC) and by what."""

    at: datetime
    by: EndedBy

    def event(
        self, episode: Episode | None, frame: Frame, detections: Detections
    ) -> Sequence[EpisodeEvent]:
        """Return the event: the episode ended if it was confirmed, else dropped."""
        if episode is None:
            return ()
        if episode.stage is EpisodeStage.CONFIRMED:
            over = replace(episode, stage=EpisodeStage.ENDED, ended_at=self.at, ended_by=self.by)
        else:
            over = replace(episode, stage=EpisodeStage.DROPPED)
        return (EpisodeEvent(over, frame, detections),)


class Closing:
    """Ends the stays of one zone.

    Args:
        least: what makes a violation there.
        gaps: where they do not count as presence, gaps and hours end it, and not only permits and
            seams.
        foot: the line on which a thing in this box stands.
    """

    def __init__(
        self,
        context: Context,
        registers: Registers,
        least: Least,
        gaps: Gaps,
        *,
        foot: Callable[[NormBox], Line],
    ) -> None:
        self._context, self._registers, self._least = context, registers, least
        self._gaps, self._foot = gaps, foot

    def since(
        self, places: Sequence[Place], frame: Frame, detections: Detections
    ) -> list[EpisodeEvent]:
        """Return what ended between the last look and this one; remove the stays that ended."""
        at, events = frame.captured_at, list[EpisodeEvent]()
        for place in places:
            over = self._over(place, frame)
            if over is not None:
                events += over.event(place.episode, frame, detections)
                place.stays.clear()

        def permitted(stay: Stay) -> datetime | None:
            moments = self._registers.turns(stay.looked or stay.last, at)
            return next((m for m in moments if m < at and self._may(stay, m)), None)

        return events + self._permit(places, frame, detections, permitted)

    def now(
        self, places: Sequence[Place], frame: Frame, detections: Detections
    ) -> list[EpisodeEvent]:
        """End what this look leaves out because a permit covers it."""
        at = frame.captured_at

        def permitted(stay: Stay) -> datetime | None:
            missed = stay.looked == at != stay.last
            return at if missed and self._may(stay, at) else None

        return self._permit(places, frame, detections, permitted)

    def _may(self, stay: Stay, at: datetime) -> bool:
        if stay.spotted is not None:
            return False  # its box is of another picture; what a permit covers is not seen anyway
        return self._registers.permits(self._foot(stay.box), at)

    def _over(self, place: Place, frame: Frame) -> Ending | None:
        after, until = place.looked, frame.captured_at
        if place.source_part != frame.part:
            return Ending(after, EndedBy.UNWATCHED)
        if not self._gaps.count:
            closed = self._context.closed_since(after, until)
            if closed is not None:
                return Ending(closed, EndedBy.HOURS)
        elif self._gaps.endures and not place.confirmed:
            return None
        if until - after > max(self._longest, self._gaps.empty, self._least.dwell):
            return Ending(after, EndedBy.UNWATCHED)
        return None

    @property
    def _longest(self) -> timedelta:
        dedupe = self._context.settings.dedupe
        if isinstance(dedupe, timedelta) and not self._gaps.count:
            return dedupe
        return self._gaps.horizon

    def _permit(
        self,
        places: Sequence[Place],
        frame: Frame,
        detections: Detections,
        since: Callable[[Stay], datetime | None],
    ) -> list[EpisodeEvent]:
        events: list[EpisodeEvent] = []
        for place in places if self._registers.permitting else ():
            moment = place.permit(since)
            if moment is None:
                continue
            left = place.ripe(self._least) if place.confirmed else place.stays
            if not left:
                events += Ending(moment, EndedBy.PERMIT).event(place.episode, frame, detections)
                place.episode = None
        return events
