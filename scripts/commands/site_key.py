"""`streetwarden site-key`: the key that signs a site's records: show, rotate, check by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from scripts.console import count, err, out
from vision.printable import to_json

if TYPE_CHECKING:
    from api.storage.database import Database
    from vision.site.site import Storage

site_key = typer.Typer(
    help="The key that signs a site's records, and the chain that it signs.", no_args_is_help=True
)

SiteFile = Annotated[Path, typer.Argument(help="The site file.")]
Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


@site_key.command()
def show(site: SiteFile, json_: Json = False) -> None:
    """Print the site's public keys: who has one can check its records."""
    from api.records.site_chain import public_keys

    with _opened(site) as (database, storage), database.read() as session:
        keys = public_keys(session)
    if json_:
        print(to_json([key.as_json() for key in keys], indent=2))
        return
    if not keys:
        out.print(f"no key yet: the first start makes it ({escape(str(storage.key_file))})")
    for number, key in enumerate(keys, start=1):
        state = "in force" if number == len(keys) else "replaced"
        out.print(f"{key.fingerprint}, {state}, signs from record {key.from_no} on ({key.made_at})")
        out.print(key.pem, end="")


@site_key.command()
def rotate(
    site: SiteFile,
    lost: Annotated[
        bool, typer.Option("--lost", help="The key in force is lost or damaged for good.")
    ] = False,
) -> None:
    """Make a new key; the old one vouches for it, and what it signed stays good."""
    from api.records.rotation import rotate as to_new_key

    with _opened(site) as (database, storage):
        key = to_new_key(database, storage.key_file, lost=lost)
    out.print(f"{key.fingerprint} signs from now on; back up {escape(str(storage.key_file))}")
    out.print(key.pem, end="")


@site_key.command()
def check(site: SiteFile, json_: Json = False) -> None:
    """Check the whole chain of records against the database; exit code 1 if anything is wrong."""
    from api.records.check import SiteCheck
    from api.records.head_file import HeadFile

    with _opened(site) as (database, storage):
        checked = SiteCheck(database, HeadFile(storage.key_file))
        with err.status(f"checking {count(checked.records, 'record')}"):
            found = list(checked.findings())
    if json_:
        wrong = [{"fault": f.fault.value, "site_no": f.no, "words": f.words} for f in found]
        sums = {"records": checked.records, "unsigned": checked.unsigned}
        print(to_json({**sums, "findings": wrong}, indent=2))
    else:
        for finding in found:
            out.print(f"[red]{finding.fault.value}[/]: {escape(finding.words)}")
        out.print(f"{count(checked.records, 'record')}, {len(found) or 'nothing'} wrong")
        if checked.unsigned:
            out.print(f"{checked.unsigned} of them were written before records were signed")
    if found:
        raise typer.Exit(1)


@contextmanager
def _opened(site: Path) -> Iterator[tuple[Database, Storage]]:
    from api.storage.database import Database
    from vision.site.file import load_storage

    storage = load_storage(site)
    database = Database.open(storage.database)
    try:
        yield database, storage
    finally:
        database.close()
