from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

import pytest
from pydantic import ValidationError

from vision.geo.ground import Ground
from vision.geo.plane import LocalPlane
from vision.registers.permits import Permit, PermitRegister

LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
STRIP = ((0.2, 0.0), (0.3, 0.0), (0.3, 1.0), (0.2, 1.0))
FRIDAY = datetime(2026, 11, 20)  # noqa: DTZ001 - local wall time
MARKET = {"name": "night market", "camera": "cam", "polygon": LEFT}
PLANE = LocalPlane(113.37, 31.71)


def foot(middle: float, width: float = 0.04, y: float = 0.8):
    return ((middle - width / 2, y), (middle + width / 2, y))


def register(
    *permits: Permit, camera: str = "cam", ground: Ground | None = None, drone: bool = False
) -> PermitRegister:
    return PermitRegister(permits, kind="street_vending", camera=camera, ground=ground, moves=drone)


def on_map(*corners: tuple[float, float]) -> list[tuple[float, float]]:
    """Metres east and north of the plane's origin as degrees."""
    return [PLANE.degrees(east, north) for east, north in corners]


@pytest.fixture
def ground() -> Ground:
    """A camera over a square of 40 m: the picture's lower half, seen straight from above."""
    points = [(u, v) for u, v in product((0.1, 0.5, 0.9), (0.55, 0.75, 0.95))]
    return Ground.fit([(u, v, *PLANE.degrees(40 * u, 40 * (1 - v))) for u, v in points])


def test_a_permit_covers_what_stands_inside_with_the_middle_of_its_foot() -> None:
    seen = register(Permit(**MARKET))
    assert seen.covering(foot(0.4), FRIDAY, ()) is not None
    assert seen.covering(foot(0.49, width=0.2), FRIDAY, ()) is not None
    assert seen.covering(foot(0.51, width=0.2), FRIDAY, ()) is None
    assert register(Permit(**MARKET), camera="other").permits == ()


def test_a_permit_drawn_at_a_preset_holds_only_there() -> None:
    permit = Permit(**MARKET, preset="gate")
    for preset, seen in (("gate", (permit,)), ("yard", ()), (None, ())):
        made = PermitRegister(
            [permit], kind="street_vending", camera="cam", preset=preset, ground=None
        )
        assert made.permits == seen


def test_a_keep_out_strip_is_not_permitted() -> None:
    seen = register(Permit(**MARKET, keep_out=(STRIP,)))
    assert seen.covering(foot(0.25), FRIDAY, ()) is None
    assert seen.covering(foot(0.17, width=0.2), FRIDAY, ()) is None, "it stands on it in part"
    assert seen.covering(foot(0.1), FRIDAY, ()) is not None


@pytest.mark.parametrize(
    ("minutes", "holds"),
    [(-1, False), (0, True), (1, True), (329, True), (330, False), (331, False)],
)
def test_a_permit_holds_from_its_first_minute_to_its_last(minutes: int, holds: bool) -> None:
    seen = register(Permit(**MARKET, hours=["Fri-Sun 18:00-23:30"], valid="2026-03-01/2026-12-31"))
    at = FRIDAY.replace(hour=18) + timedelta(minutes=minutes)
    assert (seen.covering(foot(0.4), at, ()) is not None) is holds


def test_a_permit_ends_with_its_last_day_and_knows_holidays() -> None:
    seen = register(
        Permit(**MARKET, hours=["Mon-Sun 00:00-24:00", "Hol 10:00-12:00"], valid="2026-11-20")
    )
    late = FRIDAY.replace(hour=23, minute=59)
    assert seen.covering(foot(0.4), late, ()) is not None
    assert seen.covering(foot(0.4), late + timedelta(minutes=1), ()) is None
    assert seen.covering(foot(0.4), late, {FRIDAY.date()}) is None


def test_a_permit_on_the_map_covers_what_a_camera_sees_there(ground: Ground) -> None:
    square = on_map((10, 5), (20, 5), (20, 15), (10, 15))
    seen = register(Permit(name="square", polygon_wgs84=square), ground=ground)
    inside, outside = ground.picture(*PLANE.degrees(15, 10)), ground.picture(*PLANE.degrees(35, 10))
    assert inside is not None
    assert outside is not None
    assert seen.covering(foot(inside[0], y=inside[1]), FRIDAY, ()) is not None
    assert seen.covering(foot(outside[0], y=outside[1]), FRIDAY, ()) is None
    blind = register(Permit(name="square", polygon_wgs84=square))
    assert blind.permits == (), "a camera without ground cannot tell"


def test_a_drone_without_a_pose_may_be_above_any_permit_on_the_map(ground: Ground) -> None:
    square = on_map((10, 5), (20, 5), (20, 15), (10, 15))
    permit = Permit(name="square", polygon_wgs84=square, valid="2026-11-20")
    blind = register(permit, Permit(**MARKET | {"camera": "other"}), drone=True)
    assert blind.permits == (permit,)
    assert blind.covering(foot(0.4), FRIDAY, ()) is permit
    assert blind.covering(foot(0.4), FRIDAY + timedelta(days=1), ()) is None, "not in force"
    fixed = register(permit)
    assert fixed.permits == ()
    assert fixed.covering(foot(0.4), FRIDAY, ()) is None
    over_its_ground = register(permit, ground=ground, drone=True)
    outside = ground.picture(*PLANE.degrees(35, 10))
    assert outside is not None
    assert over_its_ground.covering(foot(outside[0], y=outside[1]), FRIDAY, ()) is None


def test_what_the_ground_may_be_off_by_counts_in_favour_of_who_stands_there(ground: Ground) -> None:
    square = on_map((10, 5), (20, 5), (20, 15), (10, 15))
    seen = register(Permit(name="square", polygon_wgs84=square), ground=ground)
    just_beside = ground.picture(*PLANE.degrees(21, 10))
    assert just_beside is not None
    accuracy = ground.position(*just_beside).accuracy_m
    assert accuracy is not None
    assert accuracy > 1
    assert seen.covering(foot(just_beside[0], y=just_beside[1]), FRIDAY, ()) is not None


@pytest.mark.parametrize(
    "where",
    [
        {},
        {"camera": "cam"},
        {"polygon": LEFT},
        {"camera": "cam", "polygon": LEFT, "polygon_wgs84": on_map((0, 0), (1, 0), (1, 1))},
        {"camera": "cam", "polygon": LEFT, "keep_out_wgs84": (on_map((0, 0), (1, 0), (1, 1)),)},
        {"polygon_wgs84": on_map((0, 0), (1, 0), (1, 1)), "keep_out": (STRIP,)},
    ],
)
def test_a_permit_must_be_somewhere(where: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=r"nowhere, or twice|where its polygon is drawn"):
        Permit(name="p", **where)
