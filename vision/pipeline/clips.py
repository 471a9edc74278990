"""Clips: the clip of each confirmed moment, from the seconds before it to the seconds after.

A confirmed event waits for nothing. What the camera had sent until then is spooled with it, and
when what follows has come, the whole clip goes the same way as an event of its own
(`EpisodeStage.SUPPLEMENTED`), after the confirmed one. Where the camera, the connection or this
process ends meanwhile, the clip is what there is, and its facts say what is missing.

    _look ── begin(confirmed): take ─────┐ the take fills, or its time is over
    writer ─ keep(confirmed): spool ─────┤ finished: the whole clip is spooled
    writer ─ stored(confirmed) ──────────┴► SUPPLEMENTED ─► stored(supplemented): out of the spool
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Condition, Lock, Thread

from vision.episodes import EpisodeEvent, EpisodeStage
from vision.errors import EvidenceError
from vision.evidence import EvidenceItem
from vision.pipeline.spool import Spool
from vision.pipeline.watched import PRIVATE, Watched
from vision.rules.looks import as_row, from_row
from vision.sources.clip_facts import ClipFacts
from vision.sources.ring import Clip as AnyClip
from vision.sources.ring import Recording, Take
from vision.throttled_log import ThrottledLog

_log = logging.getLogger(__name__)

MOST_IN_MEMORY = 64 << 20
"""Bytes of finished clips that may wait in memory where they cannot be spooled."""
_LATE_S = 1.0
"""Seconds after its time at which a take is ended whose camera has fallen silent."""
SILENT = "the camera sent nothing more"
STOPPED = "watching was stopped"
KILLED = "the process that watched had ended before it came"
APART = "its event lay in quarantine, and what followed apart from it, if at all"
NO_ROOM = "it could not be kept until it could be stored"


@dataclass(slots=True)
class _Clip:
    """One on its way; `event` is its supplement as far as it is known.

    Attributes:
        take: fills; None when it is finished.
        due: when that is over at the latest (monotonic seconds).
        handled: its confirmed event is stored, or in quarantine.
        size: bytes that it holds in memory.
    """

    event: EpisodeEvent
    before_s: float
    take: Take | None = None
    due: float = 0.0
    handled: bool = False
    size: int = 0


@dataclass(frozen=True, slots=True)
class _InMemory:
    content: bytes

    def mp4(self) -> bytes:
        return self.content


class Clips:
    """The clips of a pipeline's cameras that are on their way; a thread of its own finishes them.

    Args:
        spools: by camera; a camera without one keeps its clips in memory.
        put: takes a supplement; it may not wait.
    """

    def __init__(self, spools: Mapping[str, Spool], put: Callable[[EpisodeEvent], None]) -> None:
        self._spools = dict(spools)
        self._put = put
        self._withheld: frozenset[str] = frozenset()
        self._clips: dict[str, _Clip] = {}
        self._changed = Condition()
        self._disk = Lock()  # held while a clip is written, for which no look may wait
        self._stopping = False
        self._faults = ThrottledLog(_log)
        self._thread = Thread(target=self._run, name="clips", daemon=True)

    def start(self, unstored: Collection[str]) -> None:
        """Take up what an earlier process left, and begin to finish clips.

        Args:
            unstored: ids of the episodes whose confirmed event is yet to be stored.
        """
        for spool in self._spools.values():
            self._take_up(spool, unstored)
        self._thread.start()

    def serve(self, camera: str, spool: Spool, unstored: Collection[str]) -> None:
        """Keep another camera's clips from now on, and take up those that lie there."""
        if camera in self._spools and self._spools[camera].root == spool.root:
            return
        self._spools[camera] = spool
        self._take_up(spool, unstored)

    def withhold(self, cameras: Collection[str]) -> None:
        """Keep no clip of these cameras from now on, nor those that are on their way."""
        self._withheld = frozenset(cameras)
        with self._changed:
            for clip in self._clips.values():
                if clip.event.episode.camera not in self._withheld:
                    continue
                if clip.take is not None:
                    clip.take.end(PRIVATE)
                else:
                    clip.event, clip.size = _withheld(clip.event), 0
            self._changed.notify_all()

    def _take_up(self, spool: Spool, unstored: Collection[str]) -> None:
        with self._changed:
            for event in spool.events():
                name = event.episode.id
                if name not in self._clips:
                    self._clips[name] = _Clip(event, 0.0, handled=name not in unstored)
            self._changed.notify_all()

    def begin(self, event: EpisodeEvent, watched: Watched) -> EpisodeEvent:
        """The event with what its camera has sent until now; call it before it is queued.

        What follows a confirmed one is awaited from now on, unless its clip is on its way already:
        an event that is told again after a restart is of a later look.
        """
        stage, ring, camera = event.episode.stage, watched.ring, watched.camera
        if ring is None or not watched.mailbox.live:
            return event
        if stage is EpisodeStage.CLEARED:
            return replace(event, recording=ring.recording())
        if stage is not EpisodeStage.CONFIRMED:
            return event
        with self._changed:
            if event.episode.id in self._clips:
                return event
            take = ring.take(camera.clip_after.total_seconds())
            self._clips[event.episode.id] = _Clip(
                _supplement(event),
                camera.clip.total_seconds(),
                take,
                time.monotonic() + take.seconds + _LATE_S,
            )
            self._changed.notify_all()
        return replace(event, recording=take.before)

    def keep(self, event: EpisodeEvent, _: Sequence[EvidenceItem]) -> None:
        """Spool what was sent until a confirmed event; a sink before all others."""
        if event.episode.stage is not EpisodeStage.CONFIRMED or event.recording is None:
            return
        try:
            with self._disk:
                self._keep(event, event.recording)
        except Exception as error:  # noqa: BLE001 - a clip's trouble must not cost the case
            self._faults.traced(f"keeping a clip of {event.episode.camera}", error)

    def _keep(self, event: EpisodeEvent, recording: AnyClip) -> None:
        with self._changed:
            clip = self._clips.get(event.episode.id)
            take = clip.take if clip is not None else None
            if clip is None:  # it lay in quarantine
                clip = self._clips[event.episode.id] = _Clip(_supplement(event), 0.0)
            elif take is None:
                return  # the whole one is there already
        if take is None:
            facts = ClipFacts(event.frame.captured_at, 0.0, 0.0).lacking(APART)
        else:
            until_now = Take(None, None, take.moment, take.seconds, 0)
            until_now.end(KILLED)
            shown = recording if isinstance(recording, Recording) else None
            facts = ClipFacts.of(until_now, shown, clip.before_s)
        made = self._spooled(replace(clip.event, clip=facts, recording=recording))
        if take is None:
            with self._changed:
                clip.event, clip.size = made, _held(made)

    def stored(self, event: EpisodeEvent) -> None:
        """Note that an event is stored or in quarantine."""
        name = event.episode.id
        with self._changed:
            clip = self._clips.get(name)
            if clip is None:
                return
            clip.handled = True
            if event.episode.stage is EpisodeStage.SUPPLEMENTED:
                del self._clips[name]
            self._changed.notify_all()
        if event.episode.stage is EpisodeStage.SUPPLEMENTED:
            self._forget(event)

    def stop(self) -> None:
        """End every take where it is. Clips whose event is not stored yet stay in the spool."""
        with self._changed:
            self._stopping = True
            for clip in self._clips.values():
                if clip.take is not None:
                    clip.take.end(STOPPED)
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        told: set[str] = set()
        stopping = False
        while not stopping:
            with self._changed:
                stopping = self._stopping
                filling = list(self._clips.values())
            for clip in filling:
                self._finish_if_over(clip)
            with self._changed:
                told &= self._clips.keys()
                ready = {
                    name: clip.event
                    for name, clip in self._clips.items()
                    if clip.handled and clip.take is None and name not in told
                }
            for event in ready.values():
                self._put(event)
            told |= ready.keys()
            with self._changed:
                if not (self._stopping or ready):
                    self._changed.wait(self._pause())

    def _pause(self) -> float | None:
        """Seconds until a take may be over; None while there is none."""
        ends = [clip.due - _LATE_S for clip in self._clips.values() if clip.take is not None]
        # It is over with the first picture after its time: then that is looked for.
        return max(min(ends) - time.monotonic(), _LATE_S / 10) if ends else None

    def _finish_if_over(self, clip: _Clip) -> None:
        take = clip.take
        if take is None or not (take.over or time.monotonic() >= clip.due):
            return
        take.end(SILENT)
        facts = ClipFacts(datetime.fromtimestamp(take.moment, UTC), clip.before_s, take.seconds)
        try:
            recording = take.recording()
            facts = ClipFacts.of(take, recording, clip.before_s)
            with self._disk:
                made = self._spooled(replace(clip.event, clip=facts, recording=recording))
        except Exception as error:  # noqa: BLE001 - nothing may end this thread
            self._faults.traced(f"finishing a clip of {clip.event.episode.camera}", error)
            made = replace(clip.event, clip=facts.lacking(f"{type(error).__name__}: {error}"))
        with self._changed:
            clip.event, clip.take, clip.size = made, None, _held(made)

    def _spooled(self, event: EpisodeEvent) -> EpisodeEvent:
        """The event with its clip on disk; in memory where that fails, and there is room."""
        facts, clip = event.clip, event.recording
        assert facts is not None
        if clip is None:
            return event
        if event.episode.camera in self._withheld:
            return _withheld(event)
        spool = self._spools.get(event.episode.camera)
        try:
            content = clip.mp4()
            if spool is not None:
                return replace(event, recording=spool.put(event, content))
        except EvidenceError as error:
            _log.warning("%s: %s", event.episode.camera, error)
            return replace(event, recording=None, clip=facts.lacking(str(error)))
        except OSError as error:
            assert spool is not None
            self._faults.in_words(f"{spool.root}: a clip cannot be kept there", error)
        with self._changed:
            held = sum(clip.size for clip in self._clips.values())
        if held + len(content) > MOST_IN_MEMORY:
            return replace(event, recording=None, clip=facts.lacking(NO_ROOM))
        return replace(event, recording=_InMemory(content))

    def _forget(self, event: EpisodeEvent) -> None:
        spool = self._spools.get(event.episode.camera)
        if spool is None:
            return
        try:
            spool.take_out(event.episode.id)
        except OSError as error:
            self._faults.in_words(f"{spool.root}: a stored clip cannot be removed", error)


def _supplement(event: EpisodeEvent) -> EpisodeEvent:
    """The event that brings the clip later, without the pixels."""
    frame, detections = from_row(as_row(event.frame, event.detections), event.frame.camera)
    return EpisodeEvent(
        replace(event.episode, stage=EpisodeStage.SUPPLEMENTED),
        replace(frame, name=event.frame.name),
        detections,
        event.focus,
        preset=event.preset,
    )


def _withheld(event: EpisodeEvent) -> EpisodeEvent:
    if event.recording is None or event.clip is None:
        return event
    return replace(event, recording=None, clip=event.clip.lacking(PRIVATE))


def _held(event: EpisodeEvent) -> int:
    return len(event.recording.content) if isinstance(event.recording, _InMemory) else 0
