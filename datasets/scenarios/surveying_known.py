"""Surveying with what an office knows: a baseline on the map, of a day, and permits to build."""

from typing import Any

from datasets.renderer.scene import Actor
from datasets.scenarios.look import Span, survey
from datasets.scenarios.post import Cast, Post
from datasets.scenarios.scenario import Scenario
from datasets.scenarios.stage import degrees
from datasets.scenarios.stages.block import BLOCK, HOUSES, LANE, YARD
from datasets.scenarios.surveying import DRONE_POST, WEEKLY, D, block, shed

SHED, SMALL = (9.0, 6.5), (5.6, 4.0)
# From low down, walls lean so far out of their outlines that these do not cover them.
HIGH = BLOCK.seen_from("block from high up", (0.0, -1.0, 120.0), (0.0, -1.0, 0.0), 33.6)
CORNERS = tuple((x, y) for x in (-30.0, 0.0, 30.0) for y in (-16.0, 0.0, 16.0))
HIGH_POST = DRONE_POST.but(stage=HIGH, ground=HIGH.ground(CORNERS))
Outline = tuple[float, float, float, float, str]
"""x, y, size along x, size along y in metres, and the day on which it was known."""
BEFORE = "2026-08-25"
"""A week before the first flight."""
OLD = tuple((x, y, along, across, BEFORE) for x, y, along, across, *_ in HOUSES)


def baselines() -> list[Scenario]:
    """Houses that the baseline has, and sheds that it has or has not."""
    with_shed = (*OLD, (*YARD, *SHED, BEFORE))
    later = (*OLD, (*YARD, *SHED, "2026-09-10"))
    known, dated = _knows(*with_shed), _knows(*later)
    weekly = survey(known.start, WEEKLY[:4])
    return [
        known.scenario(
            "shed-in-the-baseline", "a shed that an earlier day's baseline has is no violation",
            weekly, _sheds((0, 99 * D)), tags=("confuser",),
        ),
        known.scenario(
            "shed-newer-than-the-baseline", "there since the first flight, and not in the baseline",
            weekly, _sheds((0, 99 * D), (0, 99 * D)), known.stayed(0),
        ),
        dated.scenario(
            # It is of the tenth: the flight of the eighth is older, the one after it is not.
            "flights-older-than-the-baseline", "what is new counts from the baseline's day",
            weekly, _sheds((0, 99 * D), (3 * D, 99 * D)), dated.stayed(14 * D),
        ),
    ]  # fmt: skip


def permits() -> list[Scenario]:
    """A site hut that may stand for some days."""
    yard = ((0.0, 7.0), (0.0, 17.0), (12.0, 17.0), (12.0, 7.0))
    hut = {
        "name": "site hut",
        "kinds": ["illegal_structure"],
        "camera": DRONE_POST.camera,
        "polygon": BLOCK.ring(yard),
    }
    weekly = survey(DRONE_POST.start, WEEKLY[:4])
    forever, ended = _may(hut), _may({**hut, "valid": "2026-09-01/2026-09-10"})
    return [
        forever.scenario(
            "shed-with-a-permit", "a hut that a building permit lets stand",
            weekly, _sheds((3 * D, 99 * D)), tags=("confuser",),
        ),
        ended.scenario(
            "shed-after-its-permit", "a hut that stands on after its permit has ended",
            weekly, _sheds((3 * D, 99 * D)), ended.stayed(14 * D),
        ),
    ]  # fmt: skip


def _sheds(yard: Span, lane: Span | None = None) -> Cast:
    def cast() -> list[Actor]:
        second = [shed("second", LANE, lane, size=SMALL, seed=521)] if lane else []
        return block(shed("shed", YARD, yard, size=SHED), *second)

    return cast


def _may(permit: dict[str, Any]) -> Post:
    return DRONE_POST.but(permits=(permit,), tags=("permit",))


def _knows(*outlines: Outline) -> Post:
    features = [
        {
            "type": "Feature",
            "properties": {"as_of": day},
            "geometry": {"type": "Polygon", "coordinates": [_ring(x, y, along, across)]},
        }
        for x, y, along, across, day in outlines
    ]
    baseline = {"type": "FeatureCollection", "features": features}
    return HIGH_POST.but(baseline=baseline, tags=("baseline",))


def _ring(x: float, y: float, along: float, across: float) -> list[tuple[float, float]]:
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    return [degrees(x + along / 2 * e, y + across / 2 * n) for e, n in corners]
