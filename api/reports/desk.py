"""ReportDesk: makes reports of what a key's holder sees."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from api.access.roles import Principal
from api.access.visible import visible_cameras
from api.cases.proximity import fixed_cameras
from api.reports.advice import advice
from api.reports.days import day_counts
from api.reports.devices import devices
from api.reports.facts import gathered
from api.reports.period import Period, Span
from api.reports.places import repeat_places
from api.reports.precision import precision
from api.reports.rollup import Rollup, rollup, summed
from api.reports.rows import rate_rows, rows
from api.reports.schemas import Devices, PeriodView, Precision, Rates, Report, Within
from api.reports.verdicts import verdicts
from api.storage.database import Database
from api.storage.tables import ChainRow
from vision.registers.divisions import Level
from vision.site import Site


class ReportDesk:
    """Reports of one site; each is read in one transaction."""

    def __init__(self, database: Database, site: Site, division: str | None = None) -> None:
        """`division`: count only its cases and those of all below it; None for every one."""
        self._database = database
        self._site = site
        self._division = division
        self._zone = ZoneInfo(site.site.timezone)

    def period(self, text: str | None, span: Span | None = None) -> Period:
        """The period that is named, or today's.

        Args:
            text: see `Period.parse`; None for the one that today lies in.
            span: its length; None for any, and for a month where none is named.

        Raises:
            CaseError: it names none.
        """
        if text is not None:
            return Period.parse(text, self._zone, span)
        today = datetime.now(UTC).astimezone(self._zone).date()
        return Period.of(span or Span.MONTH, today, self._zone)

    def report(self, who: Principal, period: Period) -> Report:
        """What happened in a period."""
        who, rates = self._inside(who), self._site.reports.rates
        with self._database.read() as session:
            return Report(
                **self._head(period),
                rows=rows(gathered(session, who, period), rates),
                days=day_counts(session, who, period),
                places=repeat_places(session, who, period, fixed_cameras(self._site)),
            )

    def rates(self, who: Principal, period: Period) -> Rates:
        """The site's rates alone."""
        rates = self._site.reports.rates
        used = {"confirmed"}
        for rate in rates:
            if rate.of == "entered":
                used |= {n.removeprefix("-") for n in (*rate.numerator, *rate.denominator)}
        with self._database.read() as session:
            facts = gathered(session, self._inside(who), period, used)
        return Rates(**self._head(period), rows=rate_rows(facts, rates))

    def levels(self, who: Principal, period: Period, level: Level) -> Rollup:
        """What happened in each unit of a level of the tree of divisions."""
        rates = self._site.reports.rates
        with self._database.read() as session:
            found = summed(session, self._inside(who), period, rates, level)
            sites = [session.scalars(select(ChainRow.site)).one()]
        head = {**self._head(period), "sites": sites}
        return rollup(found, rates, level, self._site.division_names, head)

    def devices(self, who: Principal, period: Period) -> Devices:
        """The cameras' captures, and when they were far above their own history."""
        who = self._inside(who)
        cameras = [camera.id for camera in visible_cameras(self._site, who)]
        with self._database.read() as session:
            found, outliers = devices(session, who, period, cameras)
        return Devices(**self._head(period), rows=found, outliers=outliers)

    def precision(self, who: Principal, period: Period) -> Precision:
        """How many of the raised cases people confirmed, and advice on thresholds."""
        with self._database.read() as session:
            counted = verdicts(session, self._inside(who), period, self._site)
        return Precision(**self._head(period), rows=precision(counted), advice=advice(counted))

    def _inside(self, who: Principal) -> Principal:
        return who if self._division is None else who.inside(self._division)

    def _head(self, period: Period) -> dict[str, Any]:
        now = datetime.now(UTC)
        names, code = self._site.division_names, self._division
        view = PeriodView(
            span=period.span,
            name=period.name,
            first=period.first,
            last=period.last,
            timezone=self._zone.key,
            start=period.start,
            end=period.end,
            hours=(period.end - period.start).total_seconds() / 3600,
        )
        return {
            "site": self._site.site.name,
            "division": self._site.site.division,
            "within": None
            if code is None
            else Within(code=code, zh=names.name(code, "zh"), en=names.name(code, "en")),
            "period": view,
            "made_at": now,
            "complete": period.end <= now,
        }
