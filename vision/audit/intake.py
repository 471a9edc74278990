"""Intake: from the paths a user gives to the pictures to look at, in natural order.

Whatever cannot be looked at (a video, a missing path, a dangerous member of a zip) becomes a
`Problem` with its name; nothing here raises for the sake of one bad item.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from pydantic import BaseModel, ConfigDict

from vision.audit.archive import Member, members, unpacked
from vision.errors import PictureError
from vision.printable import printable
from vision.sources.listing import (
    grouped,
    is_file,
    is_folder,
    machine_made,
    natural,
    other_kind,
    walk,
)


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
    for one in _given(paths, leave_out.resolve()):
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
    entered: dict[tuple[int, int], str] = {}
    for path in paths:
        name = printable(path.name or path.resolve().name or str(path))
        if is_folder(path):
            yield from _folder(path, name, entered, leave_out)
        elif path.suffix.lower() == ".zip" and is_file(path):
            yield from _zip(path, name)
        elif not path.exists():
            yield Problem(name=printable(str(path)), cause="does not exist; check the path")
        elif why := other_kind(path.name):
            yield Problem(name=name, cause=why)
        elif not is_file(path):  # opening a pipe or a device would wait for ever
            yield Problem(name=name, cause="is not an ordinary file")
        else:  # a file that was named is meant, so it is tried whatever its suffix
            yield Item(name, path)


def _folder(
    root: Path, name: str, entered: dict[tuple[int, int], str], leave_out: Path
) -> Iterator[Item | Problem]:
    empty = True
    for one in walk(root, entered, leave_out):
        empty = False
        own = printable(str(PurePath(name) / one.below))
        if one.path.suffix.lower() == ".zip" and is_file(one.path):
            yield from _zip(one.path, own)
        elif one.why:
            yield Problem(name=own, cause=printable(one.why))
        else:
            yield Item(own, one.path)
    if empty:
        yield Problem(name=name, cause="holds no picture and no zip of pictures")


def _zip(path: Path, name: str) -> Iterator[Item | Problem]:
    try:
        found = members(path)
    except PictureError as error:
        yield Problem(name=name, cause=str(error))
        return
    meant = [m for m in found if m.refused or not any(map(machine_made, m.inside.parts))]
    meant.sort(key=lambda member: natural(member.name))
    listed: list[tuple[int, Item | Problem]] = [
        (place, Problem(name=f"{name}/{printable(member.name)}", cause=member.refused))
        for place, member in enumerate(meant)
        if member.refused
    ]
    whole = [(place, member) for place, member in enumerate(meant) if not member.refused]
    for index, shown, why in grouped([member.inside for _, member in whole]):
        place, member = whole[index]
        listed.append((place, _member(path, name, member, shown, why)))
    yield from (one for _, one in sorted(listed, key=lambda pair: pair[0]))
    if not meant:
        yield Problem(name=name, cause="holds no picture")


def _member(path: Path, name: str, member: Member, shown: PurePath, why: str) -> Item | Problem:
    inside = member.inside
    own = f"{name}/{printable(member.name if shown == inside else str(shown))}"
    if any(part.startswith(".") for part in inside.parts[:-1]):
        return Problem(name=own, cause="lies in a hidden folder; rename that to have it read")
    if inside.suffix.lower() == ".zip":
        return Problem(name=own, cause="is a zip inside a zip; unpack it")
    return Problem(name=own, cause=why) if why else Item(own, path, member)
