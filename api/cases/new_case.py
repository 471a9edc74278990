"""New case: makes a case from a confirmed episode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from ulid import ULID

from api.cases.deadlines import of_stage
from api.cases.legal_use import legal_use
from api.cases.proximity import located
from api.cases.stages import Stage
from api.errors import CaseError
from api.storage.tables import CaseRow
from vision.episodes import Episode
from vision.kinds import catalogue
from vision.registers.grid import UnitGrid
from vision.site import Camera, Site


@dataclass(frozen=True, slots=True)
class DetectorInfo:
    """The detector: the model's name, version and file hash, and its score threshold if fixed."""

    model: str
    version: str
    sha256: str
    threshold: float | None = None


def new_case(
    site: Site,
    camera: Camera,
    episode: Episode,
    detector: DetectorInfo,
    prior: Sequence[str],
) -> CaseRow:
    """A case that waits for review, at its camera's place and without its sightings.

    Args:
        detector: the model, with the zone's threshold.
        prior: ids of earlier cases here.

    Raises:
        CaseError: the kind or the sub-type is unknown.
    """
    place = camera.place
    legal = legal_use(site, camera, episode)
    now = datetime.now(UTC)
    case = CaseRow(
        id=f"SW-{ULID()}",
        stage=Stage.PENDING_REVIEW.value,
        kind=episode.kind,
        subtype=episode.subtype,
        camera=episode.camera,
        device_id=camera.gb_id,
        zone=episode.zone,
        asset=episode.asset,
        box=list(episode.box),
        codes=_codes(episode.kind, episode.subtype),
        lon=place.lon if place else None,
        lat=place.lat if place else None,
        crs=place.crs if place else None,
        method="camera_registered" if place else None,
        address=place.address if place else "",
        grid=place.grid if place else "",
        division=site.division_of(camera),
        department=(
            place.department.model_dump() if place and place.department is not None else None
        ),
        clock=episode.clock.value,
        why=[asdict(reason) for reason in episode.why],
        detector=asdict(detector),
        legal_use=legal.use,
        legal_use_reason="; ".join(reason["en"] for reason in legal.why),
        legal_why=list(legal.why),
        legal_basis=legal.basis,
        prior_cases=list(prior),
        sequence=0,
        created_at=now,
        sightings=[],
        evidence=[],
    )
    case.deadline = of_stage(case, site.calendar, now)
    return case


def locate(case: CaseRow, episode: Episode, grid: UnitGrid | None) -> None:
    """Give the case the episode's own position unless it has one of its own already.

    Its unit-grid cell and the responsible department are set with it, if the grid has them; else
    both remain those of the camera's place.
    """
    where = located(episode.where)
    if where is None or case.method not in {None, "camera_registered"}:
        return
    case.lon, case.lat, case.crs = where.lon, where.lat, where.crs
    case.accuracy_m, case.method = where.accuracy_m, where.method
    cell = grid.cell(where) if grid is not None else None
    if cell is not None:
        case.grid = cell.code
        if cell.department_code:
            case.department = {"code": cell.department_code, "name": cell.department_name}


def _codes(kind: str, subtype: str) -> list[dict[str, Any]]:
    try:
        named = catalogue().kind(kind).subtype(subtype)
    except KeyError as error:
        raise CaseError(f"{error.args[0]}; add it to datasets/kinds.yaml") from error
    return [{"scheme": s, "code": code, "name": named.zh} for s, code in named.codes.items()]
