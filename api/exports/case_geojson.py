"""Cases as GeoJSON (RFC 7946): a point each, with what a map's legend needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from api.cases.stages import Stage
from api.storage.tables import CaseRow
from vision.geo import Method


class Point(BaseModel):
    """Degrees: longitude, then latitude. CGCS2000 is WGS 84 at our accuracy."""

    type: Literal["Point"] = "Point"
    coordinates: tuple[float, float]


class CaseProperties(BaseModel):
    """A case in a few words. With the method `camera_registered` the point is its camera's."""

    kind: str
    subtype: str
    stage: Stage
    camera: str
    address: str
    first_seen: datetime
    deadline: datetime | None
    method: Method | None
    accuracy_m: float | None


class CaseFeature(BaseModel):
    """One case; `id` is its."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: Point
    properties: CaseProperties


class CaseMap(BaseModel):
    """A feature collection. `more`: there are further cases; narrow what is asked for."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[CaseFeature]
    more: bool


def case_map(rows: Sequence[CaseRow], *, more: bool) -> CaseMap:
    """These cases, which have places, as a map's layer."""
    return CaseMap(features=[_feature(row) for row in rows], more=more)


def _feature(row: CaseRow) -> CaseFeature:
    assert row.lon is not None
    assert row.lat is not None
    return CaseFeature(
        id=row.id,
        geometry=Point(coordinates=(row.lon, row.lat)),
        properties=CaseProperties.model_validate(
            {
                "kind": row.kind,
                "subtype": row.subtype,
                "stage": row.stage,
                "camera": row.camera,
                "address": row.address,
                "first_seen": row.first_seen_at,
                "deadline": row.deadline_at,
                "method": row.method,
                "accuracy_m": row.accuracy_m,
            }
        ),
    )
