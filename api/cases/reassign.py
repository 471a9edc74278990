"""Reassign: a case goes to another division of the same site (移交), and all that is its with it.

What one division's people and systems have of it ends there: the claim, the case system's numbers,
the department, the wait for an undo. Its own number, its evidence and its log stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from api.access.roles import Principal
from api.cases.claims import release
from api.cases.step_data import Division
from api.cases.transfers import Way
from api.errors import IllegalStep
from api.storage.tables import CaseRow, TransferRow
from api.words.said import say
from vision.site import Site


def reassign(
    session: Session,
    case: CaseRow,
    to: Division,
    *,
    site: Site,
    by: Principal,
    reason: str,
    now: datetime,
) -> Mapping[str, Any]:
    """Give a locked case to another division; returns what it was there, for the log.

    Raises:
        IllegalStep: it is there already, or the site knows no such division.
    """
    if to.division == case.division:
        raise IllegalStep(say("division_same", division=to.division))
    if to.division not in site.known_divisions:
        raise IllegalStep(say("division_unknown", division=to.division))
    before = {
        "from": case.division,
        "department": case.department,
        "task_no": case.task_no,
        "file_no": case.file_no,
    }
    session.add(
        TransferRow(
            case_id=case.id,
            way=Way.REASSIGNED.value,
            at=now,
            kind=case.kind,
            from_division=case.division,
            to_division=to.division,
            by=by.label,
            key_id=by.key_id,
            reason=reason,
        )
    )
    case.division = to.division
    case.department = to.department.model_dump() if to.department is not None else None
    case.task_no = case.file_no = case.undo_until = None
    release(case)
    return {"was": before}
