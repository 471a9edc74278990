"""What a site file may say of a drone's flights."""

from __future__ import annotations

from pathlib import Path

import pytest

from vision.errors import SiteError
from vision.geo import PoseDeviations
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
