"""Rates: the site's own formulas, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from api.reports.facts import Alike
from api.reports.schemas import RateValue
from vision.site.reports import Rate

SIDES = ("numerator", "denominator")


def parts(rates: Sequence[Rate], alike: Alike, counts: Mapping[str, int]) -> list[int]:
    """What one of these cases adds to both sides of each rate, in their order.

    Args:
        rates: the site's.
        alike: what the cases are.
        counts: how often each thing happened to one of them.
    """
    return [
        _part(rate, getattr(rate, side), alike, counts) if _about(rate, alike, counts) else 0
        for rate in rates
        for side in SIDES
    ]


def values(sums: Sequence[int], rates: Sequence[Rate]) -> list[RateValue]:
    """What each rate comes to, from the sums of its `parts`; None: nothing happened."""
    return [
        _value(rate, over, under)
        for rate, over, under in zip(rates, sums[::2], sums[1::2], strict=True)
    ]


def _value(rate: Rate, over: int, under: int) -> RateValue:
    # Nothing to handle is no rate of 0 or 100 %, and neither met nor missed.
    value = over / under if under > 0 else None
    met = None if value is None or rate.target is None else value >= rate.target
    return RateValue(
        name=rate.name,
        zh=rate.zh,
        en=rate.en,
        numerator=over,
        denominator=under,
        value=value,
        target=rate.target,
        met=met,
    )


def _about(rate: Rate, alike: Alike, counts: Mapping[str, int]) -> bool:
    if rate.of == "standing" and not counts["confirmed"]:
        return False
    return not rate.of_matters or any(
        matter.kind == alike.kind and matter.subtype in {None, alike.subtype}
        for matter in rate.of_matters
    )


def _part(rate: Rate, said: Sequence[str], alike: Alike, counts: Mapping[str, int]) -> int:
    part = 0
    for signed in said:
        name = signed.removeprefix("-")
        many = counts[name] if rate.of == "entered" else int(_stands(name, alike))
        part += many if name == signed else -many
    return part


def _stands(name: str, alike: Alike) -> bool:
    if name.startswith("closed_"):
        return alike.stage == "closed" and alike.outcome == name.removeprefix("closed_")
    return name in {"all", alike.stage}
