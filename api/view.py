"""Case rows as outside models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.schemas import CaseDetail, CaseView, Evidence, LogEntry
from api.stages import Stage
from api.tables import CaseRow, EvidenceRow
from vision.evidence import EvidenceRole

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
        "codes": row.codes,
        "where": {
            "lon": row.lon,
            "lat": row.lat,
            "crs": row.crs,
            "accuracy_m": None,
            "method": None if row.lon is None else "camera_registered",
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
            "dwell_s": row.dwell_s,
            "clock": row.clock,
        },
        "camera": row.camera,
        "zone": row.zone,
        "permit_check": {},
        "detector": {**row.detector, "score": row.score, "looks": row.looks},
        "review": row.review,
        "evidence": [evidence_view(item) for item in evidence],
    }


def case_view(row: CaseRow) -> CaseView:
    """A case for a list."""
    return CaseView.model_validate(case_data(row, row.evidence) | _more(row))


def case_detail(row: CaseRow) -> CaseDetail:
    """A case with its log."""
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
    ]
    return CaseDetail.model_validate(case_data(row, row.evidence) | _more(row) | {"log": log})


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
    )


def _more(row: CaseRow) -> dict[str, Any]:
    return {
        "box": row.box,
        "why": row.why,
        "sightings": len(row.sightings),
        "created_at": row.created_at,
    }
