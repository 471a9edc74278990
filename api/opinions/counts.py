"""Counts: how often a model was asked, what came of it, and how people decided after it."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from api.cases.opinion import Answer
from api.cases.stages import PERSON_CONFIRMED, WAITING, Stage
from api.storage.database import Database
from api.storage.tables import CaseRow, OpinionCountRow, OpinionRow


class Result(StrEnum):
    """What is counted of questions."""

    ASKED = "asked"
    YES = "yes"
    NO = "no"
    UNSURE = "unsure"
    FAILED = "failed"
    GIVEN_UP = "given_up"


def count(database: Database, session: Session, result: Result, ms: int = 0) -> None:
    """Count one more, in the transaction that it is of; `ms` is how long an answer took."""
    insert = postgresql.insert if database.on_postgresql else sqlite.insert
    one = insert(OpinionCountRow).values(result=result.value, count=1, ms=ms)
    more = {"count": OpinionCountRow.count + 1, "ms": OpinionCountRow.ms + ms}
    session.execute(one.on_conflict_do_update(index_elements=["result"], set_=more))


def counted(session: Session) -> dict[Result, tuple[int, int]]:
    """How often each came, and the milliseconds that it took together."""
    found = dict.fromkeys(Result, (0, 0))
    for row in session.scalars(select(OpinionCountRow)):
        found[Result(row.result)] = (row.count, row.ms)
    return found


def queued(session: Session) -> int:
    """How many cases that wait for a person a model is still to be asked about."""
    waits = select(func.count()).select_from(OpinionRow).join(CaseRow)
    of_those = CaseRow.stage.in_([stage.value for stage in WAITING])
    return session.scalar(waits.where(OpinionRow.state == "waiting", of_those)) or 0


def agreement(session: Session) -> dict[tuple[Answer, str], int]:
    """How many cases with each answer people have confirmed and rejected, as they stand now."""
    told = select(CaseRow.opinion_says, CaseRow.stage, func.count())
    told = told.where(CaseRow.opinion_says.is_not(None))
    found = {(answer, said): 0 for answer in Answer for said in ("confirmed", "rejected")}
    for says, stage, many in session.execute(
        told.group_by(CaseRow.opinion_says, CaseRow.stage)
    ).all():
        if Stage(stage) in PERSON_CONFIRMED:
            found[Answer(str(says)), "confirmed"] += many
        elif stage == Stage.REJECTED:
            found[Answer(str(says)), "rejected"] += many
    return found
