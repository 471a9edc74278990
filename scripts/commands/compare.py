"""`streetwarden compare`: what changed between two flights, or since a baseline."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from scripts.console import err, log_to_stderr, out
from scripts.engine_name import EngineName
from vision.errors import PictureError
from vision.printable import printable, to_json

if TYPE_CHECKING:
    from vision.compare import Comparison, Flown
    from vision.registers.baseline import Baseline

_NAMED = 10


def compare(
    before: Annotated[
        Path,
        typer.Argument(
            help="The earlier flight: a photo, a folder or zip of photos, an aerial picture; or a "
            "dated baseline of structures (.geojson)."
        ),
    ],
    after: Annotated[Path, typer.Argument(help="The later flight: a photo, a folder or a zip.")],
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the report goes.")],
    aligned: Annotated[
        bool,
        typer.Option(
            "--aligned",
            help="Pictures that belong together were cut from one map grid: do not look for how "
            "they lie.",
        ),
    ] = False,
    model: Annotated[
        str, typer.Option(help="A model's name, or the path of a .pt file.")
    ] = "streetwarden-n",
    engine: EngineName = "auto",
    language: Annotated[Literal["zh", "en"], typer.Option(help="Of the report.")] = "zh",
    json_: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Find structures that appeared, grew or went between two flights over one place.

    The report is DIR/compare.html, with before and after under a slider, and the same as JSON and
    GeoJSON beside it. Every change is a suspicion for a person to check.

    Pictures are laid over each other by what they show, helped by a DJI drone's telemetry (XMP)
    where they have it; without, by names that differ in _A and _B (or -before, -after), or by what
    looks alike. What cannot be laid over anything is listed, with why.
    """
    from vision.compare import Comparer, Flown, compose, render, settings_of, write
    from vision.engines import open_engine
    from vision.model_choice import ModelChoice
    from vision.registers.baseline import Baseline

    log_to_stderr()
    eyes = open_engine(ModelChoice(name=model, engine=engine))
    scratch = Path(tempfile.mkdtemp(prefix="streetwarden-compare-"))
    try:
        err.print(f"model {escape(eyes.model.name)} {eyes.model.version} on {eyes.name}")
        earlier: Flown | Baseline = (
            Baseline.load(before)
            if before.suffix.lower() in {".geojson", ".json"}
            else Flown([before], eyes, folder, scratch)
        )
        later = Flown([after], eyes, folder, scratch)
        for flown, is_earlier in ((earlier, True), (later, False)):
            if isinstance(flown, Flown):
                flown.only(earlier=is_earlier)
                _demand_pictures(flown, before if is_earlier else after)
        outcome = Comparer(earlier, later, aligned=aligned).run(_say_progress)
        known = earlier if isinstance(earlier, Flown) else None
        record = compose(
            outcome,
            settings_of(eyes, language, aligned=aligned),
            [*(known.problems if known else []), *later.problems],
            (len(known.shots) if known else 0, len(later.shots)),
            earlier.as_of.isoformat() if isinstance(earlier, Baseline) else None,
        )
        write(folder, render(record, outcome), record)
    finally:
        eyes.close()
        shutil.rmtree(scratch, ignore_errors=True)
    _say(record, folder, json_=json_)
    if not outcome.views:
        raise PictureError(
            f"no picture could be compared; {folder / 'compare.html'} says why for each"
        )


def _demand_pictures(flown: Flown, given: Path) -> None:
    for problem in flown.problems[:_NAMED]:
        err.print(f"not read: {escape(problem.name)}: {escape(printable(problem.cause))}")
    if len(flown.problems) > _NAMED:
        err.print(f"… and {len(flown.problems) - _NAMED} more; the report names them all")
    if not flown.shots:
        raise PictureError(f"{printable(str(given))}: holds no picture to compare")


def _say_progress(done: int, of: int) -> None:
    if done and (done == of or done % 10 == 0):
        err.print(f"compared {done} of {of}")


def _say(record: Comparison, folder: Path, *, json_: bool) -> None:
    for gap in record.not_compared[:_NAMED]:
        err.print(
            f"not compared: {escape(gap.picture)} ({gap.flight}, {gap.share:.0%}): "
            f"{escape(gap.why['en'])}"
        )
    if len(record.not_compared) > _NAMED:
        err.print(f"… and {len(record.not_compared) - _NAMED} more; the report names them all")
    counts = record.counts
    if json_:
        print(to_json({**counts.model_dump(), "report": str(folder / "compare.html")}))
        return
    out.print(
        f"{counts.appeared} structures appeared, {counts.grown} grew, {counts.gone} went; "
        f"{counts.unchanged} unchanged, {counts.doubtful} doubtful, {counts.areas} changed areas; "
        f"{counts.compared} of {counts.pictures_after} later pictures compared"
    )
    out.print(f"report: {escape(str(folder / 'compare.html'))}")
