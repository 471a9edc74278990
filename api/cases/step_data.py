"""What is to be said with a step of a case's life: numbers, notices, opinions, outcomes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    model_validator,
)

from api.cases.instant import Instant
from api.cases.parts import Note, Part
from api.cases.stages import Outcome
from api.words.said import say
from vision.registers.divisions import FORM, canonical
from vision.site.location import Department

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


class Division(Part):
    """To which division of the site it goes (移交), and the department there that answers for it.

    Without one it has none: the former's is not the new one's.
    """

    division: Annotated[
        str, StringConstraints(pattern=f"^({FORM})$"), AfterValidator(canonical)
    ] = Field(examples=["421321"])
    department: Department | None = None


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
