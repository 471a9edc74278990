"""View: maps case rows to the models of `schemas`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from api.access.roles import Principal, Right
from api.cases.claims import held
from api.cases.life import allowed, open_steps
from api.cases.parts import Deadline, Evidence, Plate, Review
from api.cases.schemas import CaseDetail, CaseView, LogEntry, NextStep, OpenStep, Origin
from api.cases.stages import Stage
from api.storage.tables import CaseRow, EvidenceRow, TransferRow
from vision.evidence import EvidenceRole
from vision.registers.working_calendar import WORKING

PLATE_ACTIONS = frozenset({"plate_read", "plate_confirmed", "plate_corrected", "plate_illegible"})
"""Entries of the log about a truck's number plate: for those alone who decide about cases."""
REDACTED = frozenset({EvidenceRole.MASKED.value, EvidenceRole.ANNOTATED.value})


def case_data(row: CaseRow, evidence: Sequence[EvidenceRow]) -> dict[str, Any]:
    """The fields of `CaseData`, with this evidence."""
    return {
        "case_id": row.id,
        "sequence": row.sequence,
        "kind": row.kind,
        "subtype": row.subtype,
        "stage": row.stage,
        "legal_use": row.legal_use,
        "legal_use_reason": row.legal_use_reason,
        "legal_why": row.legal_why,
        "legal_basis": row.legal_basis,
        "codes": row.codes,
        "where": {
            "lon": row.lon,
            "lat": row.lat,
            "crs": row.crs,
            "accuracy_m": row.accuracy_m,
            "method": row.method,
            "address": row.address,
            "grid": row.grid,
            "division": row.division,
            "department": row.department,
        },
        "when": {
            "first_seen": row.first_seen_at,
            "confirmed": row.confirmed_at,
            "last_seen": row.last_seen_at,
            "cleared": row.cleared_at,
            "ended": row.ended_at,
            "ended_by": row.ended_by,
            "dwell_s": row.dwell_s,
            "clock": row.clock,
        },
        "camera": row.camera,
        "device_id": row.device_id,
        "zone": row.zone,
        "asset": row.asset,
        "permit_check": _permit_check(row),
        "deadline": row.deadline,
        "legal_review": row.legal_review,
        "detector": {**row.detector, "score": row.score, "looks": row.looks},
        "review": row.review,
        "outcome": row.outcome,
        "supervised": row.supervised_at,
        "appealed": row.appealed_at,
        "task_no": row.task_no,
        "file_no": row.file_no,
        "plate": plate_of(row),
        "evidence": [evidence_view(item) for item in evidence],
        "prior_cases": row.prior_cases,
    }


def case_view(row: CaseRow, who: Principal) -> CaseView:
    """A case for a list, with the pictures of the cameras that the key sees."""
    return CaseView.model_validate(all_of(row, who))


def case_detail(row: CaseRow, who: Principal) -> CaseDetail:
    """A case with its log, with the pictures of the cameras that the key sees."""
    log = [
        LogEntry(
            at=entry.at,
            actor=entry.actor,
            key_id=entry.key_id,
            action=entry.action,
            stage=Stage(entry.stage),
            reason=entry.reason,
            data=entry.data,
        )
        for entry in row.log
        if _told(entry.action, who)
    ]
    reviews = [Review.model_validate(said, from_attributes=True) for said in row.reviews]
    origin = None if row.origin is None else _origin(row.origin, who)
    more: dict[str, Any] = {"reviews": reviews, "log": log, "origin": origin}
    more["next_step"] = _next_step(row)
    return CaseDetail.model_validate(all_of(row, who) | more)


def _next_step(row: CaseRow) -> NextStep:
    deadline = None if row.deadline is None else Deadline.model_validate(row.deadline)
    return NextStep(
        deadline=deadline,
        working=deadline is not None and deadline.unit in WORKING,
        steps=[OpenStep(step=step, roles=roles) for step, roles in open_steps(row).items()],
    )


def _told(action: str, who: Principal) -> bool:
    """Whether somebody may read a log's entries of this kind."""
    return who.may(Right.REVIEW) or action not in PLATE_ACTIONS


def _origin(row: TransferRow, who: Principal) -> Origin:
    """Where a case came from: the fields of `LogEntry`, as they were signed there."""
    given = row.origin or {"records": [], "keys": []}
    told = [line["record"] for line in given["records"] if line["record"] is not None]
    names = LogEntry.model_fields
    return Origin(
        site=row.peer or "",
        name=row.peer_name,
        division=row.from_division,
        received_at=row.at,
        package=row.package or "",
        log=[
            LogEntry.model_validate({name: one[name] for name in names})
            for one in told
            if _told(one["action"], who)
        ],
        keys=[key["fingerprint"] for key in given["keys"]],
    )


def current(row: CaseRow) -> list[EvidenceRow]:
    """The evidence of a case without the derivatives in which more was masked since."""
    return [item for item in row.evidence if item.replaced_by is None]


def plate_of(row: CaseRow) -> Plate | None:
    """A case's plate; see `api.cases.plates`."""
    if row.plate is None:
        return None
    return Plate.model_validate({name: row.plate[name] for name in Plate.model_fields})


def evidence_view(row: EvidenceRow) -> Evidence:
    """A stored picture as a link."""
    return Evidence(
        role=EvidenceRole(row.role),
        sha256=row.sha256,
        href=f"/v1/media/{row.sha256}",
        redacted=row.role in REDACTED,
        of=row.of,
        moment=row.moment,
        camera=row.camera,
        captured_at=row.captured_at,
        media_type=row.media_type,
        size=row.size,
        boxes=[(a, b, c, d) for a, b, c, d in row.boxes or ()],
        purged_at=row.purged_at,
    )


def all_of(row: CaseRow, who: Principal) -> dict[str, Any]:
    """The fields of `CaseView`, with the pictures of the cameras that the key sees."""
    evidence = [item for item in current(row) if who.sees_camera(item.camera)]
    now = datetime.now(UTC)
    claimed = held(row, now)
    undoable = row.undo_until is not None and now < row.undo_until
    plate = {} if who.may(Right.REVIEW) else {"plate": None}
    return (
        case_data(row, evidence)
        | plate
        | {
            "box": row.box,
            "why": row.why,
            "opinion": row.opinion,
            "sightings": len(row.sightings),
            "cameras": list(dict.fromkeys(seen.camera for seen in row.sightings)),
            "silenced_until": row.silenced_until,
            "inhibited_by": row.inhibited_by,
            "hold": row.hold,
            "claimed_by": row.claimed_by if claimed else None,
            "claimed_until": row.claimed_until if claimed else None,
            "undo_until": row.undo_until if undoable else None,
            "allowed_steps": allowed(row, who),
            "created_at": row.created_at,
        }
    )


def _permit_check(row: CaseRow) -> dict[str, Any]:
    """A person's, else from the rule's reasons; see `vision.rules.reasons.unpermitted`."""
    if row.permit_check is not None:
        found = row.permit_check.get("permit_no")
        answer = f"has {found}" if found else "has no permit"
        return row.permit_check | {"reason": f"{row.permit_check['asked']} {answer}"}
    for reason in row.why:
        if "permits" in reason["data"]:
            return {"result": "none_covers", "reason": reason["en"]}
    return {}
