"""The stories with perfect boxes: what fails here is the rule's fault, not the model's."""

from __future__ import annotations

import pytest

from datasets.scenarios import Scenario
from tests.scenarios.perfect import PerfectEyes
from tests.scenarios.player import Player
from tests.scenarios.verdict import judge
from tests.vision.rules.examples.parked_bicycles.stories import stories

EYES = PerfectEyes()


@pytest.mark.parametrize("story", [pytest.param(s, id=s.name) for s in stories()])
def test_story_becomes_exactly_what_it_must(story: Scenario) -> None:
    verdict = judge(story, Player(story, EYES).play_all(), strictly=True)
    assert verdict.right, str(verdict)
