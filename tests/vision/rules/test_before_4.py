"""What rules of version 3 left behind is read by those of today: records, and a camera's memory."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.vision.rules.busy_street import facts, look, rules, scenario, undisturbed
from vision.rules.record import RULES_VERSION, Record
from vision.rules.replay import replay

LEFT = Path(__file__).with_name("before_4")


@pytest.mark.parametrize("file", sorted(LEFT.glob("street_vending-*.json")), ids=lambda f: f.stem)
def test_a_decision_of_then_is_made_again(file: Path) -> None:
    verdict = replay(Record.from_json(file.read_bytes()))
    assert verdict.same, verdict.differs
    assert verdict.rules == ("3", RULES_VERSION)


def test_what_went_on_then_goes_on(tmp_path: Path) -> None:
    shutil.copy(LEFT / "rules-cam.json", tmp_path)
    watch = rules(tmp_path)
    assert len(watch.held) == 4, "a stall, a bin, a roof and a truck"
    later = [event for second in range(35, 80) for event in look(watch, second, scenario(second))]
    expected = [
        e for e in undisturbed() if (e.frame.index >= 35 and e.episode.stage != "confirmed")
    ]
    # A truck takes longer to be confirmed now; what was confirmed of it then stays as it was.
    (truck, *rest), (today, *others) = facts(later), facts(expected)
    assert (truck[0], truck[1], truck[4]) == (today[0], today[1], today[4])
    assert truck[3] < today[3]
    assert rest == others
