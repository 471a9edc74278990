"""`/v1/map`: what lies behind the cases, and what a browser may load for it."""

from __future__ import annotations

import json

import httpx
import pytest
from pydantic import ValidationError

from api.access.roles import Role
from api.http.app import create_app
from tests.api.world import make_site, make_world, served
from vision.errors import SiteError
from vision.site.console import MapSettings
from vision.site.file import load_site

STREET = {
    "type": "Feature",
    "properties": {"kind": "road", "name": "解放路", "owner": "not told"},
    "geometry": {"type": "LineString", "coordinates": [[113.37, 31.71], [113.39, 31.72]]},
}


def _drawing(path, *features):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_a_map_has_its_background_and_the_cameras_that_the_key_sees(tmp_path):
    drawn = _drawing(tmp_path / "map.geojson", STREET)
    world = make_world(make_site(tmp_path, console={"map": {"background": str(drawn)}}))
    with served(create_app(world.site, world.database, world.evidence)) as address:

        def asked(**scope):
            headers = {"Authorization": f"Bearer {world.key(Role.VIEWER, **scope)}"}
            answer = httpx.get(f"{address}/v1/map", headers=headers, trust_env=False)
            assert answer.status_code == 200
            assert "img-src 'self' blob:;" in answer.headers["Content-Security-Policy"]
            return answer.json()

        told = asked()
        assert told["background"]["features"] == [
            STREET | {"properties": {"kind": "road", "name": "解放路"}}
        ]
        assert [camera["id"] for camera in told["cameras"]] == ["gate"]  # the yard has no place
        assert asked(cameras=["yard"])["cameras"] == []
        drawn.unlink()
        assert asked()["background"] is None
    world.database.close()


def test_pictures_may_come_from_where_the_site_has_its_tiles_and_from_nowhere_else(tmp_path):
    tiles = "https://tiles.example:8443/{z}/{x}/{y}.png?style=day"
    world = make_world(make_site(tmp_path, console={"map": {"tiles": tiles, "attribution": "©"}}))
    with served(create_app(world.site, world.database, world.evidence)) as address:
        policy = httpx.get(address, trust_env=False).headers["Content-Security-Policy"]
    assert "img-src 'self' blob: https://tiles.example:8443;" in policy
    assert policy.count("example") == 1
    world.database.close()


@pytest.mark.parametrize(
    "tiles",
    [
        "https://tiles.example/{z}/{x}.png",
        "https://{z}.example/{x}/{y}.png",
        "https://tiles.example; script-src *; x/{z}/{x}/{y}",
        "ftp://tiles.example/{z}/{x}/{y}",
        "https://user:password@tiles.example/{z}/{x}/{y}",
        "https://tiles.example/{s}/{z}/{x}/{y}",
    ],
)
def test_an_address_of_tiles_that_cannot_be_one_is_refused(tiles):
    with pytest.raises(ValidationError):
        MapSettings(tiles=tiles)


@pytest.mark.parametrize(
    ("feature", "said"),
    [
        ({**STREET, "geometry": None}, "feature 1: its geometry does not read"),
        ({**STREET, "geometry": {"type": "Point", "coordinates": [500000, 3500000]}}, "no degrees"),
    ],
)
def test_a_background_that_cannot_be_drawn_is_a_mistake_of_the_site_file(tmp_path, feature, said):
    _drawing(tmp_path / "map.geojson", feature)
    site = tmp_path / "site.yaml"
    site.write_text("site: {name: t}\nconsole:\n  map:\n    background: map.geojson\n")
    with pytest.raises(SiteError, match=r"site\.yaml:4: .*") as refused:
        load_site(site)
    assert said in str(refused.value)
