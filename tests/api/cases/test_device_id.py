"""The 20-digit id of a camera by GB/T 28181: on its view, and kept by the cases that it saw."""

from __future__ import annotations

from api.http.routes.cameras import _view
from tests.api.world import make_event, make_site, make_world
from vision.site import Site

CAMERA = "42130300001320000001"


def with_gateway(site: Site) -> Site:
    """The site with its gate behind a platform."""
    told = site.model_dump(include={"site", "storage", "review"}) | {
        "gateways": [
            {"name": "city", "kind": "wvp", "url": "http://10.0.0.1:18080", "secret": "key"}
        ],
        "cameras": [
            {"id": "gate", "source": f"gb28181://city/42130300001180000001/{CAMERA}"},
            {"id": "yard", "source": "yard.mp4", "device_id": "42130300001310000002"},
            {"id": "hall", "source": "hall.mp4"},
        ],
    }
    return Site.model_validate(told)


def test_a_case_keeps_the_id_of_the_camera_that_saw_it_first(tmp_path):
    site = with_gateway(make_site(tmp_path))
    world = make_world(site)
    told = {}
    for camera in ("gate", "yard", "hall"):
        case = world.read(world.take(make_event(camera=camera, zone="whole picture")))
        told[camera] = case.device_id
    assert told == {"gate": CAMERA, "yard": "42130300001310000002", "hall": None}
    assert [_view(camera, None).device_id for camera in site.cameras] == list(told.values())
