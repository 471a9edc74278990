"""An address tried before a camera is added with it, and zones as they are drawn."""

import base64

import cv2
import numpy as np
import pytest

from api.access.roles import Role
from api.http.routes.probe import WIDTH

SIZE = (640, 360)


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.mp4"
    written = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10, SIZE)
    for level in range(0, 200, 20):
        written.write(np.full((SIZE[1], SIZE[0], 3), level, np.uint8))
    written.release()
    return path


def test_an_address_is_opened_once_and_tells_what_it_sends(client, clip, world):
    answer = client(Role.ADMIN).post("/v1/cameras/probe", json={"source": str(clip)})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    picture = np.frombuffer(base64.b64decode(found.pop("picture")), np.uint8)
    assert cv2.imdecode(picture, cv2.IMREAD_COLOR).shape == (WIDTH * 9 // 16, WIDTH, 3)
    assert found == {
        "kind": "file",
        "width": 640,
        "height": 360,
        "codec": "mpeg4",
        "fps": 10.0,
        "trouble": None,
    }
    assert [camera.id for camera in world.site.cameras] == [
        camera["id"] for camera in client(Role.ADMIN).get("/v1/cameras").json()["items"]
    ]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("/none/such.mp4", "no"),
        ("rtsp://watch:p@ss:w/rd@127.0.0.1:1/live", "127.0.0.1"),
        ("gopher://127.0.0.1/x", "not read"),
        ("zlm://town/live/gate", "no gateway is called 'town'"),
        ("gb28181://town/1/2", "is no GB/T 28181 id"),
        ("onvif://watch:p%40ss@127.0.0.1:9/a", "platform down"),
        ("${HOME}", "variable"),
    ],
)
def test_why_there_is_no_picture_is_told_without_the_password(client, source, said):
    answer = client(Role.ADMIN).post("/v1/cameras/probe", json={"source": source})
    assert answer.status_code == 422
    assert said in answer.text
    assert "p@ss" not in answer.text
    assert "w/rd" not in answer.text


def test_only_who_may_add_cameras_may_try_an_address(client, clip):
    for role in set(Role) - {Role.ADMIN}:
        answer = client(role).post("/v1/cameras/probe", json={"source": str(clip)})
        assert answer.status_code == 403, role


def test_zones_are_told_as_they_are_drawn(client, world):
    (camera, *_) = world.site.cameras
    answer = client(Role.REVIEWER).get(f"/v1/cameras/{camera.id}/zones")
    assert answer.json()["items"] == [
        {"name": zone.name, "preset": zone.preset, "polygon": [list(at) for at in zone.polygon]}
        for zone in camera.watched_zones
    ]
    assert client(Role.REVIEWER).get("/v1/cameras/none/zones").status_code == 404
