"""CaseRecord: a case as its row has it, in an officer's package, for another site to take it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.cases.parts import Sha256
from api.storage.limits import TEXT
from api.storage.tables import CaseRow
from vision.evidence import EvidenceRole

Short = Annotated[str, StringConstraints(max_length=64, pattern=TEXT)]
Word = Annotated[str, StringConstraints(max_length=16, pattern=TEXT)]
Text = Annotated[str, StringConstraints(max_length=20_000, pattern=TEXT)]
Box = tuple[float, float, float, float]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", from_attributes=True)


class SightingRecord(_Part):
    """A sighting, as `SightingRow`."""

    episode_id: Short
    camera: Short
    zone: Text
    box: Box
    opened_at: datetime
    confirmed_at: datetime
    last_seen_at: datetime
    cleared_at: datetime | None
    ended_at: datetime | None
    ended_by: Word | None
    looks: int
    score: float


class EvidenceRecord(_Part):
    """A stored picture, as `EvidenceRow`; of what was purged or replaced there is none."""

    sha256: Sha256
    episode_id: Short
    role: EvidenceRole
    of: Sha256 | None
    media_type: Short
    size: int
    camera: Short
    captured_at: datetime
    moment: Word
    boxes: list[Box] | None


class CaseRecord(_Part):
    """A case, as `CaseRow`, without what is its site's alone.

    That is claims, mutes, hold, prior cases, department and a model's opinion; and the plate, which
    is said anew where the case goes.
    """

    id: Annotated[str, StringConstraints(pattern=r"^SW-[0-9A-HJKMNP-TV-Z]{26}$")]
    stage: Short
    kind: Short
    subtype: Short
    camera: Short
    device_id: Annotated[str, StringConstraints(max_length=20)] | None = None
    zone: Text
    asset: Short | None
    box: Box
    codes: list[dict[str, str]]
    lon: float | None
    lat: float | None
    crs: Word | None
    accuracy_m: float | None
    method: Annotated[str, StringConstraints(max_length=32)] | None
    address: Text
    grid: Annotated[str, StringConstraints(max_length=15)]
    division: Annotated[str, StringConstraints(max_length=32)]
    clock: Word
    why: list[dict[str, Any]]
    detector: dict[str, Any]
    legal_use: Annotated[str, StringConstraints(max_length=32)]
    legal_use_reason: Text
    legal_why: list[dict[str, str]] | None
    legal_basis: dict[str, Any] | None
    review: dict[str, Any] | None
    permit_check: dict[str, Any] | None
    legal_review: dict[str, Any] | None
    created_at: datetime
    sightings: Annotated[list[SightingRecord], Field(min_length=1, max_length=10_000)]
    evidence: Annotated[list[EvidenceRecord], Field(max_length=10_000)]


def case_record(case: CaseRow) -> dict[str, Any]:
    """A case as JSON."""
    known = {name: getattr(case, name) for name in CaseRecord.model_fields if name != "evidence"}
    kept = [one for one in case.evidence if one.purged_at is None and one.replaced_by is None]
    record = CaseRecord.model_validate(known | {"evidence": kept})
    return record.model_dump(mode="json")
