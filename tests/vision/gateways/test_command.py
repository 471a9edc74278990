"""`streetwarden gateways`: devices, a probe, presets; as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.streetwarden import app
from tests.vision.gateways.sites import gb
from tests.vision.gateways.wvp_server import PASSWORD, WvpServer, channel_id, device_id
from vision.gateways import opening

Run = Callable[..., object]


@pytest.fixture
def run(wvp: WvpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("WVP_PASSWORD", PASSWORD)
    site = tmp_path / "site.yaml"
    site.write_text(
        "site: {name: t}\n"
        "gateways:\n"
        f'  - {{name: city, kind: wvp, url: "{wvp.url}", user: streetwarden,'
        ' password: "${WVP_PASSWORD}"}\n'
        f'cameras:\n  - {{id: gate, source: "{gb(1)}"}}\n  - {{id: clip, source: clip.mp4}}\n',
        encoding="utf-8",
    )

    def made(what: str, *arguments: str) -> object:
        return CliRunner().invoke(app, ["gateways", what, str(site), *arguments])

    return made


def test_devices_are_listed_and_channels_of_one_with_their_lines(run: Run, wvp: WvpServer):
    wvp.offline.add(device_id(2))
    rows = json.loads(run("list", "--json").stdout)["devices"]
    assert [(row["id"], row["online"], row["found"]) for row in rows] == [
        (device_id(0), True, None),
        (device_id(1), True, None),
        (device_id(2), False, None),
    ]
    table = run("list", "--device", device_id(1)).stdout
    assert f'source: "{gb(3)}"  # 路口 1, turns' in table
    assert device_id(0) not in table
    assert wvp.asked["/api/device/query/devices/channels"] == 1
    run("list", "--channels")
    assert wvp.asked["/api/device/query/devices/channels"] == 4


def test_a_probe_opens_a_camera_and_says_what_it_gives(run: Run, wvp: WvpServer):
    done = run("probe")
    assert done.exit_code == 0
    assert "ok city: 3 devices, 3 online; gate gives 64×48" in done.stdout
    assert not wvp.plays
    opening._DESKS.clear()  # another process
    wvp.mood = "down"
    failed = run("probe", "--json")
    assert failed.exit_code == 1
    assert json.loads(failed.stdout)[0]["report"].startswith("city: platform down")


def test_presets_are_listed_and_called(run: Run, wvp: WvpServer):
    assert json.loads(run("preset", "gate", "--json").stdout)[0] == {"number": "1", "name": "北门"}
    assert "北门" in run("preset", "gate").stdout
    assert run("preset", "gate", "--call", "2").exit_code == 0
    assert wvp.points == {channel_id(1): "2"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("preset", "nobody"), "no camera is called 'nobody'"),
        (("preset", "clip"), "lies behind no gateway"),
        (("list", "--gateway", "town"), "no gateway is called 'town'; there are: city"),
    ],
)
def test_what_is_not_there_is_told(run: Run, arguments: tuple[str, ...], told: str):
    failed = run(*arguments)
    assert failed.exit_code == 1
    assert told in str(failed.exception)


def test_a_gateway_that_does_not_answer_is_told_and_the_exit_code_says_so(run: Run, wvp: WvpServer):
    wvp.mood = "lost"
    failed = run("list")
    assert failed.exit_code == 1
    assert PASSWORD not in failed.output
