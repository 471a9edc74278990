"""Admissibility: the file that makes a device's pictures more than a lead.

Administrative Penalty Law of China, article 41: monitoring devices pass a legal and a technical
review, are set up reasonably, marked by signs, and their places are published. Whether the file is
complete is asked for the moment at which a picture was taken.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, model_validator

from vision.fields import DaysField, Part
from vision.mistakes.wrong import wrong

REQUIRED = ("legal_review", "technical_review", "sign", "published")
ACTS = (*REQUIRED, "calibration")
VALID = "valid"
"""What the file as a whole lacks on a day outside its time."""


class Act(Part):
    """One act of the file: who did it, on which day, and the document that shows it.

    `until` is the last day on which it counts; the whole file's where it is left out.
    """

    by: Annotated[str, Field(min_length=1, max_length=200)]
    on: date
    until: date | None = None
    document: str | None = None

    @model_validator(mode="after")
    def _ends_after_it_began(self) -> Act:
        if self.until is not None and self.until < self.on:
            raise ValueError(wrong("act_reversed", until=str(self.until), on=str(self.on)))
        return self

    def counts_on(self, day: date) -> bool:
        """Whether it had been done by then and still counts."""
        return self.on <= day and (self.until is None or day <= self.until)


class Admissibility(Part):
    """The file of one device, in the site's local days. A calibration counts only if given."""

    legal_review: Act | None = None
    technical_review: Act | None = None
    sign: Act | None = None
    published: Act | None = None
    calibration: Act | None = None
    valid: DaysField

    def missing(self, day: date) -> list[str]:
        """What it lacked on a day: `VALID` and names of acts; empty where it was complete."""
        lacks = [] if day in self.valid else [VALID]
        for name in ACTS:
            act: Act | None = getattr(self, name)
            if act is None:
                if name in REQUIRED:
                    lacks.append(name)
            elif not act.counts_on(day):
                lacks.append(name)
        return lacks

    @property
    def documents(self) -> dict[str, str]:
        """Paths of its documents, by act."""
        acts: dict[str, Act | None] = {name: getattr(self, name) for name in ACTS}
        return {n: act.document for n, act in acts.items() if act is not None and act.document}
