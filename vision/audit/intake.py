"""Intake: from the paths a user gives to the pictures to look at, in natural order.

Whatever cannot be looked at (a video, a missing path, a dangerous member of a zip) becomes a
`Problem` with its name; nothing here raises for the sake of one bad item.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from pydantic import BaseModel, ConfigDict

from vision.audit.archive import Member, members, unpacked
from vision.errors import PictureError
from vision.sources.address import PICTURE_SUFFIXES

VIDEOS = frozenset(
    {
        ".mp4",
        ".mov",
        ".avi",
        ".mkv",
        ".flv",
        ".ts",
        ".m4v",
        ".wmv",
        ".mpg",
        ".mpeg",
        ".webm",
        ".3gp",
    }
)
_NOT_YET = "is a video; audits of videos are not supported yet, use: streetwarden watch --source"


class Problem(BaseModel):
    """Something that was given and not audited, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    cause: str


@dataclass(frozen=True, slots=True)
class Item:
    """One picture to look at: a file, or a member of a zip."""

    name: str
    """As the report calls it: the given path's last part and the way from there."""
    path: Path
    """The picture, or the zip that holds it."""
    member: Member | None = None

    def local(self, scratch: Path) -> AbstractContextManager[Path]:
        """The picture as a file to read, for as long as the context lasts.

        Raises:
            PictureError: on entering, where a zip's member cannot be unpacked.
        """
        if self.member is None:
            return nullcontext(self.path)
        return unpacked(self.path, self.member, scratch)


def take_in(paths: Sequence[Path], leave_out: Path) -> list[Item | Problem]:
    """Everything that the paths hold, pictures and problems, in natural order, each name once.

    Args:
        paths: photos, folders (searched with their subfolders) and zips of photos.
        leave_out: the audit's own folder; a report is not audited again.
    """
    names, found = Counter[str](), list[Item | Problem]()
    for one in _given(paths, leave_out):
        names[one.name] += 1
        if names[one.name] == 1:
            found.append(one)
            continue
        name = f"{one.name} ({names[one.name]})"
        found.append(
            Problem(name=name, cause=one.cause)
            if isinstance(one, Problem)
            else replace(one, name=name)
        )
    return found


def _given(paths: Sequence[Path], leave_out: Path) -> Iterator[Item | Problem]:
    for path in paths:
        name = _text(PurePath(path.name or path.resolve().name or path))
        if path.is_dir():
            yield from _folder(path, name, leave_out.resolve())
        elif path.suffix.lower() == ".zip" and path.is_file():
            yield from _zip(path, name)
        elif not path.exists():
            yield Problem(name=_text(path), cause="does not exist; check the path")
        else:
            # A file that was named is meant, so it is tried whatever its suffix.
            yield _video(path, name) or _file(path, name)


def natural(text: str) -> list[tuple[int, int, str]]:
    """A sort key that puts `2.jpg` before `10.jpg`."""
    parts = re.findall(r"\d+|\D+", text.casefold())
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts]


def _folder(root: Path, name: str, leave_out: Path) -> Iterator[Item | Problem]:
    empty = True
    unreadable: list[OSError] = []
    for place, folders, files in os.walk(root, onerror=unreadable.append):
        seen_here = (f for f in folders if not _hidden(f))
        folders[:] = sorted(
            (f for f in seen_here if (Path(place) / f).resolve() != leave_out), key=natural
        )
        below = PurePath(name) / PurePath(place).relative_to(root)
        for file in sorted(files, key=natural):
            for found in _listed(Path(place) / file, _text(below / file)):
                empty = False
                yield found
    for error in unreadable:
        yield Problem(name=str(error.filename), cause=f"cannot be listed ({error.strerror})")
    if empty and not unreadable:
        yield Problem(name=name, cause="holds no picture and no zip of pictures")


def _listed(path: Path, name: str) -> Iterator[Item | Problem]:
    """A file that was found, not named: only what looks like a picture, a zip or a video counts."""
    if _hidden(path.name):
        return
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES:
        yield _file(path, name)
    elif suffix == ".zip":
        yield from _zip(path, name)
    elif (video := _video(path, name)) is not None:
        yield video


def _file(path: Path, name: str) -> Item | Problem:
    if not path.is_file():  # opening a pipe or a device would wait for ever
        return Problem(name=name, cause="is not an ordinary file")
    return Item(name, path)


def _video(path: Path, name: str) -> Problem | None:
    if path.suffix.lower() not in VIDEOS:
        return None
    return Problem(name=name, cause=_NOT_YET)


def _zip(path: Path, name: str) -> Iterator[Item | Problem]:
    try:
        found = members(path)
    except PictureError as error:
        yield Problem(name=name, cause=str(error))
        return
    empty = True
    for member in sorted(found, key=lambda m: natural(m.name)):
        own = _text(PurePath(name)) + "/" + member.name
        inner = PurePath(member.name.replace("\\", "/"))
        suffix = inner.suffix.lower()
        climbs = ".." in inner.parts  # an attack is named even where it is no picture
        if not climbs and any(_hidden(part) for part in inner.parts):
            continue
        if not climbs and suffix not in PICTURE_SUFFIXES | VIDEOS | {".zip"}:
            continue
        empty = False
        if member.refused:
            yield Problem(name=own, cause=member.refused)
        elif suffix in PICTURE_SUFFIXES:
            yield Item(own, path, member)
        else:
            inside = "is a zip inside a zip; unpack it" if suffix == ".zip" else _NOT_YET
            yield Problem(name=own, cause=inside)
    if empty:
        yield Problem(name=name, cause="holds no picture")


def _hidden(name: str) -> bool:
    """Also macOS's resource forks (`._a.jpg`), which carry a picture's suffix and are none."""
    return name.startswith((".", "__MACOSX"))


def _text(path: PurePath) -> str:
    """A path as text that can be written: bytes that are no UTF-8 become replacement marks."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
