"""Requests: what a person asks of a case: a decision, a legal hold, more masks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StrictBool,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from api.cases.parts import Checks, Note, Part
from api.cases.stages import Rejection
from api.words.said import say
from vision.plates import normal
from vision.plates.grammar import PATTERN

_CHECKS = ("authentic", "clear", "complete", "accurate")
_COMPLETE: list[dict[str, JsonValue]] = [
    {
        "title": "Confirmation",
        "properties": {
            "decision": {"const": "confirm"},
            "reason": {"type": "null"},
            "checks": {
                "properties": {name: {"const": True} for name in _CHECKS},
                "required": [*_CHECKS],
            },
        },
        "required": ["decision", "checks"],
    },
    {
        "title": "Rejection",
        "properties": {"decision": {"const": "reject"}, "reason": {"type": "string"}},
        "required": ["decision", "reason"],
    },
]
"""What `ReviewRequest` checks, as JSON Schema."""


class ReviewRequest(Part):
    """A person's decision about a case."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "oneOf": [*_COMPLETE],
            "examples": [
                {
                    "decision": "confirm",
                    "checks": dict.fromkeys(_CHECKS, True),
                    "note": "Stall stands on the tactile paving.",
                },
                {"decision": "reject", "reason": "permitted", "note": "Night market, stall 14."},
            ],
        },
    )

    decision: Literal["confirm", "reject"]
    reason: Rejection | None = None
    checks: Checks = Checks()
    note: Note = ""

    @model_validator(mode="after")
    def _decision_is_complete(self) -> ReviewRequest:
        if self.decision == "reject" and self.reason is None:
            raise ValueError(say("rejection_reason_missing", possible=list(Rejection)))
        if self.decision == "confirm" and self.reason is not None:
            raise ValueError(say("rejection_reason_given"))
        if self.decision == "confirm" and not self.checks.all:
            raise ValueError(say("checks_missing", needed=list(_CHECKS)))
        return self


class HoldRequest(Part):
    """Put a case on legal hold, or take it off."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"hold": True, "reason": "appeal 2026-117"}]},
    )

    hold: StrictBool
    # Four characters or more between spaces.
    reason: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True, pattern=r"^\s*[^\s\x00][^\x00]{2,498}[^\s\x00]\s*$"
        ),
    ]


def _a_plate(given: object) -> object:
    if not isinstance(given, str):
        return given
    plate = normal(given[:40])
    if plate is None:
        raise ValueError(say("plate_form"))
    return plate


class PlateRequest(Part):
    """What stands on a truck's number plate: the reading confirmed or corrected.

    Dots, spaces and small letters are as good; `null` says that it is not legible.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"text": "鄂A·12345"}, {"text": None, "note": "mud"}]},
    )

    text: (
        Annotated[
            str,
            BeforeValidator(_a_plate),
            WithJsonSchema({"type": "string", "pattern": PATTERN}),
        ]
        | None
    )
    note: Note = ""


Share = Annotated[float, Field(ge=0, le=1)]
Extent = Annotated[float, Field(gt=0, le=1)]


class MaskRequest(Part):
    """Hide more of a picture: boxes x, y, width, height as fractions of its width and height.

    x and y are the upper left corner. `picture` is the digest of the original or of any derivative
    of it.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"picture": "9f86d081884c7d65" + "0" * 48, "boxes": [[0.1, 0.2, 0.05, 0.1]]}
            ]
        },
    )

    picture: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    boxes: Annotated[list[tuple[Share, Share, Extent, Extent]], Field(min_length=1, max_length=50)]
    note: Note = ""
