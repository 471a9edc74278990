"""`streetwarden bench webhook`: from confirmation to receipt, beside the bare HTTP client."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from scripts.bench.tables import show_webhook
from scripts.commands.bench_options import AsJson, EmptyPostgresql, Rounds
from scripts.console import err


def webhook(
    cases: Annotated[
        int, typer.Option(min=2, help="Cases in a round: all at once, then one by one.")
    ] = 300,
    postgresql: EmptyPostgresql = None,
    rounds: Rounds = 3,
    json_: AsJson = False,
) -> None:
    """Measure webhooks from confirmation to receipt, against httpx with the same bodies."""
    from scripts.bench.webhook import bench_webhook

    with TemporaryDirectory() as name, err.status("starting") as status:
        folder = Path(name)
        addresses = {"SQLite": f"sqlite:///{folder / 'cases.db'}"}
        if postgresql is not None:
            addresses["PostgreSQL"] = postgresql
        result = bench_webhook(
            addresses, folder, cases=cases, rounds=rounds, progress=status.update
        )
    if json_:
        print(json.dumps(result.as_dict(), indent=2))
    else:
        show_webhook(result)
