"""What a comparison found, as it stands in `compare.json`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from vision.audit.intake.items import Problem
from vision.compare.changes import What

Box = tuple[float, float, float, float]
Said = dict[Literal["zh", "en"], str]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Settings(_Record):
    """By what it was compared."""

    language: Literal["zh", "en"]
    model: str
    version: str
    sha256: str
    engine: str
    image_size: int
    threshold: float
    alike: float
    """Correlation from which a place counts as unchanged."""
    aligned: bool
    """Whether the user stated that the pictures lie on one map grid."""


class Place(_Record):
    """Where a change is: degrees, with the radius that holds the truth (95 %)."""

    lon: float
    lat: float
    crs: str
    accuracy_m: float | None
    method: str


class ChangeRecord(_Record):
    """One structure that appeared, grew or went; a suspicion for a person to check."""

    number: int
    what: What
    kind: str
    subtype: str
    codes: dict[str, str]
    said: Said
    basis: Said
    score: float
    resemblance: float | None
    """Of the place in the two pictures, -1 to 1; None where the baseline is outlines alone."""
    picture: str
    box: Box
    """Pixels of `picture`, as far as it was scaled down for comparing."""
    earlier_box: Box | None
    earlier_pictures: tuple[str, ...]
    pictures: tuple[str, ...]
    """All later pictures that show it."""
    place: Place | None
    outline: tuple[tuple[float, float], ...] | None
    """The box's corners on the map, lon and lat."""
    size_m2: float | None
    size_error_m2: float | None
    added_m2: float | None


class AreaRecord(_Record):
    """Ground whose pixels changed as where something was built; no suspicion."""

    picture: str
    outline: tuple[tuple[float, float], ...]
    share: float


class NotCompared(_Record):
    """A picture, or the part of it, that could not be compared, and why."""

    picture: str
    flight: Literal["before", "after"]
    share: float
    """Of the picture that was not compared, 0 to 1."""
    code: str
    why: Said


class Ground(_Record):
    """Square metres, where poses tell them."""

    before_m2: float
    after_m2: float
    compared_m2: float


class Counts(_Record):
    """The numbers of the whole."""

    appeared: int
    grown: int
    gone: int
    unchanged: int
    doubtful: int
    areas: int
    pictures_before: int
    pictures_after: int
    compared: int
    """Later pictures of which at least a part was compared."""
    share: float
    """Of all later pictures' area, what was compared, 0 to 1."""


class Comparison(_Record):
    """The whole of `compare.json`."""

    schema_version: Literal["streetwarden.compare/1"] = "streetwarden.compare/1"
    made_at: str
    settings: Settings
    as_of: str | None
    """Of a baseline, the day on which it was known."""
    counts: Counts
    ground: Ground | None
    changes: tuple[ChangeRecord, ...]
    areas: tuple[AreaRecord, ...]
    not_compared: tuple[NotCompared, ...]
    problems: tuple[Problem, ...]
