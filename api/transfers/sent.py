"""Sent: a case that another installation has signed for is marked as transferred (移送)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import select

from api.access.roles import Principal
from api.cases.scope import locked
from api.cases.stages import Stage
from api.cases.step_data import To
from api.cases.step_desk import StepDesk
from api.cases.step_requests import Emit, Transfer
from api.cases.steps import Step
from api.cases.transfers import Way
from api.errors import CaseError
from api.storage.database import Database
from api.storage.tables import ChainRow, RecordRow, TransferRow
from api.transfers.receipt import Receipt, checked
from api.words.said import say


def mark_sent(
    database: Database,
    steps: StepDesk,
    text: bytes,
    trusted: Collection[str],
    *,
    who: Principal,
    reason: str,
) -> tuple[Receipt, int]:
    """Take the step `transfer` on a receipt; the same receipt again changes nothing.

    Args:
        database: of the cases.
        steps: of the same.
        text: the receipt's file.
        trusted: fingerprints of the receiving site's keys.
        who: sends the case.
        reason: why it is theirs.

    Returns:
        The receipt, and how many records the case's log has that the other site was not given.

    Raises:
        CaseError: the receipt does not hold, or is for none of this site's cases.
        IllegalStep: the case is over, or another authority has it already.
    """
    receipt = checked(text, trusted)
    with database.write() as session:
        database.decide_alone(session)
        case = locked(session, who, receipt.case)
        site = session.scalars(select(ChainRow.site)).one()
        of_case = select(RecordRow.no, RecordRow.hash).where(RecordRow.case_id == case.id)
        records = {row.no: row.hash for row in session.execute(of_case)}
        if receipt.site != site or records.get(receipt.no) != receipt.hash:
            raise CaseError(say("receipt_other_case", case=case.id))
        behind = len(records) - receipt.no
        query = select(TransferRow).where(
            TransferRow.case_id == case.id, TransferRow.way == Way.SENT.value
        )
        if any(row.package == receipt.package for row in session.scalars(query)):
            return receipt, behind
        to = To(to=receipt.name)
        more = {"receipt": receipt.model_dump(), "behind": behind}
        if case.stage == Stage.CONFIRMED:
            steps.take_in(session, case, Emit(step=Step.EMIT, data=to), by=who)
        request = Transfer(step=Step.TRANSFER, reason=reason, data=to)
        steps.take_in(session, case, request, by=who, more=more)
        session.add(
            TransferRow(
                case_id=case.id,
                way=Way.SENT.value,
                at=datetime.now(UTC),
                kind=case.kind,
                from_division=case.division,
                to_division=receipt.division,
                by=who.label,
                key_id=who.key_id,
                reason=reason,
                peer=receipt.received_by,
                peer_name=receipt.name,
                package=receipt.package,
                receipt=receipt.model_dump(),
            )
        )
        return receipt, behind
