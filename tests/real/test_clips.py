"""Clips of a real live camera: bit by bit what it sent, before and after, and what is missing."""

from __future__ import annotations

import base64
import io
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import av
import numpy as np
import pytest
from av.packet import Packet
from playwright.sync_api import sync_playwright
from sqlalchemy import select

from api.storage.tables import CaseRow
from scripts.server_process import ServerProcess
from tests.real.clip_watcher import BEFORE_S, Watcher
from vision.sources.user_data import SIGNATURES

FPS, GOP, LENGTH_S = 10, 10, 7
AXIS = next(uuid for uuid, name in SIGNATURES.items() if name == "axis_signed_video")
OTHER = UUID("12345678-0000-0301-8000-000000000000")  # whose zeros have to be escaped


def sei(uuid: UUID, content: bytes) -> bytes:
    """A unit of user data, as a camera writes it before its pictures."""
    message = bytes([5, 16 + len(content)]) + uuid.bytes + content + b"\x80"
    escaped, zeros = bytearray(), 0
    for byte in message:
        if zeros >= 2 and byte <= 3:
            escaped.append(3)
            zeros = 0
        escaped.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return b"\x00\x00\x00\x01\x06" + bytes(escaped)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A camera's stream that signs each second, each of its pictures unlike all others."""
    path = tmp_path_factory.mktemp("street") / "signed.mp4"
    noise = np.random.default_rng(1)
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 320, 192, "yuv420p", GOP

        def write(packets: list[Packet]) -> None:
            for sent in packets:
                number = round(float(sent.pts * sent.time_base) * FPS)
                units = sei(AXIS, f"signature {number:04}".encode()) if sent.is_keyframe else b""
                units += sei(OTHER, b"x") if number % 5 == 0 else b""
                packet = Packet(units + bytes(sent))
                packet.pts, packet.dts, packet.time_base = sent.pts, sent.dts, sent.time_base
                packet.is_keyframe, packet.stream = sent.is_keyframe, stream
                container.mux(packet)

        for _ in range(LENGTH_S * FPS):
            pixels = noise.integers(0, 255, (12, 20, 3), np.uint8).repeat(16, 0).repeat(16, 1)
            write(stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")))
        write(stream.encode())
    return path


def units(file: Path | io.BytesIO) -> list[bytes]:
    """The coded pictures and user data of an MP4, without the parameter sets that senders add."""
    found = []
    with av.open(file) as container:
        for packet in container.demux(video=0):
            data, at = bytes(packet), 0
            while at < len(data):
                size = int.from_bytes(data[at : at + 4])
                unit = data[at + 4 : at + 4 + size]
                at += 4 + size
                if unit[0] & 0x1F in (1, 5, 6):
                    found.append(unit)
    return found


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., Watcher]]:
    made: list[Watcher] = []

    def start(address: str, after_s: float) -> Watcher:
        made.append(Watcher(tmp_path, address, after_s))
        made[-1].pipeline.start()
        return made[-1]

    yield start
    for watcher in made:
        watcher.close()


def the_case(watcher: Watcher) -> tuple[CaseRow, list[dict]]:
    """The case, and the data of its log by entry."""
    with watcher.database.read() as session:
        (case,) = session.scalars(select(CaseRow))
        return case, [{"action": e.action, **e.data} for e in case.log if case.evidence]


def clip_of(watcher: Watcher) -> tuple[bytes, dict]:
    """The clip's bytes and what the log says of it; there is one, and it is all of the entry."""
    case, log = the_case(watcher)
    assert [e["action"] for e in log] == ["opened", "supplemented"]
    (row,) = [row for row in case.evidence if row.media_type == "video/mp4"]
    assert (row.role, row.moment, row.of) == ("original", "confirmed", None)
    assert log[1]["evidence"] == [row.sha256]
    return watcher.store.read(row.sha256), log[1]["clip"]


def test_a_clip_is_bit_by_bit_what_was_sent_before_and_after(
    served: Callable[[Path], ServerProcess], watch: Callable[..., Watcher], street: Path
) -> None:
    watcher = watch(served(street).url("gate"), 4)
    assert watcher.confirmed.wait(60)
    assert not watcher.supplemented.is_set(), "the case waits for nothing"
    assert [path.stat().st_size > 10_000 for path in watcher.spooled] == [True]
    assert watcher.supplemented.wait(60)
    content, told = clip_of(watcher)
    sent, kept = units(street), units(io.BytesIO(content))
    lap, first = 3 * sent, sent.index(kept[0])
    assert kept == lap[first : first + len(kept)], "nothing is left out, added or changed"
    with av.open(io.BytesIO(content)) as clip:
        pictures = sum(1 for _ in clip.decode(video=0))
    moment, since, until = (datetime.fromisoformat(told[k]) for k in ("moment", "since", "until"))
    assert moment - since >= timedelta(seconds=1)  # its third look is two seconds after its first
    assert until - moment >= timedelta(seconds=3.5)
    shown = (until - since).total_seconds()
    assert abs(pictures / FPS - shown) < 1.5, "a picture each tenth of a second, to the end"
    assert [text for text in told["missing"] if "after" in text.split(":")[0]] == []
    assert told["user_data"][str(AXIS)] == sum(1 for u in kept if u[0] == 6 and AXIS.bytes in u)
    assert told["user_data"][str(OTHER)] > told["user_data"][str(AXIS)] >= 5
    assert (told["signatures"], told["verified"]) == (["axis_signed_video"], False)
    watcher.pipeline.stop()
    assert watcher.spooled == []


def test_it_plays_in_a_browser(
    rtsp_server: Callable[..., ServerProcess], watch: Callable[..., Watcher], street: Path
) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium is installed; install Debian's package chromium")
    watcher = watch(rtsp_server({"gate": street}).url("gate"), 2)
    assert watcher.supplemented.wait(60)
    content, _ = clip_of(watcher)
    with av.open(io.BytesIO(content)) as clip:
        frames = sum(1 for _ in clip.decode(video=0))
    play = """async (content) => {
        const video = document.createElement("video");
        video.muted = true;
        document.body.append(video);
        const ended = new Promise((done, fail) => {
            video.onended = done;
            video.onerror = () => fail(new Error(video.error.message));
        });
        video.src = "data:video/mp4;base64," + content;
        await video.play();
        await ended;
        const { totalVideoFrames, corruptedVideoFrames } = video.getVideoPlaybackQuality();
        return [video.videoWidth, video.videoHeight, totalVideoFrames, corruptedVideoFrames];
    }"""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        page = browser.new_page()
        width, height, played, corrupted = page.evaluate(play, base64.b64encode(content).decode())
        browser.close()
    assert (width, height, corrupted) == (320, 192, 0)
    assert played >= frames - 1 > 3 * FPS


def test_a_camera_that_dies_meanwhile_leaves_what_there_is(
    rtsp_server: Callable[..., ServerProcess], watch: Callable[..., Watcher], street: Path
) -> None:
    server = rtsp_server({"gate": street})
    watcher = watch(server.url("gate"), 6)
    assert watcher.confirmed.wait(60)
    server.kill()
    assert watcher.supplemented.wait(60)
    content, told = clip_of(watcher)
    assert units(io.BytesIO(content))
    (lack,) = [text for text in told["missing"] if "of the 6 s after" in text]
    assert lack.endswith("the camera sent nothing more")


def test_watching_that_stops_meanwhile_leaves_what_there_is(
    rtsp_server: Callable[..., ServerProcess], watch: Callable[..., Watcher], street: Path
) -> None:
    watcher = watch(rtsp_server({"gate": street}).url("gate"), 60)
    assert watcher.confirmed.wait(60)
    watcher.pipeline.stop()
    _, told = clip_of(watcher)
    assert told["missing"][-1].endswith("watching was stopped")
    assert watcher.spooled == []


def test_a_process_that_is_killed_meanwhile_leaves_the_seconds_before(
    rtsp_server: Callable[..., ServerProcess],
    watch: Callable[..., Watcher],
    street: Path,
    tmp_path: Path,
) -> None:
    address = rtsp_server({"gate": street}).url("gate")
    command = [sys.executable, "-m", "tests.real.clip_watcher", str(tmp_path), address, "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "confirmed\n"
        process.kill()
    watcher = watch(address, 60)
    assert watcher.supplemented.wait(60)
    content, told = clip_of(watcher)
    sent, kept = units(street), units(io.BytesIO(content))
    first = sent.index(kept[0])
    assert kept == (2 * sent)[first : first + len(kept)]
    assert any("the process that watched had ended" in text for text in told["missing"])
    assert told["before_s"] == BEFORE_S
    watcher.pipeline.stop()
    assert watcher.spooled == []
    case, _ = the_case(watcher)
    assert case.stage == "pending_review"


def test_a_camera_that_was_away_before_it_was_confirmed_is_a_gap_of_the_case(
    rtsp_server: Callable[..., ServerProcess], watch: Callable[..., Watcher], street: Path
) -> None:
    server = rtsp_server({"gate": street})
    watcher = watch(server.url("gate"), 1)
    assert watcher.looked.wait(60)
    server.kill()
    assert not watcher.confirmed.wait(3), "away for longer than two looks"
    back = datetime.now(UTC)
    server.start()
    assert watcher.confirmed.wait(60)
    _, (opened, *_) = the_case(watcher)
    (gap,) = opened["gaps"]
    assert gap["cause"] == "offline"
    since, until = (datetime.fromisoformat(gap[k]) for k in ("since", "until"))
    assert since <= back < until
