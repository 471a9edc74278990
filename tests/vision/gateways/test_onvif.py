"""A simulated ONVIF device, asked over SOAP with its digest checked, and found on the network."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Thread

import pytest

from tests.vision.gateways.onvif_device import OnvifDevice, answering_probes
from tests.vision.gateways.sites import behind
from vision.errors import SourceBroken
from vision.gateways.discovery import Found, discover
from vision.gateways.failures import ChannelUnknown, NoStream, PlatformDown, TokenRefused
from vision.gateways.onvif import Onvif
from vision.site import Site
from vision.site.gateway import Target, target_of


@pytest.fixture
def device() -> Iterator[OnvifDevice]:
    server = OnvifDevice()
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def platform(device: OnvifDevice, **more: object) -> Onvif:
    told = device.gateway(**more)
    gateway = behind(told, f"onvif://{told['name']}/Profile_1").gateway
    assert gateway is not None
    return Onvif(gateway)


def named(source: str) -> Target:
    found = target_of(source)
    assert found is not None
    return found


def test_profiles_streams_and_presets_of_a_device(device: OnvifDevice):
    dome = platform(device)
    (itself,) = dome.devices()
    assert (itself.name, itself.maker, itself.channels) == ("D-1", "Dome Makers", 2)
    first, second = dome.channels("dome")
    assert (first.source, first.name, first.turns) == ("onvif://dome/Profile_1", "main", True)
    assert (second.source, second.turns) == ("onvif://dome/Profile_2", False)
    user = "rtsp://viewer:p%3Aa%2Fs%40s@127.0.0.1:1"
    assert dome.ask(named("onvif://dome/Profile_2")).url == f"{user}/Profile_2"
    assert dome.ask(named("onvif://dome/sub")).url == f"{user}/Profile_2"
    assert dome.ask(named("onvif://dome")).url == f"{user}/Profile_1"
    assert [(p.number, p.name) for p in dome.presets(named("onvif://dome"))] == [
        ("1", "north gate"),
        ("2", "bins"),
    ]
    dome.call_preset(named("onvif://dome"), "2")
    assert device.turned == [("Profile_1", "2")]
    assert device.asked["GetProfiles"] == 1
    with pytest.raises(ChannelUnknown, match="has no profile other; it has Profile_1, Profile_2"):
        dome.ask(named("onvif://dome/other"))


def test_an_old_device_with_a_wrong_clock_is_asked_all_the_same(device: OnvifDevice):
    device.services = False
    device.clock_off = timedelta(days=-400)
    assert platform(device).ask(named("onvif://dome")).url.endswith("@127.0.0.1:1/Profile_1")
    assert device.asked["GetCapabilities"] >= 1


def test_a_device_named_by_its_host_alone(device: OnvifDevice):
    source = f"onvif://viewer:p%3Aa%2Fs%40s@{device.url.removeprefix('http://')}/sub"
    site = Site.model_validate({"site": {"name": "t"}, "cameras": [{"id": "a", "source": source}]})
    gateway = site.cameras[0].gateway
    assert gateway is not None
    assert Onvif(gateway).ask(named(source)).url.endswith("@127.0.0.1:1/Profile_2")


def test_a_wrong_password_is_refused_and_not_told(device: OnvifDevice):
    with pytest.raises(TokenRefused, match="does not take the user name or password") as caught:
        platform(device, password="gue:ssed").ask(named("onvif://dome"))
    assert "gue:ssed" not in str(caught.value)


def test_a_stream_elsewhere_is_refused_and_a_dead_device_said_to_be(device: OnvifDevice):
    device.stream = "rtsp://169.254.169.254/{token}"
    with pytest.raises(NoStream, match=r"add that network to the gateway's `allow`"):
        platform(device).ask(named("onvif://dome"))
    device.stream = "rtsp://8.8.8.8/{token}"  # public, but the password is the device's
    with pytest.raises(NoStream, match="which is not the device"):
        platform(device).ask(named("onvif://dome"))
    allowed = platform(device, allow=["8.8.8.0/24"]).ask(named("onvif://dome"))
    assert allowed.url.endswith("@8.8.8.8/Profile_1")
    with pytest.raises(PlatformDown, match=r"^dome: platform down"):
        platform(device, url="http://127.0.0.1:9").ask(named("onvif://dome"))


def test_devices_on_the_network_are_found_and_what_is_no_address_is_left_out():
    url = "http://127.0.0.1:80/onvif/device_service"
    try:
        with answering_probes(url):
            found = discover(1.5)
    except OSError as error:
        pytest.skip(f"no multicast here: {error}")
    assert Found(url, "Dome One", "D-1") in found
    assert not [one for one in found if "file:" in one.url or "\x1b" in one.url]


def test_without_the_extra_it_says_what_to_install(
    device: OnvifDevice, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "onvif", None)
    with pytest.raises(SourceBroken, match=r"pip install 'streetwarden\[onvif\]'"):
        platform(device).devices()


def test_many_devices_are_asked_at_once(device: OnvifDevice):
    domes = [platform(device, name=f"dome{n}") for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda dome: dome.ask(named("onvif://dome")).url, domes))
    assert len(set(found)) == 1
    assert device.asked["GetStreamUri"] == 8
