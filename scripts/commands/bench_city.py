"""`streetwarden bench city`: a city on paper, by what a camera and a case cost."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from scripts.console import err

_Yaml = typer.Option(metavar="FILE", help="Instead of the shipped one, which shows its form.")


def city(
    measured: Annotated[Path | None, _Yaml] = None,
    of: Annotated[Path | None, typer.Option("--city", metavar="FILE", help="Its cameras.")] = None,
    cases: Annotated[
        str | None,
        typer.Option(
            metavar="POSTGRESQL", help="Measure what a case costs in this empty database, no more."
        ),
    ] = None,
    photos: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="With --cases: pictures to be evidence.")
    ] = None,
) -> None:
    """Print what machines, links, storage and people a city needs, and what is full first."""
    if cases is not None:
        from scripts.bench.city.case_costs import bench_cases

        with TemporaryDirectory() as folder, err.status("making cases"):
            print(json.dumps(asdict(bench_cases(cases, Path(folder), photos)), indent=2))
        return
    from scripts.bench.city.inputs import City, Measured
    from scripts.bench.city.plan import known, plan, tables

    costs = Measured.read(measured, "measured.yaml")
    asked = City.read(of, "city.yaml")
    with err.status("simulating boxes"):
        text = tables(plan(asked, costs), known(costs))
    print(text)
