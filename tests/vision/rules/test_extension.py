"""Another package brings a kind: a module, an entry in a `kinds.yaml`, and two entry points."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from vision.detections import make_detections
from vision.episodes import EpisodeEvent, EpisodeStage
from vision.errors import SiteError
from vision.frames import Frame
from vision.kinds import catalogue
from vision.rules import CameraRules, camera_rules
from vision.rules.kinds import rule_of
from vision.rules.record import Record
from vision.rules.replay import replay
from vision.site import Camera, Site, SiteInfo, Zone
from vision.site.rule_settings import shipped

EXAMPLE = Path(__file__).with_name("example_kind")
ENTRY_POINTS = """\
[streetwarden.kinds]
barbecue_smoke = barbecue_smoke:KINDS
[streetwarden.rules]
barbecue_smoke = barbecue_smoke:BarbecueSmoke
"""
START = datetime(2026, 11, 20, 12, tzinfo=UTC)


def forget() -> None:
    for cached in (catalogue, shipped, rule_of):
        cached.cache_clear()
    importlib.invalidate_caches()


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The example as if it had been installed."""
    described = tmp_path / "barbecue_smoke-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: barbecue-smoke\nVersion: 1.0\n"
    )
    (described / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.syspath_prepend(EXAMPLE)
    forget()
    yield
    monkeypatch.undo()
    forget()


def smoke() -> list[EpisodeEvent]:
    """Two minutes of smoke before a camera that watches for it."""
    zone = Zone(name="square", watch=("barbecue_smoke", "street_vending"))
    camera = Camera(id="cam", source="x", analyse_fps=0.1, zones=(zone,))
    site = Site(site=SiteInfo(name="t"), cameras=(camera,))
    rules = CameraRules(camera_rules(site, camera, threshold=0.4), model={})
    box, score = np.array([[20, 20, 60, 60]], np.float32), np.array([0.7], np.float32)
    seen = make_detections(box, score, np.array([0]), ["smoke"])
    pixels = np.zeros((100, 100, 3), np.uint8)
    frames = [Frame(pixels, "cam", START + timedelta(seconds=10 * n), n) for n in range(12)]
    return [event for frame in frames for event in rules.look(frame, seen)]


@pytest.mark.usefixtures("installed")
def test_a_kind_of_another_package_is_watched_like_ours() -> None:
    opened, confirmed = smoke()
    assert opened.episode.stage is EpisodeStage.OPENED
    assert (confirmed.episode.kind, confirmed.episode.subtype) == ("barbecue_smoke", "charcoal")
    assert confirmed.episode.dwell == timedelta(minutes=1), "as its kinds.yaml says"
    assert confirmed.record is not None
    assert replay(Record.from_json(confirmed.record)).same
    assert catalogue().kind("barbecue_smoke").zh == "露天烧烤"


def test_without_the_package_its_kind_is_unknown() -> None:
    with pytest.raises(ValidationError, match="choose from street_vending"):
        Zone(name="square", watch=("barbecue_smoke",))
    with pytest.raises(SiteError, match="install the package that brings it"):
        rule_of("barbecue_smoke")
