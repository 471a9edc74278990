"""A drone's live transport stream, sent by another process, with its telemetry inside."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from tests.vision.klv_writer import Sent, local_set, write_stream
from vision.frames import Frame
from vision.geo import LocalPlane
from vision.site import Camera
from vision.sources.source import Source, open_source

PLANE = LocalPlane(113.38, 31.71)
SPEED, FPS, SECONDS = 8.0, 10, 4
EPOCH = 1_780_000_000.0
SENDER = Path(__file__).with_name("stream_sender.py")


def flown(at: float) -> dict[int, float | bytes]:
    """East at eight metres a second, 100 m above the ground."""
    lon, lat = PLANE.degrees(SPEED * at, 0)
    return {
        5: 90.0, 6: 2.0, 7: 0.0, 13: lat, 14: lon, 15: 180.0, 16: 63.0, 18: 0.0, 19: -62.0,
        20: 0.0, 25: 80.0,
    }  # fmt: skip


def sets(until: float) -> list[Sent]:
    return [Sent(at, local_set(flown(at), EPOCH + at)) for at in np.arange(0, until, 0.1).tolist()]


@contextmanager
def sending(path: Path, carrier: str) -> Iterator[Source]:
    port = 0
    if carrier == "udp":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    command = [sys.executable, str(SENDER), str(path), str(SECONDS), carrier, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            if carrier == "tcp":
                assert process.stdout is not None
                port = int(process.stdout.readline())
            address = f"{carrier}://127.0.0.1:{port}"
            camera = Camera(id="drone", source=address, type="drone", analyse_fps=FPS)
            with closing(open_source(camera)) as source:
                assert source.live
                yield source
        finally:
            process.kill()


def off(frame: Frame) -> float:
    """Metres that a frame's pose is off its picture, whose brightness tells its moment."""
    shown = round((float(frame.pixels.mean()) - 16) / 8)
    moments = [(shown + 28 * lap) / FPS for lap in range(2)]
    assert frame.pose is not None
    east, north = PLANE.metres(frame.pose.lon, frame.pose.lat)
    return min(float(np.hypot(east - SPEED * at, north)) for at in moments)


@pytest.mark.parametrize(("carrier", "carriage"), [("tcp", "synchronous"), ("udp", "asynchronous")])
def test_a_live_stream_s_frames_have_the_pose_of_their_moment(
    tmp_path: Path, carrier: str, carriage: str
) -> None:
    path = write_stream(
        tmp_path / "flight.ts", sets(SECONDS), frames=FPS * SECONDS, fps=FPS, carriage=carriage
    )
    with sending(path, carrier) as source:
        frames = list(islice(source, 16))
        assert source.trouble is None
    posed = [frame for frame in frames if frame.pose is not None]
    assert len(posed) >= 8, "until a pace can be told there is none"
    inside = [off(f) <= 2.448 * f.pose.deviations.position_m for f in posed]
    assert np.mean(inside) >= 0.95
    assert max(off(f) for f in posed) < 4, "an eighth of a second, and a set behind its picture"


def test_telemetry_that_stops_grows_unsure_and_ends(tmp_path: Path) -> None:
    """The pictures go on; nothing waits for what does not come."""
    path = write_stream(
        tmp_path / "flight.ts", sets(1.2), frames=FPS * SECONDS, fps=FPS, carriage="synchronous"
    )
    with sending(path, "tcp") as source:
        frames = list(islice(source, 32))
    posed = [frame for frame in frames if frame.pose is not None]
    errors = [frame.pose.deviations.position_m for frame in posed]
    assert errors[-1] > errors[0] + SPEED
    assert errors[-4:] == sorted(errors[-4:])
    assert len(frames) == 32


def test_real_packets_in_a_live_stream_make_a_pose(tmp_path: Path, shared_data: Path) -> None:
    """The standard's example, at one place: sent again and again, as by a drone that hovers."""
    packet = (shared_data / "klv" / "klvdata__DynamicOnlyMISMMSPacketData.bin").read_bytes()
    sent = [Sent(at, packet) for at in np.arange(0, SECONDS, 0.2).tolist()]
    path = write_stream(tmp_path / "real.ts", sent, frames=FPS * SECONDS, fps=FPS)
    with sending(path, "udp") as source:
        poses = [frame.pose for frame in islice(source, 12)]
    found = [pose for pose in poses if pose is not None]
    assert found
    for pose in found:
        assert (pose.lon, pose.lat) == pytest.approx((128.426759, 60.176823), abs=1e-5)
        assert pose.altitude_m == pytest.approx(14190.72 - 3216.04, abs=0.01)
