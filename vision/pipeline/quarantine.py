"""Quarantine: the dead letters of the event writer, kept whole on disk and retried at each start.

A folder beside the evidence, with a folder for each episode in it:

    quarantine/01J…/            the episode's id
        confirmed.json          the event, why it could not be stored, and when that was
        confirmed.png           its frame, with what privacy zones cover painted out
        confirmed.best.png      another look that shows it: `opened` or `best`
        confirmed.mp4           what the camera had sent until then
        confirmed.record.json   what the rule decided from, see `vision.rules.record`

`opened`, `supplemented`, `cleared`, `ended` and `dropped` are as `confirmed`. An event whose
pictures were stored has their hashes in its JSON instead of files. Later events of an episode
follow the first one here, because a case cannot clear before it is there. What lies here is tried
again at each start, in order, and removed when all of its episode is stored.
"""

from __future__ import annotations

import json
import logging
import shutil
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pydantic import TypeAdapter

from vision import durable
from vision.episodes import Episode, EpisodeEvent, EpisodeStage, Still
from vision.evidence.item import EvidenceItem
from vision.evidence.masking import paint_privacy
from vision.frames import Frame
from vision.gap import Gap
from vision.rules.looks import as_row, from_row
from vision.site import Site
from vision.site.drawings import Drawings
from vision.sources.clip_facts import ClipFacts

log = logging.getLogger(__name__)

FORMAT = "streetwarden.quarantine.v1"
_EPISODE = TypeAdapter(Episode)
_ITEMS = TypeAdapter(list[EvidenceItem] | None)
_CLIP = TypeAdapter(ClipFacts | None)
_GAPS = TypeAdapter(list[Gap])


@dataclass(frozen=True, slots=True)
class Kept:
    """A quarantined event. `items` is the evidence that was stored of it; None if nothing was."""

    event: EpisodeEvent
    items: list[EvidenceItem] | None


class Quarantine:
    """The quarantine of one site. One thread uses it; any may read `count`.

    Args:
        root: its folder; made when it is needed.
        site: whose privacy zones are painted out.
        cameras: ids of those whose episodes are tried again from here, where other processes try
            the others; all by default.
    """

    def __init__(self, root: Path, site: Site, *, cameras: Collection[str] | None = None) -> None:
        self.root = root
        self._mine = cameras
        self._cameras = {camera.id for camera in site.cameras}
        self._drawings = Drawings(site)
        self._episodes = {path.name for path in root.iterdir()} if root.is_dir() else set()

    def follow(self, site: Site, *, cameras: Collection[str] | None = None) -> None:
        """Keep what comes by a changed site: its privacy zones from the next picture on."""
        self._drawings.follow(site)
        self._mine = cameras
        self._cameras = {camera.id for camera in site.cameras}

    @property
    def count(self) -> int:
        """Number of episodes with quarantined events."""
        return len(self._episodes)

    def holds(self, episode: str) -> bool:
        """Whether an event of this episode is in quarantine."""
        return episode in self._episodes

    def held(self) -> frozenset[str]:
        """Ids of the episodes here whose cameras the site has: the others stay here for good."""
        found = set()
        for name in self._episodes:
            found |= {name} if self._named(name) & self._cameras else set()
        return frozenset(found)

    def keep(
        self, event: EpisodeEvent, why: Exception | str, items: Sequence[EvidenceItem] | None
    ) -> None:
        """Put an event into quarantine, durably. Parts that cannot be kept are named in its JSON.

        Raises:
            OSError: it cannot be written.
        """
        folder, stage = self.root / event.episode.id, event.episode.stage.value
        left_out = []
        if items is None:
            for suffix, content in self._files(event):
                try:
                    made = content()
                except Exception as error:  # noqa: BLE001 - what is at fault must not cost the rest
                    left_out.append(f"{suffix}: {type(error).__name__}: {error}")
                else:
                    if made is not None:
                        durable.write(folder / f"{stage}.{suffix}", made)
        entry = {
            "format": FORMAT,
            "kept_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "why": why if isinstance(why, str) else f"{type(why).__name__}: {why}",
            "trace": [] if isinstance(why, str) else traceback.format_exception(why),
            "left_out": left_out,
            "episode": _EPISODE.dump_python(event.episode, mode="json"),
            "look": as_row(event.frame, event.detections),
            "name": event.frame.name,
            "focus": event.focus,
            "details": event.details,
            "preset": event.preset,
            "clip": _CLIP.dump_python(event.clip, mode="json"),
            "gaps": _GAPS.dump_python(list(event.gaps), mode="json"),
            "stills": [_told(still) for still in event.stills],
            "items": _ITEMS.dump_python(None if items is None else list(items), mode="json"),
        }
        durable.write(folder / f"{stage}.json", json.dumps(entry, indent=1).encode())
        self._episodes.add(event.episode.id)

    def episodes(self) -> Iterator[tuple[str, list[Kept]]]:
        """Yield the ids of the quarantined episodes, oldest first, with their events in order.

        Events that cannot be read are logged and left in place.
        """
        for name in sorted(self._episodes):
            if self._mine is not None and not self._named(name).intersection(self._mine):
                continue
            try:
                yield name, list(self._events(name))
            except (OSError, ValueError, KeyError, TypeError, cv2.error) as error:
                log.warning("%s: cannot be read (%s); it stays there", self.root / name, error)

    def release(self, episode: str) -> None:
        """Remove an episode whose events are all stored.

        Raises:
            OSError: it cannot be removed.
        """
        folder = self.root / episode
        for entry in folder.glob("*.json"):  # first: without them the rest means nothing
            entry.unlink()
        shutil.rmtree(folder)
        self._episodes.discard(episode)

    def _named(self, name: str) -> set[str]:
        """Ids of the cameras that the events of an episode name: one, or none can be read."""
        found = set()
        for told in (self.root / name).glob("*.json"):
            with suppress(OSError, ValueError, KeyError, TypeError):
                found.add(str(json.loads(told.read_text("utf-8"))["episode"]["camera"]))
        return found

    def _files(self, event: EpisodeEvent) -> list[tuple[str, Callable[[], bytes | None]]]:
        keeps = self._drawings.keeps_clips(event.episode.camera)
        recording = event.recording if keeps else None
        return [
            ("png", lambda: self._picture(event, event.frame)),
            *(
                (f"{still.moment}.png", partial(self._picture, event, still.frame))
                for still in event.stills
            ),
            ("mp4", lambda: recording.mp4() if recording is not None else None),
            ("record.json", lambda: event.record),
        ]

    def _picture(self, event: EpisodeEvent, frame: Frame) -> bytes | None:
        if event.episode.stage is EpisodeStage.SUPPLEMENTED:
            return None  # it holds no pixels
        about = event.episode
        hidden = self._drawings.painted_out(about.camera, event.preset, frame, about.where)
        if hidden is None:
            return None
        done, encoded = cv2.imencode(".png", paint_privacy(frame.pixels, hidden))
        if not done:
            raise ValueError("the frame cannot be encoded as PNG")
        return encoded.tobytes()

    def _events(self, name: str) -> Iterator[Kept]:
        for stage in EpisodeStage:
            entry = self.root / name / f"{stage.value}.json"
            if entry.exists():
                yield self._read(entry.with_suffix(""), json.loads(entry.read_text("utf-8")))

    @staticmethod
    def _read(base: Path, entry: dict[str, Any]) -> Kept:
        if entry["format"] != FORMAT:
            raise ValueError(f"format {entry['format']!r}, this version reads {FORMAT}")
        episode = _EPISODE.validate_python(entry["episode"])
        frame, detections = from_row(entry["look"], episode.camera)
        frame = _shown(replace(frame, name=entry["name"]), base.with_suffix(".png"))
        clip, record = base.with_suffix(".mp4"), base.with_suffix(".record.json")
        event = EpisodeEvent(
            episode,
            frame,
            detections,
            focus=tuple(entry["focus"]),
            details=tuple(entry["details"]),
            recording=_StoredClip(clip) if clip.exists() else None,
            recorded=record.read_bytes if record.exists() else None,
            preset=entry["preset"],
            stills=tuple(_still(base, one, episode.camera) for one in entry.get("stills", ())),
            clip=_CLIP.validate_python(entry.get("clip")),
            gaps=tuple(_GAPS.validate_python(entry.get("gaps", []))),
        )
        return Kept(event, _ITEMS.validate_python(entry["items"]))


def _shown(frame: Frame, picture: Path) -> Frame:
    """The frame with its pixels, where they were kept."""
    if not picture.exists():
        return frame
    pixels = cv2.imdecode(np.frombuffer(picture.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError(f"{picture.name} is no picture")
    return replace(frame, picture=pixels.astype(np.uint8, copy=False))


def _told(still: Still) -> dict[str, Any]:
    return {
        "moment": still.moment,
        "look": as_row(still.frame, still.detections),
        "focus": still.focus,
        "details": still.details,
    }


def _still(base: Path, told: dict[str, Any], camera: str) -> Still:
    frame, detections = from_row(told["look"], camera)
    frame = _shown(frame, base.with_suffix(f".{told['moment']}.png"))
    return Still(told["moment"], frame, detections, tuple(told["focus"]), tuple(told["details"]))


@dataclass(frozen=True, slots=True)
class _StoredClip:
    """A recording that was written before."""

    file: Path

    def mp4(self) -> bytes:
        return self.file.read_bytes()
