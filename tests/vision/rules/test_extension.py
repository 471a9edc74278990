"""Another package brings a kind: a module, an entry in a `kinds.yaml`, and two entry points."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from datasets.recipe import class_names
from tests.vision.rules.plug_in import installed
from vision.audit.findings import find
from vision.detections import make_detections
from vision.episodes import EpisodeEvent, EpisodeStage
from vision.errors import SiteError
from vision.frames import Frame
from vision.kinds import catalogue
from vision.rules import CameraRules, camera_rules
from vision.rules.kinds import rule_of
from vision.rules.record import Record
from vision.rules.replay import replay
from vision.rules.watched_kinds import watched_kinds
from vision.site import Camera, Site, SiteInfo, Zone

EXAMPLE = Path(__file__).with_name("example_kind")
START = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def package(tmp_path: Path) -> Iterator[None]:
    """The example as if it had been installed."""
    with installed(EXAMPLE, tmp_path):
        yield


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


@pytest.mark.usefixtures("package")
def test_a_kind_of_another_package_is_watched_like_ours() -> None:
    opened, confirmed = smoke()
    assert opened.episode.stage is EpisodeStage.OPENED
    assert (confirmed.episode.kind, confirmed.episode.subtype) == ("barbecue_smoke", "charcoal")
    assert confirmed.episode.dwell == timedelta(minutes=1), "as its kinds.yaml says"
    assert confirmed.record is not None
    assert replay(Record.from_json(confirmed.record)).same
    assert catalogue().kind("barbecue_smoke").zh == "露天烧烤"


@pytest.mark.usefixtures("package")
def test_an_audit_of_photos_finds_it_too() -> None:
    box, score = np.array([[20, 20, 60, 60]], np.float32), np.array([0.7], np.float32)
    [found] = find(make_detections(box, score, np.array([0]), ["smoke"]))
    assert (found.kind, found.subtype, found.objects) == ("barbecue_smoke", "charcoal", 1)
    assert found.codes == {"EXAMPLE": "1"}


@pytest.mark.usefixtures("package")
def test_its_class_follows_ours_where_labels_are_imported_and_results_read() -> None:
    assert class_names()[-2:] == ("umbrella", "smoke")
    assert catalogue().class_names == class_names()


@pytest.mark.usefixtures("package")
def test_a_model_without_its_classes_is_told() -> None:
    def told(*classes: str) -> tuple[bool, str]:
        zone = Zone(name="square", watch=("overflowing_bin", "barbecue_smoke"))
        site = Site(site=SiteInfo(name="t"), cameras=(Camera(id="c", source="x", zones=(zone,)),))
        ours, theirs = watched_kinds(site, "weights", classes)
        assert ours.kind == "overflowing_bin"
        return theirs.decided, theirs.told

    assert told("bin", "smoke") == (True, "watched in c/square, seen by weights as smoke")
    decided, text = told("bin", "garbage")
    assert not decided
    assert "c/square, but weights has no class smoke" in text
    assert "train" in text


def test_what_a_model_partly_sees_is_told() -> None:
    zone = Zone(name="yard", watch=("overflowing_bin",))
    site = Site(site=SiteInfo(name="t"), cameras=(Camera(id="c", source="x", zones=(zone,)),))
    [kind] = watched_kinds(site, "weights", ("garbage",))
    assert kind.decided
    assert "no class overflowing_bin" in kind.told


@pytest.mark.usefixtures("package")
def test_a_kind_has_no_settings_but_those_it_describes() -> None:
    with pytest.raises(ValidationError, match="no setting of its own called 'count'"):
        Zone(
            name="z", watch=("barbecue_smoke",), settings={"barbecue_smoke": {"own": {"count": 2}}}
        )


def test_without_the_package_its_kind_is_unknown() -> None:
    with pytest.raises(ValidationError, match="choose from street_vending") as refused:
        Zone(name="square", watch=("barbecue_smoke",))
    assert "install the package that brings it" in str(refused.value)
    with pytest.raises(SiteError, match="install the package that brings it"):
        rule_of("barbecue_smoke")
