"""Suite: every scenario."""

from collections.abc import Callable

from datasets.scenarios import (
    filling,
    hauling,
    hauling_spills,
    surveying,
    vending,
    vending_hours,
    vending_looks,
    vending_permits,
    vending_subtypes,
)
from datasets.scenarios.scenario import Scenario

_CHAPTERS: tuple[Callable[[], list[Scenario]], ...] = (
    vending.stays,
    vending.passing,
    vending.markets,
    vending.hidden,
    vending_subtypes.subtypes,
    vending_looks.lines,
    vending_looks.clocks,
    vending_hours.hours,
    vending_hours.midnights,
    vending_hours.daylight_saving,
    vending_permits.permits,
    vending_permits.permit_hours,
    filling.overflows,
    filling.harmless,
    filling.unsteady,
    hauling.single,
    hauling.together,
    hauling.unsteady,
    hauling_spills.spills,
    hauling_spills.litter,
    surveying.surveys,
    surveying.harmless,
    surveying.crossing,
)


def suite() -> tuple[Scenario, ...]:
    """Every scenario, made anew."""
    return tuple(scenario for chapter in _CHAPTERS for scenario in chapter())
