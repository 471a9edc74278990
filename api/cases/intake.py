"""CaseIntake: episodes become cases, or sightings of an open case, each in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from api.cases.announcement import Announce, CaseEvent
from api.cases.matching import Matching
from api.cases.new_case import DetectorInfo, locate, new_case
from api.cases.proximity import fixed_cameras
from api.cases.sightings import attach, sighting, summarise
from api.cases.stages import PERSON_CONFIRMED, SUPPRESSED, Stage
from api.cases.suppression import Suppression
from api.errors import CaseError
from api.storage.database import Database
from api.storage.tables import CaseRow, LogRow, SightingRow
from vision.episodes import Episode, EpisodeEvent, EpisodeStage
from vision.evidence import EvidenceItem
from vision.registers.grid import UnitGrid
from vision.site import Camera, Site
from vision.site.rule_settings import RuleSettings

__all__ = ["CaseIntake", "DetectorInfo"]


class CaseIntake:
    """Takes episode events from the pipeline; safe to call from its thread, and again.

    `announce` is told what becomes of a case; see `api.cases.announcement`.
    """

    def __init__(
        self, database: Database, site: Site, detector: DetectorInfo, announce: Announce
    ) -> None:
        self._database = database
        self._site = site
        self._detector = detector
        self._announce = announce
        self._suppression = Suppression(site)
        self._fixed = fixed_cameras(site)
        self._grid = UnitGrid.load(Path(site.unit_grid)) if site.unit_grid else None

    def take(self, event: EpisodeEvent, items: Sequence[EvidenceItem]) -> str | None:
        """Take a `confirmed` or `cleared` event with its stored evidence.

        Taking the same event again changes nothing and gives the same answer, so a caller that
        does not know whether its call went through calls again.

        Returns:
            The id of the case; None for other stages, and for an episode that clears without
            ever having become a case.

        Raises:
            CaseError: the camera or the kind is unknown to the site.
            DatabaseUnavailable: nothing was kept; try again.
        """
        episode = event.episode
        if episode.stage not in {EpisodeStage.CONFIRMED, EpisodeStage.CLEARED}:
            return None
        camera = self._camera(episode.camera)
        with self._database.write() as session:
            self._database.decide_alone(session)
            known = session.get(SightingRow, episode.id)
            if episode.stage is EpisodeStage.CLEARED:
                return self._clear(session, known, episode, items) if known else None
            if known is not None:
                return known.case_id
            return self._confirm(session, camera, episode, items)

    def _camera(self, name: str) -> Camera:
        for camera in self._site.cameras:
            if camera.id == name:
                return camera
        raise CaseError(f"camera {name!r} is not in the site file; add it or reload the site")

    def _settings(self, camera: Camera, episode: Episode) -> RuleSettings:
        for zone in camera.watched_zones:
            if zone.name == episode.zone:
                return self._site.rule_settings(zone, episode.kind)
        return self._site.kind_settings(episode.kind)

    def _confirm(
        self,
        session: Session,
        camera: Camera,
        episode: Episode,
        items: Sequence[EvidenceItem],
    ) -> str:
        settings = self._settings(camera, episode)
        same = Matching(session, camera, episode, settings)
        match = same.current()
        told: dict[str, Any] = {}
        if match is not None:
            case, action = match.case, "sighted"
            if match.apart_m is not None:
                told = {"apart_m": round(match.apart_m, 1), "reach_m": round(match.reach_m or 0, 1)}
        else:
            threshold = settings.threshold or self._detector.threshold
            detector = replace(self._detector, threshold=threshold)
            case = new_case(self._site, camera, episode, detector, same.prior())
            action = "opened"
            session.add(case)
        case.asset = case.asset or episode.asset
        locate(case, episode, self._grid)
        seen = sighting(episode)
        case.sightings.append(seen)
        summarise(case, self._fixed)
        session.flush()
        attach(case, episode.id, items)
        session.add(_entry(case, action, episode, items, told))
        if match is None or case.stage in SUPPRESSED:
            self._suppression.settle(session, case, seen, seen.confirmed_at)
        return case.id

    def _clear(
        self, session: Session, known: SightingRow, episode: Episode, items: Sequence[EvidenceItem]
    ) -> str:
        case = session.get_one(CaseRow, known.case_id, with_for_update=True)
        if known.cleared_at is not None:
            return case.id
        was_cleared = case.cleared_at is not None
        known.cleared_at = episode.cleared_at or episode.last_seen_at
        known.last_seen_at = episode.last_seen_at
        known.looks, known.score = episode.looks, episode.score
        if case.stage in SUPPRESSED:
            # Before it counts as cleared: what was still seen after its silence goes to people.
            self._suppression.settle(session, case, known, episode.last_seen_at)
        summarise(case, self._fixed)
        attach(case, episode.id, items)
        session.add(_entry(case, "cleared", episode, items, {}))
        session.flush()
        if case.cleared_at is not None and not was_cleared:
            self._suppression.release_targets(session, case, case.cleared_at)
            if Stage(case.stage) in PERSON_CONFIRMED:
                self._announce(session, case, CaseEvent.CLEARED, datetime.now(UTC))
        return case.id


def _entry(
    case: CaseRow,
    action: str,
    episode: Episode,
    items: Sequence[EvidenceItem],
    more: dict[str, Any],
) -> LogRow:
    where = episode.where
    return LogRow(
        case_id=case.id,
        at=datetime.now(UTC),
        actor="pipeline",
        action=action,
        stage=case.stage,
        reason="; ".join(r.en for r in episode.why),
        data={
            "episode": episode.id,
            "camera": episode.camera,
            "where": asdict(where) if where else None,
            "evidence": [item.sha256 for item in items],
            **more,
        },
    )
