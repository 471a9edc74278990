"""Memory: the folder in which a camera's rules persist their state across restarts.

A live camera is identified by its `id`: it may get another address and still looks at the same
street. A recording is identified by its address as well, because another recording read under the
same id has another state; so is a source given on the command line, whose id is only its position
there. Each preset has its own folder, and a new one when its picture changes.
"""

from __future__ import annotations

import logging
import re
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from vision.file_name import file_name
from vision.site import Camera
from vision.sources.address import Address, SourceKind, parse_address

_log = logging.getLogger(__name__)

_DOWNLOADS = frozenset((".mp4", ".mov", ".mkv", ".avi", ".webm"))
"""What an HTTP address ends with that is a recording."""


def memory_of(
    camera: Camera, root: Path | None, preset: str | None = None, *, bare: bool = False
) -> Path | None:
    """Return the folder of a camera, at one of its presets if any; None if nothing is persisted.

    A folder that an earlier version named after the camera's address is adopted.

    Args:
        root: folder of all cameras.
        bare: the source was given without a site file.
    """
    if root is None:
        return None
    address = parse_address(camera.source)
    itself, shows = bare or _recorded(address), _shows(camera, preset)
    folder = root / file_name(*remembered_as(camera, preset, bare=bare))
    if not folder.exists():
        _take_over(camera, folder, " ".join((address.shown, *shows)), moved=not itself)
    return folder


def remembered_as(
    camera: Camera, preset: str | None = None, *, bare: bool = False
) -> tuple[str, ...]:
    """What identifies the state of a camera's rules, at one of its presets if any; see above."""
    address = parse_address(camera.source)
    itself = [address.shown] if bare or _recorded(address) else []
    return (camera.id, *itself, *_shows(camera, preset))


def _shows(camera: Camera, preset: str | None) -> list[str]:
    return [
        f"{known.name} {sha256(Path(known.picture).read_bytes()).hexdigest()}"
        for known in camera.presets
        if known.name == preset
    ]


def _recorded(address: Address) -> bool:
    if address.kind is SourceKind.HTTP:
        return Path(urlsplit(address.url).path).suffix.lower() in _DOWNLOADS
    return not address.network and address.kind is not SourceKind.DEVICE


def _take_over(camera: Camera, folder: Path, named_after: str, *, moved: bool) -> None:
    """Adopt the folder of an earlier version: of this address, else the latest of any."""
    old = folder.parent / f"{camera.id}-{sha256(named_after.encode()).hexdigest()[:12]}"
    if not old.exists() and moved and not camera.presets and folder.parent.exists():
        form = re.compile(rf"{re.escape(camera.id)}-[0-9a-f]{{12}}")
        found = [p for p in folder.parent.iterdir() if form.fullmatch(p.name) and p.is_dir()]
        old = max(found, key=lambda p: p.stat().st_mtime, default=old)
    if not old.exists():
        return
    try:
        old.rename(folder)
    except OSError as error:
        _log.warning(
            "%s: cannot be renamed to %s (%s): what was going on is watched from its beginning; "
            "rename it yourself and start again",
            old,
            folder.name,
            error.strerror,
        )
