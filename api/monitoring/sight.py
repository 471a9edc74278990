"""Sight: what a camera sees, and what rules would have found, as the API tells it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from api.cases.schemas import Why
from vision.episodes import Episode, NormBox
from vision.pipeline.sight import Sight
from vision.rules.under_way import Standing
from vision.trial import Trial
from vision.view.health import View

Sees = Callable[[str], bool]
"""Whether who asks sees a kind."""
_BOX = "x1, y1, x2, y2 as fractions of the picture, from its upper left corner."


class Load(BaseModel):
    """How often a camera is looked at now, and how many seconds ago it was last."""

    analyse_fps: float
    age_s: float


class ObjectView(BaseModel):
    """What the model sees; `track` is the same for the same thing while it is in view, or null."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    name: str = Field(alias="class")
    score: float
    box: NormBox = Field(description=_BOX)
    track: int | None


class PlaceView(BaseModel):
    """What a rule makes sure of (`candidate`), holds (`confirmed`), or no longer sees."""

    kind: str
    zone: str
    box: NormBox = Field(description=_BOX)
    state: Standing
    dwell_s: float
    dwell_needed_s: float
    looks: int
    looks_needed: int
    since: datetime


class SightView(BaseModel):
    """The newest look at a camera, without its picture."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "look": 4711,
                    "captured_at": "2026-11-27T08:00:00Z",
                    "width": 1920,
                    "height": 1080,
                    "preset": None,
                    "view": "clear",
                    "load": {"analyse_fps": 1.0, "age_s": 0.4},
                    "objects": [
                        {"class": "stall", "score": 0.83, "box": [0.2, 0.4, 0.5, 0.8], "track": 7}
                    ],
                    "places": [
                        {
                            "kind": "street_vending",
                            "zone": "north pavement",
                            "box": [0.2, 0.4, 0.5, 0.8],
                            "state": "candidate",
                            "dwell_s": 130.0,
                            "dwell_needed_s": 300.0,
                            "looks": 131,
                            "looks_needed": 3,
                            "since": "2026-11-27T07:57:50Z",
                        }
                    ],
                }
            ]
        }
    )

    look: int = Field(description="As `X-Look` of its picture.")
    captured_at: datetime
    width: int
    height: int
    preset: str | None
    view: View
    load: Load
    objects: list[ObjectView]
    places: list[PlaceView]

    @classmethod
    def of(cls, sight: Sight, sees: Sees) -> Self:
        """What somebody sees of it."""
        return cls(
            look=sight.look,
            captured_at=sight.captured_at,
            width=sight.width,
            height=sight.height,
            preset=sight.preset,
            view=sight.view,
            load=Load(analyse_fps=sight.looks_per_s, age_s=round(sight.age_s, 3)),
            objects=[
                ObjectView(
                    name=seen.name,
                    score=round(seen.score, 4),
                    box=seen.box,
                    track=seen.track if seen.track >= 0 else None,
                )
                for seen in sight.objects
            ],
            places=[
                PlaceView(
                    kind=place.kind,
                    zone=place.zone,
                    box=told.box,
                    state=told.state,
                    dwell_s=told.dwell.total_seconds(),
                    dwell_needed_s=told.dwell_needed.total_seconds(),
                    looks=told.looks,
                    looks_needed=told.looks_needed,
                    since=told.since,
                )
                for place in sight.places
                if sees(place.kind)
                for told in [place.under_way]
            ],
        )


class FoundView(BaseModel):
    """A violation that rules would have found. One that is neither cleared nor ended goes on."""

    kind: str
    subtype: str
    zone: str
    box: NormBox = Field(description=_BOX)
    opened_at: datetime
    confirmed_at: datetime | None
    cleared_at: datetime | None
    ended_at: datetime | None
    why: list[Why]


class TrialView(BaseModel):
    """What rules would have found in the latest looks: as proposed, and (`now`) as in force.

    Both begin with the first of these looks and know nothing from before, so that they can be
    compared. Of `kept` looks `looks` were tried, fewer where time was over. Found is what rules
    confirm; silences, and cases that are one, are left aside.
    """

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    since: datetime | None = Field(alias="from")
    until: datetime | None
    looks: int
    kept: int
    took_s: float
    found: list[FoundView]
    now: list[FoundView]

    @classmethod
    def of(cls, trial: Trial, sees: Sees) -> Self:
        """What somebody sees of it."""
        return cls(
            since=trial.since,
            until=trial.until,
            looks=trial.looks,
            kept=trial.kept,
            took_s=round(trial.took_s, 3),
            found=_found(trial.found, sees),
            now=_found(trial.now, sees),
        )


def _found(episodes: Sequence[Episode], sees: Sees) -> list[FoundView]:
    return [
        FoundView(
            kind=one.kind,
            subtype=one.subtype,
            zone=one.zone,
            box=one.box,
            opened_at=one.opened_at,
            confirmed_at=one.confirmed_at,
            cleared_at=one.cleared_at,
            ended_at=one.ended_at,
            why=[Why.model_validate(asdict(reason)) for reason in one.why],
        )
        for one in episodes
        if sees(one.kind)
    ]
