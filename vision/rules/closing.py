"""Closing: what ends an episode that nobody saw gone.

Vending and whatever else is something that people *do* is a violation only while the zone is
watched, and one on another day is another one: it ends with the zone's hours. A thing that is in a
*state* (a full bin, a structure; `gaps_count`) is not emptied or torn down by the clock: closed
hours are a gap in its looks like any other. Both end where a permit begins that lets it stand.

A state that nobody looked at for the kind's `horizon` is another one: a bin was emptied many times
since. Its episode ends as well, and what was no more than a candidate begins anew, but for what
`endures`: surveys that see a building may be years apart.

A gap in the looks that is longer than the kind's `dedupe` ends what people do as well: what is seen
after it is no longer the same case, so it cannot be the same episode. Looks that come as usual are
never apart by that much, however short a site sets it.

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
    """When (UTC) and by what it ended."""

    at: datetime
    by: EndedBy

    def event(
        self, episode: Episode | None, frame: Frame, detections: Detections
    ) -> Sequence[EpisodeEvent]:
        """What it makes of an episode: ended if it was confirmed, else dropped."""
        if episode is None:
            return ()
        if episode.stage is EpisodeStage.CONFIRMED:
            over = replace(episode, stage=EpisodeStage.ENDED, ended_at=self.at, ended_by=self.by)
        else:
            over = replace(episode, stage=EpisodeStage.DROPPED)
        return (EpisodeEvent(over, frame, detections),)


class Closing:
    """Ends what stays in one zone.

    Args:
        least: what makes a violation there.
        gaps: where they do not count as presence, gaps and hours end it, and not only permits.
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
        """What ended between the last look and this one; the stays that ended are taken out."""
        at, events = frame.captured_at, list[EpisodeEvent]()
        for place in places:
            over = self._over(place, at)
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
        """What this look does not show since a permit lets it stand there."""
        at = frame.captured_at

        def permitted(stay: Stay) -> datetime | None:
            missed = stay.looked == at != stay.last
            return at if missed and self._may(stay, at) else None

        return self._permit(places, frame, detections, permitted)

    def _may(self, stay: Stay, at: datetime) -> bool:
        return self._registers.permits(self._foot(stay.box), at)

    def _over(self, place: Place, until: datetime) -> Ending | None:
        after = place.looked
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
