"""Reports: a bureau's own formulas for its handled rates."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from vision.fields import Part
from vision.mistakes.wrong import wrong
from vision.site.inhibition import Matter

STANDING = (
    *("confirmed", "emitted", "filed", "dispatched", "handled", "verified", "returned"),
    *("noticed", "grace", "reobserved", "accepted", "transferred"),
    *("closed_corrected", "closed_persuaded", "closed_decided", "closed_transferred"),
    *("closed_permitted", "closed_no_legal_basis", "closed_withdrawn", "closed_overturned"),
)
"""Where a case that a person confirmed may stand: its stage, or how it was closed."""
ENTERED = (
    *("opened", "confirmed", "rejected", "emitted", "filed", "dispatched", "handled", "verified"),
    *("returned", "noticed", "grace", "reobserved", "accepted", "transferred", "closed"),
    "overturned",
)
"""What happens to cases and is counted by when it happened."""


class Rate(Part):
    """A handled rate: a sum of named counts divided by another.

    `numerator` and `denominator` are names of counts, each added, or with a `-` before it taken
    off. `of: standing` counts the cases that were confirmed in the reported time by where they
    stand when the report is made, each once (`all` of them, or the names of `STANDING`);
    `of: entered` counts what happened in the reported time, whenever the cases were confirmed
    (names of `ENTERED`). `of_matters` are the kinds that it is about; none: all.
    `target` is a fraction.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    zh: Annotated[str, Field(min_length=1, max_length=60)]
    en: Annotated[str, Field(min_length=1, max_length=60)]
    of: Literal["standing", "entered"] = "standing"
    of_matters: tuple[Matter, ...] = ()
    numerator: Annotated[tuple[str, ...], Field(min_length=1)]
    denominator: Annotated[tuple[str, ...], Field(min_length=1)]
    target: Annotated[float, Field(gt=0, le=1)] | None = None

    @model_validator(mode="after")
    def _counts_are_known(self) -> Rate:
        known = ("all", *STANDING) if self.of == "standing" else ENTERED
        for said in (*self.numerator, *self.denominator):
            if said.removeprefix("-") not in known:
                raise ValueError(
                    wrong(
                        "rate_count_unknown",
                        rate=self.name,
                        count=said,
                        of=self.of,
                        known=list(known),
                    )
                )
        return self


_DONE = (
    *("handled", "verified", "closed_corrected", "closed_persuaded"),
    *("closed_decided", "closed_transferred"),
)
_FOUNDED = (
    *("all", "-closed_permitted", "-closed_no_legal_basis", "-closed_withdrawn"),
    "-closed_overturned",
)

# The targets for 2025 of the bureaus' plans (Suizhou 2021-2025 and others). What counts as handled
# is each bureau's to say: this is what the plans' words are taken for here.
SHIPPED_RATES = (
    Rate(
        name="vending",
        zh="占道经营处置率",
        en="street vending handled",
        of_matters=(Matter(kind="street_vending"),),
        numerator=_DONE,
        denominator=_FOUNDED,
        target=0.9,
    ),
    Rate(
        name="spillage",
        zh="渣土遗撒处置率",
        en="spillage handled",
        of_matters=(Matter(kind="dirty_truck", subtype="spill"),),
        numerator=_DONE,
        denominator=_FOUNDED,
        target=0.98,
    ),
    Rate(
        name="structures",
        zh="违法建设处置率",
        en="illegal structures handled",
        of_matters=(Matter(kind="illegal_structure"),),
        numerator=_DONE,
        denominator=_FOUNDED,
        target=0.985,
    ),
)


def _told_apart(rates: tuple[Rate, ...]) -> tuple[Rate, ...]:
    names = [rate.name for rate in rates]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(wrong("rates_twice", names=twice))
    return rates


class ReportSettings(Part):
    """What reports of a site count: its `rates`, in their order."""

    rates: Annotated[tuple[Rate, ...], Field(max_length=20), AfterValidator(_told_apart)] = (
        SHIPPED_RATES
    )
