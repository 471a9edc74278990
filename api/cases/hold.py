"""Legal hold: what is on hold is not purged, whatever its age."""

from __future__ import annotations

from datetime import UTC, datetime

from api.access.roles import Principal
from api.cases.log import enter
from api.cases.requests import HoldRequest
from api.cases.schemas import CaseDetail
from api.cases.scope import locked
from api.cases.view import case_detail
from api.errors import IllegalStep
from api.storage.database import Database
from api.words.said import say


def set_hold(database: Database, who: Principal, case_id: str, request: HoldRequest) -> CaseDetail:
    """Put a case on legal hold, or take it off, for a reason; both are logged.

    Raises:
        UnknownCase: there is none, as far as this key may see.
        IllegalStep: it is on hold already, or not.
    """
    now = datetime.now(UTC)
    with database.write() as session:
        row = locked(session, who, case_id)
        if request.hold == (row.hold is not None):
            raise IllegalStep(
                say("on_hold_already", at=row.hold["at"], by=row.hold["by"])
                if row.hold is not None
                else say("not_on_hold")
            )
        row.hold = (
            {"by": who.label, "at": now.isoformat(), "reason": request.reason}
            if request.hold
            else None
        )
        action = "held" if request.hold else "hold_released"
        enter(session, row, action, by=who, reason=request.reason, at=now)
        session.flush()
        session.refresh(row)
        return case_detail(row, who)
