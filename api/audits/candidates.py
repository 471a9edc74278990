"""Candidates: violations of an audit's report become cases that wait for review, or join open ones.

They go through the same door as the episodes of cameras, so they are matched, silenced and logged
alike. An episode is made of each: a photo has no dwell, it ends with its last sighting, and no file
of a device stands behind it, so that `api.cases.legal_use` calls it a lead.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from api.access.roles import Principal
from api.audits.shown import (
    Shown,
    Source,
    best_of,
    camera_of,
    norm_box,
    position_of,
    why_of,
    zone_of,
)
from api.cases.announcement import Announce
from api.cases.intake import CaseIntake, DetectorInfo
from api.cases.step_desk import Then
from api.site_in_force import SiteInForce
from api.storage.database import Database
from api.storage.tables import SightingRow
from vision.audit.intake import archive
from vision.audit.intake.items import Item, take_in
from vision.audit.records import FindingRecord, Violation
from vision.audit.sight import CAMERA
from vision.audit.video_records import VideoFinding
from vision.detections import make_detections
from vision.episodes import EndedBy, Episode, EpisodeEvent, EpisodeStage
from vision.errors import EvidenceMissing, PictureError
from vision.evidence import EvidenceItem, EvidenceRole, EvidenceStore
from vision.frames import Clock, Frame

MOST = 100
"""Violations of one call: some tens of milliseconds each, for its evidence is made durable."""
_LARGEST = archive.MAX_PICTURE_BYTES


@dataclass(frozen=True, slots=True)
class Candidate:
    """A violation and its case; `new` where this call put it to review."""

    violation: str
    case_id: str
    new: bool


class Candidates:
    """Puts what audits show to review.

    Args:
        database: of the cases.
        in_force: their site.
        evidence: where their pictures are stored.
        announce, then: as `CaseIntake` takes them.
    """

    def __init__(
        self,
        database: Database,
        in_force: SiteInForce,
        evidence: EvidenceStore,
        announce: Announce,
        then: Then,
    ) -> None:
        self._database, self._in_force, self._evidence = database, in_force, evidence
        self._announce, self._then = announce, then

    def put(
        self, who: Principal | str, source: Source, wanted: Collection[str] | None
    ) -> tuple[list[Candidate], int]:
        """Make cases of violations, or find those that they are already.

        Args:
            who: asks, or the program that does; the log names them.
            source: the report.
            wanted: ids of its violations; None for all.

        Returns:
            At most `MOST` new ones with those that were cases, and how many are left.

        Raises:
            DatabaseUnavailable: not all was put; ask again.
            EvidenceUnavailable: the same.
        """
        chosen = [v for v in source.report.violations if wanted is None or v.id in wanted]
        known = self._known(chosen)
        fresh = [v for v in chosen if v.id not in known]
        done = [Candidate(v.id, known[v.id], new=False) for v in chosen if v.id in known]
        if fresh:
            settings = source.report.settings
            detector = DetectorInfo(
                settings.model, settings.version, settings.sha256, settings.threshold
            )
            intake = CaseIntake(
                self._database, self._in_force, detector, self._announce, self._then
            )
            items = {
                one.name: one
                for one in take_in(source.given, leave_out=source.folder)
                if isinstance(one, Item)
            }
            try:
                done += [
                    self._put(who, intake, source, items, violation) for violation in fresh[:MOST]
                ]
            finally:
                archive.close()
        return done, len(fresh[MOST:])

    def _known(self, violations: Sequence[Violation]) -> dict[str, str]:
        """The cases of those that are cases, by the violation's id."""
        found = dict[str, str]()
        with self._database.read() as session:
            for violation in violations:
                row = session.get(SightingRow, _episode_id(violation))
                if row is not None:
                    found[violation.id] = row.case_id
        return found

    def _put(
        self,
        who: Principal | str,
        intake: CaseIntake,
        source: Source,
        items: Mapping[str, Item],
        violation: Violation,
    ) -> Candidate:
        shown = best_of(source.report, violation)
        episode = self._episode(source, violation, shown)
        stored = self._stored(source, items, shown, episode)
        pixels = cv2.imread(str(source.folder / shown.picture), cv2.IMREAD_COLOR)
        if pixels is None:
            raise EvidenceMissing(f"{shown.picture} of the report is gone or broken")
        frame = Frame(np.asarray(pixels, np.uint8), CAMERA, episode.last_seen_at, 0, episode.clock)
        nothing = make_detections(
            np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int64), ()
        )
        camera = camera_of(violation.place)
        event = EpisodeEvent(episode, frame, nothing)
        case = intake.take(event, stored, camera=camera, by=who)
        over = replace(
            episode,
            stage=EpisodeStage.ENDED,
            ended_at=episode.last_seen_at,
            ended_by=EndedBy.UNWATCHED,
        )
        intake.take(EpisodeEvent(over, frame, nothing), (), camera=camera, by=who)
        assert case is not None
        return Candidate(violation.id, case, new=True)

    def _episode(self, source: Source, violation: Violation, shown: Shown) -> Episode:
        first = self._at(violation.first_taken_at, source.since)
        last = max(first, self._at(violation.last_taken_at, source.since))
        filmed = isinstance(shown.finding, VideoFinding)
        return Episode(
            id=_episode_id(violation),
            kind=violation.kind,
            subtype=violation.subtype,
            camera=CAMERA,
            zone=zone_of(shown),
            box=norm_box(shown),
            stage=EpisodeStage.CONFIRMED,
            opened_at=first,
            last_seen_at=last,
            looks=len(violation.sightings),
            score=violation.score,
            clock=Clock.MEDIA if filmed else Clock.PHOTO,
            why=why_of(shown.finding),
            objects=shown.finding.objects,
            confirmed_at=last,
            where=position_of(violation.place),
        )

    def _at(self, taken_at: str, since: datetime) -> datetime:
        """When it was taken; a camera's clock without an offset shows the site's time."""
        if not taken_at:
            return since
        at = datetime.fromisoformat(taken_at)
        zone = ZoneInfo(self._in_force.now.site.timezone)
        return at if at.tzinfo is not None else at.replace(tzinfo=zone)

    def _stored(
        self, source: Source, items: Mapping[str, Item], shown: Shown, episode: Episode
    ) -> list[EvidenceItem]:
        """Store the photo as it was given, if it is one, and the report's picture of it."""
        original = self._original(items.get(shown.name), shown, episode)
        path = source.folder / shown.picture
        try:
            masked = path.read_bytes()
        except OSError as error:
            raise EvidenceMissing(f"{shown.picture} of the report is gone") from error
        derived = self._item(episode, masked, EvidenceRole.MASKED, "image/jpeg")
        if original is None:
            return [derived]
        boxes = (episode.box,)
        return [
            replace(original, boxes=boxes),
            replace(derived, of=original.sha256, boxes=boxes),
        ]

    def _original(self, item: Item | None, shown: Shown, episode: Episode) -> EvidenceItem | None:
        """The photo, byte for byte; None of a video, of an orthophoto, or where it is gone."""
        crop = isinstance(shown.finding, FindingRecord) and shown.finding.crop
        if item is None or item.media != "picture" or crop:
            return None
        with tempfile.TemporaryDirectory() as scratch:
            try:
                with item.local(Path(scratch)) as path:
                    if path.stat().st_size > _LARGEST:
                        return None
                    content, media_type = path.read_bytes(), _media_type(path)
            except (PictureError, OSError):
                return None
        return self._item(episode, content, EvidenceRole.ORIGINAL, media_type)

    def _item(
        self, episode: Episode, content: bytes, role: EvidenceRole, media_type: str
    ) -> EvidenceItem:
        return EvidenceItem(
            sha256=self._evidence.put(content),
            role=role,
            media_type=media_type,
            size=len(content),
            camera=CAMERA,
            captured_at=episode.last_seen_at,
            moment=EpisodeStage.CONFIRMED.value,
        )


def _episode_id(violation: Violation) -> str:
    return f"audit-{violation.id}"


def _media_type(path: Path) -> str:
    try:
        with Image.open(path) as picture:
            return Image.MIME.get(picture.format or "", "application/octet-stream")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return "application/octet-stream"
