"""Intake: from the paths a user gives to the pictures to look at, in natural order.

Whatever cannot be looked at (a text, a missing path, a dangerous member of a zip) becomes a
`Problem` with its name; nothing here raises for the sake of one bad item.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path, PurePath, PurePosixPath

from pydantic import BaseModel, ConfigDict

from vision.audit.intake.archive import Member, head, members, unpacked
from vision.audit.intake.patterns import expand, is_pattern
from vision.errors import PictureError
from vision.files import exists, is_file, is_folder
from vision.printable import printable
from vision.sources.listing import (
    grouped,
    is_video,
    machine_made,
    natural,
    other_kind,
    sidecar,
    unknown,
    walk,
)
from vision.sources.media import HEAD, Media, by_content, look


class Problem(BaseModel):
    """Something that was given and not audited, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    cause: str


@dataclass(frozen=True, slots=True)
class Item:
    """One picture or video to look at: a file, or a member of a zip.

    Attributes:
        name: as the report calls it: the given path's last part and the way from there.
        path: of the file, or of the zip that holds it.
        member: its place in that zip.
        media: by its suffix, or by its content where that says otherwise.
        sidecar: of a video, the telemetry that lies beside it under its name: a file, or a member
            of the same zip.
    """

    name: str
    path: Path
    member: Member | None = None
    media: Media = "picture"
    sidecar: Path | Member | None = None

    def local(self, scratch: Path) -> AbstractContextManager[Path]:
        """The picture or video as a file to read, for as long as the context lasts.

        A video's sidecar lies beside it, under its name.

        Raises:
            PictureError: on entering, where a zip's member cannot be unpacked.
        """
        if self.member is None:
            return nullcontext(self.path)
        if isinstance(self.sidecar, Member):
            return _unpacked_both(self.path, self.member, self.sidecar, scratch)
        return unpacked(self.path, self.member, scratch)


@contextmanager
def _unpacked_both(archive: Path, video: Member, beside: Member, scratch: Path) -> Iterator[Path]:
    with ExitStack() as stack:
        path = stack.enter_context(unpacked(archive, video, scratch))
        text = stack.enter_context(unpacked(archive, beside, scratch))
        link = path.with_suffix(beside.inside.suffix)
        stack.callback(link.unlink, missing_ok=True)
        link.symlink_to(text.resolve())
        yield path


def take_in(paths: Sequence[Path], leave_out: Path) -> list[Item | Problem]:
    """Everything that the paths hold, in natural order, each name once.

    Args:
        paths: photos, videos, folders (searched with their subfolders), zips, and patterns
            (`photos/**/*.jpg`) that nobody has expanded.
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


def parted(
    intake: Sequence[Item | Problem],
) -> tuple[list[Item | Problem], list[Item]]:
    """An intake without its videos, for who looks at pictures, and the videos."""
    videos = [one for one in intake if isinstance(one, Item) and one.media == "video"]
    named = {video.name for video in videos}
    return [one for one in intake if one.name not in named], videos


def in_order(intake: Sequence[Item | Problem], problems: Sequence[Problem]) -> list[Problem]:
    """Problems in the order of their intake."""
    places = {one.name: place for place, one in enumerate(intake)}
    return sorted(problems, key=lambda problem: places[problem.name])


def _given(paths: Sequence[Path], leave_out: Path) -> Iterator[Item | Problem]:
    named = list(_expanded(paths, leave_out))
    videos = (path for path, _ in named if path is not None and is_video(path.name))
    parts = {sidecar(video, is_file) for video in videos}
    entered: dict[tuple[int, int], str] = {}
    for path, written in named:
        name = printable(written)
        if path is None:
            yield Problem(name=name, cause="matches no file; check the pattern")
        elif is_folder(path):
            yield from _folder(path, name, entered, leave_out)
        elif path.suffix.lower() == ".zip" and is_file(path):
            yield from _zip(path, name)
        elif not exists(path):
            yield Problem(name=printable(str(path)), cause="does not exist; check the path")
        elif not is_file(path):  # opening a pipe or a device would wait for ever
            yield Problem(name=name, cause="is not an ordinary file")
        elif path not in parts:  # a file that was named is meant, so it is tried
            yield _file(path, name, other_kind(path.name))


def _expanded(paths: Sequence[Path], leave_out: Path) -> Iterator[tuple[Path | None, str]]:
    """The paths, each with its name; None for a pattern that matches nothing."""
    for path in paths:
        if not is_pattern(path):
            yield path, path.name or path.resolve().name or str(path)
            continue
        empty = True
        for match in expand(path, leave_out):
            empty = False
            yield match
        if empty:
            yield None, str(path)


def _file(path: Path, name: str, why: str) -> Item | Problem:
    """A file; what is known of its suffix (`why` it is not read) yields to its content."""
    media = _media(path.name, lambda: look(path))
    if media == "video":
        return Item(name, path, media="video", sidecar=sidecar(path, is_file))
    if media == "picture":
        return Item(name, path)
    return Problem(name=name, cause=printable(why)) if why else Item(name, path)


def _folder(
    root: Path, name: str, entered: dict[tuple[int, int], str], leave_out: Path
) -> Iterator[Item | Problem]:
    empty = True
    for one in walk(root, entered, leave_out):
        empty = False
        own = printable(str(PurePath(name) / one.below))
        if one.path.suffix.lower() == ".zip" and is_file(one.path):
            yield from _zip(one.path, own)
        elif one.why and not is_file(one.path):
            yield Problem(name=own, cause=printable(one.why))
        else:
            yield _file(one.path, own, one.why)
    if empty:
        yield Problem(name=name, cause="holds no picture, no video and no zip of them")


def _zip(path: Path, name: str, inner: Member | None = None) -> Iterator[Item | Problem]:
    """A zip, or the one in it that is `inner`."""
    try:
        found = members(path, inner)
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
    beside = {member.inside: member for _, member in whole}
    for index, shown, why in grouped([member.inside for _, member in whole]):
        place, member = whole[index]
        own = f"{name}/{printable(member.name if shown == member.inside else str(shown))}"
        one = _member(path, own, member, why, beside)
        if isinstance(one, Item) and member.inside.suffix.lower() == ".zip":
            listed += ((place, each) for each in _zip(path, own, member))
        else:
            listed.append((place, one))
    yield from (one for _, one in sorted(listed, key=lambda pair: pair[0]))
    if not meant:
        yield Problem(name=name, cause="holds no picture and no video")


def _member(
    path: Path, own: str, member: Member, why: str, beside: Mapping[PurePosixPath, Member]
) -> Item | Problem:
    inside = member.inside
    if any(part.startswith(".") for part in inside.parts[:-1]):
        return Problem(name=own, cause="lies in a hidden folder; rename that to have it read")
    if inside.suffix.lower() == ".zip":
        deep = "is a zip inside a zip inside a zip; unpack it"
        return (
            Problem(name=own, cause=deep) if member.within is not None else Item(own, path, member)
        )
    media = _media(inside.name, lambda: by_content(head(path, member, HEAD)))
    if media == "video":
        text = sidecar(inside, beside.__contains__)
        return Item(own, path, member, "video", beside[text] if text else None)
    if media == "picture":
        return Item(own, path, member)
    return Problem(name=own, cause=why) if why else Item(own, path, member)


def _media(name: str, look_inside: Callable[[], Media | None]) -> Media | None:
    """What a file is whose suffix says that it is a video, or says nothing; None of others.

    A picture's suffix is believed: whoever reads the file sees what is in it.
    """
    if is_video(name):
        return look_inside() or "video"
    return look_inside() if unknown(name) else None
