"""A process that ends between two looks and is started again reports what one that runs on does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from datasets.scenarios import Scenario, suite
from tests.scenarios.perfect import PerfectEyes
from tests.scenarios.player import Player
from tests.scenarios.verdict import judge
from vision.episodes import EpisodeEvent

NAMES = (
    "stall-stays", "stall-comes-back", "next-stall-soon", "gap-while-it-stays",
    "there-before-hours-begin", "permit-begins-a-minute-later", "bin-emptied-and-full-again",
    "shed-is-removed", "shed-newer-than-the-baseline", "drones-cross", "drones-swap-over-a-block",
    "truck-halts", "truck-spills",
)  # fmt: skip
SUITE = [s for s in suite() if s.name in NAMES]
EYES = PerfectEyes()
SHARE = 0.2
"""Of the looks before which the process is started anew."""


@pytest.mark.parametrize("scenario", SUITE, ids=lambda s: s.name)
def test_restarts_change_nothing(scenario: Scenario, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    player, events = Player(scenario, EYES, memory=tmp_path), list[EpisodeEvent]()
    for view, look in scenario.looks:
        if rng.random() < SHARE:
            player = Player(scenario, EYES, memory=tmp_path)
        for event in player.play(view, look):
            player.stored(event)
            events.append(event)
    verdict = judge(scenario, events, strictly=True)
    assert verdict.right, str(verdict)
