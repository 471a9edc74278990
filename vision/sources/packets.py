"""Packets: joins the slices of key frames, and paces the packets of live playlists (HLS)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from threading import Event
from typing import cast

from av.packet import Packet
from av.video.stream import VideoStream

_MOST_PARTS = 32
"""Of a key frame, whose slices are 4 to 8 as a rule. More is a sender whose clock stands."""


def whole_pictures(packets: Iterable[Packet[VideoStream]]) -> Iterator[Packet[VideoStream]]:
    """Packets with the parts of one key frame put together.

    Some senders repeat the parameter sets before each slice of a key frame, which FFmpeg takes for
    a new picture each time: half pictures, all marked as corrupt. Such parts carry the same time,
    so a key frame is held back until the next packet has come.
    """
    held: Packet[VideoStream] | None = None
    parts = 0
    for packet in packets:
        if held is not None and parts < _MOST_PARTS and _belongs(packet, held):
            held, parts = _joined(held, packet), parts + 1
            continue
        if held is not None:
            yield held
        held, parts = (packet, 1) if packet.is_keyframe else (None, 0)
        if held is None:
            yield packet
    if held is not None:
        yield held


_LONGEST_WAIT = 2.0
"""Seconds from one packet of a playlist to the next. What lies farther ahead is a leap."""


def at_own_speed(
    packets: Iterable[Packet[VideoStream]], stop: Event
) -> Iterator[Packet[VideoStream]]:
    """Yield a live playlist's packets at real-time speed, as a player shows them.

    They arrive in segments of some seconds. Handed on at once, only the newest look of a segment
    would be kept and all others dropped.
    """
    start = 0.0
    for packet in packets:
        ticks = packet.dts if packet.dts is not None else packet.pts
        if ticks is not None and packet.time_base is not None:
            due, now = start + float(ticks * packet.time_base), time.monotonic()
            if 0 <= due - now <= _LONGEST_WAIT:
                stop.wait(due - now)
            else:
                start += now - due
        yield packet


def _belongs(packet: Packet[VideoStream], held: Packet[VideoStream]) -> bool:
    """The first packets of a stream may come before its times are known."""
    known = packet.is_keyframe and packet.pts is not None
    return known and held.pts in (packet.pts, None)


def _joined(first: Packet[VideoStream], second: Packet[VideoStream]) -> Packet[VideoStream]:
    whole = cast("Packet[VideoStream]", Packet(bytes(first) + bytes(second)))
    whole.pts, whole.dts, whole.time_base = second.pts, second.dts, second.time_base
    whole.is_keyframe = True
    for said in second.iter_sidedata():  # the sender's own clock is among it
        whole.set_sidedata(said)
    return whole
