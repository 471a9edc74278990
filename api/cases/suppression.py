"""Suppression: which cases are kept out of the review queue, and until when.

A *silence* of the site file suppresses cases that are confirmed in its time; an open case that is
not suppressed itself *inhibits* cases of another kind at its place. Both terms are Alertmanager's.
Nothing is lost: the case, its evidence and its log are kept, and a person may still decide on it.

A case that is still there when its silence ends, or when its inhibitor was rejected or has cleared,
goes into the review queue. A case that cleared before remains suppressed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from api.cases.life import move
from api.cases.log import enter
from api.cases.proximity import among, apart, around, fixed_cameras, position, seen_by
from api.cases.stages import OPEN, SHOWN, SUPPRESSED, Stage
from api.cases.steps import Step
from api.site_in_force import SiteInForce
from api.storage.database import Database
from api.storage.tables import CaseRow, SightingRow
from api.words.said import say
from vision.frames import Clock
from vision.geo import Position
from vision.site import Site
from vision.site.inhibition import Inhibition

_LIVE = (Clock.STREAM.value, Clock.ARRIVAL.value)
"""Clocks of live sources: an old recording does not outlast a silence merely by its age."""


@dataclass(frozen=True, slots=True)
class Mute:
    """Why a case is suppressed: a silence with its end, or another case that inhibits it."""

    step: Step
    reason: str
    data: dict[str, str]
    until: datetime | None = None
    by_case: str | None = None


class Suppression:
    """Applies this site's silences and inhibitions to cases."""

    def __init__(self, site: Site | SiteInForce) -> None:
        self._site = SiteInForce.of(site)
        self._zone = ZoneInfo(self._site.now.site.timezone)
        self._calendar = self._site.now.calendar

    def settle(self, session: Session, case: CaseRow, seen: SightingRow, at: datetime) -> None:
        """Suppress or release an undecided case, according to its sighting `seen`.

        Call it for a new case and for a suppressed one, in a transaction that decides alone
        (`Database.decide_alone`); `at` is when it was seen.
        """
        mute = self._silence(case, seen, at) or self._inhibitor(session, case, seen)
        before = (case.stage, case.silenced_until, case.inhibited_by)
        step = mute.step if mute is not None else Step.RELEASE
        if mute is not None or case.stage in SUPPRESSED:
            now = datetime.now(UTC)
            move(case, step, "streetwarden", calendar=self._calendar, now=now)
        case.silenced_until = mute.until if mute else None
        case.inhibited_by = mute.by_case if mute else None
        if before == (case.stage, case.silenced_until, case.inhibited_by):
            return
        enter(
            session,
            case,
            case.stage if mute else "released",
            by="streetwarden",
            reason=mute.reason if mute else say("nothing_mutes"),
            data=mute.data if mute else {},
        )

    def release_due(self, database: Database, now: datetime) -> None:
        """Settle the silenced cases that live cameras still see after their silence has ended."""
        due = select(CaseRow).where(
            CaseRow.stage == Stage.SILENCED.value,
            CaseRow.silenced_until <= now,
            CaseRow.ended_at.is_(None),
            CaseRow.clock.in_(_LIVE),
        )
        with database.read() as session:
            if session.scalar(due.with_only_columns(CaseRow.id).limit(1)) is None:
                return
        with database.write() as session:
            database.decide_alone(session)
            self._settle_all(session, due, now)

    def release_targets(self, session: Session, source: CaseRow, at: datetime) -> None:
        """Settle the cases that this case no longer inhibits."""
        inhibited = select(CaseRow).where(
            CaseRow.stage == Stage.INHIBITED.value,
            CaseRow.inhibited_by == source.id,
            CaseRow.cleared_at.is_(None),
        )
        self._settle_all(session, inhibited, at)

    def _settle_all(self, session: Session, query: Select[CaseRow], at: datetime) -> None:
        for case in session.scalars(query.order_by(CaseRow.id).with_for_update()).all():
            self.settle(session, case, case.sightings[-1], at)

    def _silence(self, case: CaseRow, seen: SightingRow, at: datetime) -> Mute | None:
        found = [
            silence
            for silence in self._site.now.silences
            if silence.matches(case.kind, seen.camera, seen.zone) and silence.covers(at, self._zone)
        ]
        if not found:
            return None
        last = max(found, key=lambda silence: silence.ends(self._zone))
        reason = say("silence_holds", silence=last.name, by=last.by, reason=last.reason)
        data = {"silence": last.name, "by": last.by, "reason": last.reason}
        return Mute(Step.SILENCE, reason, data, until=last.ends(self._zone))

    def _inhibitor(self, session: Session, case: CaseRow, seen: SightingRow) -> Mute | None:
        sources = [
            source
            for rule in self._site.now.inhibit
            if rule.target.matches(case.kind, case.subtype)
            for source in self._sources(session, rule, case, seen)
        ]
        if not sources:
            return None
        # A present inhibitor remains the inhibitor.
        source = min(sources, key=lambda s: s.id != case.inhibited_by)
        reason = say("inhibitor_open", kind=source.kind, case=source.id)
        return Mute(Step.INHIBIT, reason, {"inhibitor": source.id}, by_case=source.id)

    def _sources(
        self, session: Session, rule: Inhibition, case: CaseRow, seen: SightingRow
    ) -> list[CaseRow]:
        """Return open, unsuppressed cases that inhibit this one by this rule; newest first."""
        here = position(case)
        ids = [seen_by(seen.camera, seen.zone)]
        if here is not None and rule.within != "same_zone":
            ids.append(around(here, rule.within, rule.source.kind))
        query = select(CaseRow).where(
            CaseRow.kind == rule.source.kind,
            CaseRow.stage.in_([stage.value for stage in SHOWN & OPEN]),
            CaseRow.ended_at.is_(None),
            among(*ids),
        )
        return [
            source
            for source in session.scalars(query.order_by(CaseRow.id.desc()))
            if rule.source.matches(source.kind, source.subtype)
            and self._at_one_place(rule, source, here, seen)
        ]

    def _at_one_place(
        self, rule: Inhibition, source: CaseRow, here: Position | None, seen: SightingRow
    ) -> bool:
        there = position(source)
        if rule.within != "same_zone":
            if here is not None and there is not None:
                return apart(here, there) <= rule.within
            # A flying camera's one zone may cover the whole town.
            if seen.camera not in fixed_cameras(self._site.now):
                return False
        return any((s.camera, s.zone) == (seen.camera, seen.zone) for s in source.sightings)
