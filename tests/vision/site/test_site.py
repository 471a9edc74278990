"""The site file: what is right loads, what is wrong is named with its line."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from vision.durations import parse_duration
from vision.errors import SiteError
from vision.site import Camera, Zone
from vision.site.file import load_site

GOOD = """\
site: {name: Zengdu demo, timezone: Asia/Shanghai, division: "421303", language: zh}
storage: {database: sqlite:///db/s.db, evidence: ev}
model: {name: streetwarden-n, engine: auto, device: auto, image_size: 640}
defaults:
  street_vending: {dwell: 90s, looks: 4}
cameras:
  - id: gate
    source: ${GATE_URL}
    zones:
      - name: pavement
        polygon: [[0.1,0.6],[0.9,0.6],[0.9,0.95]]
        watch: [street_vending, dirty_truck]
        hours: ["Mon-Sun 06:00-23:00"]
        settings: {street_vending: {looks: 7}}
  - {id: yard, source: clips/yard.mp4}
webhooks:
  - {name: case-system, url: "https://x.example/h", secret: "${file:secret.txt}"}
"""


@pytest.fixture
def write(tmp_path):
    def _write(text):
        path = tmp_path / "site.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return _write


def test_good_file(write, tmp_path, monkeypatch):
    monkeypatch.setenv("GATE_URL", "rtsp://u:p@10.0.0.1/1")
    (tmp_path / "secret.txt").write_text("whsec_abc\n")
    site = load_site(write(GOOD))
    gate, yard = site.cameras
    assert gate.source == "rtsp://u:p@10.0.0.1/1"
    assert yard.source == str(tmp_path / "clips/yard.mp4")
    assert site.storage.database == f"sqlite:///{tmp_path / 'db/s.db'}"
    assert [s.get_secret_value() for s in site.webhooks[0].secret] == ["whsec_abc"]
    assert "whsec_abc" not in repr(site)
    zone = gate.zones[0]
    vending = site.rule_settings(zone, "street_vending")
    assert (vending.dwell, vending.looks) == (timedelta(seconds=90), 7)
    assert vending.dedupe == timedelta(hours=4)
    assert {k for z in yard.watched_zones for k in z.watch} >= {"overflowing_bin"}


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("site: {name: x}\ncameras:\n  - {id: a}\n", 3, "source: is required"),
        ("site: {name: x}\ncamera: []\n", 2, "no such setting"),
        ("site: {name: x}\nretention: {rejected: 7m}\n", 2, "less than a day; write"),
        ("site: {name: x}\nretention: {kinds: {truck: {}}}\n", 2, "is no kind"),
        ("site: {name: x, timezone: Mars/Base}\n", 1, "is no time zone"),
        ("site: {name: x}\ndefaults:\n  street_vending: {dwell: soon}\n", 3, "no duration"),
        ("site: {name: x}\ndefaults:\n  parking: {looks: 1}\n", 3, "is no kind"),
        ("site: {name: x}\ncameras: [\n", 3, "not valid YAML"),
        ("- a\n", 1, "is a mapping"),
        ("site: {name: x}\ncameras:\n  - {id: a, source: x}\n  - {id: a, source: y}\n", 1, "twice"),
    ],
)
def test_mistakes_are_named_with_their_line(write, text, line, says):
    path = write(text)
    with pytest.raises(SiteError, match=says) as error:
        load_site(path)
    assert f"{path}:{line}:" in str(error.value)


def test_every_mistake_is_listed(write):
    text = "site: {name: x}\ncameras:\n  - {id: 'a b', source: x, analyse_fps: 0}\n"
    with pytest.raises(SiteError) as error:
        load_site(write(text))
    assert len(str(error.value).splitlines()) == 2


def test_missing_file_and_secret(write, tmp_path):
    with pytest.raises(SiteError, match="cannot read the site file"):
        load_site(tmp_path / "none.yaml")
    with pytest.raises(SiteError, match="NO_SUCH_VARIABLE is not set"):
        load_site(write("site: {name: '${NO_SUCH_VARIABLE}'}\n"))


def test_not_text(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_bytes(b"\xff\xfe\x00site")
    with pytest.raises(SiteError, match="not UTF-8"):
        load_site(path)


@pytest.mark.parametrize(
    ("text", "seconds"), [("20s", 20), ("5m", 300), ("4h", 14400), ("7d", 604800), (3, 3)]
)
def test_durations(text, seconds):
    assert parse_duration(text) == timedelta(seconds=seconds)


def test_a_candidate_is_not_looked_at_less_often() -> None:
    Camera(id="gate", source="x", analyse_fps=0.1, candidate_fps=1)
    with pytest.raises(ValidationError, match="looked at more often"):
        Camera(id="gate", source="x", analyse_fps=1, candidate_fps=0.5)


def test_a_clip_is_a_minute_at_most() -> None:
    assert Camera(id="gate", source="x", clip="0s").clip == timedelta(0)
    with pytest.raises(ValidationError, match="clip"):
        Camera(id="gate", source="x", clip="2m")


def test_a_zone_names_sub_types_that_there_are() -> None:
    Zone(name="z", watch=("street_vending",), subtypes={"street_vending": "shop_outside"})
    with pytest.raises(ValidationError, match="choose from roaming_vendor, shop_outside, stall"):
        Zone(name="z", watch=("street_vending",), subtypes={"street_vending": "shop"})
