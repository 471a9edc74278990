"""Gateways in a site file, sources that name one, and the 20-digit ids of GB/T 28181."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from vision.errors import SiteError
from vision.pipeline.decided_by import opened_by
from vision.redaction import secrets_of
from vision.site import Site
from vision.site.file import load_site
from vision.site.gateway import target_of
from vision.site.gb_id import GbId
from vision.sources.address import SourceKind, parse_address

NVR, CAMERA = "34020000001180000001", "34020000001320000001"
SITE = """
site: {name: t}
gateways:
  - {name: city, kind: wvp, url: "http://10.0.0.1:18080", user: sw, password: "${WVP}"}
  - name: media
    kind: zlmediakit
    url: http://10.0.0.2
    secret: ${WVP}
    allow: [10.1.0.0/16]
    pulls: [{stream: live/gate, url: "rtsp://a:${WVP}@10.0.0.3/1"}]
  - {name: dome, kind: onvif, url: "http://10.0.0.4"}
cameras:
  - {id: one, source: %s}
"""


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WVP", "se:cret")

    def made(source: str, text: str = SITE):
        path = tmp_path / "site.yaml"
        path.write_text(text % f'"{source}"', encoding="utf-8")
        return load_site(path)

    return made


@pytest.mark.parametrize(
    ("source", "gateway", "gb_id"),
    [
        (f"gb28181://city/{NVR}/{CAMERA}", "city", CAMERA),
        (f"gb28181://media/{NVR}/{CAMERA}", "media", CAMERA),
        ("zlm://media/live/gate", "media", None),
        ("onvif://dome/Profile_1", "dome", None),
        ("onvif://dome", "dome", None),
        ("onvif://u:p%40w@10.0.0.9:8000/Profile%201", "onvif", None),
        ("rtsp://10.0.0.5/1", None, None),
        ("clip.mp4", None, None),
    ],
)
def test_cameras_know_the_gateway_that_their_source_names(load, source, gateway, gb_id):
    (camera,) = load(source).cameras
    assert (camera.gateway.name if camera.gateway else None) == gateway
    assert camera.gb_id == gb_id
    there = pickle.loads(pickle.dumps(camera))  # as a worker gets it
    assert (there.gateway, there) == (camera.gateway, camera)


def test_a_device_at_a_host_needs_no_gateway(load):
    (camera,) = load("onvif://u:p%40w@10.0.0.9:8000/Profile%201").cameras
    assert camera.gateway.url == "http://10.0.0.9:8000/onvif/device_service"
    assert camera.gateway.password.get_secret_value() == "p@w"
    assert target_of(camera.source).parts == ("Profile 1",)
    assert "p@w" not in parse_address(camera.source).shown


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (f"gb28181://city/{CAMERA}", "write gb28181://GATEWAY/DEVICE_ID/CHANNEL_ID"),
        (f"gb28181://city/{NVR}/123", "is no GB/T 28181 id"),
        (f"gb28181://city/{NVR}/３４０２００００００１３２００００００１", "is no GB/T 28181 id"),
        (f"gb28181://city/{NVR}/34020000002150000001", "type code .* is 215"),
        (f"gb28181://city/{NVR}/34020000003010000001", "type code .* is 301"),
        (f"gb28181://town/{NVR}/{CAMERA}", "no gateway is called 'town'"),
        (f"gb28181://dome/{NVR}/{CAMERA}", "is of kind onvif, which knows no gb28181://"),
        ("zlm://city/live/gate", "is of kind wvp"),
        ("zlm://media/gate", "write zlm://GATEWAY/APP/STREAM"),
        ("onvif://dome/a/b", "write onvif://GATEWAY/PROFILE"),
        ("onvif://other/a", "no gateway is called 'other'"),
        ("onvif://:80/a", "write onvif://"),
    ],
)
def test_a_source_that_is_not_whole_is_told_with_its_line(load, source, told):
    with pytest.raises(SiteError, match=told) as caught:
        load(source)
    assert caught.value.mistakes


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{name: city, kind: wvp, url: 'http://10.0.0.1', user: a}", "needs `user` and `password`"),
        ("{name: city, kind: wvp, url: 'http://10.0.0.1', secret: 密钥}", "copy the key from"),
        ("{name: city, kind: zlmediakit, url: 'http://10.0.0.1'}", "needs its `secret`"),
        ("{name: city, kind: onvif, url: 'https://10.0.0.1'}", "http:// address"),
        ("{name: city, kind: wvp, url: 'http://u:p@10.0.0.1', secret: a}", "write them as `user`"),
        ("{name: city, kind: sip, url: 'http://10.0.0.1'}", "wvp"),
        (
            "{name: c, kind: wvp, url: 'http://h', secret: a, pulls: [{stream: a/b, url: 'rtsp://'}]}",
            "only a ZLMediaKit",
        ),
        (
            "{name: c, kind: zlmediakit, url: http://h, secret: a, pulls: [{stream: a/b, url: c}]}",
            "write the address of a stream",
        ),
        (
            "{name: c, kind: onvif, url: 'http://h'}\n  - {name: c, kind: onvif, url: 'http://h'}",
            "is used twice",
        ),
    ],
)
def test_a_gateway_that_cannot_be_is_told(load, line, told):
    with pytest.raises(SiteError, match=told):
        load(
            "clip.mp4",
            "site: {name: t}\ngateways:\n  - " + line + "\ncameras: [{id: a, source: %s}]\n",
        )


def test_its_secrets_are_known_as_such_and_a_change_of_it_opens_cameras_anew(load):
    site = load("zlm://media/live/gate")
    assert {"se:cret", "rtsp://a:se:cret@10.0.0.3/1"} <= set(secrets_of(site))
    assert "se:cret" not in repr(site)
    moved = load("zlm://media/live/gate", SITE.replace("10.0.0.2", "10.0.0.8"))
    assert opened_by(site.cameras[0]) != opened_by(moved.cameras[0])
    assert opened_by(site.cameras[0]) == opened_by(load("zlm://media/live/gate").cameras[0])


def test_the_type_in_an_id():
    one = GbId("42130300001320100042")
    assert one.type_code == "132"
    assert one.has_picture


def test_an_id_may_be_written_for_a_camera_of_any_source_but_not_another_than_its_own(load):
    text = SITE.replace("{id: one, source: %s}", f"{{id: one, device_id: '{CAMERA}', source: %s}}")
    assert load("rtsp://10.0.0.5/1", text).cameras[0].gb_id == CAMERA
    assert load(f"gb28181://city/{NVR}/{CAMERA}", text).cameras[0].gb_id == CAMERA
    with pytest.raises(SiteError, match="take device_id out"):
        load(f"gb28181://city/{NVR}/34020000001320000002", text)


def test_such_a_source_is_live_and_on_the_network():
    for source in (f"gb28181://city/{NVR}/{CAMERA}", "zlm://media/live/gate", "onvif://dome"):
        address = parse_address(source)
        assert address.kind is SourceKind.GATEWAY
        assert address.live
        assert address.network
        assert address.shown == source


def test_a_bare_source_may_be_a_device_and_else_says_that_it_needs_a_site_file(tmp_path):
    made = Site.for_sources(["onvif://u:p@10.0.0.9/a"], tmp_path)
    assert made.cameras[0].gateway.kind == "onvif"
    with pytest.raises(SiteError, match="no gateway is called 'city'; add it to `gateways`"):
        Site.for_sources([f"gb28181://city/{NVR}/{CAMERA}"], tmp_path)
    with pytest.raises(SiteError, match="is no GB/T 28181 id"):
        Site.for_sources(["gb28181://city/1/2"], tmp_path)
