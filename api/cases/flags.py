"""Flags of a case, beside its stage: supervised, appealed; and what they allow."""

from __future__ import annotations

from api.access.roles import Principal
from api.cases.stages import Outcome
from api.storage.tables import CaseRow


def unsupervised(case: CaseRow, _by: Principal | str) -> str | None:
    """Guard: it is not under supervision already."""
    return "it is under supervision already" if case.supervised_at else None


def supervised(case: CaseRow, _by: Principal | str) -> str | None:
    """Guard: it is under supervision."""
    return None if case.supervised_at else "it is not under supervision; supervise it first"


def unappealed(case: CaseRow, by: Principal | str) -> str | None:
    """Guard: no appeal is being heard."""
    if case.appealed_at:
        return "an appeal is being heard already; uphold or overturn the case first"
    return standing(case, by)


def appealed(case: CaseRow, _by: Principal | str) -> str | None:
    """Guard: an appeal is being heard."""
    return None if case.appealed_at else "no appeal is being heard; record the appeal first"


def standing(case: CaseRow, _by: Principal | str) -> str | None:
    """Guard: it was not overturned."""
    return "it was overturned already" if case.outcome == Outcome.OVERTURNED else None
