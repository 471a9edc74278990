"""Container: opens an address with FFmpeg, with time-outs, and selects its video stream."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

import av
from av.container import InputContainer
from av.error import TimeoutError as FFmpegTimeout
from av.stream import Disposition
from av.video.stream import VideoStream

from vision.egress_addresses import Network
from vision.errors import SourceBroken, SourceUnavailable
from vision.files import exists, is_file
from vision.sources.address import Address, SourceKind
from vision.sources.failures import FAILURES, explain
from vision.sources.hardware import hardware
from vision.sources.web import Answer, Web
from vision.sources.web_file import Opener

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
    SourceKind.STREAM: {"overrun_nonfatal": "1"},
    # What an address of the web leads to, `Web` fetches: FFmpeg opens no connection by itself.
    SourceKind.HTTP: {"protocol_whitelist": "data"},
    SourceKind.HLS: {
        "protocol_whitelist": "data",
        "live_start_index": "-1",
        "http_persistent": "0",
        "http_multiple": "0",
        # Cameras name segments as they like (`seg?n=0`, `s0.jpg`); what they are their bytes tell.
        "extension_picky": "0",
        "allowed_extensions": "ALL",
        "allowed_segment_extensions": "ALL",
    },
    # A playlist posing as a recording must not make this machine open addresses.
    SourceKind.FILE: {"protocol_whitelist": "file,crypto,data"},
    SourceKind.DEVICE: {},
}
_FORMATS = {SourceKind.DEVICE: "v4l2", SourceKind.HLS: "hls", SourceKind.STREAM: "mpegts"}
# A live stream's size and codec are known from its first key frame; measuring its frame rate as
# well would delay every reconnection by seconds.
_QUICK_START = {"analyzeduration": "500000", "fpsprobesize": "0"}
_STREAMING = "tls,tcp,rtp,rtsp,rtmp,rtmps,srtp,udp"  # protocols of RTSP and RTMP


def ask_web(address: Address, allow: Sequence[Network]) -> tuple[Web, Answer]:
    """Request an HTTP address and return its answer.

    Args:
        allow: see `vision.site.Camera`.

    Raises:
        SourceUnavailable: it does not answer, or leads to an address that the site does not allow.
        SourceBroken: it is no address.
    """
    web = Web(address, allow)
    web.within(TIMEOUT)
    try:
        answer = web.get(address.url)
        answer.peek(1)
    except FAILURES as error:
        failure = explain(error, address)
    else:
        return web, answer
    raise failure


def open_container(address: Address, decoder: str, opener: Opener | None = None) -> InputContainer:
    """Open a stream, recording or device for reading.

    Args:
        decoder: what decodes it, see `vision.site.Camera`.
        opener: fetches it, where it lies in the web.

    Raises:
        SourceUnavailable: it does not answer, or answers badly; it may later.
        SourceBroken: it is missing or no video.
    """
    options = dict(_OPTIONS[address.kind])
    url = address.url
    if address.kind is SourceKind.FILE:
        _check_file(address)
        url = f"file:{url}"  # a name such as `concat:a` stays a name
    elif opener is not None:
        url = opener.url
        opener.web.within(TIMEOUT)
    elif address.network:
        _check_address(address)
        options |= {"protocol_whitelist": _STREAMING}
    if address.live or (opener is not None and opener.endless):
        options |= _QUICK_START
    began = time.monotonic()
    try:
        return av.open(
            url,
            format=_FORMATS.get(address.kind) or (opener.format if opener is not None else None),
            options=options,
            # Titles, handlers and session names are in whatever code a camera's country uses.
            metadata_errors="replace",
            io_open=opener,
            hwaccel=None if decoder == "software" else hardware(decoder),
            timeout=(TIMEOUT, HLS_READ_TIMEOUT if address.kind is SourceKind.HLS else TIMEOUT),
        )
    except FAILURES as error:
        # FFmpeg reports an RTSP camera's silence as invalid data.
        silent = address.network and time.monotonic() - began >= TIMEOUT
        told = opener.web.failure if opener is not None else None
        failure = told or explain(FFmpegTimeout(0, "") if silent else error, address)
    raise failure


def _check_address(address: Address) -> None:
    """What is no address will be none at the next try."""
    try:
        parts = urlsplit(address.url)
        whole = bool(parts.hostname) and parts.port != 0  # which raises where it is none
    except ValueError:
        whole = False
    if not whole:
        raise SourceBroken(f"{address.shown}: is no address with a host and a port; correct it")


def _check_file(address: Address) -> None:
    """Say plainly what FFmpeg words badly, and never wait on a pipe for ever."""
    path = address.path
    if not exists(path):
        raise SourceBroken(f"{address.shown}: it does not exist; check the path")
    if not is_file(path):
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
