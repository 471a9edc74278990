"""Changes: the cameras that a pipeline watches, and what a changed site changes of them.

A change is planned first, which may fail and touches nothing. Then it is made by the thread that
looks, between two looks. By camera:

    nothing differs that it is looked at or decided by    untouched
    its source is to be opened by other means              opened anew; its rules go on
    anything else                                          the same reader; its rules succeed
    it is new, or has left the site                        started; stopped, what it held is over

What is shown and stored (privacy zones) follows the site at once, see `Watched.redraw`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Condition, Thread

from models.catalogue import ModelEntry
from vision.episodes import Episode
from vision.errors import NotWatched
from vision.loop import InferenceLoop
from vision.pipeline.decided_by import By, Shared, decided_by, opened_by, shared_of
from vision.pipeline.memory import memory_of
from vision.pipeline.remembered import Ruled, rules_of
from vision.pipeline.watched import Scene, Watched
from vision.rules import CameraRules
from vision.site import Site
from vision.sources.reader import Reader
from vision.tracking import Tracker
from vision.view.preset_finder import PresetFinder

_log = logging.getLogger(__name__)

_GOING_S = 10.0
"""Seconds that a camera's new reader waits for the one before it: many cameras refuse a second
connection, and answer the next try a minute later."""

Tell = Callable[[Watched, str | None, Sequence[Episode]], None]
"""Called with what is over because nobody watches it any more, and the preset it was seen at."""


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What the rules of one camera are to decide by.

    Attributes:
        by: see `decided_by`.
        finder: of its presets.
        ruled: its rules by preset.
    """

    by: By
    finder: PresetFinder | None
    ruled: Mapping[str | None, Ruled]


_READERS_S = 10.0
"""Seconds for all readers to end; one that the system holds is left to itself."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A change that is to be made.

    Attributes:
        cameras: all that are watched after it, in the site's order.
        drawn: of these, those whose rules are made anew.
    """

    cameras: Mapping[str, Watched]
    drawn: Mapping[str, _Drawn]

    @property
    def clips(self) -> dict[str, Path]:
        """By camera, the folder of clips that are on their way; none where nothing is kept."""
        folders = {name: watched.memory for name, watched in self.cameras.items()}
        return {name: folder / "clips" for name, folder in folders.items() if folder is not None}


class WatchedCameras:
    """The cameras of a pipeline. One thread plans, the looking one commits, any may read `now`.

    Args:
        model: whose weights' threshold the rules use.
        image_size: see `vision.sources.source.open_source`.
        memory: folder of all cameras' states; nothing is persisted if None.
        ready: the condition that all mailboxes share.
    """

    def __init__(
        self, model: ModelEntry, image_size: int, memory: Path | None, ready: Condition
    ) -> None:
        self.now: Mapping[str, Watched] = {}
        """By id; replaced whole at each change."""
        self._model = model
        self._image_size = image_size
        self._memory = memory
        self._ready = ready
        self._shared: Shared = ()
        self._decided_by: dict[str, By] = {}
        self._leaving: Mapping[tuple[str, ...], CameraRules] = {}

    def plan(self, site: Site, share: Collection[str] | None) -> Plan:
        """What a changed site changes.

        Args:
            site: it.
            share: ids of the cameras that are watched here; all by default.

        Raises:
            SiteError, PlaceError: a rule, a preset's picture or the baseline is not to be had.
        """
        shared = shared_of(site)
        # The same object where it is equal, so that it is compared once and not for each camera.
        self._shared = shared = self._shared if shared == self._shared else shared
        cameras, drawn = dict[str, Watched](), dict[str, _Drawn]()
        for camera in site.cameras:
            if share is not None and camera.id not in share:
                continue
            known, by = self.now.get(camera.id), decided_by(camera, shared)
            if known is None or opened_by(known.opened) != opened_by(camera):
                folder = memory_of(camera, self._memory, bare=site.bare)
                about = camera, self._ready, site.site, self._image_size
                cameras[camera.id] = Watched(*about, memory=folder, areas=site.areas)
            else:
                cameras[camera.id] = known
            if cameras[camera.id] is not known or self._decided_by[camera.id] != by:
                ruled = rules_of(site, camera, self._model, self._memory)
                drawn[camera.id] = _Drawn(by, self._finder(by), ruled)
        return Plan(cameras, drawn)

    def redraw(self, site: Site) -> None:
        """Show and store by a changed site at once."""
        for camera in site.cameras:
            if (watched := self.now.get(camera.id)) is not None:
                watched.redraw(camera, site.site, site.areas)

    def commit(
        self, plan: Plan, loop: InferenceLoop, tell: Tell, start: Callable[[], bool]
    ) -> None:
        """Make a planned change; the looking thread's, between two looks.

        Args:
            plan: the latest.
            loop: that looks at the cameras.
            tell: see `Tell`.
            start: whether readers are to be started.
        """
        before, after = self.now, plan.cameras
        self._leaving = {key: rules for key, rules in self._leaving.items() if rules.owes}
        gone = {name: known for name, known in before.items() if after.get(name) is not known}
        for name, known in gone.items():
            loop.remove(name)
            known.reader.stop(timeout=0)
        for name, drawn in plan.drawn.items():
            self._decide(before.get(name), after[name], drawn, tell)
        for name in before.keys() - after.keys():
            _log.info("%s: is watched no longer", name)
            before[name].gaps.close()
            for preset, scene in before[name].scenes.items():
                self._retire(before[name], preset, scene, tell)
        self._decided_by |= {name: drawn.by for name, drawn in plan.drawn.items()}
        self.now = after
        for name, watched in after.items():
            if before.get(name) is not watched:
                loop.add(watched.mailbox)
                if start():
                    _start(watched.reader, gone.get(name))

    def stop_readers(self) -> None:
        """End all readers, so that nothing new comes; one that hangs is left to itself."""
        for watched in self.now.values():
            watched.reader.stop(timeout=0)
        until = time.monotonic() + _READERS_S  # of all: any number of them may hang
        for watched in self.now.values():
            watched.reader.stop(timeout=max(0.0, until - time.monotonic()))

    def stored(self, episode: Episode) -> None:
        """Note that the event of this episode is stored, or in quarantine; any thread may call."""
        watched = self.now.get(episode.camera)
        scenes = watched.scenes.values() if watched is not None else ()
        for rules in (*(scene.rules for scene in scenes), *self._leaving.values()):
            rules.stored(episode)

    def of(self, camera: str) -> Watched:
        """The camera of this id.

        Raises:
            NotWatched: it is not watched here.
        """
        watched = self.now.get(camera)
        if watched is None:
            raise NotWatched(f"camera {camera} is not watched here")
        return watched

    @property
    def held(self) -> frozenset[str]:
        """Ids of the confirmed episodes that rules hold; any thread may ask, as what follows."""
        return frozenset[str]().union(*(scene.rules.held for scene in self._all()))

    @property
    def unconfirmed(self) -> frozenset[str]:
        """Ids of the episodes whose confirmed event rules still owe."""
        return frozenset[str]().union(*(scene.rules.unconfirmed for scene in self._all()))

    def last_seen(self, camera: str, episode: str) -> datetime | None:
        """When a look last showed a confirmed episode that goes on (UTC); None for any other."""
        scenes = (scene for _, scene in _scenes(self.now.get(camera)))
        return next((at for s in scenes if (at := s.rules.last_seen(episode)) is not None), None)

    def sightings(self) -> dict[str, dict[str, datetime]]:
        """By camera, the confirmed episodes that go on, with when a look last showed each (UTC)."""
        return {
            name: {
                e.id: e.last_seen_at
                for s in watched.scenes.values()
                for e in s.rules.going_on.values()
            }
            for name, watched in self.now.items()
        }

    def _all(self) -> list[Scene]:
        return [scene for watched in self.now.values() for _, scene in _scenes(watched)]

    def _finder(self, by: By) -> PresetFinder | None:
        camera, _, pictures = by
        if not camera.presets:
            return None
        known, was = self.now.get(camera.id), self._decided_by.get(camera.id)
        if known is not None and was is not None:
            before, _, seen = was
            if (before.presets, seen) == (camera.presets, pictures):
                return known.finder
        return PresetFinder(camera.presets)

    def _decide(self, before: Watched | None, watched: Watched, drawn: _Drawn, tell: Tell) -> None:
        """Give a camera its rules, and what those before them had under way."""
        camera = drawn.by[0]
        known = {scene.key: (preset, scene) for preset, scene in _scenes(before)}
        if before is not None and before is not watched:
            watched.follow(before)
        by = self._decided_by.get(camera.id) if before is watched else None
        paced = by is not None and by[0].analyse_fps == camera.analyse_fps
        scenes = dict[str | None, Scene]()
        for preset, ruled in drawn.ruled.items():
            old = known.pop(ruled.key)[1] if ruled.key in known else None
            rules = old.rules if old is not None else self._leaving.get(ruled.key)
            if rules is None:
                rules = ruled.remembering()
            else:
                tell(before or watched, preset, rules.change(ruled.rules))
            tracker = old.tracker if old is not None and paced else None
            tracker = tracker or Tracker(camera.id, fps=camera.analyse_fps)
            scenes[preset] = Scene(tracker, rules, ruled.key)
        for preset, scene in known.values():
            self._retire(before or watched, preset, scene, tell)
        watched.decide(camera, scenes, drawn.finder)

    def _retire(self, watched: Watched, preset: str | None, scene: Scene, tell: Tell) -> None:
        """End what a camera or preset held that is watched no longer."""
        over = scene.rules.change(())
        # Before it is told: until it is stored, its rules owe it.
        self._leaving = {**self._leaving, scene.key: scene.rules}
        tell(watched, preset, over)


def _scenes(watched: Watched | None) -> Sequence[tuple[str | None, Scene]]:
    return list(watched.scenes.items()) if watched is not None else []


def _start(reader: Reader, before: Watched | None) -> None:
    """Start a reader, once the one before it has ended or has had its time to."""
    if before is None:
        reader.start()
        return

    def follow(before: Reader) -> None:
        before.stop(timeout=_GOING_S)
        reader.start()

    name = f"opens-{before.camera.id}-anew"
    Thread(target=follow, args=(before.reader,), name=name, daemon=True).start()
