"""Bulk rejection: the false alarms of one camera that wait for review, with one reason."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import select

from api.access.roles import Principal
from api.cases.case_filter import CaseFilter
from api.cases.claims import held
from api.cases.listing import find
from api.cases.parts import Part
from api.cases.requests import ReviewRequest
from api.cases.review import ReviewDesk
from api.storage.database import Database
from api.storage.tables import CaseRow

MOST = 200
"""Cases of one request: each takes some ten milliseconds of the one that may write."""


class RejectedCases(Part):
    """The cases that were rejected, and those left: other cameras saw them, or others hold them."""

    rejected: list[str]
    left: list[str]


def reject_all(
    database: Database,
    desk: ReviewDesk,
    who: Principal,
    wanted: CaseFilter,
    request: ReviewRequest,
    *,
    limit: int,
    only: Collection[str] | None = None,
) -> RejectedCases:
    """Reject the newest cases that wait for review and that this camera alone has seen.

    One transaction; each case has its own entry in the log, and can be undone by itself. What
    another camera has seen as well is hardly this one's false alarm, and what somebody else holds
    is being looked at: both are left.

    Args:
        database: the case database.
        desk: where each is decided.
        who: the key's holder; the list is what they see.
        wanted: of one camera, in the stage `pending_review` alone.
        request: the rejection.
        limit: how many cases are looked at.
        only: of these cases, which somebody was shown; None for any.
    """
    now = datetime.now(UTC)
    done = RejectedCases(rejected=[], left=[])
    with database.write() as session:
        database.decide_alone(session)
        ids = find(session, who, wanted, None, limit)
        query = select(CaseRow).where(CaseRow.id.in_(ids)).order_by(CaseRow.id.desc())
        for case in session.scalars(query.with_for_update()).all():
            # Until it was locked, somebody may have confirmed it.
            waits = case.stage in wanted.stages and (only is None or case.id in only)
            alone = {seen.camera for seen in case.sightings} == {wanted.camera}
            theirs = held(case, now) and case.claimed_key != who.key_id
            if waits and alone and not theirs:
                desk.decide(session, case, who, request)
                done.rejected.append(case.id)
            else:
                done.left.append(case.id)
    return done
