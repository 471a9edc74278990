"""`streetwarden keys`: make, list and take back access keys of a site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from scripts.console import err, out
from vision.durations import parse_duration
from vision.errors import StreetwardenError
from vision.printable import to_json

if TYPE_CHECKING:
    from api.access.keys import KeyStore

keys = typer.Typer(help="Make, list and take back access keys.", no_args_is_help=True)

SiteFile = Annotated[Path, typer.Argument(help="The site file.")]


@keys.command()
def create(
    site: SiteFile,
    label: Annotated[str, typer.Option(help="Who holds it, for example 'night shift'.")],
    role: Annotated[
        str, typer.Option(help="viewer, reviewer, officer, admin, receiver or auditor.")
    ] = "reviewer",
    expires: Annotated[str | None, typer.Option(help="For example 90d; else never.")] = None,
    camera: Annotated[list[str] | None, typer.Option(help="Only this camera; repeatable.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind; repeatable.")] = None,
    division: Annotated[
        list[str] | None, typer.Option(help="Only divisions whose code begins so; repeatable.")
    ] = None,
) -> None:
    """Make a key and print it. It is shown once and stored only as a hash."""
    from api.access.roles import Role
    from vision.site.file import camera_ids

    check_kinds(kind or ())
    try:
        chosen = Role(role)
        life = parse_duration(expires) if expires else None
    except ValueError as error:
        roles = ", ".join(r.value for r in Role)
        raise StreetwardenError(f"{error}; roles are {roles}") from None
    with _store(site) as store:
        new = store.create(
            label,
            chosen,
            expires=life,
            cameras=camera or (),
            kinds=kind or (),
            divisions=division or (),
        )
    for absent in sorted(set(camera or ()) - camera_ids(site)):
        err.print(f"{escape(absent)}: no camera of this site file has this id; the key sees none")
    out.print(f"id  {new.id}\nkey {new.key}\nKeep it now: it cannot be shown again.")


@keys.command(name="list")
def list_(
    site: SiteFile,
    json_: Annotated[bool, typer.Option("--json", help="Print the keys as JSON.")] = False,
) -> None:
    """List keys, never their secrets."""
    now = datetime.now(UTC)
    with _store(site) as store:
        rows = [
            {
                "id": k.id,
                "label": k.label,
                "role": k.role.value,
                "active": k.active(now),
                "expires_at": k.expires_at.isoformat() if k.expires_at else None,
                "cameras": k.cameras,
                "kinds": k.kinds,
                "divisions": k.divisions,
                "last_used_at": k.last_used_at.isoformat() if k.last_used_at else None,
            }
            for k in store.list()
        ]
    if json_:
        print(to_json(rows, indent=2))
        return
    table = Table("id", "label", "role", "sees", "active", "expires (UTC)", box=None)
    for row in rows:
        active = "yes" if row["active"] else "no"
        ends = str(row["expires_at"] or "never")[:16].replace("T", " ")
        cells = (row["id"], row["label"], row["role"], _scope(row), active, ends)
        table.add_row(*(escape(str(cell)) for cell in cells))
    out.print(table)


def check_kinds(given: Iterable[str]) -> None:
    """Refuse a kind that is none: who is limited to it would see nothing."""
    from vision.kinds import catalogue

    known = {one.name for one in catalogue().kinds}
    if unknown := sorted(set(given) - known):
        raise StreetwardenError(f"no kind {unknown[0]!r}; kinds are {', '.join(sorted(known))}")


def _scope(row: dict[str, Any]) -> str:
    """What a key is limited to, for people."""
    if row["role"] == "receiver":
        return "nothing"
    scopes = ("cameras", "kinds", "divisions")
    limits = (", ".join(row[which]) for which in scopes if row[which] is not None)
    return "; ".join(limits) or "all"


@keys.command()
def revoke(site: SiteFile, key_id: Annotated[str, typer.Argument(help="The key's id.")]) -> None:
    """Stop a key from opening anything."""
    with _store(site) as store:
        store.revoke(key_id)
    out.print(f"{escape(key_id)} opens nothing any more")


@contextmanager
def _store(site: Path) -> Iterator[KeyStore]:
    from api.access.keys import KeyStore
    from api.storage.database import Database
    from vision.site.file import load_storage

    database = Database.open(load_storage(site).database)
    try:
        yield KeyStore(database)
    finally:
        database.close()
