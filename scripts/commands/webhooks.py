"""`streetwarden webhooks`: the receivers of a site, and a test ping to one of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from scripts.console import out
from vision.errors import SiteError
from vision.printable import printable, to_json

if TYPE_CHECKING:
    from vision.site import Site

webhooks = typer.Typer(help="List receivers; send one a test ping.", no_args_is_help=True)

SiteFile = Annotated[Path, typer.Argument(help="The site file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@webhooks.command(name="list")
def list_(site: SiteFile, json_: Json = False) -> None:
    """List the receivers: what waits for each, what died, and since when one fails."""
    from vision.site.file import load_site

    rows = _rows(load_site(site))
    if json_:
        print(to_json(rows, indent=2))
        return
    table = Table("name", "adapter", "pending", "dead", "failing since (UTC)", "why", box=None)
    for row in rows:
        since = (row["failing_since"] or "")[:16].replace("T", " ")
        name = f"{row['name']} (not in the site file)" if row["removed"] else row["name"]
        cells = (name, row["adapter"], row["pending"], row["dead"], since, row["last_error"] or "")
        table.add_row(*(escape(printable(str(cell))) for cell in cells))
    out.print(table)


@webhooks.command()
def ping(
    name: Annotated[str, typer.Argument(help="The receiver's name in the site file.")],
    site: SiteFile,
    json_: Json = False,
) -> None:
    """Send one receiver a signed test event now; exit code 1 if it does not accept it."""
    from api.delivery.ping import ping as send
    from vision.site.file import load_site

    loaded = load_site(site)
    hook = next((hook for hook in loaded.webhooks if hook.name == name), None)
    if hook is None:
        known = ", ".join(hook.name for hook in loaded.webhooks) or "none"
        raise SiteError(f"{site}: no webhook is called {name!r}; there are: {known}")
    pinged = send(loaded, hook)
    if json_:
        print(pinged.model_dump_json(indent=2))
    else:
        status = f"status {pinged.status}" if pinged.status is not None else "no answer"
        said = "accepted" if pinged.accepted else pinged.said or "not accepted"
        out.print(escape(f"{name}: {said} ({status}, {pinged.latency_ms} ms, {pinged.event_id})"))
    if not pinged.accepted:
        raise typer.Exit(1)


def _rows(site: Site) -> list[dict[str, Any]]:
    from api.delivery.failing import failing
    from api.delivery.queue import left_behind, waiting
    from api.storage.database import Database

    hooks = {hook.name: hook for hook in site.webhooks}
    database = Database.open(site.storage.database)
    try:
        with database.read() as session:
            counts = waiting(session)
            trouble = {row.name: row for row in failing(session, hooks)}
            removed = sorted(left_behind(session, hooks))
    finally:
        database.close()
    return [
        {
            "name": name,
            "adapter": hooks[name].adapter if name in hooks else "",
            "removed": name not in hooks,
            "pending": counts.get((name, "pending"), 0),
            "dead": counts.get((name, "dead"), 0),
            "failing_since": trouble[name].since.isoformat() if name in trouble else None,
            "last_error": trouble[name].error if name in trouble else None,
        }
        for name in (*hooks, *removed)
    ]
