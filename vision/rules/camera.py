"""CameraRules: runs the rules of one camera, persists their state and records each decision."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from threading import Lock

from pydantic import TypeAdapter
from pydantic_core import to_json

from vision.detections import Detections
from vision.episodes import EndedBy, Episode, EpisodeEvent, EpisodeStage
from vision.frames import Clock, Frame
from vision.rules.context import Rule
from vision.rules.decision import Decision
from vision.rules.looks import Past
from vision.rules.state_file import StateFile
from vision.rules.succession import as_json, named, succeed
from vision.throttled_log import ThrottledLog

_log = logging.getLogger(__name__)

GENERATION = 500
"""Looks between two snapshots of a rule's state; a record holds one to two times as many looks, or
all looks since the rules were last idle."""

_REPORTED = frozenset({EpisodeStage.CONFIRMED, EpisodeStage.CLEARED, EpisodeStage.ENDED})
_RECORDED = frozenset({Clock.MEDIA, Clock.PHOTO})
_EPISODES = TypeAdapter(list[Episode])


class CameraRules:
    """Passes every look to the rules of one camera, in order.

    After each look, the rules' state is written to a file together with the events that are not
    stored yet. A process that is killed therefore loses at most the look it was processing, and a
    violation that was confirmed at that look is reported again, with the next look as its picture.

    Args:
        rules: the rules of this camera.
        model: name, version and SHA-256 of the weights, for the records.
        file: where the state is written; None writes nothing.
    """

    def __init__(
        self, rules: Sequence[Rule], *, model: Mapping[str, str], file: Path | None = None
    ) -> None:
        self.rules = tuple(rules)
        self._model = dict(model)
        self._file, self._state = file, StateFile(file) if file is not None else None
        self._lock = Lock()
        self._owed: dict[tuple[str, EpisodeStage], Episode] = {}
        self._recalled: list[Episode] = []
        self._resume_after: datetime | None = None
        self._last: datetime | None = None
        self._shown: tuple[datetime, int] | None = None
        self._written, self._failing = b"", False
        self._owed_written: frozenset[tuple[str, EpisodeStage]] = frozenset()
        self._faults = ThrottledLog(_log)
        if self._state is not None:
            self._recall(self._state)
        self._seen = self._going_on()
        self._noted = self._notes()  # as of the last look: rules are the looking thread's alone
        self._before = [self._noted]
        self._looks: list[list[Past]] = [[]]

    @property
    def has_candidates(self) -> bool:
        """Whether some rule has a candidate."""
        return any(rule.has_candidates for rule in self.rules)

    @property
    def held(self) -> frozenset[str]:
        """Ids of the ongoing episodes and of those with an event that is not stored yet."""
        going_on = {episode.id for rule in self.rules for episode in rule.episodes}
        with self._lock:
            return frozenset(going_on | {episode_id for episode_id, _ in self._owed})

    @property
    def unconfirmed(self) -> frozenset[str]:
        """Ids of the episodes whose confirmed event is not stored yet."""
        with self._lock:
            owed = list(self._owed)
        return frozenset(name for name, stage in owed if stage is EpisodeStage.CONFIRMED)

    @property
    def going_on(self) -> Mapping[str, Episode]:
        """The ongoing confirmed episodes by id, as the latest look left them; waits for no lock."""
        return self._seen  # replaced whole at each look

    def last_seen(self, episode: str) -> datetime | None:
        """When a look last showed a confirmed episode that goes on (UTC); None for any other."""
        with self._lock:
            found = self._seen.get(episode)
        return found.last_seen_at if found is not None else None

    def look(self, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        """Return the events of this look, each with the record of its decision.

        A picture that comes twice in a row is one look. When a recording is read again from its
        beginning after a restart, the frames that were processed before are skipped.
        """
        if self._seen_already(frame):
            return []
        self._looks[-1].append(Past.of(frame, detections))
        events = [EpisodeEvent(episode, frame, detections) for episode in self._recalled]
        self._recalled = []
        for rule in self.rules:
            for event in self._ask(rule, frame, detections):
                reported = event.episode.stage in _REPORTED
                events.append(
                    replace(event, recorded=self._decision(rule, event)) if reported else event
                )
        noted = self._notes()
        self._turn_over(noted)
        resumes = frame.clock in _RECORDED or not self._idle
        with self._lock:
            self._noted, self._last = noted, frame.captured_at if resumes else None
            self._seen = self._going_on()
            self._owed |= {
                _key(e.episode): e.episode for e in events if e.episode.stage in _REPORTED
            }
            self._write()
        return events

    def _ask(self, rule: Rule, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        """Return one rule's events; an exception in it must not lose those of the other rules."""
        try:
            events = rule.look(frame, detections)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others' cases are not to pay for it
            self._faults.traced(
                f"{frame.camera}: {named(rule)} failed at a look; report this", error
            )
            return []
        return events

    def change(self, rules: Sequence[Rule]) -> list[Episode]:
        """Go on with the rules of a changed site, in the looking thread, between two looks.

        Args:
            rules: they have seen nothing; see `vision.rules.succession`.

        Returns:
            What is over because nobody watches it any more, to be told now: confirmed episodes as
            ended, which are owed until they are stored, and candidates as dropped.
        """
        going_on, over = succeed(self.rules, rules)
        ended = [self._unwatched(episode) for episode in over]
        with self._lock:
            # What an earlier process owes is told with the next look, and its end not before it.
            late = {episode.id for episode in self._recalled}
            self._recalled += [e for e in ended if e.id in late]
            self.rules = going_on
            self._noted, self._seen = self._notes(), self._going_on()
            self._before, self._looks = [self._noted], [[]]
            self._owed |= {_key(e): e for e in ended if e.stage in _REPORTED}
            self._write()
        return [episode for episode in ended if episode.id not in late]

    def _unwatched(self, episode: Episode) -> Episode:
        if episode.stage is not EpisodeStage.CONFIRMED:
            return replace(episode, stage=EpisodeStage.DROPPED)
        at = max(self._last or episode.last_seen_at, episode.last_seen_at)
        return replace(episode, stage=EpisodeStage.ENDED, ended_at=at, ended_by=EndedBy.UNWATCHED)

    @property
    def owes(self) -> bool:
        """Whether something that it decided is not stored yet."""
        with self._lock:
            return bool(self._owed)

    def stored(self, episode: Episode) -> None:
        """Mark this episode's event as stored, so that it is not reported again."""
        with self._lock:
            if self._owed.pop(_key(episode), None) is not None:
                self._write()

    def forget(self) -> None:
        """Delete the state at the end of a recording: watched again, it starts afresh."""
        with self._lock:
            if self._state is not None:
                self._state.delete()
            self._state = None

    def _seen_already(self, frame: Frame) -> bool:
        after, repeated = self._resume_after, self._shown == (frame.captured_at, frame.index)
        self._shown = (frame.captured_at, frame.index)
        over = frame.clock in _RECORDED and after is not None and frame.captured_at <= after
        return repeated or over

    @property
    def _idle(self) -> bool:
        return all(rule.idle for rule in self.rules)

    def _decision(self, rule: Rule, event: EpisodeEvent) -> Decision:
        looks = tuple(chain(*self._looks))
        before = self._before[0][named(rule)]
        return Decision(rule.context, rule.kind, self._model, before, looks, event.episode)

    def _turn_over(self, noted: dict[str, bytes]) -> None:
        """Limit how many looks are kept for the records."""
        if self._idle:
            self._before, self._looks = [noted], [[]]
        elif len(self._looks[-1]) >= GENERATION:
            self._before = [self._before[-1], noted]
            self._looks = [self._looks[-1], []]

    def _going_on(self) -> dict[str, Episode]:
        return {e.id: e for rule in self.rules for e in rule.episodes}

    def _notes(self) -> dict[str, bytes]:
        """The state of each rule, as JSON."""
        return {named(rule): as_json(rule) for rule in self.rules}

    def _write(self) -> None:
        """Write the state atomically; a full disk is logged once and stops no rule."""
        if self._state is None:
            return
        text = self._text()
        if text == self._written:
            return
        # Unstored events are synced to disk: a power cut must not lose a confirmed case. The rest
        # of the state changes with every look; syncing it would make all cameras wait for the disk.
        keys = frozenset(self._owed)
        try:
            self._state.write(text, sync=keys != self._owed_written)
        except OSError as error:
            if not self._failing:
                _log.warning(
                    "%s: cannot be written (%s): after a restart, what is going on now would be "
                    "watched from its beginning; free space or make the folder writable",
                    self._file,
                    error.strerror,
                )
            self._failing = True
        else:
            self._written, self._owed_written, self._failing = text, keys, False

    def _text(self) -> bytes:
        """The state as JSON, in one line; put together in one step, as a crowd's is large."""
        rules = [
            part
            for name, noted in self._noted.items()
            for part in (b",", to_json(name), b":", noted)
        ]
        owed = _EPISODES.dump_json(list(self._owed.values())) if self._owed else b"[]"
        last = to_json(self._last.isoformat() if self._last else None)
        return b"".join((b'{"rules":{', *rules[1:], b'},"owed":', owed, b',"last":', last, b"}"))

    def _recall(self, file: StateFile) -> None:
        try:
            stored = file.read()
            if stored is None:
                return
            for rule in self.rules:
                if named(rule) in stored["rules"]:
                    rule.recall(stored["rules"][named(rule)])
            owed = _EPISODES.validate_python(stored["owed"])
            last = stored["last"]
            self._resume_after = self._last = datetime.fromisoformat(last) if last else None
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning(
                "%s: cannot be read (%s); what was going on is watched from its beginning",
                self._file,
                error,
            )
            return
        moving = {rule.kind for rule in self.rules if rule.every_look}
        for episode in owed:
            # Its pictures are gone with it; its end needs none.
            if episode.kind in moving and episode.stage is not EpisodeStage.ENDED:
                _log.warning(
                    "%s: a %s of %s was confirmed when the process ended, and not stored; it "
                    "has driven on",
                    episode.camera,
                    episode.kind,
                    episode.last_seen_at.isoformat(),
                )
            else:
                self._recalled.append(episode)
                self._owed[_key(episode)] = episode


def _key(episode: Episode) -> tuple[str, EpisodeStage]:
    return episode.id, episode.stage
