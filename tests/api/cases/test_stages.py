"""The stage table against a table of its own, cell by cell: stage × step × role."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.access.roles import Principal, Role
from api.cases.announcement import CaseEvent
from api.cases.life import move
from api.cases.stages import ONGOING, OPEN, OUTCOMES, PERSON_CONFIRMED, Outcome, Stage
from api.cases.steps import PROGRAM, Step
from api.errors import IllegalStep, StepForbidden
from api.storage.tables import CaseRow
from vision.site import Site, Webhook

# Who: r reviewer, o officer, a admin, c the case system (receiver), p this program.
BEFORE = """
pending_review   silence>silenced:p inhibit>inhibited:p confirm>confirmed:roa
pending_review   confirm_first>second_review:roa reject>rejected:roa reassign>pending_review:oa
silenced         silence>silenced:p inhibit>inhibited:p release>pending_review:p
silenced         confirm>confirmed:roa confirm_first>second_review:roa reject>rejected:roa
inhibited        silence>silenced:p inhibit>inhibited:p release>pending_review:p
inhibited        confirm>confirmed:roa confirm_first>second_review:roa reject>rejected:roa
second_review    confirm>confirmed:roa reject>pending_review:roa undo>pending_review:roa
second_review    reassign>second_review:oa
rejected         undo>pending_review:roa
confirmed        undo>pending_review:roa emit>emitted:oacp reassign>confirmed:oa
emitted          file>filed:oac notice>noticed:oac accept>accepted:oac
filed            dispatch>dispatched:oac
dispatched       handle>handled:oac return>returned:oac
handled          verify>verified:oacp return>returned:oac
verified         close>closed:oacp return>returned:oac
returned         dispatch>dispatched:oac
noticed          give_grace>grace:oac accept>accepted:oac
grace            reobserve>reobserved:oacp
reobserved       close>closed:oacp accept>accepted:oac
accepted         close>closed:oac
transferred      close>closed:oac return>returned:oac
closed           appeal>closed:oac uphold>closed:oac overturn>closed:oac
closed           end_supervision>closed:oac
"""
ANY = """
close>closed withdraw>closed overturn>closed transfer>transferred
supervise end_supervision appeal uphold permit_check legal_review
"""
"""Of every case that the case system has; who: oac, in the stage itself where none is named."""
AFTER = "emitted filed dispatched handled verified returned noticed grace reobserved accepted"
LETTERS = {"r": "reviewer", "o": "officer", "a": "admin", "c": "receiver", "p": PROGRAM}


def cells() -> dict[tuple[str, str], tuple[str, set[str]]]:
    """The table above: (stage, step) to where and who."""
    found: dict[tuple[str, str], tuple[str, set[str]]] = {}
    for stage in f"{AFTER} transferred".split():
        for word in ANY.split():
            step, _, to = word.partition(">")
            if (stage, step) != ("transferred", "transfer"):
                found[stage, step] = (to or stage, {"officer", "admin", "receiver"})
        if stage != "transferred":
            found[stage, "reassign"] = ("confirmed", {"officer", "admin"})
    for line in BEFORE.strip().splitlines():
        stage, *words = line.split()
        for word in words:
            step, _, rest = word.partition(">")
            to, _, letters = rest.partition(":")
            found[stage, step] = (to, {LETTERS[letter] for letter in letters})
    return found


TABLE = cells()
ACTORS = [*Role, PROGRAM]
NOW = datetime(2026, 5, 21, 4, tzinfo=UTC)
CALENDAR = Site.for_sources([], Path()).calendar


def a_case(stage: Stage, step: Step) -> CaseRow:
    """In this stage, so that no guard refuses the step."""
    from datetime import timedelta

    from api.storage.tables import LogRow, ReviewRow

    now = datetime.now(UTC)
    return CaseRow(
        stage=stage.value,
        legal_basis={"matter": {"correct_first": False}},
        legal_use="penalty_evidence",
        undo_until=now + timedelta(minutes=1),
        supervised_at=now if step is Step.END_SUPERVISION else None,
        appealed_at=now if step is Step.UPHOLD else None,
        log=[LogRow(action="confirmed", key_id="k")],
        reviews=[ReviewRow(key_id="other", reviewer="another")],
    )


def actor(name: str) -> Principal | str:
    return "outbox" if name == PROGRAM else Principal("k", f"a {name}", Role(name))


@pytest.mark.parametrize("stage", Stage)
def test_every_step_of_every_role_is_what_the_table_says(stage):
    asked = 0
    for step, name in product(Step, ACTORS):
        case, told = a_case(stage, step), (stage, step, name)
        to, who = TABLE.get((stage, step), (None, set()))
        asked += 1
        if to is not None and name in who:
            move(case, step, actor(name), calendar=CALENDAR, now=NOW)
            assert case.stage == to, told
            continue
        with pytest.raises(StepForbidden if to else IllegalStep) as caught:
            move(case, step, actor(name), calendar=CALENDAR, now=NOW)
        assert case.stage == stage, told
        said = str(caught.value)
        assert stage.value in said
        if to is not None:
            assert all(role in said for role in who), "says who may"
        else:
            assert caught.value.possible == {
                other: sorted(allowed)
                for (at, other), (_, allowed) in sorted(TABLE.items())
                if at == stage and other != "confirm_first"
            }, told
    assert asked == len(Step) * len(ACTORS)


def test_every_stage_and_step_is_in_the_table():
    assert {to for to, _ in TABLE.values()} | {at for at, _ in TABLE} == set(Stage)
    assert {step for _, step in TABLE} == set(Step)


@given(st.lists(st.sampled_from(Step), max_size=30))
def test_whatever_is_tried_a_case_leaves_only_through_a_persons_confirmation(steps):
    stage, confirmed = Stage.PENDING_REVIEW, False
    for step in steps:
        if (stage, step) not in TABLE:
            continue
        stage = Stage(TABLE[stage, step][0])
        confirmed = (confirmed or step is Step.CONFIRM) and step is not Step.UNDO
        assert (stage in PERSON_CONFIRMED) == confirmed


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_is_open_or_over(stage):
    assert (stage in OPEN) != (stage in {Stage.REJECTED, Stage.CLOSED})


def test_outcomes_are_those_of_the_stage_from_which_a_case_is_closed():
    assert set(OUTCOMES) == ONGOING
    right = {Outcome.CORRECTED, Outcome.PERSUADED}
    for stage, possible in OUTCOMES.items():
        assert {Outcome.PERMITTED, Outcome.NO_LEGAL_BASIS} <= possible
        assert bool(possible & right) == (stage in {Stage.VERIFIED, Stage.REOBSERVED})
        assert (Outcome.DECIDED in possible) == (stage is Stage.ACCEPTED)
        assert not possible & {Outcome.WITHDRAWN, Outcome.OVERTURNED}, "steps of their own"


def test_receivers_can_ask_for_every_event():
    stages = get_args(Webhook.model_fields["stages"].annotation)[0]
    of_cases, of_receivers = (set(get_args(part)) for part in get_args(stages))
    assert of_cases == set(CaseEvent)
    assert of_receivers == {"receiver_failing", "receiver_recovered"}
    assert Webhook.model_fields["stages"].default == ("confirmed", "cleared", "reopened")
