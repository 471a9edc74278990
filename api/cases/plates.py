"""Plates: what was read of a truck's plate stands on its case until a person says what it is.

A number plate leads to a person, so it is shown to those alone who decide about cases
(`Right.REVIEW`, who may look at the picture of it too); what stands in the log of it is withheld
from all others, and from receivers' and public packages: an officer's has it, and by it who takes
the case over. Nothing follows from a reading: the company whose truck it is comes of the plate that
a person has confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from api.access.roles import Principal
from api.cases.claims import refuse_others
from api.cases.log import enter
from api.cases.parts import PlateSaid
from api.cases.requests import PlateRequest
from api.cases.schemas import CaseDetail
from api.cases.scope import locked
from api.cases.view import case_detail
from api.errors import IllegalStep
from api.site_in_force import SiteInForce
from api.storage.database import Database
from api.storage.tables import CaseRow
from api.words.said import say
from vision.evidence import EvidenceItem
from vision.kinds import catalogue
from vision.plates import PlateReading, vote
from vision.plates.network import NAME
from vision.registers.companies import CompanyRegister
from vision.site import Site

_READINGS = TypeAdapter(list[PlateReading])
_UNREAD: Final[dict[str, Any]] = {
    "text": None,
    "confidence": None,
    "colour": None,
    "looks": 0,
    "best": None,
    "read_by": None,
    "said": None,
    "readings": [],
}


def take_readings(
    session: Session, case: CaseRow, items: Sequence[EvidenceItem], *, by: Principal | str
) -> None:
    """Put what was read in these pictures on the case, voting with what was read before.

    The log says that a plate was read and how surely, not what it says: what nobody has confirmed
    does not stay for ever.
    """
    read = {item.sha256: item.plate for item in items if item.plate is not None}
    if not read:
        return
    plate = dict(case.plate or _UNREAD)
    readings = [*_READINGS.validate_python(plate["readings"]), *read.values()]
    voted = vote(readings)
    assert voted is not None
    surest = max(read, key=lambda digest: read[digest].confidence)
    if plate["best"] is not None:
        before = max(one.confidence for one in readings[: -len(read)])
        surest = surest if read[surest].confidence > before else plate["best"]
    case.plate = plate | {
        "text": voted.text,
        "confidence": round(voted.confidence, 4),
        "colour": voted.colour,
        "looks": len(readings),
        "best": surest,
        "read_by": NAME,
        "readings": [asdict(one) for one in readings],
    }
    told = {name: case.plate[name] for name in ("confidence", "colour", "looks", "read_by")}
    enter(session, case, "plate_read", by=by, data=told)


class PlateDesk:
    """Records what a person says stands on a plate."""

    def __init__(self, database: Database, site: Site | SiteInForce) -> None:
        self._database = database
        companies = SiteInForce.of(site).now.plates.companies
        self._companies = CompanyRegister.load(Path(companies)) if companies else None

    def say(self, who: Principal, case_id: str, request: PlateRequest) -> CaseDetail:
        """Record it, and whose truck that is; what was read stays beside it.

        Raises:
            UnknownCase: there is none, as far as this key may see.
            IllegalStep: the case is about no truck.
            CaseClaimed: somebody else holds it to decide.
        """
        now = datetime.now(UTC)
        with self._database.write() as session:
            case = locked(session, who, case_id)
            if not _about_a_truck(case):
                raise IllegalStep(say("plate_of_no_truck"))
            refuse_others(case, who, now)
            company = self._companies.of(request.text) if self._companies else None
            said = PlateSaid(text=request.text, by=who.label, at=now, company=company)
            before = dict(case.plate or _UNREAD)
            case.plate = before | {"said": said.model_dump(mode="json")}
            case.company = company
            data = {
                "text": request.text,
                "read": before["text"],
                "before": before["said"]["text"] if before["said"] else None,
                "company": company,
                "note": request.note,
            }
            enter(session, case, _action(request.text, before["text"]), by=who, data=data, at=now)
            session.flush()
            session.refresh(case)
            return case_detail(case, who)


def _action(said: str | None, read: str | None) -> str:
    if said is None:
        return "plate_illegible"
    return "plate_confirmed" if said == read else "plate_corrected"


def _about_a_truck(case: CaseRow) -> bool:
    try:
        return "truck_state" in catalogue().kind(case.kind).needs
    except KeyError:  # of a package of kinds that is not installed any more
        return False
