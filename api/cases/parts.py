"""The parts that a case is made of, as they are seen from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
)

from api.cases.stages import Rejection, Stage
from api.storage.limits import TEXT
from vision.evidence import EvidenceRole
from vision.geo import Method
from vision.plates.reading import Colour
from vision.registers.working_calendar import Unit

Note = Annotated[str, StringConstraints(max_length=2000, strip_whitespace=True, pattern=TEXT)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Part(BaseModel):
    """Base of all outside models."""

    model_config = ConfigDict(extra="forbid")


class Code(Part):
    """A matter code in one standard."""

    scheme: str
    code: str
    name: str


class Where(Part):
    """The place. Degrees in `crs`.

    `accuracy_m` is the radius that holds the true place with 95 %, null where nobody measured it.
    With the method `camera_registered` this is where the camera stands, not what it saw.
    """

    lon: float | None
    lat: float | None
    crs: str | None
    accuracy_m: float | None
    method: Method | None
    address: str
    grid: str
    division: str
    department: dict[str, str] | None


class When(Part):
    """Times in UTC. `clock` says what capture times were read from.

    `ended` is when the last camera that held it stopped to do so, null while one does. `ended_by`
    says why: `cleared` (clean looks saw it gone), `hours_over` (its zone is not watched at this
    time), `permit` (one lets it stand from now on), or `unwatched` (its camera, zone or preset has
    left the site, it sent nothing for too long, or its recording leaps to another time). `cleared`
    is null unless it was seen gone.
    """

    first_seen: datetime
    confirmed: datetime
    last_seen: datetime
    cleared: datetime | None
    ended: datetime | None = None
    ended_by: Literal["cleared", "hours_over", "permit", "unwatched"] | None = None
    dwell_s: float
    clock: str


class PermitCheck(Part):
    """Whether there is a permit.

    `not_checked` and `none_covers` are of the site's own register: whether it had permits for such
    a place, none of which covered it then. What a permit covers never becomes a case. `no_permit`
    and `permitted` are what a person recorded who asked a register (the step `permit_check`), and
    only then the other fields are set.
    """

    result: Literal["not_checked", "none_covers", "no_permit", "permitted"] = "not_checked"
    reason: str = "the register has no permit of this kind that the camera could see"
    asked: str | None = Field(default=None, description="Which register.")
    by: str | None = None
    at: datetime | None = None
    permit_no: str | None = None


class RecordedReview(Part):
    """What the legal office said of a major case (法制审核); the latest."""

    by: str
    approved: bool
    opinion: str
    document_no: str


class Deadline(Part):
    """When a stage has to be over, and what it was counted from: a term of the matter.

    `amount` and `unit` are null where a person stated the moment. `unseen`: its grace is over, and
    why no camera has looked at it since.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "at": "2026-10-10T02:30:00Z",
                    "amount": 4,
                    "unit": "working_hour",
                    "stage": "dispatched",
                    "unseen": None,
                }
            ]
        },
    )

    at: datetime
    amount: int | None
    unit: Unit | None
    stage: Stage
    unseen: str | None = None


class Detector(Part):
    """What saw it. `score` is the median over the looks that showed it, 0..1."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())
    model: str
    version: str
    sha256: str
    threshold: float | None
    score: float
    looks: int


class Checks(Part):
    """The four ticks of the Administrative Penalty Law, art. 41."""

    authentic: StrictBool = False
    clear: StrictBool = False
    complete: StrictBool = False
    accurate: StrictBool = False

    @property
    def all(self) -> bool:
        """Whether all four are ticked."""
        return self.authentic and self.clear and self.complete and self.accurate


class Review(Part):
    """What a person decided."""

    decision: Literal["confirm", "reject"]
    reason: Rejection | None
    checks: Checks
    note: str
    reviewer: str
    at: datetime


class Evidence(Part):
    """A stored picture: `href` is relative to the address at which this API is reached.

    `boxes` are what it shows of the violation, each x1 y1 x2 y2 as fractions of the picture; none
    where it shows nothing of it, or nobody kept it.
    """

    role: EvidenceRole
    sha256: str
    href: str
    redacted: bool
    of: str | None
    moment: str
    camera: str
    captured_at: datetime
    media_type: str
    size: int
    boxes: list[tuple[float, float, float, float]] = []
    purged_at: datetime | None = Field(
        default=None, description="When retention took it: it cannot be fetched any more."
    )


class PlateSaid(Part):
    """What a person said of a plate: what stands on it, or null: it is not legible."""

    text: str | None
    by: str
    at: datetime
    company: str | None = Field(
        description="Whose truck it was then, by the site's register; null where that has none."
    )


class Plate(Part):
    """A truck's number plate.

    `text` is what was read: a suggestion; null where nothing was, and a person has said it.
    `confidence` is 0..1, `looks` how many of them it was read from, `best` the digest of the
    picture in which it was read most surely, `read_by` the network. `said` is what counts, once
    there is one.
    """

    text: str | None
    confidence: float | None
    colour: Colour | None
    looks: int
    best: Sha256 | None
    read_by: str | None
    said: PlateSaid | None = None


class Words(Part):
    """A sentence in both languages, as it was said then, and its code.

    Codes are those of `GET /v1/words`; null in cases from before there were codes.
    """

    en: str
    zh: str
    code: str | None = Field(default=None, examples=["lacks_sign"])


class LegalBasis(Part):
    """What a legal use was decided on, as it was when the case was made.

    `matter` is the jurisdiction's listing, `device` the admissibility file, its documents by their
    SHA-256; null where there is none.
    """

    matter: dict[str, Any] | None
    device: dict[str, Any] | None
