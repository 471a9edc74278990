"""`streetwarden backup` and `restore`: a site at one moment, and a site from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress

from scripts.console import count, err, out
from vision.errors import StreetwardenError
from vision.printable import to_json

_MB = 1e6


def backup(
    site: Annotated[Path, typer.Argument(help="The site file.")],
    to: Annotated[Path, typer.Argument(metavar="DEST", help="A folder, best on another disk.")],
    keep: Annotated[
        int, typer.Option(help="How many backups stay there; older ones are removed.", min=1)
    ] = 30,
    without_key: Annotated[
        bool, typer.Option("--without-key", help="Leave out the private key that signs records.")
    ] = False,
    without_evidence: Annotated[
        bool, typer.Option("--without-evidence", help="Only the database, key and site file.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
) -> None:
    """Back up database, evidence, key and site file while the site serves; new evidence only.

    Exit code 1: evidence is missing or was altered at the site; the backup is made all the same.
    """
    from api.backup.backup import make_backup
    from api.backup.shelf import KEY, Shelf
    from vision.redaction import REDACTION, secrets_of
    from vision.site.file import load_storage

    storage = load_storage(site)
    REDACTION.hide(secrets_of(storage))
    with _told(to), _bar("copying") as progress:
        made = make_backup(
            site,
            storage,
            Shelf(to),
            key=not without_key,
            evidence=not without_evidence,
            keep=keep,
            progress=progress,
        )
    manifest = made.manifest
    files, size = made.copied
    if json_:
        print(
            to_json(
                {
                    "backup": str(made.folder),
                    "copied": files,
                    "copied_bytes": size,
                    "removed": made.removed,
                    "cases": manifest.cases,
                    "evidence": manifest.evidence,
                    "missing": manifest.missing,
                },
                indent=2,
            )
        )
    else:
        out.print(
            f"{escape(str(made.folder))}: {count(manifest.cases, 'case')}, "
            f"{count(manifest.evidence, 'file')} of evidence, {files} of them new "
            f"({size / _MB:.1f} MB); {made.removed} older backups removed"
        )
    if KEY in manifest.files:
        err.print(
            "[bold]It holds the site's private key[/]: who can read it can sign records in the "
            "site's name, and sees all evidence unmasked. Keep it as you keep the site itself."
        )
    else:
        err.print("It is without the site's private key: back that up by itself.")
    err.print(f"It holds no secret that the site file takes from elsewhere: {_elsewhere(site)}.")
    for digest in manifest.missing:
        err.print(f"[red]evidence {digest} is missing at the site, or was altered[/]")
    if manifest.missing:
        raise typer.Exit(1)


def restore(
    source: Annotated[
        Path, typer.Argument(metavar="BACKUP", help="DEST of `backup` (its newest), or one in it.")
    ],
    site: Annotated[
        Path, typer.Argument(help="The site file that names the target; made if it is not there.")
    ],
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Over what is there: files are moved aside, tables of PostgreSQL dropped.",
        ),
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Restore a backup, bring it up to date, and check all of it; nothing may serve meanwhile.

    Exit code 1: something is wrong with what was restored; it says what.
    """
    from api.backup.restore import restore as to_storage
    from api.backup.shelf import SITE, newest
    from vision import durable
    from vision.redaction import REDACTION, secrets_of
    from vision.site.file import load_storage

    shelf, chosen = newest(source)
    with _told(site):
        if not site.exists():
            durable.write(site, (chosen / SITE).read_bytes())
            err.print(f"{escape(str(site))}: made from the backup; see that its paths are right")
    storage = load_storage(site)
    REDACTION.hide(secrets_of(storage))
    with _told(storage.folder), _bar("restoring") as progress:
        done = to_storage(shelf, chosen, storage, force=force, progress=progress)
    manifest = done.manifest
    if json_:
        print(
            to_json(
                {
                    "backup": str(chosen),
                    "cases": manifest.cases,
                    "records": done.records,
                    "evidence": manifest.evidence,
                    "findings": done.findings,
                },
                indent=2,
            )
        )
    else:
        out.print(
            f"{escape(str(chosen))}: {count(manifest.cases, 'case')}, "
            f"{count(done.records, 'record')}, {count(manifest.evidence, 'file')} of evidence; "
            f"{len(done.findings) or 'nothing'} wrong"
        )
    for one in done.findings:
        err.print(f"[red]{escape(one)}[/]")
    for file in done.aside:
        err.print(f"what was there before: {escape(str(file))}")
    if not done.key:
        err.print(f"[red]the site's key is not there: put it at {escape(str(storage.key_file))}[/]")
    if manifest.elsewhere is not None:
        err.print(f"evidence is not in it: it was in {escape(manifest.elsewhere)}")
    if manifest.pending:
        err.print(
            f"deliveries that wait ({manifest.pending}) will be sent when it is started: "
            "for a trial beside the running site take `webhooks` out of the site file first"
        )
    err.print(
        "everybody signs in anew; keys and users are as they were: revoke what was since then"
    )
    if done.findings:
        raise typer.Exit(1)


def _elsewhere(site: Path) -> str:
    """What a site file takes from the environment and from files of secrets."""
    found = re.findall(r"\$\{([^}]+)\}", site.read_text(encoding="utf-8"))
    return ", ".join(escape(name) for name in dict.fromkeys(found)) or "there is none"


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    with Progress(console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _told(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StreetwardenError(
            f"{error.filename or place}: {error.strerror}; free space or make it writable, then "
            "run it again: what was copied is not copied twice"
        ) from error
