"""CaseIntake: episodes become cases, or sightings of an open case, each in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access.roles import Principal
from api.cases.announcement import Announce, CaseEvent, ending
from api.cases.log import enter
from api.cases.matching import LastSeen, Matching, confirmed_of
from api.cases.new_case import DetectorInfo, locate, new_case
from api.cases.plates import take_readings
from api.cases.proximity import fixed_cameras
from api.cases.reobservation import Reobservation
from api.cases.sightings import CLEARED, attach, end, sighting, summarise
from api.cases.stages import PERSON_CONFIRMED, SHOWN, SUPPRESSED, Stage
from api.cases.step_desk import Then
from api.cases.suppression import Suppression
from api.errors import CaseError
from api.site_in_force import SiteInForce
from api.storage.database import Database
from api.storage.tables import CaseRow, LogRow, SightingRow
from vision.episodes import EndedBy, Episode, EpisodeEvent, EpisodeStage
from vision.evidence import EvidenceItem
from vision.gap import Gap
from vision.registers.grid import UnitGrid
from vision.site import Camera, Site
from vision.site.rule_settings import RuleSettings
from vision.sources.clip_facts import ClipFacts

__all__ = ["CaseIntake", "DetectorInfo"]

_PIPELINE = "pipeline"
_TAKEN = frozenset(EpisodeStage) - {EpisodeStage.OPENED, EpisodeStage.DROPPED}
_FACTS = TypeAdapter(ClipFacts)
_GAPS = TypeAdapter(list[Gap])


class CaseIntake:
    """Takes episode events from the pipeline, idempotently; safe to call from its thread.

    `announce` receives the events of a case; see `api.cases.announcement`. `then` is called with
    one that it has closed.

    Attributes:
        last_seen: when a camera last saw an episode that it goes on holding (camera's id, episode's
            id; UTC, or None): what is stored of it is as old as its confirmation. Set it to
            `Pipeline.last_seen`.
    """

    def __init__(
        self,
        database: Database,
        site: Site | SiteInForce,
        detector: DetectorInfo,
        announce: Announce,
        then: Then | None = None,
    ) -> None:
        self._database = database
        self._site = SiteInForce.of(site)
        self._detector = detector
        self._announce = announce
        self._suppression = Suppression(site)
        self._reobservation = Reobservation(database, site, announce, None, then)
        self.last_seen: LastSeen = lambda _camera, _episode: None
        grid = self._site.now.unit_grid
        self._grid = UnitGrid.load(Path(grid)) if grid else None

    def take(
        self,
        event: EpisodeEvent,
        items: Sequence[EvidenceItem],
        *,
        camera: Camera | None = None,
        by: Principal | str = _PIPELINE,
    ) -> str | None:
        """Take a `confirmed`, `supplemented`, `cleared` or `ended` event with its evidence.

        Taking the same event again changes nothing and gives the same answer, so a caller that
        does not know whether its call went through calls again.

        Args:
            event: of the pipeline, or made of what else has seen a violation.
            items: its evidence, stored.
            camera: its camera where the site has none of its name, such as that of an audit.
            by: who brings it, for the log.

        Returns:
            The id of the case; None for other stages, and for an episode that ends without ever
            having become a case.

        Raises:
            CaseError: the camera of one that is confirmed, or its kind, is unknown to the site.
            DatabaseUnavailable: nothing was kept; try again.
        """
        episode = event.episode
        if episode.stage not in _TAKEN:
            return None
        with self._database.write() as session:
            self._database.decide_alone(session)
            known = session.get(SightingRow, episode.id)
            if episode.stage is EpisodeStage.CONFIRMED:
                camera = camera or self._camera(episode.camera)
                made = known.case_id if known else None
                return made or self._confirm(session, camera, event, items, by)
            if known is None:
                return None
            if episode.stage is EpisodeStage.SUPPLEMENTED:
                return _supplement(session, known, event, items)
            return self._end(session, known, event, items, by)

    def end_unwatched(self, held: Collection[str]) -> int:
        """End the sightings that no rule holds any more; return how many. Call it at the start.

        Their camera, zone or preset has left the site, their recording is over, or the rules' state
        is lost, so no event will clear them. Sightings of cameras that fly or drive are left alone:
        those never report that something is gone.

        Args:
            held: ids of the episodes that rules hold.

        Raises:
            DatabaseUnavailable: nothing was changed; try again.
        """
        moving = {camera.id for camera in self._site.now.cameras} - self._fixed
        query = (
            select(SightingRow)
            .join(SightingRow.case)
            .where(
                CaseRow.stage.in_([stage.value for stage in SHOWN | SUPPRESSED]),
                CaseRow.ended_at.is_(None),
                SightingRow.ended_at.is_(None),
            )
            .order_by(SightingRow.episode_id)
        )
        with self._database.write() as session:
            self._database.decide_alone(session)
            over = [
                seen
                for seen in session.scalars(query)
                if seen.episode_id not in held and seen.camera not in moving
            ]
            for seen in over:
                at, by = seen.last_seen_at, EndedBy.UNWATCHED.value
                case = session.get_one(CaseRow, seen.case_id, with_for_update=True)
                end(seen, at, by, last_seen_at=at, episode=None)
                data = {"episode": seen.episode_id, "camera": seen.camera, "ended_by": by}
                enter(session, case, "ended", by=_PIPELINE, data=data)
                self._summarise_end(session, case)
        return len(over)

    def _camera(self, name: str) -> Camera:
        camera = self._site.camera(name)
        if camera is None:
            raise CaseError(f"camera {name!r} is not in the site file; add it there")
        return camera

    @property
    def _fixed(self) -> frozenset[str]:
        return fixed_cameras(self._site.now)

    def _settings(self, camera: Camera, episode: Episode) -> RuleSettings:
        for zone in camera.watched_zones:
            if zone.name == episode.zone:
                return self._site.now.rule_settings(zone, episode.kind)
        return self._site.now.kind_settings(episode.kind)

    def _confirm(
        self,
        session: Session,
        camera: Camera,
        event: EpisodeEvent,
        items: Sequence[EvidenceItem],
        by: Principal | str,
    ) -> str:
        episode = event.episode
        settings = self._settings(camera, episode)
        same = Matching(session, camera, episode, settings, self._fixed, last_seen=self.last_seen)
        match = same.current()
        distance: dict[str, Any] = {}
        ended_at = None
        if match is not None:
            case, action, ended_at = match.case, "sighted", match.case.ended_at
            if match.apart_m is not None:
                distance = {
                    "apart_m": round(match.apart_m, 1),
                    "reach_m": round(match.reach_m or 0, 1),
                }
        else:
            threshold = settings.threshold or self._detector.threshold
            detector = replace(self._detector, threshold=threshold)
            prior = same.prior()
            case = new_case(self._site.now, camera, episode, detector, prior)
            case.repeats = confirmed_of(session, prior)
            action = "opened"
            session.add(case)
        case.asset = case.asset or episode.asset
        locate(case, episode, self._grid)
        seen = sighting(episode)
        case.sightings.append(seen)
        summarise(case, self._fixed)
        back = ended_at is not None and case.ended_at is None and episode.last_seen_at > ended_at
        action = "reopened" if back else action
        session.flush()
        attach(case, episode.id, items)
        _enter(session, case, action, event, items, by=by, **distance)
        take_readings(session, case, items, by=by)
        if match is None or case.stage in SUPPRESSED:
            self._suppression.settle(session, case, seen, seen.confirmed_at)
        if back:
            session.flush()
            self._tell(session, case, CaseEvent.REOPENED)
        return case.id

    def _end(
        self,
        session: Session,
        known: SightingRow,
        event: EpisodeEvent,
        items: Sequence[EvidenceItem],
        who: Principal | str,
    ) -> str:
        episode = event.episode
        case = session.get_one(CaseRow, known.case_id, with_for_update=True)
        gone = episode.stage is EpisodeStage.CLEARED
        # A sighting that ended as unwatched may clear after all.
        if known.cleared_at is not None or (known.ended_at is not None and not gone):
            return case.id
        at = episode.cleared_at or episode.ended_at or episode.last_seen_at
        by = CLEARED if gone else (episode.ended_by or EndedBy.UNWATCHED).value
        end(known, at, by, last_seen_at=episode.last_seen_at, episode=episode)
        if case.stage in SUPPRESSED:
            # Before it ends: a case that was still seen after its silence goes to review.
            self._suppression.settle(session, case, known, episode.last_seen_at)
        attach(case, episode.id, items)
        _enter(session, case, episode.stage.value, event, items, by=who, ended_by=by)
        take_readings(session, case, items, by=who)
        self._summarise_end(session, case)
        return case.id

    def _summarise_end(self, session: Session, case: CaseRow) -> None:
        """Summarise a case of which a sighting has ended; announce it if it was the last one."""
        before = (case.ended_at, case.cleared_at)
        summarise(case, self._fixed)
        session.flush()
        if case.ended_at is None or (case.ended_at, case.cleared_at) == before:
            return
        self._suppression.release_targets(session, case, case.ended_at)
        if before[0] is None or before[1] != case.cleared_at:
            self._tell(session, case, ending(case))
        self._reobservation.put_right(session, case)

    def _tell(self, session: Session, case: CaseRow, event: CaseEvent) -> None:
        if Stage(case.stage) in PERSON_CONFIRMED:
            self._announce(session, case, event, datetime.now(UTC))


def _supplement(
    session: Session, known: SightingRow, event: EpisodeEvent, items: Sequence[EvidenceItem]
) -> str:
    """Add what came later for a confirmed episode; a second time changes nothing."""
    case = session.get_one(CaseRow, known.case_id, with_for_update=True)
    action, episode = event.episode.stage.value, event.episode.id
    told = select(LogRow.data).where(LogRow.case_id == case.id, LogRow.action == action)
    if not any(data.get("episode") == episode for data in session.scalars(told)):
        attach(case, episode, items)
        _enter(session, case, action, event, items)
    return case.id


def _enter(
    session: Session,
    case: CaseRow,
    action: str,
    event: EpisodeEvent,
    items: Sequence[EvidenceItem],
    *,
    by: Principal | str = _PIPELINE,
    **more: object,
) -> None:
    episode, where = event.episode, event.episode.where
    data = {
        "episode": episode.id,
        "camera": episode.camera,
        "where": asdict(where) if where else None,
        "evidence": [item.sha256 for item in items],
        "gaps": _GAPS.dump_python(list(event.gaps), mode="json"),
        **more,
    }
    if event.clip is not None:
        data["clip"] = _FACTS.dump_python(event.clip, mode="json")
    if episode.why:
        data["why"] = [{"code": r.code, "data": r.data} for r in episode.why]
    reason = "; ".join(r.en for r in episode.why)
    enter(session, case, action, by=by, reason=reason, data=data)
