"""Webhook: a receiver of cases: where it is, what it may be told, and how that is signed."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    IPvAnyNetwork,
    SecretStr,
    SerializeAsAny,
    model_validator,
)

from vision.fields import KindName, Part
from vision.mistakes.wrong import wrong
from vision.registers.divisions import DivisionCode
from vision.site.adapter import DEFAULT, known, plug_in, settled
from vision.site.web_address import WebAddress

MOST_SECRETS = 4
"""Two are a rotation; each more lengthens the header of every request."""

CaseEvents = Literal[
    "confirmed",
    "cleared",
    "ended",
    "reopened",
    "rejected",
    "filed",
    "dispatched",
    "handled",
    "verified",
    "returned",
    "noticed",
    "grace",
    "reobserved",
    "accepted",
    "transferred",
    "reassigned",
    "closed",
    "supervised",
    "supervision_ended",
    "appealed",
    "upheld",
]
"""What receivers can ask to be told of a case."""
Alert = Literal["receiver_failing", "receiver_recovered"]
"""And of each other: one that has failed for an hour, and one of these that answers again."""
Told = CaseEvents | Alert
DataField = Literal[
    "subtype",
    "legal_use",
    "legal_use_reason",
    "legal_why",
    "legal_basis",
    "codes",
    "where",
    "when",
    "camera",
    "device_id",
    "zone",
    "asset",
    "permit_check",
    "detector",
    "review",
    "outcome",
    "supervised",
    "appealed",
    "task_no",
    "file_no",
    "plate",
    "evidence",
    "deadline",
    "legal_review",
    "prior_cases",
]
"""Fields of a case's data that a receiver may be given, or not."""
ASKED_FOR = frozenset({"plate"})
"""Fields that a receiver gets only where its `fields` name them: they lead to a person."""
NEEDED = ("case_id", "sequence", "kind", "stage")
"""Fields that every receiver gets: it could not order or tell cases apart without."""


def _host(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", name):
        raise ValueError(wrong("host_form"))
    return name


def _of_secrets(given: object) -> object:
    if isinstance(given, str | SecretStr):
        return (given,)
    if isinstance(given, list | tuple):
        if 1 <= len(given) <= MOST_SECRETS:
            return given
        raise ValueError(wrong("secrets_many", most=MOST_SECRETS))
    raise ValueError(wrong("secret_form"))


Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_of_secrets)]
"""One, or several that are valid at once while one is replaced by another: the newest first."""


class Webhook(Part):
    """A receiver of cases: which of them it is told of, what of each, and how.

    `kinds`, `stages`, `divisions` (with all that lies below) and `cameras` (that saw it first) say
    which; empty lists limit nothing. `fields` are those of a case's data that it may see, besides
    the `NEEDED` ones; `media`: whether its evidence is among them. `adapter` is the form in which
    it is told, with `settings` of its own. `allow` lists networks it may live in although they are
    private. `origin` is the name under which it is asked for leave, where it speaks the CloudEvents
    handshake.

    Every request is signed with each `secret`; to replace one, put the new one before the old one,
    give it to the receiver, and take the old one out.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    url: WebAddress
    secret: Secrets = ()
    adapter: Annotated[str, AfterValidator(known)] = DEFAULT
    settings: Annotated[SerializeAsAny[BaseModel], BeforeValidator(settled)] = Field(
        default={}, validate_default=True
    )
    kinds: tuple[Literal["all"] | KindName, ...] = ("all",)
    stages: tuple[Told, ...] = ("confirmed", "cleared", "reopened")
    divisions: tuple[DivisionCode, ...] = ()
    cameras: tuple[str, ...] = ()
    fields: tuple[DataField, ...] | None = None
    media: Literal["redacted", "none"] = "redacted"
    allow: tuple[IPvAnyNetwork, ...] = ()
    origin: Annotated[str, AfterValidator(_host)] | None = None

    @model_validator(mode="after")
    def _suits_its_adapter(self) -> Webhook:
        made = plug_in(self.adapter)
        if made.secret and not self.secret:
            raise ValueError(wrong("secret_missing"))
        others = sorted(set(self.stages) - set(made.events or self.stages))
        if others:
            known = list(made.events or ())
            raise ValueError(
                wrong(
                    "stages_without_form",
                    adapter=self.adapter,
                    stages=others,
                    known=known,
                    like=f"[{', '.join(known)}]",
                )
            )
        return self
