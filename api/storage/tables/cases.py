"""Cases with what belongs to each: sightings, log, reviews, evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from api.storage.tables.base import Base, UtcTime
from api.storage.tables.transfers import TransferRow

_WAITS = text("stage IN ('pending_review', 'second_review')")
"""`api.cases.stages.WAITING`; who asks in these very words is answered by the index of it."""

_TOLD = text("opinion_says IS NOT NULL")


class CaseRow(Base):
    """A case. `box` is x1 y1 x2 y2 as fractions of the picture.

    Its position is in degrees in `crs`; `method` says what it was worked out from, `accuracy_m`
    how far it may be off (None: nobody knows). `device_id` is the 20-digit id by
    GB/T 28181 of the camera that saw it first, None where it has none. `asset` is the registered
    thing that it is about.
    `ended_at` is when its last sighting ended, `ended_by` how: seen gone (`cleared`, and then
    `cleared_at` is the same moment) or one of `vision.episodes.EndedBy`. Both are None while a
    camera holds it.
    `repeats` is how many of its `prior_cases` people had confirmed when it was made.
    `opinion` is what a model on the site's network said of its picture (`api.cases.opinion`), None
    where none was asked or has answered; `opinion_says` its answer, which follows it.
    `hold` says who put it on legal hold, when and why; None where nobody did.
    `silenced_until` and `inhibited_by` (a case's id) say why a case that no person has decided
    about is kept out of the review queue. `claimed_by` (the label of the key `claimed_key`) holds
    it until `claimed_until`, to decide on it; until `undo_until` a decision can be undone, and is
    told to nobody. `deadline` is when its stage has to be over, None where nothing says so, and
    `deadline_at` its moment, which follows it;
    `permit_check` and `legal_review` are what a person recorded, and who. `outcome` is how it was
    closed; `supervised_at` and `appealed_at` are set while
    it is supervised, and while an appeal is heard. `task_no` and `file_no` are the case system's.
    `plate` is what was read of its truck's number plate and what a person said it is
    (`api.cases.plates`), `company` whose truck that is.
    """

    __tablename__ = "cases"
    # A list is walked from the newest id down until its page is full. What it may be narrowed to
    # stands at the front of an index, the times of first sightings behind the id, so that a list
    # of which nothing matches is found out from the index alone. See `api.cases.listing`.
    __table_args__ = (
        Index("ix_cases_kind_lat", "kind", "lat"),
        Index("ix_cases_lat_lon", "lat", "lon"),
        Index("ix_cases_id_seen", "id", "first_seen_at"),
        Index("ix_cases_kind_id_seen", "kind", "id", "first_seen_at"),
        Index("ix_cases_stage_id_seen", "stage", "id", "first_seen_at"),
        Index("ix_cases_stage_kind_id_seen", "stage", "kind", "id", "first_seen_at"),
        Index("ix_cases_division_id_seen", "division", "id", "first_seen_at"),
        Index("ix_cases_stage_cleared_silenced", "stage", "cleared_at", "silenced_until"),
        Index("ix_cases_task_no_id", "task_no", "id"),
        Index("ix_cases_file_no_id", "file_no", "id"),
        # All that the order of the queue is worked out from, of the few that wait.
        Index(
            "ix_cases_waiting",
            *("stage", "kind", "division", "created_at", "score", "ended_at", "repeats"),
            *("opinion_says", "deadline_at", "claimed_until", "claimed_key", "id"),
            sqlite_where=_WAITS,
            postgresql_where=_WAITS,
        ),
        # How often people said the same as the model, of the cases that it was asked about.
        Index(
            "ix_cases_opinion_says_stage",
            *("opinion_says", "stage"),
            sqlite_where=_TOLD,
            postgresql_where=_TOLD,
        ),
        Index("ix_cases_deadline_at_id", "deadline_at", "id"),
        # What is looked for in words: the few different values are stepped through first.
        Index("ix_cases_address_id", "address", "id"),
        Index("ix_cases_zone_id", "zone", "id"),
        Index("ix_cases_grid_id", "grid", "id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    stage: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(64))
    subtype: Mapped[str] = mapped_column(String(64))
    camera: Mapped[str] = mapped_column(String(64))
    device_id: Mapped[str | None] = mapped_column(String(20))
    zone: Mapped[str] = mapped_column(Text)
    asset: Mapped[str | None] = mapped_column(String(64), index=True)
    box: Mapped[list[float]] = mapped_column(JSON)
    codes: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    lon: Mapped[float | None] = mapped_column(Float)
    lat: Mapped[float | None] = mapped_column(Float)
    crs: Mapped[str | None] = mapped_column(String(16))
    accuracy_m: Mapped[float | None] = mapped_column(Float)
    method: Mapped[str | None] = mapped_column(String(32))
    address: Mapped[str] = mapped_column(Text)
    grid: Mapped[str] = mapped_column(String(15))
    division: Mapped[str] = mapped_column(String(32))
    department: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    first_seen_at: Mapped[datetime] = mapped_column(UtcTime)
    confirmed_at: Mapped[datetime] = mapped_column(UtcTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcTime)
    cleared_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_by: Mapped[str | None] = mapped_column(String(16))
    dwell_s: Mapped[float] = mapped_column(Float)
    looks: Mapped[int] = mapped_column(Integer)
    score: Mapped[float] = mapped_column(Float)
    clock: Mapped[str] = mapped_column(String(16))
    why: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    detector: Mapped[dict[str, Any]] = mapped_column(JSON)
    legal_use: Mapped[str] = mapped_column(String(32))
    legal_use_reason: Mapped[str] = mapped_column(Text)
    legal_why: Mapped[list[dict[str, str]] | None] = mapped_column(JSON(none_as_null=True))
    legal_basis: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    prior_cases: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    repeats: Mapped[int] = mapped_column(Integer, server_default="0")
    silenced_until: Mapped[datetime | None] = mapped_column(UtcTime)
    inhibited_by: Mapped[str | None] = mapped_column(String(40), index=True)
    review: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    opinion: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    opinion_says: Mapped[str | None] = mapped_column(String(8))
    hold: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    sequence: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    claimed_by: Mapped[str | None] = mapped_column(Text)
    claimed_key: Mapped[str | None] = mapped_column(String(16))
    claimed_until: Mapped[datetime | None] = mapped_column(UtcTime)
    undo_until: Mapped[datetime | None] = mapped_column(UtcTime)
    deadline: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    deadline_at: Mapped[datetime | None] = mapped_column(UtcTime)
    permit_check: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    legal_review: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    outcome: Mapped[str | None] = mapped_column(String(32))
    supervised_at: Mapped[datetime | None] = mapped_column(UtcTime)
    appealed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    task_no: Mapped[str | None] = mapped_column(Text)
    file_no: Mapped[str | None] = mapped_column(Text)
    plate: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    company: Mapped[str | None] = mapped_column(Text)

    sightings: Mapped[list[SightingRow]] = relationship(
        back_populates="case", order_by="SightingRow.opened_at"
    )
    log: Mapped[list[LogRow]] = relationship(back_populates="case", order_by="LogRow.id")
    evidence: Mapped[list[EvidenceRow]] = relationship(
        back_populates="case", order_by="EvidenceRow.id"
    )
    reviews: Mapped[list[ReviewRow]] = relationship(
        order_by="ReviewRow.id", cascade="all, delete-orphan"
    )

    origin: Mapped[TransferRow | None] = relationship(
        "TransferRow",
        primaryjoin="and_(TransferRow.case_id == CaseRow.id, TransferRow.way == 'received')",
        viewonly=True,
        uselist=False,
    )

    @validates("deadline")
    def _keep_its_moment(self, _name: str, deadline: dict[str, Any] | None) -> Any:
        self.deadline_at = datetime.fromisoformat(deadline["at"]) if deadline else None
        return deadline

    @validates("opinion")
    def _keep_its_answer(self, _name: str, opinion: dict[str, Any] | None) -> Any:
        self.opinion_says = opinion["answer"] if opinion else None
        return opinion


class SightingRow(Base):
    """One episode that showed the case; `ended_at` and `ended_by` are as a case's."""

    __tablename__ = "sightings"
    __table_args__ = (
        Index("ix_sightings_camera_zone", "camera", "zone"),
        Index("ix_sightings_camera_case_id", "camera", "case_id"),
        Index("ix_sightings_case_id_camera", "case_id", "camera"),
        Index("ix_sightings_confirmed_at_camera", "confirmed_at", "camera"),
    )

    episode_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    camera: Mapped[str] = mapped_column(String(64))
    zone: Mapped[str] = mapped_column(Text, server_default="")
    box: Mapped[list[float]] = mapped_column(JSON)
    opened_at: Mapped[datetime] = mapped_column(UtcTime)
    confirmed_at: Mapped[datetime] = mapped_column(UtcTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcTime)
    cleared_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_by: Mapped[str | None] = mapped_column(String(16))
    looks: Mapped[int] = mapped_column(Integer)
    score: Mapped[float] = mapped_column(Float)

    case: Mapped[CaseRow] = relationship(back_populates="sightings")


class LogRow(Base):
    """One entry of a case's log. Append-only: a trigger refuses UPDATE and DELETE."""

    __tablename__ = "case_log"
    # What reports read: what happened when, and of one case.
    __table_args__ = (
        Index("ix_case_log_action_at_case_id", "action", "at", "case_id"),
        Index("ix_case_log_case_id_action_at", "case_id", "action", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    at: Mapped[datetime] = mapped_column(UtcTime)
    actor: Mapped[str] = mapped_column(Text)
    key_id: Mapped[str | None] = mapped_column(String(16))
    action: Mapped[str] = mapped_column(String(32))
    stage: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)

    case: Mapped[CaseRow] = relationship(back_populates="log")


class ReviewRow(Base):
    """What one of two reviewers said of a case that needs both; see `api.cases.second_review`."""

    __tablename__ = "reviews"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    key_id: Mapped[str] = mapped_column(String(16))
    reviewer: Mapped[str] = mapped_column(Text)
    decision: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(32))
    checks: Mapped[dict[str, bool]] = mapped_column(JSON)
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcTime)


class EvidenceRow(Base):
    """A stored picture of a case; `of` is the original's digest for a derivative.

    `boxes`: what it shows of the violation, each x1 y1 x2 y2 as fractions of the picture; None in
    rows from before it was kept.

    `replaced_by`: the digest of a derivative in which more is masked, which is shown instead.
    `purged_at`: its file is stored no longer, or kept for another case only; a `PurgeRow` says why.
    """

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("case_id", "sha256", "moment"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    episode_id: Mapped[str] = mapped_column(ForeignKey("sightings.episode_id"))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    role: Mapped[str] = mapped_column(String(16))
    of: Mapped[str | None] = mapped_column(String(64), index=True)
    media_type: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    camera: Mapped[str] = mapped_column(String(64))
    captured_at: Mapped[datetime] = mapped_column(UtcTime)
    moment: Mapped[str] = mapped_column(String(16))
    boxes: Mapped[list[list[float]] | None] = mapped_column(JSON(none_as_null=True))
    purged_at: Mapped[datetime | None] = mapped_column(UtcTime)
    replaced_by: Mapped[str | None] = mapped_column(String(64))

    case: Mapped[CaseRow] = relationship(back_populates="evidence")
