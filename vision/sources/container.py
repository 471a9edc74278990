"""Container: what FFmpeg opens of an address, with its time-outs and the stream of pictures."""

from __future__ import annotations

import time
from contextlib import suppress

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.error import TimeoutError as FFmpegTimeout
from av.stream import Disposition
from av.video.stream import VideoStream

from vision.errors import SourceBroken, SourceUnavailable
from vision.sources.address import Address, SourceKind
from vision.sources.failures import explain
from vision.sources.hardware import hardware

TIMEOUT = 5.0
"""Seconds that opening, and each wait for data, may take."""
HLS_READ_TIMEOUT = 15.0
"""Seconds without data on HLS, which arrives by segments of 2 to 10 s (RFC 8216 suggests 6)."""
_MICROSECONDS = str(int(TIMEOUT * 1_000_000))

_OPTIONS: dict[SourceKind, dict[str, str]] = {
    # Over UDP a lossy network smears pictures instead of delaying them. Sound is not asked for.
    SourceKind.RTSP: {
        "rtsp_transport": "tcp",
        "timeout": _MICROSECONDS,
        "allowed_media_types": "video",
    },
    SourceKind.RTMP: {"rw_timeout": _MICROSECONDS, "rtmp_live": "live"},
    SourceKind.HTTP: {"rw_timeout": _MICROSECONDS},
    SourceKind.HLS: {"rw_timeout": _MICROSECONDS, "live_start_index": "-1"},
    # A playlist posing as a recording must not make this machine open addresses.
    SourceKind.FILE: {"protocol_whitelist": "file,crypto,data"},
    SourceKind.DEVICE: {},
}
# A live stream's size and codec are known from its first key frame; measuring its frame rate as
# well would delay every reconnection by seconds.
_QUICK_START = {"analyzeduration": "500000", "fpsprobesize": "0"}
_NETWORK_PROTOCOLS = "http,https,httpproxy,tls,tcp,crypto,data,hls,rtp,rtsp,rtmp,rtmps,srtp,udp"


def open_container(address: Address, decoder: str) -> InputContainer:
    """Open a stream, recording or device for reading.

    Args:
        decoder: what decodes it, see `vision.site.Camera`.

    Raises:
        SourceUnavailable: it does not answer, or answers badly; it may later.
        SourceBroken: it is missing or no video.
    """
    options = dict(_OPTIONS[address.kind])
    url = address.url
    if address.kind is SourceKind.FILE:
        _check_file(address)
        url = f"file:{url}"  # a name such as `concat:a` stays a name
    elif address.network:
        options |= {"protocol_whitelist": _NETWORK_PROTOCOLS}
    if address.live:
        options |= _QUICK_START
    began = time.monotonic()
    try:
        return av.open(
            url,
            format="v4l2" if address.kind is SourceKind.DEVICE else None,
            options=options,
            hwaccel=None if decoder == "software" else hardware(decoder),
            timeout=(TIMEOUT, HLS_READ_TIMEOUT if address.kind is SourceKind.HLS else TIMEOUT),
        )
    except FFmpegError as error:
        # FFmpeg reports an RTSP camera's silence as invalid data.
        silent = address.network and time.monotonic() - began >= TIMEOUT
        failure = explain(FFmpegTimeout(0, "") if silent else error, address)
    raise failure


def _check_file(address: Address) -> None:
    """Say plainly what FFmpeg words badly, and never wait on a pipe for ever."""
    path = address.path
    if not path.exists():
        raise SourceBroken(f"{address.shown}: it does not exist; check the path")
    if not path.is_file():
        raise SourceBroken(f"{address.shown}: is neither a file nor a folder; check the path")
    with suppress(PermissionError):
        if path.stat().st_size == 0:
            raise SourceBroken(f"{address.shown}: is empty (0 bytes); copy it again")


def video_stream(container: InputContainer, address: Address) -> VideoStream:
    """Its pictures, to be decoded by one thread.

    Raises:
        SourceUnavailable, SourceBroken: it has none, or none that can be decoded.
    """
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    kind = SourceUnavailable if address.network else SourceBroken
    if not streams:
        raise kind(f"{address.shown}: has no picture, only sound or data; check the address")
    stream = streams[0]
    if stream.codec_context is None:
        raise kind(f"{address.shown}: its codec cannot be decoded here; use H.264 or H.265")
    # One thread per camera: with many cameras the cores are busy, and each thread of a decoder
    # keeps pictures of its own.
    stream.thread_type = "SLICE"
    stream.codec_context.thread_count = 1
    return stream


def duration(container: InputContainer, stream: VideoStream) -> float:
    """Seconds of pictures that the recording promises; 0 where it promises none."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    if container.streams.audio or not container.duration:
        return 0.0
    return container.duration / 1_000_000
