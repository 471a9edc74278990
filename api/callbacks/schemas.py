"""What is shown of call-backs."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field, TypeAdapter

from api.callbacks.requests import Callback
from api.callbacks.standing import State
from api.cases.parts import Part
from api.storage.tables import CallbackRow

_SAID: TypeAdapter[Callback] = TypeAdapter(Callback)


class CallbackView(Part):
    """A call-back: what it said, and what has become of it."""

    no: int = Field(description="Counts call-backs; the cursor of lists.")
    case_id: str
    receiver: str = Field(description="The webhook whose secret signed it, or the key's label.")
    state: State
    reason: str = Field(description="Why it was not applied, in words.")
    received_at: datetime
    applied_at: datetime | None
    said: Callback

    @classmethod
    def of(cls, row: CallbackRow) -> CallbackView:
        """A row's."""
        return cls(
            no=row.id,
            case_id=row.case_id,
            receiver=row.receiver,
            state=State(row.state),
            reason=row.reason,
            received_at=row.received_at,
            applied_at=row.applied_at,
            said=_SAID.validate_python(row.body),
        )


class CallbackPage(Part):
    """A page of call-backs, the newest first; `next` is the cursor of the next page."""

    items: list[CallbackView]
    next: int | None
