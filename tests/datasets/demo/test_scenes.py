"""The demo's scenes hold what the demo promises, told by their truth at chosen moments."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from datasets.demo.bin_corner import bin_corner
from datasets.demo.market import market_street
from datasets.demo.site_gate import PASSES, site_gate
from datasets.demo.survey import SECOND_FLIGHT, block_survey
from datasets.renderer.truth import TruthBox

SIZE = (640, 360)


def at(shot, t: float) -> dict[str, list[TruthBox]]:
    found: dict[str, list[TruthBox]] = {}
    for box in shot.scene.frame(t)[1]:
        found.setdefault(box.label, []).append(box)
    return found


def inside(shot, box: TruthBox, where: Callable[[TruthBox], tuple[float, float]]) -> bool:
    (ring,) = shot.zones.values()
    polygon = (np.array(ring) * SIZE).astype(np.float32)
    return cv2.pointPolygonTest(polygon, where(box), False) >= 0  # noqa: FBT003


def foot(box: TruthBox) -> tuple[float, float]:
    x1, _, x2, y2 = box.box
    return (x1 + x2) / 2, y2


@pytest.fixture(scope="module")
def market():
    return market_street(*SIZE)


def test_stall_stays_in_the_forbidden_strip(market):
    for t in (16.0, 40.0, 78.0):
        stalls = {b.actor: b for b in at(market, t)["stall"]}
        assert inside(market, stalls["stall-1"], foot)
        assert not inside(market, stalls["permitted-1"], foot)
        assert not inside(market, stalls["permitted-2"], foot)
    assert "stall-1" not in {b.actor for b in at(market, 95.0)["stall"]}


def test_passing_carts_do_not_linger_in_the_strip(market):
    seconds = []
    for t in range(92, 104):
        carts = [b for b in at(market, t).get("stall", []) if b.actor == "cart-2"]
        seconds += [t for b in carts if inside(market, b, foot)]
    assert 2 <= len(seconds) < 15


def test_stall_is_big_enough_to_detect(market):
    stall = next(b for b in at(market, 20.0)["stall"] if b.actor == "stall-1")
    # Half the demo's frame size here; 80 px there.
    assert stall.box[3] - stall.box[1] >= 40


def test_bin_fills_overflows_and_is_emptied():
    shot = bin_corner(*SIZE)
    before, open_, full, after = (at(shot, t) for t in (2.0, 16.0, 32.0, 100.0))
    assert {b.actor for b in before["bin"]} == {"bin-1", "bin-2"}
    assert {b.actor for b in open_["bin"]} == {"bin-1", "bin-2"}
    assert [b.actor for b in full["overflowing_bin"]] == ["bin-1"]
    assert [b.actor for b in full["bin"]] == ["bin-2"]
    assert inside(shot, full["overflowing_bin"][0], foot)
    assert inside(shot, full["garbage"][0], foot)
    assert "overflowing_bin" not in after
    assert "garbage" not in after


def test_trucks_pass_one_by_one_with_their_state():
    shot = site_gate(*SIZE)
    for name, start, truck in PASSES:
        trucks = at(shot, start + 8.5)["truck"]
        assert [(b.actor, b.load, b.dirt) for b in trucks] == [(name, truck.load, truck.dirt)]
        assert trucks[0].box[2] - trucks[0].box[0] >= 125
    states = {(truck.load, truck.dirt) for _, _, truck in PASSES}
    assert states >= {
        ("covered", "clean"),
        ("empty", "clean"),
        ("open", "clean"),
        ("covered", "muddy"),
    }


def test_a_roof_appears_between_two_flights():
    shot = block_survey(*SIZE)
    first, second = at(shot, SECOND_FLIGHT - 5), at(shot, SECOND_FLIGHT + 5)
    old = {b.actor: b.box for b in first["structure"]}
    new = {b.actor: b.box for b in second["structure"]}
    assert set(new) - set(old) == {"addition"}
    for name, box in old.items():
        assert np.abs(np.subtract(box, new[name])).max() <= 0.02 * SIZE[0] + 12
    x1, y1, x2, y2 = new["addition"]
    for box in old.values():
        wide, tall = min(box[2], x2) - max(box[0], x1), min(box[3], y2) - max(box[1], y1)
        assert wide <= 0 or tall <= 0 or wide * tall < 0.2 * (x2 - x1) * (y2 - y1)
