"""Listing: walks a folder once, and states for each file that is not read why.

Nobody should believe that an audit saw a folder of photos that it passed over. Only what computers
put beside files by themselves (`.DS_Store`, `Thumbs.db`, `__MACOSX`, `._…`) goes without a word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TypeVar

from vision.errors import SourceBroken
from vision.files import is_file, is_folder
from vision.sources.address import PICTURE_SUFFIXES

# Also what recorders write (`.dav`).
_VIDEOS = frozenset(
    (
        *(".mp4", ".mov", ".avi", ".mkv", ".flv", ".ts", ".mts", ".m2ts", ".m4v", ".wmv", ".mpg"),
        *(".mpeg", ".webm", ".3gp", ".dav", ".h264", ".h265"),
    )
)
_PREVIEWS = frozenset((".lrv", ".lrf", ".thm"))
_RAW = (
    ".dng .cr2 .cr3 .crw .nef .nrw .arw .srf .sr2 .raf .orf .rw2 .pef .srw .x3f .3fr .fff .iiq "
    ".gpr .kdc .dcr .mrw .erf .raw"
)
_ARCHIVES = ".rar .7z .tar .tgz .gz .bz2 .tbz .xz .txz .zst .lzh .iso .cab .z01 .r00 .001"
_DOCUMENTS = ".pdf .doc .docx .ppt .pptx .xls .xlsx .wps .et .dps .odt .odp .ods .ofd"
_DRAWN = ".psd .psb .xcf .ai .eps .svg .wmf .emf .exr .hdr .jxl .jxr .wdp .tga .pcx .ecw .sid .ppm"
_BESIDE = (
    ".txt .md .log .ini .cfg .json .jsonl .geojson .xml .yaml .yml .toml .csv .tsv .html .htm .css "
    ".js .srt .ass .xmp .aae .db .sqlite .kml .gpx .nmea .mrk .obs .nav .url .lnk .md5 .sha256"
)
_NO_PICTURE = "holds no picture"
_WHY: dict[str, str] = {
    **dict.fromkeys(
        _VIDEOS, "is a video; use: streetwarden watch --source, or: streetwarden audit"
    ),
    **dict.fromkeys(_RAW.split(), "is a raw photo, which is not read; export it as JPEG"),
    **dict.fromkeys(_ARCHIVES.split(), "is an archive that is not read; unpack it"),
    **dict.fromkeys(_DOCUMENTS.split(), "is a document; export its pictures as JPEG"),
    **dict.fromkeys(_DRAWN.split(), "is a picture of a kind that is not read; export it as JPEG"),
    **dict.fromkeys(_PREVIEWS, "is a camera's small preview of a video; give the video"),
    **dict.fromkeys(_BESIDE.split(), _NO_PICTURE),
    ".zip": "is a zip; unpack it, or use: streetwarden audit",
}
_UNKNOWN = "is not known to be a picture by its suffix; rename it if it is one, as to .jpg"
_MACHINE_MADE = frozenset(
    (
        *(".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir"),
        *("$recycle.bin", "system volume information", ".trashes", ".spotlight-v100"),
        *(".fseventsd", ".thumbnails", ".picasa.ini", ".nomedia", "lost+found"),
    )
)
_SIDECARS = (".srt", ".SRT", ".Srt")
_Path = TypeVar("_Path", bound=PurePath)
_EACH = 3
"""Files of one kind that hold no picture, in one folder, named one by one; more are one line."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One file, or a folder that is not entered.

    Attributes:
        path: where it lies.
        below: its path from the folder that was listed, by the links that led to it.
        why: why it is not read; empty for a picture.
    """

    path: Path
    below: PurePath
    why: str = ""


def walk(
    root: Path, entered: dict[tuple[int, int], str] | None = None, leave_out: Path | None = None
) -> Iterator[Listed]:
    """Every file below a folder: its own in natural order, then those of each folder in it.

    Folders that are links are entered, each folder once by whatever way; one that leads up to
    where it lies is not entered.

    Args:
        root: the folder.
        entered: folders that were entered before, by device and inode; grows.
        leave_out: a folder that is passed over without a word (resolved).
    """
    entered = {} if entered is None else entered
    above = {root.resolve(), *root.resolve().parents}
    places = [(root, PurePath())]
    while places:
        place, below = places.pop()
        try:
            names = sorted((p.name for p in place.iterdir()), key=natural)
            status = place.stat()
        except OSError as error:
            yield Listed(place, below, f"cannot be listed ({error.strerror})")
            continue
        identity = (status.st_dev, status.st_ino)
        if identity in entered:
            yield Listed(place, below, f"is the same folder as {entered[identity]}; read once")
            continue
        entered[identity] = str(place)
        names = [name for name in names if not machine_made(name)]
        inner = dict.fromkeys(name for name in names if is_folder(place / name))
        yield from _files(place, below, [name for name in names if name not in inner])
        for name in reversed(inner):
            path, further = place / name, below / name
            if leave_out is not None and path.resolve() == leave_out:
                continue
            if why := _not_entered(path, above | set(place.resolve().parents)):
                yield Listed(path, further, why)
            else:
                places.append((path, further))


def machine_made(name: str) -> bool:
    """Whether a computer put it there by itself; `._a.jpg` holds what macOS keeps beside a file."""
    return name.startswith("._") or name.lower() in _MACHINE_MADE


def not_read(name: str) -> str:
    """Why a file of this name is not read; empty where it looks like a picture."""
    if name.startswith("."):
        return "is hidden, as its name begins with a dot; rename it to have it read"
    suffix = PurePath(name).suffix.lower()
    return "" if suffix in PICTURE_SUFFIXES else _WHY.get(suffix, _UNKNOWN)


def other_kind(name: str) -> str:
    """Why a file is not tried even where it was given by name: it is known to be something else."""
    why = _WHY.get(PurePath(name).suffix.lower(), "")
    return "" if why == _NO_PICTURE else why


def is_video(name: str) -> bool:
    """Whether a file is a video by its suffix."""
    return PurePath(name).suffix.lower() in _VIDEOS


def unknown(name: str) -> bool:
    """Whether a suffix says nothing, so that only the content can."""
    return not_read(name) == _UNKNOWN


def sidecar(video: _Path, exists: Callable[[_Path], bool]) -> _Path | None:
    """The telemetry or subtitles that lie beside a video under its name, if there are any."""
    return next((p for p in map(video.with_suffix, _SIDECARS) if exists(p)), None)


def grouped(paths: Sequence[PurePath]) -> Iterator[tuple[int, PurePath, str]]:
    """Files as they are to be named: the place in `paths`, the name, and why it is not read.

    Where many of one suffix and folder hold no picture, as texts beside photos, they are one. What
    lies beside a video as its `sidecar` is part of it, and left out; so is its preview.
    """
    every = set(paths)
    videos = [path for path in paths if is_video(path.name)]
    parts = {sidecar(video, every.__contains__) for video in videos}
    stems = {(video.parent, video.stem) for video in videos}
    parts |= {p for p in paths if p.suffix.lower() in _PREVIEWS and (p.parent, p.stem) in stems}
    alike = Counter((path.parent, path.suffix.lower()) for path in every - parts)
    told = set[tuple[PurePath, str]]()
    for index, path in enumerate(paths):
        if path in parts:
            continue
        why, kind = not_read(path.name), (path.parent, path.suffix.lower())
        if why != _NO_PICTURE or alike[kind] <= _EACH:
            yield index, path, why
        elif kind not in told:
            told.add(kind)
            yield index, path.parent / f"*{path.suffix}", f"{alike[kind]} files hold no picture"


def list_pictures(folder: Path | str) -> list[Path]:
    """The pictures in a folder and its subfolders, in natural order (`2.jpg` before `10.jpg`).

    Raises:
        SourceBroken: the folder is missing, no folder, or cannot be read.
    """
    return [one.path for one in list_folder(Path(folder)) if not one.why]


def list_folder(folder: Path) -> list[Listed]:
    """Everything in a folder and its subfolders, in natural order of paths.

    Raises:
        SourceBroken: the folder is missing, no folder, or cannot be read.
    """
    found = list(walk(folder))
    if len(found) == 1 and found[0].path == folder:
        raise SourceBroken(f"{folder}: cannot read this folder: {found[0].why}; check the path")
    return sorted(found, key=lambda one: [natural(part) for part in one.below.parts])


def natural(text: str) -> list[tuple[int, int, str]]:
    """A sort key that puts `2.jpg` before `10.jpg`."""
    parts = re.findall(r"\d+|\D+", text.casefold())
    numbers = (part.lstrip("0") if part.isdecimal() else None for part in parts)
    return [
        (1, 0, part) if number is None else (0, len(number), number)
        for part, number in zip(parts, numbers, strict=True)
    ]


def _files(place: Path, below: PurePath, names: list[str]) -> Iterator[Listed]:
    ordinary = [name for name in names if is_file(place / name)]
    for index, name, why in grouped([below / name for name in ordinary]):
        yield Listed(place / ordinary[index], name, why)
    read = set(ordinary)
    for path in (place / name for name in names if name not in read):
        why = "is a link to what is not there" if path.is_symlink() else "is not an ordinary file"
        yield Listed(path, below / path.name, why)


def _not_entered(path: Path, above: set[Path]) -> str:
    if path.name.startswith("."):
        return "is a hidden folder, as its name begins with a dot; rename it to have it read"
    if path.is_symlink() and path.resolve() in above:
        return "is a link that leads up to where it lies itself; not entered"
    return ""
