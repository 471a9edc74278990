"""Recorder: turn an episode's moments into stored evidence.

An opened episode may yet be dropped, so its opening frame is only held in memory; it is stored with
the confirming frame, and the two together show the dwell.
A live camera's clip of the seconds before is stored with them, untouched. For an episode that ended
without a clear, no picture is kept: the look that detects the end may be of the next day, or
outside the hours.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from vision.episodes import EpisodeEvent, EpisodeStage
from vision.errors import EvidenceError
from vision.evidence.annotate import annotate
from vision.evidence.item import EvidenceItem, EvidenceRole
from vision.evidence.masking import mask, paint_privacy
from vision.evidence.second_look import REOBSERVED
from vision.evidence.store import EvidenceStore
from vision.frames import Pixels, crop
from vision.kinds import catalogue
from vision.rules.record import MEDIA_TYPE
from vision.site import Site

_log = logging.getLogger(__name__)

_JPEG_QUALITY = 90
# PNG's compression level: 3 is about twice as fast as 6 for a few per cent more bytes.
_PNG_LEVEL = 3


class Recorder:
    """Stores original, masked and annotated pictures of the moments of episodes."""

    def __init__(self, store: EvidenceStore, site: Site) -> None:
        self._store = store
        self._language = site.site.language
        self._cameras = {c.id: c for c in site.cameras}
        self._opened: dict[str, EpisodeEvent] = {}

    def record(self, event: EpisodeEvent) -> list[EvidenceItem]:
        """Store what this event shows; safe to call again after a failure.

        Raises:
            EvidenceError: nothing could be written; the event may be recorded again later.
        """
        episode = event.episode
        if episode.stage is EpisodeStage.OPENED:
            self._opened[episode.id] = event
            return []
        if episode.stage is EpisodeStage.DROPPED:
            self._opened.pop(episode.id, None)
            return []
        items: list[EvidenceItem] = []
        if episode.stage is EpisodeStage.CONFIRMED:
            opened = self._opened.get(episode.id)
            items = self._moment(opened) if opened else []
        if episode.stage is not EpisodeStage.ENDED:
            items += [*self._moment(event), *self._clip(event)]
        if event.record is not None:
            items.append(self._item(event, event.record, EvidenceRole.RECORD, MEDIA_TYPE, None))
        self._opened.pop(episode.id, None)
        return items

    def again(self, event: EpisodeEvent) -> list[EvidenceItem]:
        """Store a later look at an episode that goes on; any thread may call.

        Raises:
            EvidenceError: nothing could be written; ask again later.
        """
        return [replace(item, moment=REOBSERVED) for item in self._moment(event)]

    def take_opened(self, episode: str) -> EpisodeEvent | None:
        """Return and forget the opening event of an episode that is held in memory."""
        return self._opened.pop(episode, None)

    def _moment(self, event: EpisodeEvent) -> list[EvidenceItem]:
        camera = self._cameras[event.episode.camera].at(event.preset)
        zone = next((z.polygon for z in camera.zones if z.name == event.episode.zone), ())
        clean = paint_privacy(event.frame.pixels, camera.privacy)
        original = self._put(event, clean, EvidenceRole.ORIGINAL, None)
        masked = mask(clean, event.detections)
        drawn = annotate(masked, event.detections, event.focus, self._labels(event), zone)
        return [
            original,
            self._put(event, masked, EvidenceRole.MASKED, original.sha256),
            self._put(event, drawn, EvidenceRole.ANNOTATED, original.sha256),
            *(self._detail(event, clean, index) for index in event.details),
        ]

    def _detail(self, event: EpisodeEvent, clean: Pixels, index: int) -> EvidenceItem:
        """Store a crop of the original, unmasked."""
        part = crop(clean, np.asarray(event.detections.xyxy)[index])
        return self._put(event, part, EvidenceRole.ORIGINAL, None)

    def _clip(self, event: EpisodeEvent) -> list[EvidenceItem]:
        """Store the clip up to this moment; none if FFmpeg cannot write it."""
        if event.recording is None:
            return []
        try:
            content = event.recording.mp4()
        except EvidenceError as error:
            _log.warning("%s: %s", event.frame.camera, error)
            return []
        return [self._item(event, content, EvidenceRole.ORIGINAL, "video/mp4", None)]

    def _labels(self, event: EpisodeEvent) -> Sequence[str]:
        subtype = catalogue().kind(event.episode.kind).subtype(event.episode.subtype)
        name = subtype.zh if self._language == "zh" else subtype.en
        scores = np.asarray(event.detections.confidence)
        return [f"{name} {scores[i]:.2f}" for i in event.focus]

    def _put(
        self, event: EpisodeEvent, pixels: Pixels, role: EvidenceRole, of: str | None
    ) -> EvidenceItem:
        # The original is kept without loss: what was decoded is what is sealed.
        if role is EvidenceRole.ORIGINAL:
            suffix, media_type, options = (
                ".png",
                "image/png",
                [cv2.IMWRITE_PNG_COMPRESSION, _PNG_LEVEL],
            )
        else:
            suffix, media_type, options = (
                ".jpg",
                "image/jpeg",
                [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY],
            )
        done, encoded = cv2.imencode(suffix, pixels, options)
        if not done:
            raise EvidenceError(
                f"{event.frame.camera}: a frame could not be encoded as {media_type}"
            )
        return self._item(event, encoded.tobytes(), role, media_type, of)

    def _item(
        self,
        event: EpisodeEvent,
        content: bytes,
        role: EvidenceRole,
        media_type: str,
        of: str | None,
    ) -> EvidenceItem:
        return EvidenceItem(
            sha256=self._store.put(content),
            role=role,
            media_type=media_type,
            size=len(content),
            camera=event.frame.camera,
            captured_at=event.frame.captured_at,
            moment=event.episode.stage.value,
            of=of,
        )
