"""Life: whether somebody may take a step in a case's life now, and taking it.

The table in `steps` says what is possible at all. A *guard* may refuse a step that the table allows
because of how this case stands; add one to `GUARDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from api.access.roles import Principal, Role
from api.cases import flags, law, second_review, undo
from api.cases.deadlines import of_stage
from api.cases.stages import Stage
from api.cases.steps import MAY, PROGRAM, STEPS, Step, steps_from
from api.errors import IllegalStep, StepForbidden
from api.storage.tables import CaseRow
from api.words.said import say
from vision.registers.working_calendar import WorkingCalendar

Guard = Callable[[CaseRow, Principal | str], str | None]
"""Why a case does not allow the step to them now (see `api.words.said`); None where it does."""

GUARDS: Mapping[Step, tuple[Guard, ...]] = {
    Step.CONFIRM: (second_review.differs,),
    Step.REJECT: (second_review.differs,),
    Step.UNDO: (undo.in_time, undo.ones_own),
    Step.NOTICE: (law.permit_checked,),
    Step.ACCEPT: (law.corrected_first, law.permit_checked, law.legally_reviewed),
    Step.SUPERVISE: (flags.unsupervised,),
    Step.END_SUPERVISION: (flags.supervised,),
    Step.APPEAL: (flags.unappealed,),
    Step.UPHOLD: (flags.appealed,),
    Step.OVERTURN: (flags.standing,),
}


def move(
    case: CaseRow,
    step: Step,
    by: Principal | str,
    *,
    calendar: WorkingCalendar,
    now: datetime,
) -> None:
    """Take a step: the case is in the stage that it leads to, with that stage's deadline.

    What else it means is the caller's.

    Args:
        case: locked by this transaction.
        step: what is done.
        by: a key's holder, or the part of this program that does it.
        calendar: the site's, by which deadlines are counted.
        now: UTC.

    Raises:
        IllegalStep: the case does not allow it now; says what it allows and to whom.
        StepForbidden: it does, but not to them.
    """
    stage = Stage(case.stage)
    if (stage, step) not in STEPS:
        raise IllegalStep(_not_possible(stage, step), _named(stage))
    if _role(by) not in MAY[stage, step]:
        raise StepForbidden(
            say(
                "step_not_yours",
                stage=stage.value,
                step=step.value,
                roles=sorted(MAY[stage, step]),
                role=_role(by),
            )
        )
    for guard in GUARDS.get(step, ()):
        if (why := guard(case, by)) is not None:
            raise IllegalStep(why, _named(stage))
    if (to := STEPS[stage, step]) is not stage:
        case.stage = to.value
        case.deadline = of_stage(case, calendar, now)


def allowed(case: CaseRow, who: Principal) -> list[Step]:
    """The steps that this key's holder may take now."""
    stage = Stage(case.stage)
    return [
        step
        for step, roles in steps_from(stage).items()
        if who.role in roles and all(guard(case, who) is None for guard in GUARDS.get(step, ()))
    ]


def open_steps(case: CaseRow) -> dict[Step, list[Role]]:
    """The steps that the case itself allows now, with the people's and systems' roles for each."""
    stage = Stage(case.stage)
    return {
        step: [role for role in Role if role in roles]
        for step, roles in steps_from(stage).items()
        if set(roles) != {PROGRAM}
        and all(guard(case, PROGRAM) is None for guard in GUARDS.get(step, ()))
    }


def _role(by: Principal | str) -> str:
    return PROGRAM if isinstance(by, str) else by.role.value


def _named(stage: Stage) -> dict[str, list[str]]:
    return {step.value: roles for step, roles in steps_from(stage).items()}


def _not_possible(stage: Stage, step: Step) -> str:
    possible = [f"{one.value} ({', '.join(sorted(MAY[stage, one]))})" for one in steps_from(stage)]
    if not possible:
        return say("case_over", stage=stage.value, step=step.value)
    return say("step_not_possible", stage=stage.value, step=step.value, possible=possible)
