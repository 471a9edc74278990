"""CaseIntake: episodes become cases, or sightings of an open case, each in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session
from ulid import ULID

from api.database import Database
from api.errors import CaseError
from api.events import Announcer, CaseEvent
from api.stages import OPEN, PERSON_CONFIRMED, Stage
from api.tables import CaseRow, EvidenceRow, LogRow, SightingRow
from vision.episodes import Episode, EpisodeEvent, EpisodeStage
from vision.evidence import EvidenceItem
from vision.kinds import catalogue
from vision.rules.sight import overlap
from vision.site import Camera, RuleSettings, Site

SAME_BOX_IOU = 0.3
"""Two boxes that overlap less are two bins, or two structures, of one zone."""
_BY_BOX = frozenset({"overflowing_bin", "illegal_structure"})
# A truck passes once; the next dirty truck at the same place is another truck. Episodes carry no
# plate or track, so two of them are never put together.
_NEVER_MERGED = frozenset({"dirty_truck"})
_LEAD_ONLY = (
    "no admissibility file (legal review, technical review, sign, publication) is kept for this "
    "device, so its record is a lead for an officer and no penalty evidence"
)


@dataclass(frozen=True, slots=True)
class DetectorInfo:
    """What looked: the model's name, version and file hash, and its score threshold if fixed."""

    model: str
    version: str
    sha256: str
    threshold: float | None = None


class CaseIntake:
    """Takes episode events from the pipeline; safe to call from its thread, and again."""

    def __init__(self, database: Database, site: Site, detector: DetectorInfo) -> None:
        self._database = database
        self._site = site
        self._detector = detector
        self._announcer = Announcer(site)

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
            self._lock_place(session, episode)
            known = session.get(SightingRow, episode.id)
            if episode.stage is EpisodeStage.CLEARED:
                return self._clear(session, known, episode, items) if known else None
            if known is not None:
                return known.case_id
            case = self._open_case(session, camera, episode)
            action = "sighted"
            if case is None:
                case, action = self._new_case(camera, episode), "opened"
                session.add(case)
            return self._sight(session, case, episode, items, action)

    def _camera(self, name: str) -> Camera:
        for camera in self._site.cameras:
            if camera.id == name:
                return camera
        raise CaseError(f"camera {name!r} is not in the site file; add it or reload the site")

    def _lock_place(self, session: Session, episode: Episode) -> None:
        """Let one transaction at a time decide about a place (SQLite does so by itself)."""
        if self._database.on_postgresql:
            place = f"{episode.camera}\n{episode.zone}\n{episode.kind}"
            session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:p))"), {"p": place})

    def _open_case(self, session: Session, camera: Camera, episode: Episode) -> CaseRow | None:
        dedupe = self._settings(camera, episode).dedupe
        if episode.kind in _NEVER_MERGED or dedupe is None:
            return None
        query = select(CaseRow).where(
            CaseRow.camera == episode.camera,
            CaseRow.zone == episode.zone,
            CaseRow.kind == episode.kind,
            CaseRow.stage.in_([s.value for s in OPEN]),
        )
        if isinstance(dedupe, timedelta):
            query = query.where(
                CaseRow.last_seen_at >= episode.opened_at - dedupe,
                CaseRow.first_seen_at <= episode.last_seen_at + dedupe,
            )
        else:
            query = query.where(CaseRow.cleared_at.is_(None))
        for case in session.scalars(query.order_by(CaseRow.id.desc()).with_for_update()):
            if episode.kind not in _BY_BOX or any(
                overlap((s.box[0], s.box[1], s.box[2], s.box[3]), episode.box)[0] >= SAME_BOX_IOU
                for s in case.sightings
            ):
                return case
        return None

    def _settings(self, camera: Camera, episode: Episode) -> RuleSettings:
        for zone in camera.watched_zones:
            if zone.name == episode.zone:
                return self._site.rule_settings(zone, episode.kind)
        return self._site.kind_settings(episode.kind)

    def _new_case(self, camera: Camera, episode: Episode) -> CaseRow:
        place = camera.place
        threshold = self._settings(camera, episode).threshold or self._detector.threshold
        return CaseRow(
            id=f"SW-{ULID()}",
            stage=Stage.PENDING_REVIEW.value,
            kind=episode.kind,
            subtype=episode.subtype,
            camera=episode.camera,
            zone=episode.zone,
            box=list(episode.box),
            codes=_codes(episode.kind, episode.subtype),
            lon=place.lon if place else None,
            lat=place.lat if place else None,
            crs=place.crs if place else None,
            address=place.address if place else "",
            grid=place.grid if place else "",
            division=self._site.site.division,
            department=(
                place.department.model_dump() if place and place.department is not None else None
            ),
            clock=episode.clock.value,
            why=[{"en": r.en, "zh": r.zh, "data": r.data} for r in episode.why],
            detector={
                "model": self._detector.model,
                "version": self._detector.version,
                "sha256": self._detector.sha256,
                "threshold": threshold,
            },
            legal_use="lead_only",
            legal_use_reason=_LEAD_ONLY,
            sequence=0,
            created_at=datetime.now(UTC),
            sightings=[],
            evidence=[],
        )

    def _sight(
        self,
        session: Session,
        case: CaseRow,
        episode: Episode,
        items: Sequence[EvidenceItem],
        action: str,
    ) -> str:
        case.sightings.append(
            SightingRow(
                episode_id=episode.id,
                camera=episode.camera,
                box=list(episode.box),
                opened_at=episode.opened_at,
                confirmed_at=episode.confirmed_at or episode.last_seen_at,
                last_seen_at=episode.last_seen_at,
                looks=episode.looks,
                score=episode.score,
            )
        )
        _summarise(case)
        session.flush()
        _attach(case, episode.id, items)
        session.add(_entry(case, action, episode, items))
        return case.id

    def _clear(
        self, session: Session, known: SightingRow, episode: Episode, items: Sequence[EvidenceItem]
    ) -> str:
        case = session.get_one(CaseRow, known.case_id, with_for_update=True)
        if known.cleared_at is not None:
            return case.id
        known.cleared_at = episode.cleared_at or episode.last_seen_at
        known.last_seen_at = episode.last_seen_at
        known.looks, known.score = episode.looks, episode.score
        _summarise(case)
        _attach(case, episode.id, items)
        session.add(_entry(case, "cleared", episode, items))
        session.flush()
        if case.cleared_at is not None and Stage(case.stage) in PERSON_CONFIRMED:
            self._announcer.announce(session, case, CaseEvent.CLEARED, datetime.now(UTC))
        return case.id


def _summarise(case: CaseRow) -> None:
    """Set the case's times and numbers from its sightings: it clears when all of them have."""
    seen = case.sightings
    case.first_seen_at = min(s.opened_at for s in seen)
    case.confirmed_at = min(s.confirmed_at for s in seen)
    case.last_seen_at = max(s.last_seen_at for s in seen)
    cleared = [s.cleared_at for s in seen if s.cleared_at is not None]
    case.cleared_at = max(cleared) if len(cleared) == len(seen) else None
    # The longest stay, not first to last: between two sightings nobody saw it.
    case.dwell_s = max((s.last_seen_at - s.opened_at).total_seconds() for s in seen)
    case.looks = sum(s.looks for s in seen)
    case.score = max(s.score for s in seen)


def _attach(case: CaseRow, episode_id: str, items: Sequence[EvidenceItem]) -> None:
    known = {(row.sha256, row.moment) for row in case.evidence}
    for item in items:
        if (item.sha256, item.moment) in known:
            continue
        known.add((item.sha256, item.moment))
        case.evidence.append(
            EvidenceRow(
                episode_id=episode_id,
                sha256=item.sha256,
                role=item.role.value,
                of=item.of,
                media_type=item.media_type,
                size=item.size,
                camera=item.camera,
                captured_at=item.captured_at,
                moment=item.moment,
            )
        )


def _entry(case: CaseRow, action: str, episode: Episode, items: Sequence[EvidenceItem]) -> LogRow:
    return LogRow(
        case_id=case.id,
        at=datetime.now(UTC),
        actor="pipeline",
        action=action,
        stage=case.stage,
        reason="; ".join(r.en for r in episode.why),
        data={"episode": episode.id, "evidence": [item.sha256 for item in items]},
    )


def _codes(kind: str, subtype: str) -> list[dict[str, Any]]:
    try:
        named = catalogue().kind(kind).subtype(subtype)
    except KeyError as error:
        raise CaseError(f"{error.args[0]}; add it to datasets/kinds.yaml") from error
    return [{"scheme": s, "code": code, "name": named.zh} for s, code in named.codes.items()]
