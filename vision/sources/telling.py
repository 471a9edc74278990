"""Telling: chooses what tells the poses of a video's pictures."""

from __future__ import annotations

from threading import Event
from typing import NamedTuple

from av.container import InputContainer

from vision.site import Camera
from vision.sources.address import Address
from vision.sources.container import duration
from vision.sources.feed import Feed
from vision.sources.flown import read_track
from vision.sources.klv_live import KlvLive, klv_stream
from vision.sources.poses import Poses, Recorded, making_of
from vision.sources.timeline import stated_start


class Telling(NamedTuple):
    """What tells the poses of an open video, None where nothing does; and why not."""

    poses: Poses | None
    why: str | None = None

    def close(self) -> None:
        """Release it."""
        if self.poses is not None:
            self.poses.close()


def telling_of(
    camera: Camera, address: Address, container: InputContainer, *, live: bool, stop: Event
) -> Telling:
    """Of a live video what the site states, else what its stream carries.

    Of a recording it is what lies beside it or inside.

    Raises:
        SourceBroken: what reads that telemetry is not installed.
    """
    making = making_of(camera)
    if making is None:
        return Telling(None)
    if not live:
        promised = duration(container, container.streams.video[0])
        track, why = read_track(camera, address, promised, stop, stated_start(container.metadata))
        if camera.telemetry is not None and track is None and why is None:
            why = f"{camera.telemetry}: is not listened to, as a recording is no live stream"
        return Telling(Recorded(track) if track is not None else None, why)
    if camera.telemetry is not None:
        return Telling(Feed(camera, making))
    data = klv_stream(container)
    if data is None:
        return Telling(None)
    return Telling(KlvLive(data, making, address.shown))
