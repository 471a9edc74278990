"""`streetwarden data cases`: reviewed cases as training pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from scripts.console import err, out
from vision.printable import printable

if TYPE_CHECKING:
    from api.access.roles import Principal
    from api.evidence.media import MediaDesk
    from datasets.reviewed import Read


def cases(
    site: Annotated[Path, typer.Argument(help="The site file.")],
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write.")],
    originals: Annotated[
        bool, typer.Option("--originals", help="Unmasked pictures; every one is logged.")
    ] = False,
    reason: Annotated[
        str | None, typer.Option(help="Why originals are needed, for the log.")
    ] = None,
) -> None:
    """Turn reviewed cases into training pictures: confirmed ones, and false positives.

    Masked pictures are the default: an original shows bystanders and plates, and leaves the
    evidence store only for a reason that is logged, as when a person looks at it.
    """
    from api.access.roles import Principal, Role
    from api.cases.case_filter import CaseFilter
    from api.cases.store import CaseStore
    from api.evidence.media import MediaDesk
    from api.storage.database import Database
    from datasets.reviewed import export_cases
    from vision.evidence import open_store
    from vision.site.file import load_site

    if originals != bool(reason):
        raise typer.BadParameter("give --originals and --reason together, or neither")
    loaded = load_site(site)
    who = Principal("-", "streetwarden data cases", Role.ADMIN)
    database = Database.open(loaded.storage.database)
    try:
        store, found, after = CaseStore(database, loaded), [], None
        while True:
            page = store.page(who, CaseFilter(), after, 200)
            found += [case.model_dump(mode="json") for case in page.items]
            after = page.next
            if after is None:
                break
        desk = MediaDesk(database, open_store(loaded.storage))
        report = export_cases(found, _reader(desk, who, reason), folder, originals=originals)
    finally:
        database.close()
    for sentence in report.left_out:
        err.print(escape(printable(sentence)))
    permitted = f"{report.permitted} permitted, " if report.permitted else ""
    out.print(
        f"{report.confirmed} confirmed, {permitted}{report.refuted} refuted, "
        f"{len(report.left_out)} left out; {report.pictures} pictures"
    )


def _reader(desk: MediaDesk, who: Principal, reason: str | None) -> Read:
    """Reads through the media desk, which logs looks at originals."""
    from api.errors import OriginalRefused, UnknownMedia
    from vision.errors import EvidenceError

    def read(sha256: str) -> bytes:
        try:
            return desk.fetch(who, sha256, reason).content
        except (OriginalRefused, UnknownMedia, EvidenceError) as error:
            raise LookupError(str(error)) from error

    return read
