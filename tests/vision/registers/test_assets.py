from __future__ import annotations

import pytest
from pydantic import ValidationError

from vision.geo.plane import LocalPlane
from vision.geo.position import Position
from vision.registers.assets import Asset, AssetRegister

PLANE = LocalPlane(113.37, 31.71)
LEFT = Asset(id="B-1", camera="gate", polygon=((0.2, 0.4), (0.3, 0.4), (0.3, 0.6), (0.2, 0.6)))
RIGHT = Asset(id="B-2", camera="gate", polygon=((0.3, 0.4), (0.4, 0.4), (0.4, 0.6), (0.3, 0.6)))


def register(*assets: Asset, camera: str = "gate", preset: str | None = None) -> AssetRegister:
    return AssetRegister(assets, kind="overflowing_bin", camera=camera, preset=preset)


def placed(name: str, east: float) -> Asset:
    return Asset(id=name, at_wgs84=PLANE.degrees(east, 0.0))


def seen_at(east: float, accuracy: float | None = 4.0) -> Position:
    lon, lat = PLANE.degrees(east, 0.0)
    return Position(lon, lat, "WGS84", accuracy, "homography")


@pytest.mark.parametrize(
    ("box", "found"),
    [
        ((0.2, 0.4, 0.3, 0.6), "B-1"),
        ((0.19, 0.38, 0.34, 0.65), "B-1"),  # with bags beside it
        ((0.31, 0.4, 0.41, 0.6), "B-2"),
        ((0.25, 0.5, 0.3, 0.6), None),  # a bag in front of it
        ((0.7, 0.4, 0.8, 0.6), None),
    ],
)
def test_in_the_picture_it_is_the_asset_whose_outline_is_covered(
    box: tuple[float, float, float, float], found: str | None
) -> None:
    asset = register(LEFT, RIGHT).at(box, None)
    assert (asset.id if asset else None) == found


def test_an_outline_holds_for_its_camera_its_preset_and_its_kinds() -> None:
    box = (0.2, 0.4, 0.3, 0.6)
    assert register(LEFT, camera="yard").at(box, None) is None
    assert register(LEFT, preset="north").at(box, None) is None
    turned = LEFT.model_copy(update={"preset": "north"})
    assert register(turned, preset="north").at(box, None) == turned
    stall = LEFT.model_copy(update={"kinds": ("street_vending",)})
    assert register(stall).at(box, None) is None


@pytest.mark.parametrize(
    ("east", "accuracy", "found"),
    [
        (1.0, 3.0, "B-0"),
        (-4.9, 1.0, "B-0"),
        (-5.1, 20.0, None),  # it does not stand there, however poor the position
        (1.0, 4.0, None),  # it may be the next one's
        (3.5, 1.0, "B-0"),
        (3.5, 1.1, None),
        (1.0, None, None),  # nobody knows how far that is off
    ],
)
def test_on_the_map_it_is_the_nearest_if_no_other_may_be_nearer(
    east: float, accuracy: float | None, found: str | None
) -> None:
    seen = register(placed("B-9", 9.0), placed("B-0", 0.0))
    asset = seen.at((0.0, 0.0, 0.1, 0.1), seen_at(east, accuracy))
    assert (asset.id if asset else None) == found
    assert seen.at((0.0, 0.0, 0.1, 0.1), None) is None, "nobody knows where it is"


def test_of_two_at_one_place_neither_is_it() -> None:
    seen = register(placed("B-1", 0.0), placed("B-2", 0.0))
    assert seen.at((0.0, 0.0, 0.1, 0.1), seen_at(0.0, 0.5)) is None
    both = (0.18, 0.38, 0.42, 0.62)  # two full bins side by side are seen as one heap
    assert register(LEFT, RIGHT).at(both, None) is None


def test_a_position_of_another_system_is_understood() -> None:
    where = seen_at(1.0).to("GCJ02")
    found = register(placed("B-0", 0.0)).at((0, 0, 0.1, 0.1), where)
    assert found is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"camera": "gate"},
        {"camera": "gate", "at_wgs84": (113.37, 31.71)},
        LEFT.model_dump() | {"at_wgs84": (113.37, 31.71)},
    ],
)
def test_an_asset_is_somewhere_and_once(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="nowhere, or twice"):
        Asset.model_validate({"id": "B-1"} | wrong)


@pytest.mark.parametrize(
    "outline",
    [
        ((0.2, 0.4), (0.3, 0.6), (0.3, 0.4), (0.2, 0.6)),  # a bow tie
        ((0.2, 0.4), (0.3, 0.5), (0.4, 0.6)),  # a line
    ],
)
def test_an_outline_encloses_something(outline: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ValidationError, match="draw it again"):
        Asset(id="B-1", camera="gate", polygon=outline)
