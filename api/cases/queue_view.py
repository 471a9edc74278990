"""What the review queue looks like from outside: its cases in short, with why they stand there."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field

from api.access.roles import Principal
from api.cases.parts import Deadline, Evidence, Part, When, Where
from api.cases.ranking import Rank
from api.cases.stages import Stage
from api.cases.steps import Step
from api.cases.view import all_of
from api.storage.tables import CaseRow
from vision.evidence import EvidenceRole

_ROLES = (EvidenceRole.ANNOTATED, EvidenceRole.MASKED)
_MOMENTS = ("best", "confirmed")
"""Which picture stands for a case: the first that there is, by moment and then by role."""


class QueueItem(Part):
    """A case in short; what is not said here says `CaseView`, in the same words."""

    model_config = ConfigDict(extra="ignore")

    case_id: str
    kind: str
    subtype: str
    stage: Stage
    legal_use: Literal["lead_only", "penalty_evidence"]
    where: Where
    when: When
    camera: str
    cameras: list[str]
    zone: str
    score: float
    looks: int
    sightings: int
    picture: Evidence | None = Field(description="One to know it by, masked.")
    deadline: Deadline | None
    claimed_by: str | None
    claimed_until: datetime | None
    allowed_steps: list[Step]
    rank: Rank


class QueuePage(Part):
    """The best cases first, what others hold last.

    `by_kind` and `by_camera` count the whole queue as narrowed by the other one of both.
    """

    total: int
    by_kind: dict[str, int]
    by_camera: dict[str, int]
    items: list[QueueItem]


def queue_item(row: CaseRow, who: Principal, rank: Rank) -> QueueItem:
    """A case for the queue, with a picture of a camera that the key sees."""
    known = all_of(row, who)
    shown = {(p.moment, p.role): p for p in known["evidence"] if p.purged_at is None}
    wanted = ((moment, role) for moment in _MOMENTS for role in _ROLES)
    picture = next((shown[one] for one in wanted if one in shown), None)
    more = {"score": row.score, "looks": row.looks, "rank": rank, "picture": picture}
    return QueueItem.model_validate(known | more)
