"""Flags of a case, beside its stage: supervised, appealed; and what they allow."""

from __future__ import annotations

from api.access.roles import Principal
from api.cases.stages import Outcome
from api.storage.tables import CaseRow
from api.words.said import say


def unsupervised(case: CaseRow, _by: Principal | str) -> str | None:
    """Guard: it is not under supervision already."""
    return say("supervised_already") if case.supervised_at else None


def supervised(case: CaseRow, _by: Principal | str) -> str | None:
    """Guard: it is under supervision."""
    return None if case.supervised_at else say("not_supervised")


def unappealed(case: CaseRow, by: Principal | str) -> str | None:
    """Guard: no appeal is being heard."""
    if case.appealed_at:
        return say("appeal_open")
    return standing(case, by)


def appealed(case: CaseRow, _by: Principal | str) -> str | None:
    """Guard: an appeal is being heard."""
    return None if case.appealed_at else say("no_appeal")


def standing(case: CaseRow, _by: Principal | str) -> str | None:
    """Guard: it was not overturned."""
    return say("overturned_already") if case.outcome == Outcome.OVERTURNED else None
