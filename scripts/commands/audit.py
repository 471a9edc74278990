"""`streetwarden audit`: a batch of photos and videos in, one report out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from scripts.audit_progress import of_merging, of_pictures, of_videos
from scripts.console import count, err, log_to_stderr, out
from scripts.engine_name import EngineName
from vision.errors import PictureError
from vision.printable import printable, to_json

if TYPE_CHECKING:
    from vision.audit import Item, Problem, Report
    from vision.audit.auditor import Auditor
    from vision.audit.records import Violation
    from vision.model_choice import ModelChoice

_NAMED = 10


def audit(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH", help="Photos, videos, folders and zips of them.")
    ],
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the report goes.")],
    model: Annotated[
        str, typer.Option(help="A model's name, or the path of a .pt file.")
    ] = "streetwarden-n",
    engine: EngineName = "auto",
    image_size: Annotated[
        int, typer.Option(min=160, max=1920, help="The network's input, in pixels.")
    ] = 640,
    language: Annotated[Literal["zh", "en"], typer.Option(help="Of the report.")] = "zh",
    name: Annotated[
        str, typer.Option(help="What the report is called: a site, a street, a round.")
    ] = "",
    areas: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="GeoJSON polygons with a name each, to count violations by."
        ),
    ] = None,
    checked: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What sampling.html saved: how much was missed."),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Have photos looked at by the machines of a Ray cluster: HOST:PORT or auto.",
        ),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    to_review: Annotated[
        Path | None,
        typer.Option(metavar="SITE", help="A site file: what is found waits for review there."),
    ] = None,
) -> None:
    """Look at photos and videos, in folders and zips too, and write one report on all of them.

    The report is DIR/report.html, with the same as CSV, JSON, COCO, GeoJSON and KML beside
    it, and DIR/sampling.html, by which a person finds out how much was missed.

    An audit that was stopped goes on when the same command is run again.
    """
    from vision.audit import AuditFolder, Item, Problem, parted, take_in
    from vision.audit.report.areas import EVERYWHERE, Areas
    from vision.audit.report.checking import read_sheet
    from vision.audit.whole import audit_whole
    from vision.engines import open_engine

    log_to_stderr()
    choice = _choice(model, engine, image_size)
    parts = Areas.read(areas) if areas else EVERYWHERE
    sheet = read_sheet(checked) if checked else None
    with AuditFolder(folder) as claimed:
        intake = take_in(paths, leave_out=folder)
        if not any(isinstance(one, Item) for one in intake):
            _say_problems([one for one in intake if isinstance(one, Problem)])
            raise PictureError("there is nothing to audit in what was given")
        eyes = open_engine(choice)
        err.print(f"model {escape(eyes.model.name)} {eyes.model.version} on {eyes.name}")
        photos = parted(intake)[0]
        try:
            report = audit_whole(
                intake,
                claimed,
                eyes,
                language,
                asked=choice.engine,
                pictured=of_pictures(len(photos)),
                watched=of_videos(),
                laid=of_merging(),
                before=_ahead(cluster, photos, choice) if cluster else None,
                unread=_say_trucks,
                name=name,
                checked=sheet,
                areas=parts,
            )
        except KeyboardInterrupt:
            err.print(
                f"stopped; what was done is kept in {escape(str(folder))}. "
                "Run the same command again to go on from there."
            )
            raise
        finally:
            eyes.close()
    _say_problems(report.problems)
    _say_notes(report)
    if to_review is not None:
        from scripts.audit_review import put_to_review

        put_to_review(report, folder, paths, to_review)
    if json_:
        print(to_json({**report.counts.model_dump(), "report": str(folder / "report.html")}))
    else:
        _say_counts(report, folder)
    if not report.counts.pictures + report.counts.videos:
        raise PictureError(f"nothing could be read; {folder / 'report.html'} says why for each")


def _choice(model: str, engine: str, size: int) -> ModelChoice:
    from vision.model_choice import ModelChoice

    if size % 32:
        raise typer.BadParameter(f"{size} is no multiple of 32", param_hint="--image-size")
    return ModelChoice(name=model, engine=engine, image_size=size)


def _ahead(
    cluster: str, photos: Sequence[Item | Problem], choice: ModelChoice
) -> Callable[[Auditor], None]:
    """What has photos looked at elsewhere before they are looked at here."""
    from scripts.city.audit import look_ahead

    return partial(
        look_ahead, address=cluster, photos=photos, choice=choice, shown=of_pictures(len(photos))
    )


def _say_trucks(why: str) -> None:
    err.print(f"trucks are counted, but their load and dirt are not read: {escape(why)}")


def _say_problems(problems: Sequence[Problem]) -> None:
    for problem in problems[:_NAMED]:
        err.print(f"not audited: {escape(problem.name)}: {escape(printable(problem.cause))}")
    if len(problems) > _NAMED:
        err.print(f"… and {len(problems) - _NAMED} more; the report names them all")


def _say_notes(report: Report) -> None:
    notes = [(p.name, p.record.note) for p in report.pictures if p.record and p.record.note]
    notes += [(v.name, note["en"]) for v in report.videos if v.record for note in v.record.notes]
    for name, note in notes[:_NAMED]:
        err.print(f"note: {escape(name)}: {escape(note)}")
    if len(notes) > _NAMED:
        err.print(f"… and {len(notes) - _NAMED} more with a note; the report has them all")


def _line(violation: Violation) -> str:
    """One violation: what, how sure, where, and in which pictures."""
    from vision.kinds import catalogue

    what = catalogue().kind(violation.kind).subtype(violation.subtype).en
    where = ""
    if (place := violation.place) is not None:
        within = "" if place.accuracy_m is None else f" ± {place.accuracy_m:.0f} m"
        where = f" at {place.lat:.6f}, {place.lon:.6f}{within} ({place.method})"
    first = violation.sightings[0].picture
    more = len(violation.sightings) - 1
    others = f" and {more} more" if more else ""
    return f"  {violation.id} {what} {violation.score:.0%}{where}: {first}{others}"


def _say_counts(report: Report, folder: Path) -> None:
    from vision.kinds import catalogue

    counts = report.counts
    kinds = ", ".join(
        f"{n} {catalogue().kind(kind).en}" for kind, n in counts.violations_by_kind.items() if n
    )
    copies = f", {counts.duplicates} copies of others" if counts.duplicates else ""
    videos = (
        f", {count(counts.videos, 'video')} of {counts.video_seconds:.0f} s watched"
        if counts.videos
        else ""
    )
    confirmed = f" ({counts.confirmed} confirmed by rules)" if counts.confirmed else ""
    out.print(
        f"{counts.pictures} pictures looked at{videos}{copies}, {counts.not_audited} not audited; "
        f"{counts.with_findings + counts.videos_with_findings} with findings"
        f"{f': {kinds}{confirmed}' if kinds else ''}"
    )
    if counts.violations:
        out.print(f"{counts.violations} suspected violations, seen {counts.findings} times")
    for violation in report.violations[:_NAMED]:
        out.print(escape(_line(violation)))
    if counts.violations > _NAMED:
        out.print(f"… and {counts.violations - _NAMED} more; the report has them all")
    out.print(f"report: {escape(str(folder / 'report.html'))}")
