"""The stage table: what it allows, and that nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cases.stages import OPEN, PERSON_CONFIRMED, STEPS, Stage, Step, advance
from api.errors import IllegalStep


@given(st.lists(st.sampled_from(Step), max_size=8))
def test_whatever_is_tried_a_case_leaves_only_through_a_persons_confirmation(steps):
    stage, done = Stage.PENDING_REVIEW, []
    for step in steps:
        if (stage, step) in STEPS:
            stage = advance(stage, step)
            done.append(step)
        else:
            with pytest.raises(IllegalStep, match=stage.value):
                advance(stage, step)
    assert (stage in PERSON_CONFIRMED) == (Step.CONFIRM in done)
    persons = [step for step in done if step not in {Step.SILENCE, Step.INHIBIT, Step.RELEASE}]
    assert persons in ([], [Step.CONFIRM], [Step.CONFIRM, Step.EMIT], [Step.REJECT])
    if persons:
        last = done.index(persons[0])
        assert done[last:] == persons, "what a person decided is muted and released no more"


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_is_open_or_rejected(stage):
    assert (stage in OPEN) != (stage is Stage.REJECTED)
