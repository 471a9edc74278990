"""What a case looks like from outside: the same models for HTTP answers and webhook bodies."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import (
    Field,
)

from api.access.roles import Role
from api.cases.opinion import Opinion
from api.cases.parts import (
    Code,
    Deadline,
    Detector,
    Evidence,
    LegalBasis,
    Part,
    PermitCheck,
    Plate,
    RecordedReview,
    Review,
    When,
    Where,
    Words,
)
from api.cases.stages import Outcome, Stage
from api.cases.steps import Step


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
    device_id: str | None = Field(
        default=None,
        description="The camera's 20-digit id by GB/T 28181; null where it has none, and in cases "
        "from before it was kept.",
    )
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
    plate: Plate | None = Field(
        default=None,
        description="Of the truck that it is about; for those alone who decide about cases, and "
        "receivers whose `fields` name it.",
    )
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
    opinion: Opinion | None = Field(
        description="A model's, where the site asks one and it has answered. No receiver is told."
    )
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

    `origin`: where it was received from, with the log of there.
    `reviews` are what each of two reviewers said, where the site asks for two; oldest first.
    """

    next_step: NextStep
    reviews: list[Review]
    log: list[LogEntry]
    origin: Origin | None = None


class Origin(Part):
    """From where a case was received: another installation, by its id in its records and its name.

    `package` is the SHA-256 of the manifest that its key has signed. `log` is its log of the case,
    not continued here, with the public `keys` that signed each record; the package's manifest,
    signature and log themselves are among the evidence (moment `origin`).
    """

    site: str
    name: str
    division: str
    received_at: datetime
    package: str
    log: list[LogEntry]
    keys: list[str] = Field(description="Fingerprints.")


class CasePage(Part):
    """A page of cases, the newest first; `next` is the cursor of the next page."""

    items: list[CaseView]
    next: str | None
