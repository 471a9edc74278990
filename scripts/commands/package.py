"""`streetwarden package`: the evidence package of a case, as a signed zip."""

from __future__ import annotations

import getpass
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer
from rich.markup import escape

from scripts.console import err, out
from vision.errors import StreetwardenError
from vision.printable import to_json

if TYPE_CHECKING:
    from api.evidence.package import PackageDesk

SHORTEST_REASON = 4
"""Characters, as over HTTP."""


def package(
    case: Annotated[str, typer.Argument(help="The case's id.")],
    site: Annotated[Path, typer.Argument(help="The site file.")],
    scope: Annotated[
        str,
        typer.Option(help="officer (with originals), receiver (masked) or public (no names)."),
    ] = "receiver",
    to: Annotated[
        Path | None, typer.Option("--out", help="The zip to write; by default CASE-SCOPE.zip here.")
    ] = None,
    reason: Annotated[
        str, typer.Option(help="Why originals are wanted; needed for officer, and logged.")
    ] = "",
    by: Annotated[
        str | None, typer.Option(help="Who wants it; by default the user of this machine.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
) -> None:
    """Make the evidence package of a case, and check it.

    Exit code 1: it does not hold, or evidence is missing or was altered; it is made all the same.
    """
    from api.access.roles import Principal, Role
    from api.evidence.scope import Scope
    from api.evidence.verify import as_text, verify

    try:
        chosen = Scope(scope)
    except ValueError:
        known = ", ".join(Scope)
        raise StreetwardenError(f"no scope is called {scope!r}; scopes are {known}") from None
    if chosen is Scope.OFFICER and len(reason.strip()) < SHORTEST_REASON:
        raise StreetwardenError(
            "an officer's package holds originals: say with --reason why they are wanted"
        )
    who = Principal("command", by or getpass.getuser(), Role.ADMIN)
    file = to or Path(f"{case}-{chosen.value}.zip")
    with _desk(site) as desk, _new(file) as opened:
        made = desk.make(who, case, chosen, reason.strip(), opened)
    verdict = verify(file)
    if json_:
        told = {"package": str(file), "size": made.size, "holds": verdict.holds}
        print(to_json({**told, "faults": list(made.faults)}, indent=2))
    else:
        out.print(escape(as_text(verdict)))
        for fault in made.faults:
            err.print(f"[red]{escape(fault)}[/]")
    if made.faults or not verdict.holds:
        raise typer.Exit(1)


@contextmanager
def _desk(site: Path) -> Iterator[PackageDesk]:
    from api.evidence.package import PackageDesk
    from api.records.site_chain import SiteChain
    from api.storage.database import Database
    from vision.evidence import EvidenceStore
    from vision.site.file import load_info, load_storage

    storage = load_storage(site)
    database = Database.open(storage.database)
    try:
        SiteChain.open(database, storage.key_file)
        evidence = EvidenceStore(Path(storage.evidence))
        yield PackageDesk(database, evidence, load_info(site), storage.key_file)
    finally:
        database.close()


@contextmanager
def _new(path: Path) -> Iterator[BinaryIO]:
    """A file that has its name only once it is whole and on the disk."""
    from vision import durable

    if path.exists():
        raise StreetwardenError(f"{path}: is there already; name another file with --out")
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
        part = Path(name)
        try:
            with os.fdopen(handle, "w+b") as file:
                yield file
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        durable.sync_folder(path.parent)
    except OSError as error:
        raise StreetwardenError(
            f"{path}: cannot be written ({error.strerror}); free space, make its folder, or name "
            "another file with --out"
        ) from error
