"""What a case looks like from outside: the same models for HTTP answers and webhook bodies."""

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

from api.access.roles import Role
from api.cases.stages import Outcome, Rejection, Stage
from api.cases.steps import Step
from api.storage.limits import TEXT
from vision.evidence import EvidenceRole
from vision.geo import Method
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


class CaseData(Part):
    """A case as a receiver sees it: links and hashes, never pixels."""

    case_id: str
    sequence: int = Field(description="Counts this case's events; order by it.")
    kind: str
    subtype: str
    stage: Stage
    legal_use: Literal["lead_only", "penalty_evidence"]
    legal_use_reason: str
    legal_why: list[Words] | None = Field(
        default=None, description="The same in both languages; null in cases from before it was."
    )
    legal_basis: LegalBasis | None = Field(
        default=None, description="What it was decided on; null in cases from before it was kept."
    )
    codes: list[Code]
    where: Where
    when: When
    camera: str
    zone: str
    asset: str | None = Field(
        default=None, description="Id of the registered asset, such as a bin, that it is about."
    )
    permit_check: PermitCheck
    detector: Detector
    review: Review | None
    outcome: Outcome | None = Field(default=None, description="How it was closed.")
    supervised: datetime | None = Field(
        default=None, description="Since when a higher authority watches over it (挂牌督办)."
    )
    appealed: datetime | None = Field(
        default=None, description="Since when an appeal is being heard."
    )
    task_no: str | None = Field(default=None, description="The case system's 任务号.")
    file_no: str | None = Field(default=None, description="The case system's 案卷号.")
    evidence: list[Evidence]
    deadline: Deadline | None = Field(
        default=None,
        description="Of its present stage, as its matter sets it; null where it sets none.",
    )
    legal_review: RecordedReview | None = Field(
        default=None, description="Of a major case, once it is recorded."
    )
    prior_cases: list[str] | None = Field(
        default=None,
        description="Ids of the cases of this kind at this place that were over before this one "
        "began, the latest first; null in cases from before these were looked for.",
    )


class Why(Part):
    """One reason of the rule: a code with its data, and the sentences that they made then.

    `code` is one of `reasons` in `GET /v1/words`, or a word of another package's kind; null in
    cases from before there were codes.
    """

    en: str
    zh: str
    data: dict[str, Any]
    code: str | None = Field(default=None, examples=["stayed"])


class Hold(Part):
    """A legal hold: nothing of the case is purged."""

    by: str
    at: datetime
    reason: str


class CaseView(CaseData):
    """A case in a list. `box` is x1 y1 x2 y2 as fractions of the picture of `camera`.

    `camera` saw it first, `cameras` are all that did. `silenced_until` and `inhibited_by` (a
    case's id) say why a case in the stage `silenced` or `inhibited` waits for no person.
    `claimed_by` is who looks at it now to decide, until `claimed_until` at the latest.
    `allowed_steps` are those that the asking key may take now: `confirm` and `reject` as a review,
    the others as steps; `undo` until `undo_until`, unless a receiver is being told already.
    """

    box: tuple[float, float, float, float]
    why: list[Why]
    sightings: int
    cameras: list[str]
    silenced_until: datetime | None
    inhibited_by: str | None
    hold: Hold | None
    claimed_by: str | None
    claimed_until: datetime | None
    undo_until: datetime | None
    allowed_steps: list[Step]
    created_at: datetime


class LogEntry(Part):
    """One entry of a case's log."""

    at: datetime
    actor: str
    key_id: str | None
    action: str
    stage: Stage
    reason: str
    data: dict[str, Any]


class OpenStep(Part):
    """A step that a case allows now, and the roles that may take it."""

    step: Step
    roles: list[Role]


class NextStep(Part):
    """What comes next, as far as the law and the case's stage say.

    `deadline` is when the present stage has to be over, `working` whether that was counted in
    working time. `steps` are those that the case allows now, to whom each; what only this program
    does by itself is not among them.
    """

    deadline: Deadline | None
    working: bool
    steps: list[OpenStep]


class CaseDetail(CaseView):
    """A case with its whole log, oldest entry first.

    `reviews` are what each of two reviewers said, where the site asks for two; oldest first.
    """

    next_step: NextStep
    reviews: list[Review]
    log: list[LogEntry]


class CasePage(Part):
    """A page of cases, the newest first; `next` is the cursor of the next page."""

    items: list[CaseView]
    next: str | None
