"""A second look: the newest picture of a camera, if it shows an episode that goes on."""

from __future__ import annotations

from datetime import datetime

from vision.detections import Detections
from vision.episodes import Episode, EpisodeEvent
from vision.errors import EvidenceError
from vision.evidence import Recorder, SecondLook
from vision.frames import Frame
from vision.kinds import catalogue
from vision.pipeline.unseen import unseen
from vision.pipeline.watched import Watched
from vision.rules.plain import Plain
from vision.sources.status import CameraState


def look_again(watched: Watched, recorder: Recorder, episode: str, after: datetime) -> SecondLook:
    """Store the newest look if it is later than `after` and shows the episode.

    Any thread may call. A look that does not show it says nothing: somebody may stand before it.
    """
    name = watched.camera.id
    last = watched.last  # before the rules are asked, who are given a frame after it is put here
    scenes = watched.scenes.values()
    held = next((e for s in scenes if (e := s.rules.going_on.get(episode)) is not None), None)
    if held is None:
        return SecondLook(why=unseen("held_no_longer", camera=name))
    if last is None or last[0].captured_at <= after:
        return SecondLook(why=unseen("no_look_since", camera=name, state=_state(watched)))
    frame, detections, preset = last
    if held.last_seen_at != frame.captured_at:
        return SecondLook(why=unseen("not_shown", camera=name))
    focus = _shown(watched, held, frame, detections)
    try:
        items = recorder.again(EpisodeEvent(held, frame, detections, focus, preset=preset))
    except EvidenceError as error:
        return SecondLook(why=str(error))
    return SecondLook(items, frame.captured_at)


def _state(watched: Watched) -> str:
    status = watched.reader.status()
    if status.state is CameraState.ALIVE:
        return ""
    return status.error or status.state.value


def _shown(
    watched: Watched, held: Episode, frame: Frame, detections: Detections
) -> tuple[int, ...]:
    """The detections of its kind with their middle in its place."""
    rules = [rule for scene in watched.scenes.values() for rule in scene.rules.rules]
    scores = [r.context.threshold for r in rules if r.kind == held.kind]
    classes = catalogue().kind(held.kind).seen_as
    plain = Plain(frame, detections)
    left, top, right, bottom = held.box
    found = []
    for index in plain.indexes(classes, min(scores, default=0.0)):
        x1, y1, x2, y2 = plain.boxes[index]
        if left <= (x1 + x2) / 2 <= right and top <= (y1 + y2) / 2 <= bottom:
            found.append(index)
    return tuple(found)
