"""The whole suite, drawn, with the shipped weights: what a site would be told."""

from __future__ import annotations

import pytest

from datasets.scenarios import suite
from tests.scenarios.player import Player
from tests.scenarios.shipped import ShippedEyes
from tests.scenarios.verdict import judge, rates, table, watched
from vision.engines import open_engine
from vision.engines.truck_state import open_truck_state
from vision.site import ModelChoice

LEAST = 0.9
LEAST_BY_KIND = {
    "street_vending": (0.99, 0.99),
    "illegal_structure": (0.99, 0.99),
    "overflowing_bin": (0.99, 0.99),
    "dirty_truck": (0.99, 0.68),
}
"""Precision and recall of each kind with the shipped weights: what one rule loses, the others must
not hide. Of 22 dirty trucks five spill, on a road where these weights see no garbage, and two of
the 17 others are lost: mud on one's wheels, and an open load that two drones see in turn, too
seldom."""


@pytest.mark.timeout(1200)  # the longest test there is: about three thousand pictures
def test_precision_and_recall_with_the_shipped_weights() -> None:
    scenarios = suite()
    haulers = {c["id"] for s in scenarios for c in s.site["cameras"] if _watches_trucks(c)}
    engine = open_engine(ModelChoice())
    try:
        eyes = ShippedEyes(engine, open_truck_state(haulers))
        verdicts = [judge(s, Player(s, eyes).play_all(), strictly=False) for s in scenarios]
    finally:
        engine.close()
    looks = sum(len(s.looks) for s in scenarios)
    print(f"\nshipped weights, {looks} looks at {eyes.pictures} pictures\n{table(verdicts)}")
    for verdict in verdicts:
        if not verdict.right:
            print(verdict)
    precision, recall = rates(verdicts)
    assert precision >= LEAST
    assert recall >= LEAST
    for kind, least in LEAST_BY_KIND.items():
        had = rates([v for v in verdicts if kind in watched(v.scenario)])
        assert (had[0] >= least[0], had[1] >= least[1]) == (True, True), (kind, had)


def _watches_trucks(camera: dict[str, object]) -> bool:
    return any("dirty_truck" in zone["watch"] for zone in camera["zones"])  # type: ignore[attr-defined]
