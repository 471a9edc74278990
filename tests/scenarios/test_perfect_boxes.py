"""Every scenario with perfect boxes: what fails here is a rule's fault, not a model's."""

from __future__ import annotations

from collections import Counter

import pytest

from datasets.scenarios import Scenario, suite
from tests.scenarios.perfect import PerfectEyes
from tests.scenarios.player import Player
from tests.scenarios.verdict import Verdict, judge, rates, table

SUITE = suite()
EYES = PerfectEyes()
_told: dict[str, Verdict] = {}


def verdict_of(scenario: Scenario) -> Verdict:
    """What the rules make of a scenario; played once."""
    if scenario.name not in _told:
        events = Player(scenario, EYES).play_all()
        _told[scenario.name] = judge(scenario, events, strictly=True)
    return _told[scenario.name]


def _case(scenario: Scenario) -> object:
    marks = [pytest.mark.xfail(strict=True, reason=scenario.fault)] if scenario.fault else []
    return pytest.param(scenario, id=scenario.name, marks=marks)


@pytest.mark.parametrize("scenario", [_case(s) for s in SUITE])
def test_scenario_becomes_exactly_what_it_must(scenario: Scenario) -> None:
    verdict = verdict_of(scenario)
    assert verdict.right, str(verdict)


def test_precision_and_recall_are_one() -> None:
    verdicts = [verdict_of(s) for s in SUITE if not s.fault]
    print(f"\nperfect boxes\n{table(verdicts)}")
    for scenario in SUITE:
        if scenario.fault:
            print(f"known fault, not counted: {scenario.name}: {scenario.fault}")
    assert rates(verdicts) == (1.0, 1.0)


def test_suite_is_what_it_promises() -> None:
    names = Counter(s.name for s in SUITE)
    assert len(SUITE) >= 40
    assert max(names.values()) == 1
    tags = {tag for s in SUITE for tag in s.tags}
    assert tags >= {
        "street_vending", "overflowing_bin", "dirty_truck", "illegal_structure", "confuser",
        "night", "rain", "occlusion", "shake", "id switch", "dropped", "repeated", "gap", "clock",
        "hours", "midnight", "daylight saving", "holiday", "drones", "permit", "baseline",
    }  # fmt: skip
