from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from tests.vision.turning import preset, street, view
from vision.detections import make_detections
from vision.errors import SiteError
from vision.evidence import paint_privacy
from vision.frames import Clock, Frame
from vision.pipeline.live_view import Newest, _jpeg
from vision.registers.no_keep import NoKeep
from vision.site import Camera, Site, SiteInfo, Zone
from vision.site.drawings import Drawings
from vision.site.file import load_site
from vision.site.presets import WHOLE, Preset
from vision.view.preset_finder import PresetFinder

CORNER = ((0.0, 0.0), (0.2, 0.0), (0.2, 0.2), (0.0, 0.2))
GROUND = ((0.1, 0.9, 113.0, 31.0), (0.9, 0.9, 113.0002, 31.0), (0.9, 0.5, 113.0002, 31.0003),
          (0.1, 0.5, 113.0, 31.0003))  # fmt: skip
GATE, YARD = Preset(name="gate", picture="gate.png"), Preset(name="yard", picture="yard.png")


def zone(name: str, preset: str | None = None) -> Zone:
    return Zone(name=name, preset=preset, watch=("street_vending",))


def camera(**settings: Any) -> Camera:
    given = {"presets": (GATE, YARD), "zones": (zone("pavement", "gate"), zone("road", "yard"))}
    return Camera(id="dome", source="x", **(given | settings))


def test_at_a_preset_a_camera_has_what_was_drawn_there() -> None:
    gate = GATE.model_copy(update={"ground": GROUND})
    dome = camera(presets=(gate, YARD))
    assert dome.homography is None
    assert dome.at("gate").homography is not None
    assert dome.at("yard").homography is None
    assert [z.name for z in dome.at("gate").zones] == ["pavement"]
    assert dome.at(None).zones == ()
    fixed = Camera(id="gate", source="x", privacy=(CORNER,))
    assert fixed.at(None) is fixed


def test_what_is_painted_out_is_grown_and_is_all_while_nobody_can_tell_where_it_lies() -> None:
    dome = camera(presets=(GATE.model_copy(update={"privacy": (CORNER,)}), YARD))
    white = np.full((100, 100, 3), 255, np.uint8)
    painted = paint_privacy(white, dome.at("gate").privacy)[..., 0] != 255
    assert painted[:32, :32].all()
    assert not painted[38:].any()
    assert not painted[:, 38:].any()
    assert dome.at("yard").privacy == ()
    assert dome.at(None).privacy == (WHOLE,)
    assert dome.at("no longer there").privacy == (WHOLE,)
    assert camera().at(None).privacy == ()


def test_between_presets_that_lie_on_the_map_nothing_is_kept_where_anything_is_not_to_be() -> None:
    gate = GATE.model_copy(update={"ground": GROUND})
    dome, plain = camera(presets=(gate, YARD)), camera().model_copy(update={"id": "plain"})
    ring = tuple((lon, lat) for _, _, lon, lat in GROUND)
    site = Site(
        site=SiteInfo(name="t"), cameras=(dome, plain),
        no_keep=(NoKeep(name="school", polygon_wgs84=ring),),
    )  # fmt: skip
    assert [c.keeps_clips for c in site.cameras] == [False, True]
    white = np.full((90, 160, 3), 255, np.uint8)
    frame = Frame(white, "dome", datetime(2026, 5, 1, tzinfo=UTC), 0, Clock.ARRIVAL)
    drawn = Drawings(site)
    assert drawn.painted_out("dome", None, frame) is None
    assert drawn.painted_out("dome", "gate", frame)
    assert drawn.painted_out("dome", "yard", frame) == (), "as of a camera without ground"
    assert drawn.painted_out("plain", None, frame) == ()
    nothing = make_detections(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64), ())
    for at, hidden in ((None, True), ("yard", False)):
        newest = Newest(1, frame, nothing, at, {}, 0.0)
        jpeg = _jpeg(newest, site.cameras[0], site.areas, clean=True)
        shown = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert (int(shown.max()) < 120) is hidden


def test_an_outline_that_crosses_itself_is_painted_out_whole() -> None:
    bow = ((0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9))
    white = np.full((100, 100, 3), 255, np.uint8)
    plain = paint_privacy(white, (bow,))[..., 0] != 255
    grown = paint_privacy(white, Preset(name="a", picture="a", privacy=(bow,)).painted_out)
    assert (grown[..., 0] != 255)[plain].all()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"zones": (zone("pavement"), zone("road", "yard"))}, "zone 'pavement': the camera has"),
        ({"zones": (zone("a", "gate"), zone("b", "door"))}, "'door'; choose from gate, yard"),
        ({"zones": (zone("a", "gate"),)}, "preset 'yard': no zone is drawn at it"),
        ({"zones": ()}, "preset 'gate': no zone is drawn at it"),
        ({"presets": ()}, "zone 'pavement': no preset is called 'gate'; its camera has none"),
        ({"presets": (GATE, YARD, GATE)}, "two presets are called 'gate'"),
        ({"privacy": (CORNER,)}, "move them into the presets"),
        ({"ground": GROUND}, "move them into the presets"),
        ({"type": "drone"}, "a drone has no presets"),
        ({"presets": (GATE.model_copy(update={"ground": GROUND[:1] * 4}), YARD)}, "point"),
    ],
)
def test_presets_and_zones_must_fit(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        camera(**settings)


@pytest.mark.parametrize("preset", [None, "door"])
def test_what_is_drawn_in_the_picture_names_its_preset(preset: str | None) -> None:
    permit = {"name": "market", "camera": "dome", "preset": "gate", "polygon": CORNER}
    site = {"site": SiteInfo(name="t"), "cameras": (camera(),)}
    Site.model_validate(site | {"permits": [permit]})
    with pytest.raises(ValidationError, match="permit 'market': "):
        Site.model_validate(site | {"permits": [permit | {"preset": preset}]})
    asset = {"id": "B-17", "camera": "dome", "preset": preset, "polygon": CORNER}
    with pytest.raises(ValidationError, match="asset 'B-17': "):
        Site.model_validate(site | {"assets": [asset]})
    with pytest.raises(ValidationError, match="asset 'B-17': no camera is called 'door'"):
        Site.model_validate(site | {"assets": [asset | {"camera": "door"}]})


FILE = """
site: {name: t}
cameras:
  - id: dome
    source: x.mp4
    presets: [{name: gate, picture: pictures/gate.png}, {name: yard, picture: pictures/yard.png}]
    zones:
      - {name: pavement, preset: gate, watch: [street_vending]}
      - {name: road, preset: yard, watch: [street_vending]}
"""


def test_pictures_lie_beside_the_site_file_and_must_be_pictures(tmp_path: Path) -> None:
    file, folder = tmp_path / "site.yaml", tmp_path / "pictures"
    file.write_text(FILE, "utf-8")
    with pytest.raises(SiteError, match=r"camera dome: preset 'gate': .*gate.png: cannot be read"):
        load_site(file, look_at=PresetFinder)
    folder.mkdir()
    preset(folder, "gate", view(street(), 0.3))
    (folder / "yard.png").write_bytes(b"no picture")
    with pytest.raises(SiteError, match=r"'yard': .* is no picture that can be read"):
        load_site(file, look_at=PresetFinder)
    (folder / "yard.png").write_bytes(b"")
    with pytest.raises(SiteError, match="is no picture that can be read"):
        load_site(file, look_at=PresetFinder)
    preset(folder, "yard", view(street(), 0.7))
    (dome,) = load_site(file, look_at=PresetFinder).cameras
    assert [cv2.imread(p.picture) is not None for p in dome.presets] == [True, True]
