"""Files: a report's tables as CSV, XLSX and a page to print."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from api.reports.cells import Cell, Share
from api.reports.tables import Sheets
from vision.pages.templates import templates
from vision.printable import harmless
from vision.spreadsheet import BOM, plain


class Format(StrEnum):
    """How a report is given."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    HTML = "html"


MEDIA_TYPES: Mapping[Format, str] = {
    Format.JSON: "application/json",
    Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.HTML: "text/html",
}
PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Content security of the page: its own style sheet and nothing else."""
_LONGEST = 32_767
"""Characters of a cell: Excel's limit."""


def as_csv(report: Sheets) -> bytes:
    """UTF-8 with a mark, so that Excel reads Chinese; each table with its title, a line between."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for place, table in enumerate(report.tables):
        if place:
            writer.writerow([])
        writer.writerow([plain(table.title)])
        writer.writerow([plain(name) for name in table.columns])
        writer.writerows([_csv_cell(cell) for cell in row] for row in table.rows)
    return BOM + out.getvalue().encode("utf-8", "replace")


def _csv_cell(cell: Cell | Share) -> str | int | float:
    match cell:
        case None:
            return ""
        case Share(value):
            return round(value, 4)
        case str():
            return plain(cell)
        case date():
            return cell.isoformat()
        case _:
            return cell


def as_xlsx(report: Sheets) -> bytes:
    """A workbook with a sheet for each table. Texts are stored as texts, never as formulas."""
    import xlsxwriter  # noqa: PLC0415 - who asks for no workbook need not load it

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"title": report.title, "company": report.site})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    percent = book.add_format({"num_format": "0.0%"})
    for table in report.tables:
        sheet = book.add_worksheet(_sheet_name(table.title))
        sheet.write_string(0, 0, harmless(f"{report.title} · {report.site}"))
        sheet.write_string(1, 0, harmless(f"{report.period} · {report.made}"))
        for column, name in enumerate(table.columns):
            sheet.write_string(3, column, harmless(name), bold)
        for number, row in enumerate(table.rows, start=4):
            for column, cell in enumerate(row):
                _put(sheet, number, column, cell, percent)
        sheet.freeze_panes(4, table.numbers)
        sheet.set_column(0, max(table.numbers - 1, 0), 18)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(3)
    book.close()
    return out.getvalue()


def _put(sheet: Any, row: int, column: int, cell: Cell | Share, percent: object) -> None:
    match cell:
        case None:
            return
        case Share(value):
            sheet.write_number(row, column, value, percent)
        case str():
            sheet.write_string(row, column, harmless(cell)[:_LONGEST])
        case date():
            sheet.write_string(row, column, cell.isoformat())
        case _:
            sheet.write_number(row, column, cell)


def _sheet_name(title: str) -> str:
    """Excel allows 31 characters, and not these."""
    return "".join(c for c in title if c not in "[]:*?/\\")[:31]


def as_page(report: Sheets) -> bytes:
    """A page for A4 without a script or anything from elsewhere; all text in it is escaped."""
    return (
        templates("api.reports")
        .get_template("report.html")
        .render(report=report, shown=shown)
        .encode()
    )


def shown(cell: Cell | Share) -> str:
    """A cell as a reader sees it."""
    match cell:
        case None:
            return ""
        case Share(value):
            return f"{value:.1%}"
        case float():
            return f"{cell:g}"
        case _:
            return harmless(str(cell))


WRITERS: Mapping[Format, Callable[[Sheets], bytes]] = {
    Format.CSV: as_csv,
    Format.XLSX: as_xlsx,
    Format.HTML: as_page,
}
