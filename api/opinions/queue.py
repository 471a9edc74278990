"""OpinionQueue: the cases that a model is still to be asked about, shared by several servers.

A case is put here by who asks, when it waits for a person, and never by who makes cases: nothing of
a case waits for this. A claim is a lease, as in the outbox: a server that dies while it asks loses
nothing, and no two ask about one case at a time. Who is decided meanwhile is not asked about.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, literal_column, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from api.cases.log import enter
from api.cases.opinion import Opinion
from api.cases.stages import WAITING
from api.delivery.retry import RetryPolicy
from api.opinions.counts import Result, count
from api.opinions.endpoint import Blame, Failure
from api.storage.database import Database
from api.storage.tables import CaseRow, EvidenceRow, OpinionRow
from vision.evidence import EvidenceRole

ACTOR: Final = "second opinion"
LEASE: Final = timedelta(minutes=2)
"""How much longer than an answer may take: a lease ends only after a crash."""
GIVEN_UP: Final = timedelta(days=1)
"""For so long a case is asked about; by then people have seen it."""
MISFITS: Final = 3
"""So often a model may answer in another form before its case is given up."""
_WAITS_S = (30, 60, 120, 300, 900)
RETRY: Final = RetryPolicy(
    waits=(*(timedelta(seconds=s) for s in _WAITS_S), *[timedelta(minutes=15)] * 200),
    longest_asked=timedelta(hours=1),
)
"""Longer than `GIVEN_UP` takes: it is time that ends it."""
_AHEAD = timedelta(hours=2)
"""Later than anything is planned for: a clock was wrong then, and it is due now."""
_AT_ONCE = 200
_LARGEST = 16 * 2**20
"""Bytes of a picture that is sent."""
_FIRST = ("best", "confirmed", "opened")
"""Of which moment the picture is: the clearest, if there is one."""
# Said with literals, as the index of these stages alone is declared.
_OF_THOSE = CaseRow.stage.in_([literal_column(f"'{stage}'") for stage in sorted(WAITING)])


class State(StrEnum):
    """How far a case is."""

    WAITING = "waiting"
    ANSWERED = "answered"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Claim:
    """A case that this server alone asks about, until its lease ends."""

    case_id: str
    kind: str
    subtype: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The picture that stands for a case: masked, and the newest of its masks."""

    sha256: str
    media_type: str


class OpinionQueue:
    """Claims and settles in the name of one server.

    Args:
        database: of the cases.
        owner: a name that no other server has.
        kinds: that are asked about.
        longest: what an answer takes at most.
    """

    def __init__(
        self, database: Database, owner: str, kinds: Collection[str], longest: timedelta
    ) -> None:
        self._database = database
        self._owner = owner
        self._kinds = tuple(kinds)
        self._lease = longest + LEASE

    def fill(self) -> None:
        """Put in what waits for a person and is not here yet, so many at once.

        Raises:
            DatabaseUnavailable: nothing was put in.
        """
        known = exists().where(OpinionRow.case_id == CaseRow.id)
        new = select(CaseRow.id).where(
            _OF_THOSE, CaseRow.kind.in_(self._kinds), CaseRow.opinion_says.is_(None), ~known
        )
        # By what the index of those that wait has: by id, all cases of a kind would be walked.
        new = new.order_by(CaseRow.created_at).limit(_AT_ONCE)
        with self._database.read() as session:  # an empty poll takes no write lock
            if session.scalar(new.limit(1)) is None:
                return
        insert = postgresql.insert if self._database.on_postgresql else sqlite.insert
        now = datetime.now(UTC)
        with self._database.write() as session:
            rows = [
                {
                    "case_id": case,
                    "state": State.WAITING.value,
                    "failures": 0,
                    "next_attempt_at": now,
                    "created_at": now,
                }
                for case in session.scalars(new)
            ]
            if rows:  # another server may put in the same ones
                session.execute(insert(OpinionRow).on_conflict_do_nothing(), rows)

    def take(self) -> Claim | None:
        """Claim the case that has been due the longest; None when none is.

        Raises:
            DatabaseUnavailable: none was claimed.
        """
        waits = exists().where(
            CaseRow.id == OpinionRow.case_id, _OF_THOSE, CaseRow.kind.in_(self._kinds)
        )
        found = select(OpinionRow.case_id).where(OpinionRow.state == State.WAITING.value, waits)
        found = found.order_by(OpinionRow.next_attempt_at, OpinionRow.case_id).limit(1)
        with self._database.read() as session:
            if session.scalar(found.where(_due(datetime.now(UTC)))) is None:
                return None
        with self._database.write() as session:
            now = datetime.now(UTC)
            due = found.where(_due(now)).with_for_update(skip_locked=True, of=OpinionRow)
            if (case := session.scalar(due)) is None:
                return None
            _change(session, case, owner=self._owner, next_attempt_at=now + self._lease)
            matter = select(CaseRow.kind, CaseRow.subtype).where(CaseRow.id == case)
            kind, subtype = session.execute(matter).one()
        return Claim(case, kind, subtype)

    def picture(self, claim: Claim) -> Shown | None:
        """The masked picture that stands for the case; None where there is none (any more).

        Raises:
            DatabaseUnavailable: it cannot be read now.
        """
        query = select(EvidenceRow).where(
            EvidenceRow.case_id == claim.case_id,
            EvidenceRow.role == EvidenceRole.MASKED.value,
            EvidenceRow.replaced_by.is_(None),
            EvidenceRow.purged_at.is_(None),
            EvidenceRow.media_type.like("image/%"),
            EvidenceRow.size <= _LARGEST,
        )
        with self._database.read() as session:
            rows = session.scalars(query.order_by(EvidenceRow.id)).all()
        best = min(rows, key=lambda row: _place(row.moment), default=None)
        return None if best is None else Shown(best.sha256, best.media_type)

    def answered(self, claim: Claim, opinion: Opinion, more: dict[str, Any]) -> bool:
        """Keep an answer: beside its case, and with what was asked in its log.

        A case that was decided while it was asked about keeps it as well; its stage is what it was.

        Args:
            claim: that is settled.
            opinion: what is kept beside the case.
            more: what the log has besides.

        Returns:
            False if the lease was over and another server has the case: then nothing is kept.

        Raises:
            DatabaseUnavailable: nothing was kept; it is asked again when the lease is over.
        """
        said = opinion.model_dump(mode="json")
        with self._database.write() as session:
            # The case first, as all do who lock both.
            case = session.get_one(CaseRow, claim.case_id, with_for_update=True)
            if not self._holds(session, claim):
                return False
            case.opinion = said
            data = {"second_opinion": said | more}
            enter(session, case, "opinion", by=ACTOR, reason=opinion.why, data=data)
            _change(session, claim.case_id, state=State.ANSWERED.value, owner=None, error=None)
            count(self._database, session, Result.ASKED)
            count(self._database, session, Result(opinion.answer.value), opinion.ms)
        return True

    def failed(self, claim: Claim, failure: Failure) -> None:
        """Note that there was no answer; the case is due again later, or given up.

        Raises:
            DatabaseUnavailable: it is due when the lease is over.
        """
        with self._database.write() as session:
            if not self._holds(session, claim):
                return
            row = session.get_one(OpinionRow, claim.case_id)
            now = datetime.now(UTC)
            if failure.blame is Blame.STOPPED:
                row.owner, row.next_attempt_at = None, now
                return
            row.failures += 1
            row.owner, row.error = None, failure.error
            wait = RETRY.wait(row.failures, failure.retry_after)
            late = wait is None or now + wait - row.created_at > GIVEN_UP
            if late or (failure.blame is Blame.ANSWER and row.failures >= MISFITS):
                row.state = State.GIVEN_UP.value
                count(self._database, session, Result.GIVEN_UP)
            elif wait is not None:
                row.next_attempt_at = now + wait
            if failure.blame is not Blame.EVIDENCE:  # then nobody was asked
                count(self._database, session, Result.ASKED)
                count(self._database, session, Result.FAILED)

    def give_up(self, claim: Claim, why: str) -> None:
        """Ask no more about a case of which there is nothing to be asked."""
        with self._database.write() as session:
            if self._holds(session, claim):
                _change(
                    session,
                    claim.case_id,
                    state=State.GIVEN_UP.value,
                    owner=None,
                    error=why,
                )
                count(self._database, session, Result.GIVEN_UP)

    def _holds(self, session: Session, claim: Claim) -> bool:
        """Whether the lease is this server's still; locks its row."""
        row = select(OpinionRow.owner).where(OpinionRow.case_id == claim.case_id)
        return session.scalar(row.with_for_update()) == self._owner


def _change(session: Session, case_id: str, **values: object) -> None:
    session.execute(
        update(OpinionRow).where(OpinionRow.case_id == case_id).values(**values),
        execution_options={"synchronize_session": False},
    )


def _due(now: datetime) -> ColumnElement[bool]:
    return or_(OpinionRow.next_attempt_at <= now, OpinionRow.next_attempt_at > now + _AHEAD)


def _place(moment: str) -> int:
    return _FIRST.index(moment) if moment in _FIRST else len(_FIRST)
