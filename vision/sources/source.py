"""Source: an open camera, recording or folder that yields its frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from threading import Event
from typing import Protocol

from vision.errors import SourceBroken
from vision.frames import Frame
from vision.site import Camera
from vision.sources.address import SourceKind, parse_address
from vision.sources.album import Album
from vision.sources.container import TIMEOUT, ask_web
from vision.sources.ring import Ring
from vision.sources.snapshot import Snapshot, is_snapshot
from vision.sources.video import Video
from vision.sources.web_file import PLAYLISTS, Opener


class Source(Protocol):
    """Frames that are due to be looked at, in order of capture; iterate once, then close.

    Attributes:
        live: the present is shown, so that old frames are worth nothing.
        trouble: what went wrong without ending the source (a broken picture, damage in a
            recording), the latest, in plain words; None while all is well.
    """

    live: bool
    trouble: str | None

    @property
    def late(self) -> int:
        """Looks skipped so far because this machine lagged behind a live stream."""
        ...

    def __iter__(self) -> Iterator[Frame]:
        """Yield frames until the end.

        Raises:
            SourceUnavailable: the stream broke off; it may come back.
            SourceBroken: nothing in it can be decoded.
        """
        ...

    def close(self) -> None:
        """Release it. Called by the thread that iterates."""
        ...


def open_source(
    camera: Camera,
    *,
    stop: Event | None = None,
    zone: tzinfo = UTC,
    image_size: int | None = None,
    watching: Callable[[datetime], bool] = lambda _: True,
    pace: Callable[[], float] | None = None,
    ring: Ring | None = None,
) -> Source:
    """Open what a camera's `source` points at: a stream, recording, device, picture or folder.

    Opening and reading block for about 5 s at most each.

    Args:
        camera: its address, looks per second and pace.
        stop: setting it ends waits at once and iteration at the next frame.
        zone: the zone of a photo's EXIF time where the photo does not tell.
        image_size: longer side at which frames of a video are looked at, in pixels: they are scaled
            to it once, and converted whole only on demand.
        watching: whether the camera is to be watched at a moment; while it is not, nothing of a
            live stream is decoded.
        pace: looks per second wanted at the moment; the camera's by default.
        ring: keeps the last seconds of a live stream.

    Raises:
        SourceUnavailable: it does not answer, or answers badly; it may later.
        SourceBroken: the address is wrong or holds nothing that can be decoded.
    """
    address = parse_address(camera.source)
    if address.kind is SourceKind.UNKNOWN:
        raise SourceBroken(
            f"{address.shown}: this kind of address is not read; give rtsp://, rtmp://, http(s)://,"
            " udp:// or tcp:// (MPEG-TS), a file, a folder of pictures or a device number"
        )
    if address.kind is SourceKind.GATEWAY:
        raise SourceBroken(
            f"{address.shown}: lies behind a gateway, which is not asked here; name its camera in a"
            " site file that has the gateway"
        )
    stop = stop if stop is not None else Event()
    if address.kind in (SourceKind.FOLDER, SourceKind.PICTURE):
        return Album(camera, address, stop=stop, zone=zone)
    opener = None
    if address.kind in (SourceKind.HTTP, SourceKind.HLS):
        web, answer = ask_web(address, camera.allow)
        if is_snapshot(answer):
            return Snapshot(
                camera,
                address,
                web,
                answer,
                timeout=TIMEOUT,
                stop=stop,
                watching=watching,
                pace=pace,
            )
        if answer.content_type in PLAYLISTS:
            address = replace(address, kind=SourceKind.HLS)
        opener = Opener(web, address, answer)
    return Video(
        camera,
        address,
        opener=opener,
        stop=stop,
        image_size=image_size,
        watching=watching,
        pace=pace,
        ring=ring,
    )
