"""ReviewDesk: records a person's decision on a case, once."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from api.access.roles import Principal
from api.cases.announcement import Announce, CaseEvent, ending
from api.cases.log import enter
from api.cases.schemas import CaseDetail, Review, ReviewRequest
from api.cases.scope import scoped, unknown
from api.cases.stages import Stage, Step, advance
from api.cases.suppression import Suppression
from api.cases.view import case_detail
from api.storage.database import Database
from api.storage.tables import CaseRow
from vision.site import Site


class ReviewDesk:
    """Records decisions and announces them; see `api.cases.announcement`."""

    def __init__(self, database: Database, site: Site, announce: Announce) -> None:
        self._database = database
        self._suppression = Suppression(site)
        self._announce = announce

    def review(self, who: Principal, case_id: str, request: ReviewRequest) -> CaseDetail:
        """Record a person's decision and announce it, in one transaction.

        Raises:
            UnknownCase: there is none, as far as this key may see.
            IllegalStep: somebody has decided already.
        """
        now = datetime.now(UTC)
        with self._database.write() as session:
            if request.decision == "reject":  # which may release what the case inhibits
                self._database.decide_alone(session)
            query = scoped(select(CaseRow).where(CaseRow.id == case_id), who)
            row = session.scalar(query.with_for_update())
            if row is None:
                raise unknown(case_id)
            row.stage = advance(Stage(row.stage), Step(request.decision)).value
            review = Review(
                decision=request.decision,
                reason=request.reason,
                checks=request.checks,
                note=request.note,
                reviewer=who.label,
                at=now,
            )
            row.review = review.model_dump(mode="json")
            row.silenced_until = row.inhibited_by = None
            enter(
                session,
                row,
                row.stage,
                by=who,
                reason=request.reason.value if request.reason else "",
                data={"checks": request.checks.model_dump(), "note": request.note},
                at=now,
            )
            session.flush()
            if request.decision == "reject":
                self._suppression.release_targets(session, row, now)
                self._announce(session, row, CaseEvent.REJECTED, now)
            else:
                self._announce(session, row, CaseEvent.CONFIRMED, now)
                if row.ended_at is not None:
                    # It ended while it waited for review; the receiver gets that event as well.
                    self._announce(session, row, ending(row), now)
            session.flush()
            session.refresh(row)
            return case_detail(row, who)
