"""`streetwarden report`: what became of cases in a day, week or month."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Shown

from scripts.console import out
from vision.errors import StreetwardenError

if TYPE_CHECKING:
    from api.reports.tables import AnyReport, Sheets


_WIDE = 400
"""Characters across."""


class What(StrEnum):
    """What is reported."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    RATES = "rates"
    DEVICES = "devices"
    PRECISION = "precision"
    LEVELS = "levels"


class Units(StrEnum):
    """A level of divisions."""

    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"


class Tongue(StrEnum):
    """A language."""

    ZH = "zh"
    EN = "en"


def report(
    site: Annotated[Path, typer.Argument(help="The site file.")],
    what: Annotated[
        What,
        typer.Argument(help="A period's report; or rates, devices, precision, levels (divisions)."),
    ],
    date: Annotated[
        str | None,
        typer.Option(
            help="2026-05-21, 2026-W21 or 2026-05, and 2026 for the last four; now if absent."
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--out", help="The file to write: .csv, .xlsx, .html (to print) or .json."),
    ] = None,
    language: Annotated[
        Tongue | None, typer.Option(help="Of its words; the site's if absent.")
    ] = None,
    division: Annotated[
        str | None, typer.Option(help="Only this division's cases, and those of all below it.")
    ] = None,
    level: Annotated[Units, typer.Option(help="Of `levels`: the units.")] = Units.STREET,
    merge: Annotated[
        list[Path] | None,
        typer.Option(help="Of `levels`: another site's, a .json file; give it once for each."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Report what happened to cases, counted in the site's time zone; `serve` gives the same."""
    from api.access.roles import Principal, Role
    from api.reports.desk import ReportDesk
    from api.reports.files import WRITERS, Format
    from api.reports.merge import merged, read_rollup
    from api.reports.period import Span
    from api.reports.tables import sheets
    from api.storage.database import Database
    from vision.registers.divisions import Level, canonical
    from vision.site.file import load_site

    format_ = Format.JSON
    if to is not None:
        try:
            format_ = Format(to.suffix.removeprefix(".").lower())
        except ValueError:
            known = ", ".join(f".{one}" for one in Format)
            raise StreetwardenError(f"{to}: give it one of the endings {known}") from None
    try:
        within = canonical(division) if division else None
    except ValueError as error:
        raise StreetwardenError(f"--division: {error}") from None
    if merge and (what is not What.LEVELS or within is not None):
        raise StreetwardenError("--merge adds up sums by division: `levels`, of the whole site")
    chosen = load_site(site)
    database = Database.open(chosen.storage.database)
    try:
        desk = ReportDesk(database, chosen, within)
        span = Span(what.value) if what.value in set(Span) else None
        period = desk.period(date, span)
        who = Principal("command", "command", Role.ADMIN)
        made: AnyReport
        if what is What.LEVELS:
            made = desk.levels(who, period, Level(level.value))
            if merge:
                made = merged(made, {str(file): read_rollup(file) for file in merge})
        else:
            made = (desk.report if span is not None else getattr(desk, what.value))(who, period)
    finally:
        database.close()
    tables = sheets(
        made, chosen.reports.rates, language.value if language else chosen.site.language
    )
    if to is not None:
        content = WRITERS[format_](tables) if format_ in WRITERS else _json(made)
        _write(to, content)
    elif json_:
        sys.stdout.write(_json(made).decode())
    else:
        _show(tables)


def _json(made: AnyReport) -> bytes:
    return made.model_dump_json(indent=2).encode() + b"\n"


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise StreetwardenError(
            f"{path}: cannot be written ({error.strerror}); make its folder or name another file "
            "with --out"
        ) from error


def _show(report: Sheets) -> None:
    from api.reports.files import shown

    out.print(escape(f"{report.title} · {report.site} · {report.period}"))
    wide = Console(width=_WIDE, soft_wrap=True)
    for note in report.notes:
        out.print(escape(note))
    for table in report.tables:
        listed = Shown(title=escape(table.title), title_justify="left")
        for number, name in enumerate(table.columns):
            listed.add_column(escape(name), justify="right" if number >= table.numbers else "left")
        for row in table.rows:
            listed.add_row(*(escape(shown(cell)) for cell in row))
        # As wide as it is: a pager scrolls, and a cell on three lines is read by nobody.
        wide.print(listed)
