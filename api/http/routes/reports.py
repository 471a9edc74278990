"""`/v1/reports`: what became of cases in a day, week or month; rates, devices, precision."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import Response as Plain
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.access.access_log import What, note_access
from api.access.roles import Principal
from api.errors import CaseError
from api.http.context import Context, Reader, Shared
from api.http.parameters import DivisionCode
from api.http.problems import GUARDED, Refusal, described
from api.http.routes.media import Reason
from api.reports.desk import ReportDesk
from api.reports.files import MEDIA_TYPES, PAGE_POLICY, WRITERS, Format
from api.reports.period import Period, Span
from api.reports.rollup import Rollup
from api.reports.schemas import Devices, Precision, Rates, Report
from api.reports.tables import AnyReport, sheets
from api.reports.words import Language
from vision.registers.divisions import Level

router = APIRouter(prefix="/v1/reports", tags=["reports"], responses=described(*GUARDED, 404, 422))
_YEAR = "(19[789][0-9]|2[01][0-9]{2})"
_MONTH, _WEEK = f"{_YEAR}-(0[1-9]|1[0-2])", f"{_YEAR}-W(0[1-9]|[1-4][0-9]|5[0-3])"
_SOME = f"{_MONTH}(-(0[1-9]|[12][0-9]|3[01]))?|{_WEEK}"
Named = Annotated[str, StringConstraints(pattern=rf"^({_SOME})$")]
NamedYear = Annotated[str, StringConstraints(pattern=rf"^({_SOME}|{_YEAR})$")]
_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The report; in another format than JSON as a file, in `language`.",
        "content": {
            MEDIA_TYPES[Format.CSV]: {"schema": {"type": "string"}},
            MEDIA_TYPES[Format.HTML]: {"schema": {"type": "string"}},
            MEDIA_TYPES[Format.XLSX]: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    division: DivisionCode | None = Field(
        default=None,
        description="The code of a province, city, district, street or community: only its cases, "
        "and those of all that lies below it.",
        examples=["421303"],
    )
    format: Format = Field(default=Format.JSON, description="`html` is a page to print.")
    language: Language | None = Field(default=None, description="The site's if absent.")
    reason: Reason | None = Field(
        default=None,
        description="Why a file is taken; who took it is logged with or without one.",
    )


class PeriodQuery(_Asked):
    """Which day, week or month."""

    date: Named | None = Field(
        default=None,
        description="A day (`2026-05-21`) that lies in it, or the week (`2026-W21`) or month "
        "(`2026-05`) itself, in the site's time zone; the current one if absent.",
        examples=["2026-05-21"],
    )

    @property
    def named(self) -> str | None:
        """The time that is asked for."""
        return self.date


class AnyPeriodQuery(_Asked):
    """Which time, of at most a year."""

    period: NamedYear | None = Field(
        default=None,
        description="`2026-05-21`, `2026-W21`, `2026-05` or `2026`, in the site's time zone; the "
        "current month if absent.",
        examples=["2026-05"],
    )

    @property
    def named(self) -> str | None:
        """The time that is asked for."""
        return self.period


class LevelsQuery(AnyPeriodQuery):
    """Which time, of at most a year, and of which units."""

    level: Level = Field(
        default=Level.STREET,
        description="Of the units; a division that is wider is a unit of its own.",
    )


@router.get("/daily", operation_id="getDailyReport", response_model=Report, responses=_FILES)
def get_daily(shared: Shared, who: Reader, query: Annotated[PeriodQuery, Query()]) -> Any:
    """Count what happened on a day."""
    return _given(shared, who, query, ReportDesk.report, Span.DAY)


@router.get("/weekly", operation_id="getWeeklyReport", response_model=Report, responses=_FILES)
def get_weekly(shared: Shared, who: Reader, query: Annotated[PeriodQuery, Query()]) -> Any:
    """Count what happened in an ISO week, from Monday on."""
    return _given(shared, who, query, ReportDesk.report, Span.WEEK)


@router.get("/monthly", operation_id="getMonthlyReport", response_model=Report, responses=_FILES)
def get_monthly(shared: Shared, who: Reader, query: Annotated[PeriodQuery, Query()]) -> Any:
    """Count what happened in a month."""
    return _given(shared, who, query, ReportDesk.report, Span.MONTH)


@router.get("/rates", operation_id="getRates", response_model=Rates, responses=_FILES)
def get_rates(shared: Shared, who: Reader, query: Annotated[AnyPeriodQuery, Query()]) -> Any:
    """Work out the site's handled rates, by its own formulas."""
    return _given(shared, who, query, ReportDesk.rates)


@router.get("/devices", operation_id="getDevices", response_model=Devices, responses=_FILES)
def get_devices(shared: Shared, who: Reader, query: Annotated[AnyPeriodQuery, Query()]) -> Any:
    """List what cameras captured, and the days that were far above their own history."""
    return _given(shared, who, query, ReportDesk.devices)


@router.get("/precision", operation_id="getPrecision", response_model=Precision, responses=_FILES)
def get_precision(shared: Shared, who: Reader, query: Annotated[AnyPeriodQuery, Query()]) -> Any:
    """Work out precision from people's verdicts, by day and night, and advice on thresholds."""
    return _given(shared, who, query, ReportDesk.precision)


@router.get("/levels", operation_id="getLevels", response_model=Rollup, responses=_FILES)
def get_levels(shared: Shared, who: Reader, query: Annotated[LevelsQuery, Query()]) -> Any:
    """Sum what happened for each province, city, district, street or community, by its code."""

    def levels(desk: ReportDesk, who: Principal, period: Period) -> Rollup:
        return desk.levels(who, period, query.level)

    return _given(shared, who, query, levels)


def _given(
    shared: Context,
    who: Principal,
    query: PeriodQuery | AnyPeriodQuery,
    made: Callable[[ReportDesk, Principal, Period], AnyReport],
    span: Span | None = None,
) -> AnyReport | Response:
    desk = ReportDesk(shared.database, shared.site, query.division)
    try:  # what is written as a time may be none: 30 February, week 53 of most years
        period = desk.period(query.named, span)
    except CaseError as error:
        raise Refusal(HTTPStatus.NOT_FOUND, error.args[0]) from error
    report = made(desk, who, period)
    if query.format is Format.JSON:
        return report
    language = query.language or shared.site.site.language
    content = WRITERS[query.format](sheets(report, shared.site.reports.rates, language))
    of = f"{period.name}-{query.division}" if query.division else period.name
    name = f"{made.__name__}-{of}.{query.format.value}"
    with shared.database.write() as session:  # a file names cameras and addresses, and goes about
        note_access(session, who, What.EXPORT, query.reason or "", detail=name)
    kind = "inline" if query.format is Format.HTML else "attachment"
    headers = {
        "Content-Disposition": f'{kind}; filename="{name}"',
        "Cache-Control": "no-store",
        "Vary": "Authorization",
    }
    if query.format is Format.HTML:
        headers["Content-Security-Policy"] = PAGE_POLICY
    return Plain(content, media_type=MEDIA_TYPES[query.format], headers=headers)
