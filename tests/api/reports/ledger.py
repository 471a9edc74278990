"""Cases written straight into a database, with what happened to each and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from api.storage.database import Database
from api.storage.tables import CaseRow, LogRow, SightingRow

Entry = tuple[str, str | datetime] | tuple[str, str | datetime, str]
STAGES = {"opened": "pending_review", "withdrawn": "closed", "overturned": "closed"}


def moment(at: str | datetime) -> datetime:
    return datetime.fromisoformat(at).astimezone(UTC) if isinstance(at, str) else at


def write_case(database: Database, case_id: str, log: Sequence[Entry], **given: Any) -> None:
    """A case of the camera `gate` that was seen, at its `seen`, five minutes before it was opened.

    Entries of its log are an action, when, and perhaps a reason.
    """
    opened = moment(log[0][1])
    seen = moment(given.pop("seen", opened - timedelta(minutes=5)))
    last = [entry[0] for entry in log if entry[0] not in {"cleared", "supervised"}][-1]
    more = given.pop("sightings", ())
    camera = given.setdefault("camera", "gate")
    case = CaseRow(
        id=case_id,
        **{
            "stage": STAGES.get(last, last),
            "kind": "street_vending",
            "subtype": "stall",
            "zone": "north pavement",
            "box": [0.2, 0.4, 0.5, 0.8],
            "codes": [],
            "address": "Market gate",
            "grid": "421303001002003",
            "division": "421303",
            "first_seen_at": seen,
            "confirmed_at": seen,
            "last_seen_at": seen,
            "dwell_s": 300.0,
            "looks": 6,
            "score": 0.8,
            "clock": "stream",
            "why": [],
            "detector": {"model": "m", "version": "1", "sha256": "", "threshold": 0.3},
            "legal_use": "lead_only",
            "legal_use_reason": "",
            "sequence": 0,
            "created_at": opened,
        }
        | given,
    )
    rows: list[Any] = [case]
    for number, (by, at) in enumerate(((camera, seen), *more)):
        when = moment(at)
        rows.append(
            SightingRow(
                episode_id=f"{case_id}-{number}",
                case_id=case_id,
                camera=by,
                zone=case.zone,
                box=case.box,
                opened_at=when,
                confirmed_at=when,
                last_seen_at=when,
                looks=6,
                score=case.score,
            )
        )
    for action, at, *reason in log:
        rows.append(
            LogRow(
                case_id=case_id,
                at=moment(at),
                actor="somebody",
                action=action,
                stage=STAGES.get(action, action),
                reason="".join(reason),
                data={},
            )
        )
    with database.write() as session:
        for row in rows:
            session.add(row)
            session.flush()  # in this order
