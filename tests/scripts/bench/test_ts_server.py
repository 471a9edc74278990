"""A clip as an endless live stream: a real server process, and readers of its bytes."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest

from scripts.bench.serving import Transport, TsServer, serve
from vision.errors import StreetwardenError

FRAMES, FPS, GOP = 20, 50, 10
PACKET = 188


class Viewer:
    """One that asks for the stream and reads it when told."""

    def __init__(self, server: TsServer) -> None:
        self.line = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        self.line.sendall(b"GET /gate HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.seen = 0

    def read(self, size: int) -> bytes:
        """At least so many bytes."""
        data = bytearray()
        while len(data) < size:
            part = self.line.recv(1 << 20)
            assert part, "the stream ended"
            data += part
        self.seen += len(data)
        return bytes(data)

    def packets(self, enough: int) -> list[av.Packet]:
        """So many pictures from the first on, undecoded."""
        body = b""
        while True:
            body += self.read(PACKET)
            found = demuxed(body.partition(b"\r\n\r\n")[2])
            if len(found) > enough:
                return found[:enough]


def demuxed(data: bytes) -> list[av.Packet]:
    if len(data) < 4 * PACKET:
        return []
    with av.open(io.BytesIO(data), format="mpegts") as file:
        return [packet for packet in file.demux(video=0) if packet.size]


@pytest.fixture
def watch() -> Iterator[Callable[[TsServer], Viewer]]:
    viewers: list[Viewer] = []

    def start(server: TsServer) -> Viewer:
        viewers.append(Viewer(server))
        return viewers[-1]

    yield start
    for viewer in viewers:
        viewer.line.close()


@pytest.fixture
def show() -> Iterator[Callable[[Path], TsServer]]:
    servers: list[TsServer] = []

    def start(clip: Path) -> TsServer:
        servers.append(TsServer(clip))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture
def clip(make_video: Callable[..., Path]) -> Path:
    return make_video("street.mp4", frames=FRAMES, fps=FPS, gop=GOP)


def test_the_seam_cannot_be_seen(show: Callable, watch: Callable, clip: Path) -> None:
    viewer = watch(show(clip))
    head, _, body = viewer.read(PACKET).partition(b"\r\n\r\n")
    assert b"video/mp2t" in head
    assert b"length" not in head.lower()
    while len(packets := demuxed(body)) <= 3 * FRAMES:
        body += viewer.read(PACKET)
    times = np.array([packet.dts for packet in packets[: 3 * FRAMES]])
    assert set(np.diff(times)) == {90_000 // FPS}
    keys = [n for n, packet in enumerate(packets[: 3 * FRAMES]) if packet.is_keyframe]
    assert keys == list(range(0, 3 * FRAMES, GOP))
    # Continuity counters go on (ISO/IEC 13818-1, 2.4.3.3), program clock and times together.
    last: dict[int, int] = {}
    for at in range(0, len(body) - PACKET, PACKET):
        sync, high, low, flags = body[at : at + 4]
        pid, counter = (high & 0x1F) << 8 | low, flags & 0x0F
        assert sync == 0x47
        assert flags & 0x10, "a packet without payload does not count"
        assert counter == (last.get(pid, counter - 1) + 1) % 16
        last[pid] = counter


def test_pictures_are_those_of_the_clip(show: Callable, clip: Path, index_of: Callable) -> None:
    with av.open(show(clip).url("any/path")) as file:
        seen = [
            index_of(frame.to_ndarray(format="bgr24"))
            for frame, _ in zip(file.decode(video=0), range(3 * FRAMES), strict=False)
        ]
    assert seen == 3 * list(range(FRAMES))


def test_who_comes_later_begins_with_a_key_frame(
    show: Callable, watch: Callable, clip: Path
) -> None:
    server = show(clip)
    first = watch(server).packets(FRAMES + GOP // 2)
    second = watch(server).packets(GOP)
    assert second[0].is_keyframe
    assert second[0].dts > first[0].dts
    assert (second[0].dts - first[0].dts) % (GOP * 90_000 // FPS) == 0


def test_who_does_not_read_is_cut_off_and_others_go_on(
    show: Callable, watch: Callable, tmp_path: Path
) -> None:
    loud, rng = tmp_path / "noise.mp4", np.random.default_rng(0)
    with av.open(str(loud), "w") as out:
        stream = out.add_stream("libx264", rate=50, options={"preset": "ultrafast", "qp": "4"})
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        for _ in range(5):
            noise = rng.integers(0, 255, (480, 640, 3), np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(noise, format="bgr24")))
        out.mux(stream.encode())
    server = show(loud)
    sleeps, reads = watch(server), watch(server)
    most = 64 << 20  # more than server and system hold for one reader
    reads.read(most)
    got = 0
    with suppress(ConnectionError):
        while part := sleeps.line.recv(1 << 20):
            got += len(part)
            assert got < most, "it was not cut off"
    reads.read(1 << 20)
    watch(server).read(1 << 20)


def test_it_comes_back_where_it_was(show: Callable, watch: Callable, clip: Path) -> None:
    server = show(clip)
    before = server.url("gate")
    viewer = watch(server)
    viewer.read(1000)
    server.kill()
    with pytest.raises((ConnectionError, AssertionError)):
        viewer.read(1 << 30)
    server.start()
    assert server.url("gate") == before
    watch(server).read(1000)


@pytest.mark.parametrize(
    ("name", "data"), [("text.mp4", b"no video"), ("gone.mp4", None)], ids=["text", "missing"]
)
def test_a_clip_that_cannot_be_served_is_named(
    tmp_path: Path, name: str, data: bytes | None
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(StreetwardenError, match=f"{name}: cannot be served"):
        serve(tmp_path / name, ["gate"], Transport.HTTP)


def test_a_codec_that_mpeg_ts_readers_do_not_expect_is_named(make_video: Callable) -> None:
    with pytest.raises(StreetwardenError, match=r"holds mpeg4; only H.264 and H.265"):
        TsServer(make_video("old.mp4", codec="mpeg4"))
