"""ReceiveDesk: takes in a case that another installation has sent, with its log and evidence.

Its number stays, as a receipt, a call and a paper name it. Its cameras are those of another site,
so their names begin with that site's: neither a key for a camera here nor the matching of what one
sees next door takes them for ours. The log that it brings is not continued: it stays under its own
key, word for word among the evidence, and the log here begins with the record that names its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access.roles import Principal
from api.cases.announcement import Announce, CaseEvent
from api.cases.deadlines import of_stage
from api.cases.log import enter
from api.cases.sightings import summarise
from api.cases.stages import Stage
from api.cases.transfers import Way
from api.cases.view import case_detail
from api.errors import CaseError, SiteKeyError
from api.evidence.case_record import EvidenceRecord, SightingRecord
from api.records.chain import timed
from api.records.site_chain import in_force, lock_head
from api.storage.database import Database
from api.storage.tables import CaseRow, EvidenceRow, SightingRow, TransferRow
from api.transfers.package import Opened, opened
from api.transfers.receipt import Receipt, signed
from api.words.said import say
from vision.episodes import EndedBy
from vision.evidence import EvidenceRole, EvidenceStore
from vision.site import Site

_PREFIX = 8
"""Characters of a site's id before the names of its cameras."""


class Start(StrEnum):
    """Where a received case begins."""

    REVIEW = "review"
    """Somebody here decides on it anew."""
    WORK_ORDER = "work-order"
    """What the other site's person decided stands; receivers are told."""


@dataclass(frozen=True, slots=True)
class Received:
    """A case that is here; `again` if it was before this call."""

    receipt: dict[str, Any]
    again: bool


class ReceiveDesk:
    """Takes in packages.

    Args:
        database: of the cases, with the site's chain open on it.
        evidence: where their files go.
        site: the site.
        announce: see `api.cases.announcement`.
    """

    def __init__(
        self, database: Database, evidence: EvidenceStore, site: Site, announce: Announce
    ) -> None:
        self._database = database
        self._evidence = evidence
        self._site = site
        self._announce = announce

    def take(
        self, path: Path, trusted: set[str], start: Start, who: Principal, division: str = ""
    ) -> Received:
        """Check a package and take its case in; the same package again changes nothing.

        Evidence is stored first, then the case, in one transaction with the record of its receipt:
        who is stopped in between just calls again.

        Args:
            path: of the package.
            trusted: fingerprints of the sending site's keys.
            start: where the case begins.
            who: takes it in, for the log.
            division: to which it goes; the site's by default.

        Raises:
            CaseError: the package is refused; the message says why.
            EvidenceError: evidence cannot be stored now.
            DatabaseUnavailable: nothing was kept but files; try again.
        """
        with opened(path, trusted) as package:
            with self._database.read() as session:
                before = _known(session, package)
            if before is not None:
                return Received(before, again=True)
            for one in package.record.evidence:
                self._evidence.put(package.content(one.sha256))
            extra = self._bring(package)
            with self._database.write() as session:
                self._database.decide_alone(session)
                before = _known(session, package)
                if before is not None:
                    return Received(before, again=True)
                case = self._case(package, start, division or self._site.site.division)
                session.add(case)
                session.flush()  # its sightings first, which its evidence names
                site = package.manifest["site"]
                brought = (*package.record.evidence, *extra)
                case.evidence.extend(_evidence(site, one) for one in brought)
                receipt = self._enter(session, case, package, who)
                if start is Start.WORK_ORDER:
                    self._announce(session, case, CaseEvent.CONFIRMED, datetime.now(UTC))
                session.flush()
                session.refresh(case)
                _shown(case, who)
                return Received(receipt, again=False)

    def _bring(self, package: Opened) -> list[EvidenceRecord]:
        """Store what the sender vouches for, word for word: manifest, signature, log.

        As originals, for nobody without a reason: the log says what plates are, and who did what.
        """
        first = package.record.sightings[0]
        made = datetime.fromisoformat(package.manifest["made_at"])
        return [
            EvidenceRecord(
                sha256=self._evidence.put(content),
                episode_id=first.episode_id,
                role=EvidenceRole.ORIGINAL,
                of=None,
                media_type=media_type,
                size=len(content),
                camera=first.camera,
                captured_at=made,
                moment="origin",
                boxes=None,
            )
            for content, media_type in (
                (package.raw, "application/json"),
                (package.signature, "application/json"),
                (package.log, "application/jsonl"),
            )
        ]

    def _case(self, package: Opened, start: Start, division: str) -> CaseRow:
        record, site = package.record, package.manifest["site"]
        now = datetime.now(UTC)
        made = record.model_dump(exclude={"sightings", "evidence", "created_at", "stage", "review"})
        anew = start is Start.REVIEW
        case = CaseRow(
            **made
            | {
                "box": list(record.box),
                "camera": _named(site, record.camera),
                "division": division,
                "stage": (Stage.PENDING_REVIEW if anew else Stage.CONFIRMED).value,
                "review": None if anew else record.review,
                "prior_cases": [],
                "sequence": 0,
                "created_at": now,
            },
            sightings=[_sighting(site, one) for one in record.sightings],
            evidence=[],
        )
        summarise(case, {seen.camera for seen in case.sightings})
        case.deadline = of_stage(case, self._site.calendar, now)
        return case

    def _enter(
        self, session: Session, case: CaseRow, package: Opened, who: Principal
    ) -> dict[str, Any]:
        """Log the receipt, sign and keep it."""
        manifest, now = package.manifest, datetime.now(UTC)
        own = lock_head(session)
        if own.key is None:
            raise SiteKeyError("this site has no key yet; start it once")
        receipt = Receipt(
            case=case.id,
            site=manifest["site"],
            package=package.digest,
            no=manifest["head"]["no"],
            hash=manifest["head"]["hash"],
            received_by=own.site,
            name=self._site.site.name,
            division=case.division,
            stage=case.stage,
            at=timed(now),
            evidence=len(package.record.evidence),
        )
        told = signed(receipt, in_force(self._site.storage.key_file, own.key))
        name = manifest.get("site_name", "")
        data = {
            "origin": {"site": manifest["site"], "name": name, "division": package.record.division},
            "head": manifest["head"],
            "package": package.digest,
            "evidence": [item.sha256 for item in case.evidence],
        }
        enter(session, case, "received", by=who, data=data, at=now)
        session.add(
            TransferRow(
                case_id=case.id,
                way=Way.RECEIVED.value,
                at=now,
                kind=case.kind,
                from_division=package.record.division,
                to_division=case.division,
                by=who.label,
                key_id=who.key_id,
                reason="",
                peer=manifest["site"],
                peer_name=name,
                package=package.digest,
                receipt=told,
                origin={"keys": manifest["keys"], "records": package.records},
            )
        )
        return told


def _shown(case: CaseRow, who: Principal) -> None:
    """Refuse what this version cannot show: it would be in the way of every list.

    Raises:
        CaseError: the sender's version says something of a case that this one does not know.
    """
    try:
        case_detail(case, who)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise CaseError(say("package_record_form", where=where)) from None


def _known(session: Session, package: Opened) -> dict[str, Any] | None:
    """The receipt that was given for this very package.

    Raises:
        CaseError: the case is here, and not by this package.
    """
    case_id = package.record.id
    query = select(TransferRow).where(
        TransferRow.case_id == case_id, TransferRow.way == Way.RECEIVED.value
    )
    row = session.scalar(query)
    if row is not None and row.package == package.digest:
        return row.receipt
    if row is not None or session.get(CaseRow, case_id) is not None:
        raise CaseError(say("case_here_already", case=case_id))
    return None


def _named(site: str, camera: str) -> str:
    return f"{site[:_PREFIX]}/{camera}"[:64]


def _sighting(site: str, seen: SightingRecord) -> SightingRow:
    """A sighting; what was held there, no camera here holds."""
    row = SightingRow(**seen.model_dump() | {"box": list(seen.box)})
    row.camera = _named(site, seen.camera)
    if row.ended_at is None:
        row.ended_at, row.ended_by = row.last_seen_at, EndedBy.UNWATCHED.value
    return row


def _evidence(site: str, item: EvidenceRecord) -> EvidenceRow:
    boxes = None if item.boxes is None else [list(box) for box in item.boxes]
    made = item.model_dump() | {"boxes": boxes, "role": item.role.value}
    return EvidenceRow(**made | {"camera": _named(site, item.camera)})
