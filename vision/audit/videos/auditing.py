"""VideoAuditor: videos in, records out, one after the other, through the photos' engine."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import cv2

from vision.audit.derivative import derive
from vision.audit.folder import PICTURES, AuditFolder
from vision.audit.intake import archive
from vision.audit.intake.items import Item, Problem
from vision.audit.places import Whereabouts
from vision.audit.records import Settings
from vision.audit.sight import CAMERA, Attributes
from vision.audit.video_records import Video, VideoRecord
from vision.audit.videos.file import Facts, VideoFile
from vision.audit.videos.finding import Words, video_finding
from vision.audit.videos.looks import Looks
from vision.audit.videos.matter import Shot, Shown
from vision.audit.videos.watch import VideoWatch
from vision.engines.engine import Engine
from vision.errors import PictureError, SourceError
from vision.geo.drone_pose import DronePose
from vision.kinds import catalogue
from vision.rules.record import RULES_VERSION
from vision.sources.source import open_source

VERSION = 1
"""Of how videos are looked at; raise it when a decision changes. What rules and single pictures
decide has versions of its own."""


@dataclass(frozen=True, slots=True)
class VideoProgress:
    """How far the audit of the videos is: which of how many, and how many seconds of that one."""

    name: str
    number: int
    of: int
    done_s: float
    seconds: float
    """0 where the video does not say how long it is."""


@dataclass(slots=True, eq=False)
class VideoAuditor:
    """Watches every video of an intake once.

    Attributes:
        folder: claimed; the journal and the derivatives go there.
        engine: the detector; only the calling thread uses it.
        settings: of the audit, see `Auditor.settings`.
        attributes: reader of truck states, if any.
    """

    folder: AuditFolder
    engine: Engine
    settings: Settings
    attributes: Attributes | None = None

    def run(
        self, items: Sequence[Item], report: Callable[[VideoProgress], None] = lambda _: None
    ) -> tuple[list[Video], list[Problem]]:
        """Watch the videos that the journal does not know yet.

        Args:
            items: videos, each name once, in the order of the report.
            report: called after each look, from this thread.

        Returns:
            The videos that could be read, and those that could not.

        Raises:
            EvidenceError: the folder cannot be written to; finished videos stay in the journal.
            EngineError: the engine cannot look at any picture of a video.
        """
        known = {_identity(r): r for r in self.folder.resume_videos(self.key)}
        first, videos, problems = dict[tuple[str, str], str](), list[Video](), list[Problem]()
        try:
            for number, item in enumerate(items, start=1):
                try:
                    with VideoFile.of(item, self.folder.scratch) as file:
                        identity = (file.sha256, file.telemetry_sha256)
                        if identity in first:
                            videos.append(Video(name=item.name, duplicate_of=first[identity]))
                            continue
                        if identity not in known:
                            show = _shower(report, item.name, number, len(items))
                            known[identity] = self._watch(file, show)
                            self.folder.remember_video(self.key, known[identity])
                except (SourceError, PictureError, cv2.error) as error:
                    problems.append(Problem(name=item.name, cause=str(error)))
                    continue
                except OSError as error:
                    why = f"cannot be read ({error.strerror or error})"
                    problems.append(Problem(name=item.name, cause=why))
                    continue
                first[identity] = item.name
                videos.append(Video(name=item.name, record=known[identity]))
        finally:
            archive.close()
        return videos, problems

    @property
    def key(self) -> str:
        """A digest of all that a video's record depends on, besides its bytes."""
        text = f"{self.settings.key} {VERSION} {RULES_VERSION}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _watch(self, file: VideoFile, show: Callable[[float, float], None]) -> VideoRecord:
        """Look at a whole video.

        Raises:
            SourceError: nothing in it can be decoded; it is named without its path.
        """
        try:
            return self._watched(file, file.facts(), show)
        except SourceError as error:
            raise type(error)(_unnamed(str(error), file)) from None

    def _watched(
        self, file: VideoFile, facts: Facts, show: Callable[[float, float], None]
    ) -> VideoRecord:
        watch = VideoWatch(
            file.source,
            CAMERA,
            drone=facts.telemetry,
            fps=facts.fps,
            model=self.engine.model,
            save=self._saver(file),
        )
        source = open_source(watch.camera, image_size=self.engine.image_size)
        failed, size, offset = 0, (0, 0), 0.0
        try:
            for frame, detections in Looks(self.engine, self.attributes).at(source):
                if detections is None:
                    failed += 1
                    continue
                watch.look(frame, detections)
                size, offset = (frame.width, frame.height), watch.offset_s(frame.captured_at)
                show(offset, facts.seconds)
            trouble = source.trouble
        finally:
            source.close()
        matters = watch.matters()
        seconds = offset + 1 / facts.fps if facts.fps else offset
        # Looks are apart: a whole video lasts until its end, and not until the last look at it.
        whole = trouble is None and facts.seconds > 0
        return VideoRecord(
            sha256=file.sha256,
            telemetry_sha256=file.telemetry_sha256,
            width=size[0],
            height=size[1],
            seconds=round(facts.seconds if whole else seconds, 2),
            fps=facts.fps,
            looks=watch.looks,
            taken_at=facts.taken_at,
            moving_s=round(watch.moving_s, 1),
            seen={n: watch.seen[n] for n in catalogue().class_names if n in watch.seen},
            findings=tuple(
                video_finding(matter, watch.settings[matter.kind], watch.offset_s)
                for matter in matters
            ),
            notes=tuple(_notes(facts, _unnamed(trouble or "", file), seconds, failed)),
        )

    def _saver(self, file: VideoFile) -> Callable[[Shot], Shown]:
        numbers = count(1)
        threshold, language = self.engine.model.threshold, self.settings.language
        named = f"{PICTURES}/{file.sha256[:20]}-{self.key[:6]}"

        def save(shot: Shot) -> Shown:
            frame, found = shot.frame, shot.finding
            jpeg = derive(frame.pixels, shot.detections, (found,), threshold, language)
            name = f"{named}-{next(numbers)}.jpg"
            self.folder.write(name, jpeg)
            pose = frame.pose if isinstance(frame.pose, DronePose) else None
            there = Whereabouts(None, pose is not None, pose, frame.width, frame.height)
            return Shown(shot.offset_s, found, shot.clear, there.place(found.box), name)

        return save


def _shower(
    report: Callable[[VideoProgress], None], name: str, number: int, of: int
) -> Callable[[float, float], None]:
    return lambda done, seconds: report(VideoProgress(name, number, of, done, seconds))


def _identity(record: VideoRecord) -> tuple[str, str]:
    return record.sha256, record.telemetry_sha256


def _unnamed(text: str, file: VideoFile) -> str:
    """A sentence about a video, which the report names as the user knows it."""
    return text.replace(str(file.path), "").lstrip(": ")


def _notes(facts: Facts, trouble: str, seconds: float, failed: int) -> Iterator[Words]:
    """What there is to know of how a video was read."""
    if trouble and facts.seconds - seconds > max(1.0, 0.02 * facts.seconds):
        yield {
            "en": f"read up to {seconds:.0f} s of {facts.seconds:.0f} s: {trouble}",
            "zh": f"仅核查到第{seconds:.0f}秒（全长{facts.seconds:.0f}秒），"
            "其后无法读取，请重新拷贝",
        }
    elif trouble:
        yield {"en": trouble, "zh": trouble}
    if facts.hdr:
        yield {
            "en": "high dynamic range: its colours are paler here than on a phone",
            "zh": "高动态范围（HDR）视频，画面颜色偏淡",
        }
    if failed:
        yield {
            "en": f"{failed} looks left out, because the engine failed",
            "zh": f"{failed}次检测因推理引擎出错未计入",
        }
