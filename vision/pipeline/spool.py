"""Spool: clips on disk from their moment until the case has them.

A folder of a camera's memory, with a file for each clip: a line of JSON that says whose it is and
what it lacks, and the MP4 behind it. A process that is killed meanwhile leaves the seconds before
the moment there, and its successor hands them on.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from vision import durable
from vision.episodes import Episode, EpisodeEvent
from vision.errors import EvidenceError
from vision.file_name import file_name
from vision.rules.looks import as_row, from_row
from vision.sources.clip_facts import ClipFacts
from vision.sources.ring import Clip

_log = logging.getLogger(__name__)

FORMAT = "streetwarden.clip.v1"
_EPISODE = TypeAdapter(Episode)
_FACTS = TypeAdapter(ClipFacts | None)
_SUFFIX = ".clip"


@dataclass(frozen=True, slots=True)
class Spooled:
    """A clip in the spool, read when it is asked for."""

    file: Path

    def mp4(self) -> bytes:
        """See `vision.sources.ring.Clip`."""
        try:
            with self.file.open("rb") as file:
                file.readline()
                return file.read()
        except FileNotFoundError:
            raise EvidenceError(f"{self.file.name} is no longer in the spool") from None


class Spool:
    """The clips of one camera.

    Args:
        root: its folder; made when it is needed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, event: EpisodeEvent, mp4: bytes) -> Clip:
        """Keep a clip with its event, durably; it replaces an earlier one of the episode.

        Raises:
            OSError: it cannot be written.
        """
        head = {
            "format": FORMAT,
            "episode": _EPISODE.dump_python(event.episode, mode="json"),
            "look": as_row(event.frame, event.detections),
            "name": event.frame.name,
            "focus": event.focus,
            "preset": event.preset,
            "clip": _FACTS.dump_python(event.clip, mode="json"),
        }
        file = self._file(event.episode.id)
        durable.write(file, json.dumps(head).encode() + b"\n" + mp4)
        return Spooled(file)

    def take_out(self, episode: str) -> None:
        """Forget a clip that is stored elsewhere.

        Raises:
            OSError: it cannot be removed.
        """
        self._file(episode).unlink(missing_ok=True)

    def events(self) -> Iterator[EpisodeEvent]:
        """What lies here, the oldest first; what cannot be read is logged and left there."""
        if not self.root.is_dir():
            return
        for path in sorted(self.root.glob(f"*{_SUFFIX}")):
            try:
                with path.open("rb") as file:
                    yield _read(path, json.loads(file.readline()))
            except (OSError, ValueError, KeyError, TypeError) as error:
                _log.warning("%s: cannot be read (%s); it stays there", path, error)

    def _file(self, episode: str) -> Path:
        return self.root / f"{file_name(episode)}{_SUFFIX}"


def _read(path: Path, head: dict[str, Any]) -> EpisodeEvent:
    if head["format"] != FORMAT:
        raise ValueError(f"format {head['format']!r}, this version reads {FORMAT}")
    episode = _EPISODE.validate_python(head["episode"])
    frame, detections = from_row(head["look"], episode.camera)
    return EpisodeEvent(
        episode,
        replace(frame, name=head["name"]),
        detections,
        tuple(head["focus"]),
        recording=Spooled(path),
        preset=head["preset"],
        clip=_FACTS.validate_python(head["clip"]),
    )
