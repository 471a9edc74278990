"""AuditFolder: the folder an audit writes to, claimed by one audit at a time."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import cv2
import numpy as np
from pydantic import ValidationError

from vision import durable
from vision.audit.records import PictureRecord, Settings
from vision.audit.video_records import VideoRecord
from vision.errors import EvidenceError
from vision.frames import Pixels

JOURNAL, PICTURES, SKETCHES = "journal.jsonl", "pictures", "sketches"
READABLE = 0o644
"""A report is made to be handed on; its pictures are masked."""
_MARK = b'{"journal":"streetwarden.audit/1"'


class AuditFolder:
    """A folder with a journal, one JSON line per picture, by which a killed audit continues.

    The first line marks the folder as ours. Each further line is a start of the audit under some
    settings, or a picture's record under the key of its settings. A line counts only when it ends;
    what a power cut left of the last one is cut off. Use as a context manager.

    Raises:
        EvidenceError: the folder holds something else, is used by another audit, or cannot be
            written to.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def __enter__(self) -> Self:
        with self._writing():
            if self.root.exists() and not self.root.is_dir():
                raise EvidenceError(f"{self.root}: is a file; give --out a folder")
            path = self.root / JOURNAL
            if self.root.is_dir() and any(self.root.iterdir()) and not _is_journal(path):
                raise EvidenceError(
                    f"{self.root}: holds files that are no audit's; give --out an empty folder"
                )
            for inside in (PICTURES, SKETCHES):
                (self.root / inside).mkdir(parents=True, exist_ok=True)
            self._journal: BinaryIO = path.open("a+b")
            try:
                self._claim()
            except BaseException:
                self._journal.close()
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self.scratch, ignore_errors=True)
        self._journal.close()  # last, because it lets go of the claim

    @property
    def scratch(self) -> Path:
        """Where members of zips are unpacked one by one; emptied at every start and end."""
        return self.root / ".unpacked"

    def resume(self, settings: Settings) -> tuple[str, dict[str, PictureRecord]]:
        """When the audit under these settings first began, and what it has found, by SHA-256.

        A record whose derivative is gone is left out, so that the picture is looked at again.
        """
        started, done = "", dict[str, PictureRecord]()
        self._journal.seek(0)
        for line in self._journal:
            try:
                entry = json.loads(line)
                if entry.get("key") != settings.key:
                    continue
                if "started_at" in entry:
                    started = started or str(entry["started_at"])
                else:
                    record = PictureRecord.model_validate(entry["record"])
                    done[record.sha256] = record
            except (ValueError, KeyError, AttributeError, ValidationError):
                continue  # a damaged line costs one more look at one picture
        if not started:
            started = datetime.now(UTC).isoformat(timespec="seconds")
            self._append([{"key": settings.key, "started_at": started}])
        done = {
            sha: r for sha, r in done.items() if all((self.root / f).is_file() for f in kept(r))
        }
        return started, done

    def resume_videos(self, key: str) -> list[VideoRecord]:
        """What the audit under this key has found in videos, the pictures of which are there."""
        done = list[VideoRecord]()
        self._journal.seek(0)
        for line in self._journal:
            try:
                entry = json.loads(line)
                if entry.get("key") == key:
                    done.append(VideoRecord.model_validate(entry["video"]))
            except (ValueError, KeyError, AttributeError, ValidationError):
                continue  # a damaged line costs one more look at one video
        return [r for r in done if all((self.root / name).is_file() for name in r.derivatives)]

    def remember_video(self, key: str, record: VideoRecord) -> None:
        """Put a video's record into the journal, durably, before this returns."""
        self._append([{"key": key, "video": record.model_dump(mode="json")}])

    def remember(self, settings: Settings, records: Collection[PictureRecord]) -> None:
        """Put records into the journal, durably, before this returns.

        Their derivatives are made durable first: all of them, and then their folder once.
        """
        with self._writing():
            for record in records:
                for name in kept(record):
                    durable.sync_file(self.root / name)
            durable.sync_folder(self.root / PICTURES)
            durable.sync_folder(self.root / SKETCHES)
        self._append([{"key": settings.key, "record": r.model_dump(mode="json")} for r in records])

    def parts(self, settings: Settings, sha256: str) -> dict[str, list[list[float]]]:
        """What `remember_part` was given of a picture, by the part's name."""
        found, mark = dict[str, list[list[float]]](), sha256.encode()
        self._journal.seek(0)
        for line in self._journal:
            if mark not in line:
                continue
            try:
                entry = json.loads(line)
                if (entry.get("key"), entry.get("part_of")) == (settings.key, sha256):
                    found[str(entry["part"])] = entry["rows"]
            except (ValueError, KeyError, AttributeError):
                continue  # costs another look at this part
        return found

    def remember_part(
        self, settings: Settings, sha256: str, part: str, rows: list[list[float]]
    ) -> None:
        """Put into the journal, durably, what was seen in a part of a large picture."""
        self._append([{"key": settings.key, "part_of": sha256, "part": part, "rows": rows}])

    def write(self, name: str, content: bytes, *, sync: bool = True) -> None:
        """Write a file of the folder whole, or leave what was there.

        `sync`: durably; a derivative's `remember` does that.
        """
        final = self.root / name
        with self._writing():
            durable.write(final, content, mode=READABLE, sync=sync)

    def sketch(self, record: PictureRecord) -> Pixels | None:
        """The sketch of a picture with findings, H×W×3 BGR; None if it cannot be read."""
        stored = cv2.imread(str(self.root / sketch_of(record.annotated)), cv2.IMREAD_COLOR)
        return None if stored is None else np.asarray(stored, np.uint8)

    def keep_only(self, derivatives: Collection[str]) -> None:
        """Remove derivatives that the finished report does not show, and parts of killed writes.

        Sketches stay with their pictures: the same command run again needs them.
        """
        keep = {*derivatives, *map(sketch_of, derivatives)}
        with self._writing():
            for inside in (PICTURES, SKETCHES):
                for path in (self.root / inside).iterdir():
                    if f"{inside}/{path.name}" not in keep and path.is_file():
                        path.unlink()

    def _claim(self) -> None:
        try:
            fcntl.flock(self._journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EvidenceError(
                f"{self.root}: another audit is writing to it; wait for it or give another --out"
            ) from None
        self._journal.seek(0)
        content = self._journal.read()
        self._journal.truncate(content.rfind(b"\n") + 1)
        if not content.startswith(_MARK):
            self._append([{"journal": "streetwarden.audit/1"}])
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir()

    def _append(self, entries: list[dict[str, object]]) -> None:
        lines = "".join(
            json.dumps(e, ensure_ascii=False, separators=(",", ":")) + "\n" for e in entries
        )
        with self._writing():
            self._journal.write(lines.encode())
            self._journal.flush()
            os.fsync(self._journal.fileno())

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise EvidenceError(
                f"{self.root}: cannot be written to ({error.strerror or error}); free space or "
                "make the folder writable, then run the same command again: it continues"
            ) from error


def kept(record: PictureRecord) -> tuple[str, ...]:
    """What a picture's record needs in the folder; an orthophoto is laid over no other."""
    sketched = record.findings and record.fingerprint
    return (*record.files, sketch_of(record.annotated)) if sketched else record.files


def sketch_of(derivative: str) -> str:
    """Where the sketch of a picture is, by the path of its derivative."""
    return derivative.replace(PICTURES, SKETCHES, 1)


def _is_journal(path: Path) -> bool:
    """Whether it begins as a journal does; an empty one was cut off before its first line."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        begin = file.read(len(_MARK))
    return _MARK.startswith(begin)
