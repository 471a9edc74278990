"""Suite: every scenario."""

from collections.abc import Callable

from datasets.scenarios import (
    filling,
    filling_permits,
    hauling,
    hauling_spills,
    surveying,
    surveying_known,
    swapping,
    vending,
    vending_days,
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
    vending_days.holidays,
    vending_days.days,
    filling.overflows,
    filling.harmless,
    filling.unsteady,
    filling_permits.permits,
    hauling.single,
    hauling.together,
    hauling.unsteady,
    hauling_spills.spills,
    hauling_spills.litter,
    surveying.surveys,
    surveying.harmless,
    surveying.crossing,
    surveying_known.baselines,
    surveying_known.permits,
    swapping.gates,
    swapping.blocks,
)


def suite() -> tuple[Scenario, ...]:
    """Every scenario, made anew."""
    return tuple(scenario for chapter in _CHAPTERS for scenario in chapter())
