"""Outlines that enclose nothing or cross themselves, wherever a site file has one."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from vision.errors import SiteError
from vision.evidence import paint_privacy
from vision.outlines import THINNEST, check_outline
from vision.site import Camera, Zone
from vision.site.file import load_site

BOW = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]
ROW = [[0.1, 0.5], [0.5, 0.5], [0.9, 0.5]]
POINT = [[0.1, 0.5]] * 3
THREAD = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.1005]]
SQUARE = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]
MENDED = "[[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]"
ON_MAP = {
    "bow": [[113, 31], [113.001, 31.001], [113.001, 31], [113, 31.001]],
    "row": [[113, 31], [113.001, 31], [113.002, 31]],
}
# Where a polygon may stand in a site file; line 5 of each.
PLACES = {
    "zone": """\
      - name: z
        watch: [street_vending]
        polygon: {}
""",
    "privacy": "      - {}\n",
    "preset": "      - {{name: gate, picture: gate.png, privacy: [{}]}}\n",
    "permit": "  - {{name: p, camera: a, polygon: {}}}\n",
    "keep-out": "  - {{name: p, camera: a, polygon: [[0,0],[1,0],[1,1]], keep_out: [{}]}}\n",
    "asset": "  - {{id: b, camera: a, polygon: {}}}\n",
}
HEADS = {"zone": "    zones:", "privacy": "    privacy:", "preset": "    presets:",
         "permit": "permits:", "keep-out": "permits:", "asset": "assets:"}  # fmt: skip


def site_with(folder: Path, place: str, polygon: object) -> Path:
    path = folder / "site.yaml"
    path.write_text(
        "site: {name: t}\ncameras:\n  - {id: b, source: c.mp4}\n  - id: a\n    source: c.mp4\n"
        f"{HEADS[place]}\n{PLACES[place].format(polygon)}",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("polygon", [BOW, ROW, POINT, THREAD], ids=["bow", "row", "point", "thin"])
def test_what_encloses_nothing_is_refused_with_its_line(tmp_path, place, polygon):
    path = site_with(tmp_path, place, polygon)
    with pytest.raises(SiteError) as error:
        load_site(path)
    line = 9 if place == "zone" else 7
    told = [one for one in str(error.value).splitlines() if f"{path}:{line}: " in one]
    assert told, error.value
    assert "draw" in told[0] or "give at least three corners" in told[0] or MENDED in told[0]
    assert (MENDED in told[0]) == (polygon is BOW)


@pytest.mark.parametrize("place", ["zone", "privacy", "permit", "keep-out", "asset"])
@pytest.mark.parametrize("polygon", [SQUARE, [*SQUARE, SQUARE[0]], [SQUARE[0], *SQUARE]])
def test_what_encloses_an_area_is_taken_also_closed_or_with_a_corner_twice(
    tmp_path, place, polygon
):
    load_site(site_with(tmp_path, place, polygon))


@pytest.mark.parametrize("key", ["polygon_wgs84", "keep_out_wgs84"])
@pytest.mark.parametrize("ring", ON_MAP.values(), ids=ON_MAP)
def test_on_the_map_as_well(tmp_path, key, ring):
    square = [[113, 31], [113.001, 31], [113.001, 31.001], [113, 31.001]]
    rings = {"polygon_wgs84": square, key: ring if key == "polygon_wgs84" else [ring]}
    path = tmp_path / "site.yaml"
    path.write_text(f"site: {{name: t}}\npermits:\n  - {{name: p, {str(rings)[1:-1]}}}\n")
    with pytest.raises(SiteError, match=rf"site\.yaml:3: permits\.0\.{key}"):
        load_site(path)


@pytest.mark.parametrize(
    ("corner", "says"),
    [([640, 360], "divide pixels"), ([-0.1, 0], "fraction"), ([".nan", 0.1], "nan is no fraction")],
)
def test_corners_are_fractions(tmp_path, corner, says):
    polygon = str([*SQUARE[1:], corner]).replace("'", "")
    with pytest.raises(SiteError, match=says) as error:
        load_site(site_with(tmp_path, "zone", polygon))
    assert ":9: cameras.1.zones.0.polygon.3" in str(error.value)


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ([[x, x, 113 + x / 1e3, 31 + x / 1e3] for x in (0.1, 0.3, 0.5, 0.7)], "nearly on a line"),
        ([[0.1, 0.9, 113, 31]] * 4, "are the same"),
    ],
)
def test_ground_points_in_a_row_are_refused_with_their_line(tmp_path, points, says):
    path = tmp_path / "site.yaml"
    path.write_text(
        f"site: {{name: t}}\ncameras:\n  - id: a\n    source: c.mp4\n    ground: {points}\n"
    )
    with pytest.raises(SiteError, match=rf"site\.yaml:5: cameras\.0\.ground: .*{says}"):
        load_site(path)


def test_a_record_of_an_earlier_decision_is_still_read():
    """Zones of records are validated too, and what was decided was decided with that outline."""
    zone = Zone.model_validate({"name": "z", "polygon": BOW, "watch": ["street_vending"]})
    assert len(zone.polygon) == 4


@given(st.lists(st.tuples(*[st.integers(0, 20)] * 2), min_size=3, max_size=9))
def test_the_order_that_is_offered_encloses_an_area(corners):
    try:
        check_outline(corners, THINNEST)
    except ValueError as error:
        _, offered, order = str(error).partition("enclose an area: ")
        if offered:
            mended = [tuple(corner) for corner in ast.literal_eval(order)]
            check_outline(mended, THINNEST)
            assert set(mended) == set(corners)
    else:
        assert shapely.Polygon(corners).area > 0


@pytest.mark.parametrize("zone", [BOW, ROW, POINT, THREAD, SQUARE, [*SQUARE[:3], [0.6, 0.4]]])
def test_privacy_never_paints_less_than_the_hull(zone):
    picture = np.zeros((200, 300, 3), np.uint8)
    painted = paint_privacy(picture, [zone])[..., 0] > 0
    hull = shapely.MultiPoint(zone).convex_hull
    rows, columns = np.mgrid[0:200, 0:300]
    inside = shapely.contains_xy(hull, (columns + 0.5) / 300, (rows + 0.5) / 200)
    assert painted[inside].mean() > 0.98 if inside.any() else painted.any()
    assert painted.any()
    grown = hull.buffer(2 / 200)
    assert not painted[~shapely.contains_xy(grown, columns / 300, rows / 200)].any()


def test_privacy_of_no_numbers_paints_everything():
    picture = np.zeros((20, 30, 3), np.uint8)
    assert (paint_privacy(picture, [[(float("nan"), 0), (1, 0), (1, 1)]]) > 0).all()


def test_privacy_far_outside_is_painted_as_far_as_the_picture_goes():
    camera = Camera.model_construct(privacy=(((-1e9, 0.5), (1e9, 0.5), (0.5, 1e9)),))
    painted = paint_privacy(np.zeros((100, 100, 3), np.uint8), camera.privacy)[..., 0] > 0
    assert painted[60:].all()
    assert not painted[:40].any()
