"""`streetwarden audit-summary`: what many audits found, by day, week or month."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from scripts.console import count, out
from vision.errors import EvidenceError
from vision.printable import printable


def audit_summary(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR", help="Folders that `audit` wrote.")
    ],
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the summary goes.")],
    by: Annotated[
        Literal["day", "week", "month"], typer.Option(help="Days, ISO weeks or months.")
    ] = "day",
    areas: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="GeoJSON polygons with a name each, to count by."),
    ] = None,
    points: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A site's table of points, YAML or CSV."),
    ] = None,
    language: Annotated[Literal["zh", "en"], typer.Option(help="Of the summary.")] = "zh",
) -> None:
    """Sum up audits by day, week or month, with places where it comes back and a site's points.

    DIR gets summary.html, to print, and the same as summary.json and summary.csv; with --points
    also points.csv.
    """
    from vision import durable
    from vision.audit.report.areas import EVERYWHERE, Areas
    from vision.audit.rollup.deductions import Deductions
    from vision.audit.rollup.page import lines_csv, render_rollup, scores_csv
    from vision.audit.rollup.rollup import read_report, roll_up

    parts = Areas.read(areas) if areas else EVERYWHERE
    table = Deductions.read(points) if points else None
    chosen = {one.resolve(): one for one in folders}
    reports = [(printable(str(one)), read_report(one)) for one in chosen.values()]
    rollup = roll_up(reports, by, parts, language, table)
    forms = {
        "summary.html": render_rollup(rollup),
        "summary.json": rollup.model_dump_json(indent=1),
        "summary.csv": lines_csv(rollup),
    }
    if table:
        forms["points.csv"] = scores_csv(rollup)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in forms.items():
            durable.write(folder / name, text.encode(), mode=0o644)
    except OSError as error:
        raise EvidenceError(
            f"{folder}: cannot be written to ({error.strerror or error}); free space or name "
            "another folder with --out"
        ) from error
    found = sum(line.violations for line in rollup.lines)
    out.print(
        f"{count(len(reports), 'audit')}, {count(found, 'suspected violation')}, "
        f"{count(len(rollup.repeats), 'place')} where it comes back"
    )
    out.print(f"summary: {escape(str(folder / 'summary.html'))}")
