"""Claims: a reviewer holds a case for some minutes while they decide, and everybody sees it.

Nobody has to claim: a case that nobody holds is decided by whoever comes first. A claim is no step:
it leaves no trace in the log, unless an officer or admin takes one over.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, or_

from api.access.roles import Principal
from api.cases.log import enter
from api.cases.parts import Part
from api.cases.scope import locked
from api.cases.stages import DECIDABLE
from api.errors import CaseClaimed, IllegalStep
from api.storage.database import Database
from api.storage.tables import CaseRow
from api.words.said import say
from vision.site.review import LONGEST_CLAIM


class Claim(Part):
    """Who holds a case to decide on it, and until when unless they say again that they do."""

    claimed_by: str
    claimed_until: datetime


def held(case: CaseRow, now: datetime) -> bool:
    """Whether somebody holds the case; a claim that a wrong clock made for long holds nothing."""
    until = case.claimed_until
    return until is not None and now < until <= now + LONGEST_CLAIM


def free(now: datetime) -> ColumnElement[bool]:
    """SQL for a case that nobody holds: not `held`."""
    until = CaseRow.claimed_until
    return or_(until.is_(None), until <= now, until > now + LONGEST_CLAIM)


def give(case: CaseRow, who: Principal, until: datetime) -> None:
    """Let them hold a locked case until then."""
    case.claimed_by, case.claimed_key, case.claimed_until = who.label, who.key_id, until


def refuse_others(case: CaseRow, who: Principal, now: datetime) -> None:
    """Refuse whoever is not the holder of a held case.

    Raises:
        CaseClaimed: says who holds it and until when.
    """
    if not held(case, now) or case.claimed_key == who.key_id:
        return
    assert case.claimed_until is not None
    until = case.claimed_until.isoformat()
    raise CaseClaimed(say("claimed_by_other", by=case.claimed_by, until=until))


def release(case: CaseRow) -> None:
    """Let the case go."""
    case.claimed_by = case.claimed_key = case.claimed_until = None


class ClaimDesk:
    """Claims, renews and releases cases, each for `length`."""

    def __init__(self, database: Database, length: timedelta) -> None:
        self._database = database
        self._length = length

    def claim(self, who: Principal, case_id: str, *, take_over: bool, reason: str) -> Claim:
        """Hold a case from now on, or go on holding it.

        Args:
            who: the key's holder.
            case_id: of the case.
            take_over: also from whoever holds it.
            reason: why it is taken over.

        Raises:
            UnknownCase: there is none, as far as this key may see.
            IllegalStep: it is decided.
            CaseClaimed: somebody else holds it.
        """
        now = datetime.now(UTC)
        with self._database.write() as session:
            case = locked(session, who, case_id)
            if case.stage not in DECIDABLE:
                raise IllegalStep(say("nothing_to_decide", stage=case.stage))
            others = held(case, now) and case.claimed_key != who.key_id
            if others and not take_over:
                refuse_others(case, who, now)
            if others:
                data = {"from": case.claimed_by}
                enter(session, case, "taken_over", by=who, reason=reason, data=data, at=now)
            until = now + self._length
            give(case, who, until)
            return Claim(claimed_by=who.label, claimed_until=until)

    def release(self, who: Principal, case_id: str) -> None:
        """Let a case go; of what somebody else holds or nobody, nothing changes.

        Raises:
            UnknownCase: there is none, as far as this key may see.
        """
        with self._database.write() as session:
            case = locked(session, who, case_id)
            if case.claimed_key == who.key_id:
                release(case)
