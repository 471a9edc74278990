"""`/v1/cases`, `/v1/cases.csv`, `/v1/cases.geojson`: cases listed, as pages, a file, a map."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import StreamingResponse

from api.access.access_log import What, note_access
from api.cases.case_filter import CaseFilter, Near, Order
from api.cases.schemas import CasePage
from api.cases.stages import Stage
from api.exports.case_csv import CaseCsv, Language
from api.exports.case_geojson import CaseMap, case_map
from api.http.context import Reader, Shared
from api.http.parameters import DivisionCode, Instant, Name
from api.http.problems import GUARDED, described
from api.http.routes.media import Reason
from api.storage.limits import TEXT
from vision.site import Site

router = APIRouter(prefix="/v1", tags=["cases"], responses=described(*GUARDED, 422))
Number = Annotated[str, StringConstraints(pattern=TEXT, min_length=1, max_length=200)]
Words = Annotated[str, StringConstraints(pattern=TEXT, min_length=1, max_length=100)]
_DIGITS = r"(\.[0-9]{1,12})?"
_NEAR = rf"^-?[0-9]{{1,3}}{_DIGITS},-?[0-9]{{1,2}}{_DIGITS},[0-9]{{1,6}}{_DIGITS}$"
MOST_POINTS = 5000
"""Of one map: 1.5 MB, and more than anybody tells apart."""


class CaseQuery(BaseModel):
    """How a list is narrowed. Times compare with a case's first sighting."""

    model_config = ConfigDict(extra="forbid")

    kind: Name | None = Field(default=None, examples=["street_vending"])
    stage: list[Stage] = Field(
        default=[], max_length=len(Stage), description="Any of these; none is all."
    )
    camera: Name | None = Field(default=None, examples=["market-gate"])
    division: DivisionCode | None = Field(
        default=None,
        description="The code of a province, city, district, street or community: its cases, and "
        "those of all that lies below it.",
        examples=["421303"],
    )
    since: Instant | None = Field(default=None, examples=["2026-05-01T00:00:00Z"])
    until: Instant | None = Field(default=None, examples=["2026-06-01T00:00:00Z"])
    near: str | None = Field(
        default=None,
        pattern=_NEAR,
        description="`lon,lat,metres` in WGS 84; cases whose place is kept in another system than "
        "WGS 84 or CGCS2000 are left out.",
        examples=["113.38,31.71,500"],
    )
    number: Number | None = Field(
        default=None,
        description="The case system's 任务号 or 案卷号, whole.",
        examples=["RW-2026-004711"],
    )
    text: Words | None = Field(
        default=None,
        description="The beginning of a case's id (with `SW-`, or eight characters and more) or of "
        "its unit-grid code, or words that are all in its address or in its zone's name.",
        examples=["解放路"],
    )
    due: Literal["overdue", "today"] | None = Field(
        default=None,
        description="Whose stage should have been over by now, or has to be on this day, in the "
        "site's time zone.",
    )

    def filter(self, site: Site) -> CaseFilter:
        """The same for a room."""
        near = None
        if self.near is not None:
            lon, lat, radius = (float(part) for part in self.near.split(","))
            near = Near(lon=lon, lat=lat, radius_m=radius)
        due_from, due_until = self._due(site)
        return CaseFilter(
            kind=self.kind,
            stages=tuple(dict.fromkeys(self.stage)),
            camera=self.camera,
            division=self.division,
            since=self.since,
            until=self.until,
            near=near,
            number=self.number,
            text=self.text,
            due_from=due_from,
            due_until=due_until,
        )

    def _due(self, site: Site) -> tuple[datetime | None, datetime | None]:
        now = datetime.now(UTC)
        if self.due is None:
            return None, None
        if self.due == "overdue":
            return None, now
        today = now.astimezone(ZoneInfo(site.site.timezone)).date()
        days = (today, today + timedelta(days=1))
        begin, end = (
            datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(site.site.timezone))
            for day in days
        )
        return begin, end


class ListQuery(CaseQuery):
    """How a list is narrowed, ordered and paged."""

    order: Order = Order.NEWEST
    cursor: Name | None = Field(default=None, description="`next` of a page in the same order.")
    limit: int = Field(default=50, ge=1, le=200)


class CsvQuery(CaseQuery):
    """How a file is narrowed and ordered."""

    order: Order = Order.NEWEST
    language: Language | None = Field(default=None, description="The site's if absent.")
    reason: Reason | None = Field(
        default=None,
        description="Why the file is taken; who took it is logged with or without one.",
    )


class MapQuery(CaseQuery):
    """How a map is narrowed, and how many points it may hold."""

    limit: int = Field(default=1000, ge=1, le=MOST_POINTS)


@router.get("/cases", operation_id="listCases")
def list_cases(shared: Shared, who: Reader, query: Annotated[ListQuery, Query()]) -> CasePage:
    """List cases, the newest first."""
    wanted = query.filter(shared.site)
    return shared.cases.page(who, wanted, query.cursor, query.limit, order=query.order)


@router.get(
    "/cases.csv",
    operation_id="exportCases",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "UTF-8 with a mark, so that Excel reads Chinese; all pages of the list.",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    },
)
def export_cases(
    shared: Shared, who: Reader, query: Annotated[CsvQuery, Query()]
) -> StreamingResponse:
    """Take a list as a file for a spreadsheet."""
    with shared.database.write() as session:
        note_access(session, who, What.EXPORT, query.reason or "", detail="cases.csv")
    pages = shared.cases.rows(who, query.filter(shared.site), order=query.order)
    written = CaseCsv(shared.site, query.language or shared.site.site.language).written(pages)
    name = f"cases-{datetime.now(ZoneInfo(shared.site.site.timezone)):%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(written, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/cases.geojson", operation_id="mapCases")
def map_cases(shared: Shared, who: Reader, query: Annotated[MapQuery, Query()]) -> CaseMap:
    """Give the newest cases that have a place as points (GeoJSON)."""
    rows = shared.cases.newest_located(who, query.filter(shared.site), query.limit + 1)
    return case_map(rows[: query.limit], more=len(rows) > query.limit)
