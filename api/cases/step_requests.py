"""What a step of a case's life is asked for with: one model per step, each with its data.

Steps that a person decides with four checks or a reason are `schemas.ReviewRequest`; those that
only this program takes have no model.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StrictBool, StringConstraints, model_validator

from api.cases.instant import Instant
from api.cases.parts import Note, Part
from api.cases.stages import Outcome
from api.cases.steps import Step
from api.words.said import say

_TRIMMED = r"^\s*[^\s\x00][^\x00]*$"
Said = Annotated[str, StringConstraints(max_length=2000, strip_whitespace=True, pattern=_TRIMMED)]
"""Some text; not only spaces."""
Line = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True, pattern=_TRIMMED)]
"""A name or number; not only spaces."""


class Filed(Part):
    """The case system's numbers: 任务号 and 案卷号, one of them at least."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "anyOf": [
                {"properties": {name: {"type": "string"}}, "required": [name]}
                for name in ("task_no", "file_no")
            ]
        },
    )

    task_no: Line | None = None
    file_no: Line | None = None

    @model_validator(mode="after")
    def _is_numbered(self) -> Filed:
        if self.task_no is None and self.file_no is None:
            raise ValueError(say("number_missing"))
        return self


class To(Part):
    """Who has it from now on: a department, an authority, a receiver."""

    to: Line


class Told(Part):
    """A notice to the person concerned: what was said, when, where, by which way and gateway."""

    said: Said
    at: Instant
    where: Line
    way: Literal["text", "voice", "loudspeaker", "paper", "in_person"]
    gateway: Line = Field(description="The service, device or person that carried it.")
    answer: Note = ""


class Until(Part):
    """Until when they have time to put it right; as long as the matter's `grace` by default."""

    until: Instant | None = None


class _Asked(Part):
    """A register of permits was asked: which, by whom, when."""

    asked: Line = Field(description="Which register.")
    by: Line
    at: Instant


class NoPermit(_Asked):
    """It has no permit for it."""

    result: Literal["no_permit"]


class Permitted(_Asked):
    """It has one."""

    result: Literal["permitted"]
    permit_no: Line


Checked = Annotated[NoPermit | Permitted, Field(discriminator="result")]
"""What the register of permits answered."""


class Opinion(Part):
    """What the legal office says of a major case (法制审核)."""

    by: Line
    approved: StrictBool
    opinion: Said
    document_no: Line


class Seen(Part):
    """What was seen when it was looked at again."""

    at: Instant
    still_there: StrictBool


class Closing(Part):
    """How it ended: an outcome that a `close` may state; the others have steps of their own."""

    outcome: Literal[
        Outcome.CORRECTED,
        Outcome.PERSUADED,
        Outcome.DECIDED,
        Outcome.TRANSFERRED,
        Outcome.PERMITTED,
        Outcome.NO_LEGAL_BASIS,
    ]


class Taking(Part):
    """A step without data; `reason` is why, `note` what else is to be known."""

    reason: Note = ""
    note: Note = ""


class Reasoned(Taking):
    """A step that needs a reason."""

    reason: Said


class Undo(Taking):
    """The decision was a slip of the hand."""

    step: Literal[Step.UNDO]


class Emit(Taking):
    """It was handed over by hand."""

    step: Literal[Step.EMIT]
    data: To


class File(Taking):
    """The case system has filed it (立案)."""

    step: Literal[Step.FILE]
    data: Filed


class Dispatch(Taking):
    """It was sent to a department (派遣)."""

    step: Literal[Step.DISPATCH]
    data: To


class Handle(Taking):
    """The department has handled it (处置); `note` says how."""

    step: Literal[Step.HANDLE]
    note: Said


class Verify(Taking):
    """That it was handled was checked (核查)."""

    step: Literal[Step.VERIFY]


class Return(Reasoned):
    """It was sent back (退回): not theirs, or not handled well."""

    step: Literal[Step.RETURN]


class Notice(Taking):
    """The person concerned was told."""

    step: Literal[Step.NOTICE]
    data: Told


class GiveGrace(Taking):
    """They were given time to put it right."""

    step: Literal[Step.GIVE_GRACE]
    data: Until = Until()


class Reobserve(Taking):
    """The time is over and it was looked at again."""

    step: Literal[Step.REOBSERVE]
    data: Seen


class CheckPermit(Taking):
    """A register of permits was asked; with a permit the case is closed as `permitted`."""

    step: Literal[Step.PERMIT_CHECK]
    data: Checked


class LegalReview(Taking):
    """The legal office has looked at a major case; the latest review counts."""

    step: Literal[Step.LEGAL_REVIEW]
    data: Opinion


class Accept(Taking):
    """The case system has accepted the evidence."""

    step: Literal[Step.ACCEPT]


class Close(Taking):
    """It is over (结案)."""

    step: Literal[Step.CLOSE]
    data: Closing


class Transfer(Reasoned):
    """It was handed to another authority (移送)."""

    step: Literal[Step.TRANSFER]
    data: To


class Withdraw(Reasoned):
    """It is taken back by who had sent it."""

    step: Literal[Step.WITHDRAW]


class Supervise(Reasoned):
    """A higher authority watches over it (挂牌督办)."""

    step: Literal[Step.SUPERVISE]


class EndSupervision(Reasoned):
    """The higher authority watches no longer."""

    step: Literal[Step.END_SUPERVISION]


class Appeal(Reasoned):
    """The person concerned has appealed; `reason` is theirs."""

    step: Literal[Step.APPEAL]


class Uphold(Reasoned):
    """The appeal was heard and the case stands."""

    step: Literal[Step.UPHOLD]


class Overturn(Reasoned):
    """The case was found to be wrong, on an appeal or without."""

    step: Literal[Step.OVERTURN]


class Reported(Taking):
    """A step that the case system reports: what it leaves out, nobody here can add."""

    step: Step
    data: To | Told | Seen | None = None


StepRequest = Annotated[
    Undo
    | Emit
    | File
    | Dispatch
    | Handle
    | Verify
    | Return
    | Notice
    | GiveGrace
    | Reobserve
    | CheckPermit
    | LegalReview
    | Accept
    | Close
    | Transfer
    | Withdraw
    | Supervise
    | EndSupervision
    | Appeal
    | Uphold
    | Overturn,
    Field(discriminator="step"),
]
"""A step of a case's life, told apart by `step`."""
