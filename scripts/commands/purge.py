"""`streetwarden purge`: forget what the site's retention lets go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from scripts.console import count, out
from vision.errors import SiteError
from vision.printable import to_json

if TYPE_CHECKING:
    from api.evidence.retention import Purge

_MB = 1e6


def purge(
    site: Annotated[Path, typer.Argument(help="A site file with `retention`.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would go, and files of no case.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Remove evidence whose time is over, leaving proof rows; `serve` does it each night."""
    from api.evidence.retention import Purge
    from api.records.site_chain import SiteChain
    from api.storage.database import Database
    from vision.evidence.open_store import open_store
    from vision.site.file import load_site

    chosen = load_site(site)
    if chosen.retention is None:
        raise SiteError(
            f"{site}: has no `retention`, so nothing is ever purged; write for example "
            "`retention: {rejected: 7d, confirmed: 2y, raw_clips: 30d}`"
        )
    database = Database.open(chosen.storage.database)
    try:
        SiteChain.open(database, chosen.storage.key_file)
        work = Purge(database, open_store(chosen.storage), chosen.retention)
        (_list if dry_run else _run)(work, json_=json_)
    finally:
        database.close()


def _run(work: Purge, *, json_: bool) -> None:
    done = work.run()
    if json_:
        print(to_json({"taken": done.taken, "removed": done.removed, "bytes": done.size}))
    else:
        out.print(
            f"{count(done.taken, 'file')} taken from their cases, {done.removed} removed, "
            f"{done.size / _MB:.1f} MB"
        )


def _list(work: Purge, *, json_: bool) -> None:
    sizes: dict[str, int] = {}
    for one in work.due():
        sizes[one.sha256] = one.size
        facts = {
            "case": one.case_id,
            "sha256": one.sha256,
            "role": one.role,
            "media_type": one.media_type,
            "bytes": one.size,
            "rule": one.rule,
            "since": one.since.isoformat(),
        }
        if json_:
            print(to_json(facts))
        else:
            out.print(
                f"{one.case_id} {one.sha256[:12]} {one.role:<9} {one.media_type:<10} "
                f"{one.size:>10} B  {escape(one.rule)}, over since {one.since:%Y-%m-%d}"
            )
    strays = list(work.strays())
    if json_:
        for digest, size in strays:
            print(to_json({"case": None, "sha256": digest, "bytes": size}))
        return
    out.print(f"{count(len(sizes), 'file')} would go, {sum(sizes.values()) / _MB:.1f} MB")
    if strays:
        out.print(
            f"{count(len(strays), 'file')} of no case ({sum(s for _, s in strays) / _MB:.1f} MB) "
            "would stay: their events may still be on their way"
        )
