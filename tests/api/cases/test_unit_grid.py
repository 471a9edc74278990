from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from api.cases.store import CaseStore
from tests.api.world import OFFICER, make_event, make_site, make_world
from vision.geo import Position

CODE, REGISTERED = "421303009009009", "421303001002003"


@pytest.mark.parametrize(("lon", "cell"), [(113.385, CODE), (113.6, REGISTERED)])
def test_a_case_is_in_the_cell_where_it_stands_and_not_where_its_camera_does(
    tmp_path: Path, lon: float, cell: str
) -> None:
    ring = [(113.38, 31.71), (113.39, 31.71), (113.39, 31.72), (113.38, 31.72), (113.38, 31.71)]
    feature = {
        "type": "Feature",
        "properties": {"code": CODE, "department_code": "D9", "department_name": "North"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    path = tmp_path / "grid.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    site = make_site(tmp_path).model_copy(update={"unit_grid": str(path)})
    world = make_world(site)
    event = make_event()
    where = Position(lon, 31.715, "WGS84", 4.0, "homography")
    case_id = world.take(replace(event, episode=replace(event.episode, where=where)))
    case = CaseStore(world.database, site).get(OFFICER, case_id)
    assert (case.where.grid, case.where.accuracy_m) == (cell, 4.0)
    assert case.where.department is not None
    assert (case.where.department["code"] == "D9") is (cell == CODE)
    world.database.close()
