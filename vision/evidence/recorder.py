"""Recorder: turn an episode's moments into stored evidence.

An opened episode may yet be dropped, so its opening frame is only held in memory; it is stored with
the confirming frame, and the two together show the dwell.
Beside it `best` is kept, the look that shows the episode largest and clearest, where that is
neither of the two. A live camera's clip is stored untouched: that of a confirmation some seconds
later, with what followed (`supplemented`). For an episode that ended
without a clear, no picture is kept: the look that detects the end may be of the next day, or
outside the hours.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from pydantic import TypeAdapter

from vision.episodes import EpisodeEvent, EpisodeStage, NormBox, Still
from vision.errors import EvidenceError
from vision.evidence.annotate import annotate
from vision.evidence.item import EvidenceItem, EvidenceRole
from vision.evidence.masking import mask, paint_privacy, subject_plates
from vision.evidence.second_look import REOBSERVED
from vision.evidence.space import SAID, LeftOut, left_out
from vision.evidence.store import EvidenceStore
from vision.frames import Pixels, crop
from vision.gap import Gap
from vision.kinds import catalogue
from vision.plates.reading import PlateReading
from vision.plates.subject import SubjectPlates
from vision.rules.record import MEDIA_TYPE
from vision.site import Camera, Site
from vision.site.drawings import Drawings

_log = logging.getLogger(__name__)

_JPEG_QUALITY = 90
# PNG's compression level: 3 is about twice as fast as 6 for a few per cent more bytes.
_PNG_LEVEL = 3
MOST_OPENED_BYTES = 128 << 20
"""Bytes of the opening frames that are held, counted as BGR: twenty of full HD, those that several
episodes share once. Beyond it an episode has no picture of its opening, but those of its rule."""
_MOMENT = {EpisodeStage.SUPPLEMENTED: EpisodeStage.CONFIRMED}
"""Of which moment a stage's evidence is, where that is not the stage itself."""
_GAPS = TypeAdapter(list[Gap])


class Recorder:
    """Stores original, masked and annotated pictures of the moments of episodes.

    While the disk fills up it leaves some out, says so in the decision's record and logs it; see
    `vision.evidence.space`.

    Args:
        store: where to.
        site: whose cameras.
        plates: reads the plates of trucks that cases are about, here and so only after a rule has
            confirmed them; None reads none.
    """

    def __init__(
        self, store: EvidenceStore, site: Site, *, plates: SubjectPlates | None = None
    ) -> None:
        self._store = store
        self._plates = plates
        self._without = LeftOut.NOTHING
        self._language = site.site.language
        self._drawings = Drawings(site)
        self._opened: dict[str, EpisodeEvent] = {}

    def follow(self, site: Site) -> None:
        """Store what comes by a changed site: its privacy zones from the next picture on."""
        self._drawings.follow(site)
        self._language = site.site.language

    def record(self, event: EpisodeEvent) -> list[EvidenceItem]:
        """Store what this event shows; safe to call again after a failure.

        Raises:
            EvidenceError: nothing could be written; the event may be recorded again later.
        """
        episode = event.episode
        self._look_at_space()
        if episode.stage is EpisodeStage.OPENED:
            self._hold(event)
            return []
        if episode.stage is EpisodeStage.DROPPED:
            self._opened.pop(episode.id, None)
            return []
        if episode.stage is EpisodeStage.SUPPLEMENTED:
            return self._clip(event)
        items: list[EvidenceItem] = []
        if self._without < LeftOut.FURTHER_STILLS:
            items = self._further(event)
        if episode.stage is not EpisodeStage.ENDED:
            items += self._moment(event)
        if episode.stage is EpisodeStage.CLEARED:
            items += self._clip(event)
        if (made := event.record) is not None:
            record = _with(made, gaps=event.gaps, left_out=self._without)
            items.append(self._item(event, record, EvidenceRole.RECORD, MEDIA_TYPE, None))
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

    def _look_at_space(self) -> None:
        found = left_out(self._store.root)
        if found != self._without:
            _log.warning("%s: %s", self._store.root, SAID[found])
        self._without = found

    def _further(self, event: EpisodeEvent) -> list[EvidenceItem]:
        """Pictures of other looks than the event's own: the opening one, the best one."""
        items: list[EvidenceItem] = []
        if event.episode.stage is EpisodeStage.CONFIRMED:
            opened = self._opened.get(event.episode.id)
            items = self._moment(opened) if opened else []
        for still in event.stills:
            items += self._moment(_as_event(event, still), still.moment)
        return items

    def _hold(self, event: EpisodeEvent) -> None:
        """Keep an opening frame until it is known what becomes of it, as far as there is room."""
        frames = [held.frame for held in self._opened.values()]
        distinct = {id(frame): frame for frame in (*frames, event.frame)}
        if sum(f.width * f.height * 3 for f in distinct.values()) <= MOST_OPENED_BYTES:
            self._opened[event.episode.id] = event

    def _moment(self, event: EpisodeEvent, moment: str | None = None) -> list[EvidenceItem]:
        """Store a picture with its derivatives, as of this moment; the event's by default."""
        items = self._pictures(event)
        return items if moment is None else [replace(item, moment=moment) for item in items]

    def _pictures(self, event: EpisodeEvent) -> list[EvidenceItem]:
        name, where = event.episode.camera, event.episode.where
        camera = self._drawings.at(name, event.preset)
        hidden = self._drawings.painted_out(name, event.preset, event.frame, where)
        if hidden is None:
            return []  # nobody can tell what of it may be kept
        clean = paint_privacy(event.frame.pixels, hidden)
        boxes = _boxes(event)
        items = [replace(item, boxes=boxes) for item in self._whole(event, camera, clean)]
        if self._without < LeftOut.FURTHER_STILLS:
            items += [self._detail(event, clean, index) for index in event.details]
        return items

    def _whole(self, event: EpisodeEvent, camera: Camera, clean: Pixels) -> list[EvidenceItem]:
        """Store the whole picture with its derivatives."""
        zone = next((z.polygon for z in camera.zones if z.name == event.episode.zone), ())
        original = self._put(event, clean, EvidenceRole.ORIGINAL, None)
        masked = mask(clean, event.detections)
        least = [original, self._put(event, masked, EvidenceRole.MASKED, original.sha256)]
        if self._without >= LeftOut.FURTHER_STILLS:
            return least
        plates = subject_plates(event.detections, event.focus)
        if plates:
            shown = mask(clean, event.detections, show=plates)
            subject = self._put(event, shown, EvidenceRole.SUBJECT, original.sha256)
            least.append(replace(subject, plate=self._read(event, clean, plates)))
        drawn = annotate(masked, event.detections, event.focus, self._labels(event), zone)
        return [*least, self._put(event, drawn, EvidenceRole.ANNOTATED, original.sha256)]

    def _read(
        self, event: EpisodeEvent, clean: Pixels, plates: Sequence[int]
    ) -> PlateReading | None:
        """Read the plate of a truck that a case is about."""
        if self._plates is None or event.episode.confirmed_at is None:
            return None
        if "truck_state" not in catalogue().kind(event.episode.kind).needs:
            return None
        return self._plates.read(clean, np.asarray(event.detections.xyxy)[list(plates)])

    def _detail(self, event: EpisodeEvent, clean: Pixels, index: int) -> EvidenceItem:
        """Store a crop of the original, unmasked."""
        part = crop(clean, np.asarray(event.detections.xyxy)[index])
        return self._put(event, part, EvidenceRole.ORIGINAL, None)

    def _clip(self, event: EpisodeEvent) -> list[EvidenceItem]:
        """Store the clip; none if FFmpeg cannot write it, or the disk is too full for clips.

        Nor where its camera has a privacy zone by now.
        """
        if event.recording is None or self._without >= LeftOut.CLIPS:
            return []
        if not self._drawings.keeps_clips(event.episode.camera):
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
            moment=_MOMENT.get(event.episode.stage, event.episode.stage).value,
            of=of,
        )


def _as_event(event: EpisodeEvent, still: Still) -> EpisodeEvent:
    """An event of this still alone."""
    return EpisodeEvent(
        event.episode,
        still.frame,
        still.detections,
        still.focus,
        still.details,
        preset=event.preset,
    )


def _boxes(event: EpisodeEvent) -> tuple[NormBox, ...]:
    """What the finding is about, as fractions of its picture."""
    frame = event.frame
    size = (frame.width, frame.height, frame.width, frame.height)
    found = np.clip(np.asarray(event.detections.xyxy)[list(event.focus)] / size, 0, 1)
    return tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in found.round(4))


def _with(record: bytes, *, gaps: Sequence[Gap], left_out: LeftOut) -> bytes:
    """A decision's record that says too when its camera was not watched, and what was left out."""
    said = b'"gaps":' + _GAPS.dump_json(list(gaps)) + b"," if gaps else b""
    if left_out:
        said += f'"left_out":"{left_out.name.lower()}",'.encode()
    if not record.startswith(b"{") or len(record) < 3 or not said:
        return record
    return b"{" + said + record[1:]
