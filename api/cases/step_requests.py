"""What a step of a case's life is asked for with: one model per step, each with its data.

Steps that a person decides with four checks or a reason are `schemas.ReviewRequest`; those that
only this program takes have no model.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.cases.parts import Note, Part
from api.cases.step_data import (
    Checked,
    Closing,
    Division,
    Filed,
    Opinion,
    Said,
    Seen,
    To,
    Told,
    Until,
)
from api.cases.steps import Step


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


class Reassign(Reasoned):
    """It goes to another division of the site (移交), from where it begins as confirmed again.

    A case that waits for review goes on waiting, there.
    """

    step: Literal[Step.REASSIGN]
    data: Division


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
    | Reassign
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
