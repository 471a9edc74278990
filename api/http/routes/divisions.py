"""`/v1/divisions`, `/v1/transfers`: the tree of divisions with names; which cases have moved."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.access.roles import Principal
from api.cases.text_search import different
from api.cases.transfers import TransferPage, transfers
from api.http.context import Reader, Shared
from api.http.parameters import RowId
from api.http.problems import GUARDED, described
from api.storage.tables import CaseRow
from vision.registers.divisions import Level, level_of, lineage
from vision.site import Site

router = APIRouter(prefix="/v1", tags=["site"], responses=described(*GUARDED, 422))


class DivisionView(BaseModel):
    """A division: `level` is null for a code of the site's own, `within` what it lies in.

    `zh` and `en` are its names, empty where the site's register has none. `seen`: its cases are in
    the key's scope; else it only leads there. `target`: a case can be passed on to it.
    """

    code: str = Field(examples=["421303"])
    level: Level | None
    within: str | None
    zh: str
    en: str
    seen: bool
    target: bool


class DivisionList(BaseModel):
    """Divisions by code: each stands behind what it lies in."""

    items: list[DivisionView]


class TransferQuery(BaseModel):
    """Which part of the transfers."""

    model_config = ConfigDict(extra="forbid")

    cursor: RowId | None = Field(default=None, description="`next` of a page.")
    limit: int = Field(default=50, ge=1, le=200)


@router.get("/divisions", operation_id="listDivisions")
def list_divisions(shared: Shared, who: Reader) -> DivisionList:
    """List the divisions that the site knows or has cases of, with what they lie in.

    All of them, whoever asks: which districts a city has is no secret, and a case can be passed on
    to one that its officer does not see. Those of which only cases are known are told to who sees
    them.
    """
    site = shared.site
    with shared.database.read() as session:
        stored = different(session, CaseRow.division)
    of_cases = (code for code in stored if who.sees_division(code))
    known = site.known_divisions
    codes = {above for code in (*known, *of_cases) for above in lineage(code)}
    return DivisionList(items=[_view(site, who, code, known) for code in sorted(codes)])


@router.get("/transfers", operation_id="listTransfers")
def list_transfers(
    shared: Shared, who: Reader, query: Annotated[TransferQuery, Query()]
) -> TransferPage:
    """List the cases that have gone from or to a division of the key's, the newest first."""
    return transfers(shared.database, who, query.cursor, query.limit)


def _view(site: Site, who: Principal, code: str, known: frozenset[str]) -> DivisionView:
    names, above = site.division_names, lineage(code)[:-1]
    return DivisionView(
        code=code,
        level=level_of(code),
        within=above[-1] if above else None,
        zh=names.name(code, "zh"),
        en=names.name(code, "en"),
        seen=who.sees_division(code),
        target=code in known,
    )
