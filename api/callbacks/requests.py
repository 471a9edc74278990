"""What a case system may say of a case: one model per event, and the step that each reports.

Media are links with their hashes, kept as data: nothing here or elsewhere fetches them (a link may
lead into our own network) or renders them; people are shown the text. A case system keeps its
pictures itself, and a hash is what proves later that it is the same picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StrictBool, StringConstraints, model_validator

from api.cases import step_data as given
from api.cases import step_requests as steps
from api.cases.instant import Instant
from api.cases.parts import Note, Part, Sha256
from api.cases.step_data import Line
from api.cases.step_requests import StepRequest
from api.cases.steps import Step
from api.words.said import say

MOST_MEDIA = 10
EventId = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,128}$")]
"""Printable ASCII without spaces."""


class Event(StrEnum):
    """What has happened to a case, called as it stands in the log."""

    FILED = "filed"
    DISPATCHED = "dispatched"
    HANDLED = "handled"
    VERIFIED = "verified"
    RETURNED = "returned"
    NOTICED = "noticed"
    GRACE = "grace"
    REOBSERVED = "reobserved"
    PERMIT_CHECKED = "permit_checked"
    LEGALLY_REVIEWED = "legally_reviewed"
    ACCEPTED = "accepted"
    CLOSED = "closed"
    TRANSFERRED = "transferred"
    WITHDRAWN = "withdrawn"
    SUPERVISED = "supervised"
    SUPERVISION_ENDED = "supervision_ended"
    APPEALED = "appealed"
    UPHELD = "upheld"
    OVERTURNED = "overturned"


STEP: Mapping[Event, Step] = {
    Event.FILED: Step.FILE,
    Event.DISPATCHED: Step.DISPATCH,
    Event.HANDLED: Step.HANDLE,
    Event.VERIFIED: Step.VERIFY,
    Event.RETURNED: Step.RETURN,
    Event.NOTICED: Step.NOTICE,
    Event.GRACE: Step.GIVE_GRACE,
    Event.REOBSERVED: Step.REOBSERVE,
    Event.PERMIT_CHECKED: Step.PERMIT_CHECK,
    Event.LEGALLY_REVIEWED: Step.LEGAL_REVIEW,
    Event.ACCEPTED: Step.ACCEPT,
    Event.CLOSED: Step.CLOSE,
    Event.TRANSFERRED: Step.TRANSFER,
    Event.WITHDRAWN: Step.WITHDRAW,
    Event.SUPERVISED: Step.SUPERVISE,
    Event.SUPERVISION_ENDED: Step.END_SUPERVISION,
    Event.APPEALED: Step.APPEAL,
    Event.UPHELD: Step.UPHOLD,
    Event.OVERTURNED: Step.OVERTURN,
}
"""The step that each event reports."""


class Medium(Part):
    """A picture or document of the case system's: where it has it, never fetched by us."""

    href: Annotated[str, StringConstraints(pattern=r"^https?://[!-~]{1,1000}$")]
    sha256: Sha256 | None = None
    media_type: Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.+-]{1,64}$")] | None = (
        None
    )
    taken_at: Instant | None = None


def _with_id(schema: dict[str, Any]) -> None:
    """What is asked of a key's holder, who has no header for it."""
    schema["required"] = [*schema.get("required", ()), "id"]
    name = schema["properties"]["id"]
    name |= name.pop("anyOf")[0]
    del name["default"]


class _Said(Part):
    """What every call-back may say."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_with_id)

    id: EventId | None = Field(
        default=None,
        description="The event's id with the case system, the same at every retry. A signed "
        "call-back may leave it out: there it is the header `webhook-id`.",
    )
    case_id: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")] | None = Field(
        default=None,
        description="The case's id once more. A signature covers the body and not the address, so "
        "a signed call-back should have it.",
    )
    at: Instant = Field(description="When it was; the order of call-backs is theirs.")
    task_no: Line | None = Field(default=None, description="任务号.")
    file_no: Line | None = Field(default=None, description="案卷号.")
    note: Note = ""
    media: Annotated[tuple[Medium, ...], Field(max_length=MOST_MEDIA)] = ()


def _numbered(schema: dict[str, Any]) -> None:
    _with_id(schema)
    schema["anyOf"] = [
        {"properties": {name: {"type": "string"}}, "required": [name]}
        for name in ("task_no", "file_no")
    ]


class FiledCallback(_Said):
    """It has filed the case (立案), under a number at least."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_numbered)

    event: Literal[Event.FILED]

    @model_validator(mode="after")
    def _is_numbered(self) -> FiledCallback:
        if self.task_no is None and self.file_no is None:
            raise ValueError(say("number_missing"))
        return self


class HandedCallback(_Said):
    """Somebody else has it now: a department (派遣), another authority (移送)."""

    event: Literal[Event.DISPATCHED, Event.TRANSFERRED]
    to: Line | None = None


class PlainCallback(_Said):
    """What needs no more than a note."""

    event: Literal[
        Event.HANDLED,
        Event.VERIFIED,
        Event.RETURNED,
        Event.ACCEPTED,
        Event.WITHDRAWN,
        Event.SUPERVISED,
        Event.SUPERVISION_ENDED,
        Event.APPEALED,
        Event.UPHELD,
        Event.OVERTURNED,
    ]


class ClosedCallback(_Said, given.Closing):
    """It is over (结案), and how."""

    event: Literal[Event.CLOSED]


class NoticedCallback(_Said):
    """The person concerned was told."""

    event: Literal[Event.NOTICED]
    notice: given.Told | None = None


class GraceCallback(_Said, given.Until):
    """They were given time to put it right."""

    event: Literal[Event.GRACE]


class ReobservedCallback(_Said):
    """It was looked at again."""

    event: Literal[Event.REOBSERVED]
    still_there: StrictBool | None = None


class PermitCheckedCallback(_Said):
    """A register of permits was asked."""

    event: Literal[Event.PERMIT_CHECKED]
    checked: given.Checked


class LegallyReviewedCallback(_Said):
    """The legal office has looked at a major case."""

    event: Literal[Event.LEGALLY_REVIEWED]
    opinion: given.Opinion


Callback = Annotated[
    FiledCallback
    | HandedCallback
    | PlainCallback
    | ClosedCallback
    | NoticedCallback
    | GraceCallback
    | ReobservedCallback
    | PermitCheckedCallback
    | LegallyReviewedCallback,
    Field(discriminator="event"),
]
"""What a case system says, told apart by `event`."""


def step_of(said: Callback, known: tuple[str | None, str | None]) -> StepRequest | steps.Reported:
    """The step that a call-back reports.

    Args:
        said: the call-back.
        known: the task and file numbers that the case has; a filing keeps what it does not name.
    """
    step, note = STEP[said.event], said.note
    match said:
        case FiledCallback():
            numbers = (said.task_no or known[0], said.file_no or known[1])
            data = given.Filed(task_no=numbers[0], file_no=numbers[1])
            return steps.File(step=Step.FILE, note=note, data=data)
        case ClosedCallback():
            return steps.Close(step=Step.CLOSE, note=note, data=given.Closing(outcome=said.outcome))
        case GraceCallback():
            return steps.GiveGrace(
                step=Step.GIVE_GRACE, note=note, data=given.Until(until=said.until)
            )
        case PermitCheckedCallback():
            return steps.CheckPermit(step=Step.PERMIT_CHECK, note=note, data=said.checked)
        case LegallyReviewedCallback():
            return steps.LegalReview(step=Step.LEGAL_REVIEW, note=note, data=said.opinion)
        case _:
            return steps.Reported(step=step, reason=note, data=_data_of(said))


def _data_of(said: Callback) -> given.To | given.Told | given.Seen | None:
    match said:
        case HandedCallback(to=str(to)):
            return given.To(to=to)
        case NoticedCallback():
            return said.notice
        case ReobservedCallback(still_there=bool(there)):
            return given.Seen(at=said.at, still_there=there)
        case _:
            return None
