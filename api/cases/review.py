"""ReviewDesk: records a person's decision on a case, once."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from api.access.roles import Principal
from api.cases.announcement import Announce, CaseEvent, ending
from api.cases.claims import refuse_others, release
from api.cases.life import move
from api.cases.log import enter
from api.cases.parts import Review
from api.cases.requests import ReviewRequest
from api.cases.schemas import CaseDetail
from api.cases.scope import locked
from api.cases.second_review import keep, step_of
from api.cases.stages import Stage
from api.cases.steps import Step
from api.cases.suppression import Suppression
from api.cases.view import case_detail
from api.site_in_force import SiteInForce
from api.storage.database import Database
from api.storage.tables import CaseRow
from vision.site import Site


class ReviewDesk:
    """Records decisions and announces them; see `api.cases.announcement`."""

    def __init__(self, database: Database, site: Site | SiteInForce, announce: Announce) -> None:
        self._database = database
        self._settings = SiteInForce.of(site).now.review
        self._calendar = SiteInForce.of(site).now.calendar
        self._suppression = Suppression(site)
        self._announce = announce

    def review(self, who: Principal, case_id: str, request: ReviewRequest) -> CaseDetail:
        """Record a person's decision and announce it, in one transaction.

        Raises:
            UnknownCase: there is none, as far as this key may see.
            IllegalStep: somebody has decided already, or another person has to decide.
            CaseClaimed: somebody else holds it to decide.
        """
        with self._database.write() as session:
            if request.decision == "reject":  # which may release what the case inhibits
                self._database.decide_alone(session)
            case = locked(session, who, case_id)
            self.decide(session, case, who, request)
            session.flush()
            session.refresh(case)
            return case_detail(case, who)

    def decide(
        self, session: Session, case: CaseRow, who: Principal, request: ReviewRequest
    ) -> None:
        """Record a decision in a transaction that has locked the case.

        A rejection needs one that decides alone (`Database.decide_alone`).

        Raises:
            IllegalStep: somebody has decided already, or another person has to decide.
            CaseClaimed: somebody else holds it to decide.
        """
        now = datetime.now(UTC)
        before = case.stage
        step = step_of(self._settings.second, case, Step(request.decision))
        move(case, step, who, calendar=self._calendar, now=now)
        refuse_others(case, who, now)
        release(case)
        review = Review(
            decision=request.decision,
            reason=request.reason,
            checks=request.checks,
            note=request.note,
            reviewer=who.label,
            at=now,
        )
        if Stage.SECOND_REVIEW in {before, case.stage}:
            keep(case, who, review)
        decided = case.stage in {Stage.CONFIRMED, Stage.REJECTED}
        case.review = review.model_dump(mode="json") if decided else None
        case.undo_until = now + self._settings.undo
        case.silenced_until = case.inhibited_by = None
        enter(
            session,
            case,
            _action(step, case),
            by=who,
            reason=request.reason.value if request.reason else "",
            data={"checks": request.checks.model_dump(), "note": request.note},
            at=now,
        )
        session.flush()
        if case.stage == Stage.REJECTED:
            self._suppression.release_targets(session, case, now)
            self._announce(session, case, CaseEvent.REJECTED, now)
        elif case.stage == Stage.CONFIRMED:
            self._announce(session, case, CaseEvent.CONFIRMED, now)
            if case.ended_at is not None:
                # It ended while it waited for review; the receiver gets that event as well.
                self._announce(session, case, ending(case), now)


def _action(step: Step, case: CaseRow) -> str:
    if step is Step.CONFIRM_FIRST:
        return "confirmed_first"
    return "disagreed" if case.stage == Stage.PENDING_REVIEW else case.stage
