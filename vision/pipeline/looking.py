"""Looking: passes each look through a camera's parts: preset, tracker, health, rules, writer.

All of it is done by the loop's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from vision.detections import Detections
from vision.episodes import Episode, EpisodeEvent, EpisodeStage
from vision.frames import Frame
from vision.pipeline.changes import WatchedCameras
from vision.pipeline.event_writer import EventWriter
from vision.pipeline.watched import Watched
from vision.rules.looks import unseen
from vision.view.health import ADVICE, View

log = logging.getLogger(__name__)

Begin = Callable[[EpisodeEvent, Watched], EpisodeEvent]
"""Begins an event's clip; see `vision.pipeline.clips.Clips.begin`."""


class Looking:
    """What becomes of a look.

    Args:
        watching: the cameras.
        writer: takes the events.
        begin: begins their clips; None where no evidence is stored.
    """

    def __init__(self, watching: WatchedCameras, writer: EventWriter, begin: Begin | None) -> None:
        self._watching = watching
        self._writer = writer
        self._begin = begin

    def tiled(self, frame: Frame) -> bool:
        """Whether the model sees this frame in tiles too."""
        watched = self._watching.now.get(frame.camera)  # it may have left the site meanwhile
        return watched is not None and watched.camera.tiles

    def needed(self, frame: Frame) -> bool:
        """Whether the model has to see this frame, or what it saw last stands."""
        stillness = self._watching.now[frame.camera].stillness
        return stillness is None or stillness.changed(frame)

    def deliver(self, frame: Frame, detections: Detections) -> None:
        """Decide by a look, and show it to who waits for one."""
        self._look(frame, detections)
        watched = self._watching.now.get(frame.camera)
        if watched is not None and watched.last is not None:  # which is as tracked
            frame, detections, preset = watched.last
            scene = watched.scenes.get(preset)
            noted = scene.rules.noted if scene is not None else {}
            watched.live.publish(frame, detections, preset, noted)

    def _look(self, frame: Frame, detections: Detections) -> None:
        watched = self._watching.now[frame.camera]
        preset = watched.shown(frame, detections)
        scene = watched.scenes.get(preset)
        if scene is not None:
            look = watched.look(frame, detections)
            detections = scene.tracker.update(frame, look.on(detections))
        watched.last = (frame, detections, preset)
        shows = _shows(watched, frame, preset)
        watched.gaps.see(frame, watched.health, watched.reader.reconnects)
        if scene is None or not shows:
            watched.has_candidates = False
            return  # neither presence nor absence: the rules pause
        watched.recent.add(preset, frame, detections)
        for event in scene.rules.look(frame, detections):
            if not watched.may_become(event):
                scene.rules.stored(event.episode)  # nothing is, and nothing is owed
                continue
            if event.episode.stage is EpisodeStage.CONFIRMED:
                log.info("%s: %s confirmed", frame.camera, event.episode.kind)
            gaps = watched.gaps.between(event.episode.opened_at, frame.captured_at)
            shown = replace(event, preset=preset, gaps=gaps)
            self._writer.put(self._begin(shown, watched) if self._begin else shown)
        watched.has_candidates = scene.rules.has_candidates

    def tell(self, watched: Watched, preset: str | None, over: Sequence[Episode]) -> None:
        """Pass on what is over because nobody watches it any more; no look shows that."""
        for episode in over:
            frame, detections = unseen(episode)
            gaps = watched.gaps.between(episode.opened_at, frame.captured_at)
            event = EpisodeEvent(episode, frame, detections, preset=preset, gaps=gaps)
            self._writer.put(event, holds_pixels=False)


def _shows(watched: Watched, frame: Frame, preset: str | None) -> bool:
    """Whether the camera's view is clear; changes are logged."""
    before = watched.health.view
    has_presets = watched.finder is not None
    view = watched.health.look(frame, preset if has_presets else "")
    if view is not before and watched.stillness is not None:
        watched.stillness.forget()
    if view is not before and view is View.CLEAR:
        log.info("%s: its view is clear again", frame.camera)
    elif view is not before:
        log.warning("%s: %s; its rules pause", frame.camera, ADVICE[view])
    return view is View.CLEAR
