"""What a site file may say of a drone's flights."""

from __future__ import annotations

from pathlib import Path

import pytest

from vision.errors import SiteError
from vision.geo import PoseDeviations
from vision.site import Camera
from vision.site.file import load_site
from vision.site.flight import Flight

SITE = """\
site: {{name: t}}
cameras:
  - {{id: drone, source: flight.mp4, type: {type}, flight: {flight}}}
"""


def flight(tmp_path: Path, text: str, type: str = "drone") -> Flight | None:  # noqa: A002
    path = tmp_path / "site.yaml"
    path.write_text(SITE.format(type=type, flight=text))
    return load_site(path).cameras[0].flight


def test_all_of_it_may_be_left_out(tmp_path: Path) -> None:
    assert flight(tmp_path, "null") is None
    assert flight(tmp_path, "{}") == Flight()


def test_what_is_said_is_kept(tmp_path: Path) -> None:
    text = "{fov: 73.7, terrain_m: -12, yaw: 90, pitch: -90, deviations: {position_m: 0.05}}"
    said = flight(tmp_path, text)
    assert said is not None
    assert (said.fov, said.terrain_m, said.yaw, said.pitch, said.roll) == (73.7, -12, 90, -90, 0)
    assert said.deviations == PoseDeviations(position_m=0.05)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{fov: 0}", "flight.fov"),
        ("{fov: .nan}", "flight.fov"),
        ("{terrain_m: .inf}", "flight.terrain_m"),
        ("{yaw: 90}", "give both"),
        ("{pitch: -91, yaw: 0}", "flight.pitch"),
        ("{height: 3}", "no such setting"),
        ("{deviations: {yaw: -1}}", "zero or more"),
        ("{deviations: {yawn: 1}}", "yawn"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SiteError, match=rf"site.yaml:3: .*{message}"):
        flight(tmp_path, text)


def test_only_a_drone_flies(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="set `type: drone`"):
        flight(tmp_path, "{fov: 70}", type="cctv")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"type": "drone", "telemetry": "mavlink+udp://0.0.0.0:14550"}, None),
        ({"type": "vehicle", "telemetry": "mavlink+tcp://10.0.0.7:5760"}, None),
        ({"type": "bodycam", "telemetry": "nmea+tcp://[::1]:10110", "carried": {}}, None),
        ({"type": "drone", "telemetry": "nmea+udp://0.0.0.0:10110"}, "NMEA only a carried one's"),
        ({"telemetry": "mavlink+udp://0.0.0.0:14550"}, "tells a moving camera's place"),
        ({"carried": {"viewing_m": 20}}, "`carried` is for"),
        ({"type": "drone", "carried": {}}, "`carried` is for"),
        *(
            ({"type": "drone", "telemetry": text}, "is no address of telemetry")
            for text in ("udp://0.0.0.0:1", "mavlink+udp://0.0.0.0", "mavlink+udp://:14550",
                         "mavlink+udp://0.0.0.0:0", "mavlink+udp://a:99999", "mavlink+serial://a:1",
                         "mavlink+udp://u:p@a:14550", "mavlink+udp://a:1/b", "", "mavlink+udp://[:1")
        ),
    ],
)  # fmt: skip
def test_what_moves_says_where_its_telemetry_comes_from(
    settings: dict[str, object], said: str | None
) -> None:
    if said is None:
        assert Camera(id="c", source="udp://0.0.0.0:1", **settings).moves
        return
    with pytest.raises(ValueError, match=said):
        Camera(id="c", source="udp://0.0.0.0:1", **settings)
