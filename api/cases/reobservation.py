"""Reobservation: a case in grace is looked at again, by the cameras that saw it.

What is seen gone is closed as corrected, with the clearing pictures as what it looks like after.
What a camera shows still, after the grace, is a picture more, and a person decides. Where no camera
can tell, nothing is claimed: the case stays in grace and says why.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.cases.announcement import Announce
from api.cases.log import enter, said_data
from api.cases.sightings import CLEARED, attach
from api.cases.stages import Outcome, Stage
from api.cases.step_data import Closing, Seen
from api.cases.step_desk import StepDesk, Then
from api.cases.step_requests import Close, Reobserve
from api.cases.steps import Step
from api.site_in_force import SiteInForce
from api.storage.database import Database
from api.storage.tables import CaseRow
from api.words.said import say
from vision.evidence import SecondLook
from vision.site import Site

_log = logging.getLogger(__name__)

_BY = "streetwarden"
PATIENCE = timedelta(minutes=10)
"""After a grace, until a case says that nobody has looked: a camera may be on patrol, a lorry may
stand before it."""

LookAgain = Callable[[str, str, datetime], SecondLook]
"""Called with a camera, an episode and the end of the grace; see `Pipeline.look_again`."""


class Reobservation:
    """Looks again at what is in grace.

    Args:
        database: of the cases.
        site: whose calendar and silences they are.
        announce: see `api.cases.announcement`.
        look_again: asks a camera; None where this server watches none.
        then: called with a case that has moved on.
    """

    def __init__(
        self,
        database: Database,
        site: Site | SiteInForce,
        announce: Announce,
        look_again: LookAgain | None,
        then: Then | None = None,
    ) -> None:
        self._database = database
        # This program decides nothing, so it has nothing to take back.
        self._desk = StepDesk(database, site, announce, lambda _session, _case: False)
        self._look_again = look_again
        self._then = then or (lambda _session, _case: None)

    def put_right(self, session: Session, case: CaseRow) -> None:
        """Close a case in grace that was seen gone, in a transaction that decides alone."""
        if case.stage != Stage.GRACE or case.cleared_at is None:
            return
        after = [row.sha256 for row in case.evidence if row.moment == CLEARED]
        why = say("seen_gone")
        seen = Reobserve(
            step=Step.REOBSERVE,
            reason=why,
            data=Seen(at=case.cleared_at, still_there=False),
        )
        self._desk.take_in(session, case, seen, by=_BY, more={"shown_by": after, **said_data(why)})
        closing = Close(step=Step.CLOSE, data=Closing(outcome=Outcome.CORRECTED))
        self._desk.take_in(session, case, closing, by=_BY)
        self._then(session, case)

    def once(self, now: datetime, stopping: Callable[[], bool] = lambda: False) -> int:
        """Look again at every case in grace that it is time for; return how many moved on.

        Two servers may do so at the same time: a case moves once.

        Args:
            now: UTC.
            stopping: whether to end after the present case.

        Raises:
            DatabaseUnavailable: not all were looked at; call again.
        """
        with self._database.read() as session:
            grace = select(CaseRow).where(CaseRow.stage == Stage.GRACE.value).order_by(CaseRow.id)
            due = [
                (case.id, case.cleared_at is not None, case.deadline_at)
                for case in session.scalars(grace)
                if case.cleared_at is not None or _over(case, now)
            ]
        moved = 0
        for case_id, gone, until in due:
            if stopping():
                break
            moved += self._clear(case_id) if gone else self._look(case_id, until or now, now)
        return moved

    def _clear(self, case_id: str) -> bool:
        """Close one that was gone before the grace was given."""
        with self._database.write() as session:
            case = self._locked(session, case_id)
            self.put_right(session, case)
            return case.stage != Stage.GRACE

    def _look(self, case_id: str, until: datetime, now: datetime) -> bool:
        if self._look_again is None:
            return False
        with self._database.read() as session:
            case = session.get_one(CaseRow, case_id)
            held = [(s.camera, s.episode_id) for s in case.sightings if s.ended_at is None]
            said = (case.deadline or {}).get("unseen") is not None
        whys = []
        for camera, episode in held:
            look = self._look_again(camera, episode, until)
            if look.at is not None:
                return self._still_there(case_id, episode, look, until)
            whys.append(look.why or "")
        if not said and now >= until + PATIENCE:
            self._unseen(case_id, until, whys or [say("nobody_watches")])
        return False

    def _still_there(self, case_id: str, episode: str, look: SecondLook, until: datetime) -> bool:
        assert look.at is not None
        with self._database.write() as session:
            case = self._locked(session, case_id)
            if not _waits(case, until):
                return False  # somebody was faster; the picture is nobody's
            attach(case, episode, look.items)
            why = say("seen_after_grace")
            seen = Reobserve(
                step=Step.REOBSERVE,
                reason=why,
                data=Seen(at=look.at, still_there=True),
            )
            more = {"evidence": [item.sha256 for item in look.items], **said_data(why)}
            session.flush()
            self._desk.take_in(session, case, seen, by=_BY, more=more)
            self._then(session, case)
        return True

    def _unseen(self, case_id: str, until: datetime, whys: Sequence[str]) -> None:
        why = "; ".join(whys)
        with self._database.write() as session:
            case = self._locked(session, case_id)
            if not _waits(case, until) or case.deadline is None or case.deadline["unseen"]:
                return
            case.deadline = case.deadline | {"unseen": why}
            data = {"until": until.isoformat(), **said_data(*whys)}
            enter(session, case, "unseen", by=_BY, reason=why, data=data)
        _log.warning("%s: its grace is over, and nobody has looked: %s", case_id, why)

    def _locked(self, session: Session, case_id: str) -> CaseRow:
        self._database.decide_alone(session)
        return session.get_one(CaseRow, case_id, with_for_update=True, populate_existing=True)


def _over(case: CaseRow, now: datetime) -> bool:
    until = case.deadline_at
    return until is not None and until <= now


def _waits(case: CaseRow, until: datetime) -> bool:
    """Whether it still waits for a look after this very grace."""
    return case.stage == Stage.GRACE and case.cleared_at is None and case.deadline_at == until
