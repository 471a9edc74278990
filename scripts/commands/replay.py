"""`streetwarden replay`: decide again from what was seen, and see whether it comes out the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from scripts.console import out
from vision.errors import StreetwardenError
from vision.printable import to_json


def replay(
    what: Annotated[str, typer.Argument(help="An episode's or a case's id, or a record's file.")],
    site: Annotated[Path | None, typer.Argument(help="The site file; needed for an id.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the verdicts as JSON.")] = False,
) -> None:
    """Make the decisions of a case again from the looks stored with it.

    Exit code 1: one comes out otherwise.
    """
    from pydantic import TypeAdapter

    from vision.episodes import Episode
    from vision.rules.record import Record
    from vision.rules.replay import replay as again

    verdicts = []
    for name, content in _records(what, site):
        try:
            record = Record.from_json(content)
            verdicts.append((record, again(record)))
        except (ValueError, KeyError, TypeError) as error:
            raise StreetwardenError(
                f"{name}: cannot be replayed ({error}); it is no record of a decision, or one of "
                "another version: install that version to replay it"
            ) from error
    if json_:
        dump = TypeAdapter(Episode | None).dump_python
        found = [
            {
                "stored": dump(v.stored, mode="json"),
                "again": dump(v.again, mode="json"),
                "same": v.same,
                "differs": v.differs,
                "rules": v.rules,
                "model": dict(record.model),
                "threshold": record.context.threshold,
                "looks": len(record.looks),
            }
            for record, v in verdicts
        ]
        print(to_json(found, indent=2))
    else:
        for record, v in verdicts:
            then, now = v.rules
            outcome = "the same" if v.same else f"[red]otherwise: {', '.join(v.differs)}[/]"
            out.print(
                f"{v.stored.last_seen_at:%Y-%m-%d %H:%M:%S} {v.stored.stage.value} "
                f"{v.stored.kind}/{v.stored.subtype}, {len(record.looks)} looks: {outcome} "
                f"(episode {v.stored.id}; {escape(record.model['name'])} {record.model['version']} "
                f"{record.model['sha256'][:12]}, from a score of {record.context.threshold:.2f}; "
                f"rules {then}{'' if then == now else f', now {now}'})"
            )
    if not all(verdict.same for _, verdict in verdicts):
        raise typer.Exit(1)


def _records(what: str, site: Path | None) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the records asked for, in the order they were stored."""
    file = Path(what)
    if site is None:
        try:
            yield what, file.read_bytes()
        except OSError as error:
            raise StreetwardenError(
                f"{what}: cannot be read ({error.strerror}); give a record's file, or an id and "
                "the site file"
            ) from error
        return
    from sqlalchemy import or_, select

    from api.storage.database import Database
    from api.storage.tables import EvidenceRow
    from vision.evidence import EvidenceRole, open_store
    from vision.site.file import load_storage

    storage = load_storage(site)
    query = select(EvidenceRow).where(
        EvidenceRow.role == EvidenceRole.RECORD.value,
        or_(EvidenceRow.episode_id == what, EvidenceRow.case_id == what),
    )
    database = Database.open(storage.database)
    try:
        with database.read() as session:
            stored = [row.sha256 for row in session.scalars(query.order_by(EvidenceRow.id))]
    finally:
        database.close()
    if not stored:
        raise StreetwardenError(
            f"{what}: no decision of it is stored; look its id up in the console, or in what "
            "`watch --json` printed"
        )
    evidence = open_store(storage)
    for sha256 in stored:
        yield sha256, evidence.read(sha256)
