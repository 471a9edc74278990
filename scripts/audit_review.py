"""Puts what an audit has found to review at a site, as `POST /v1/audits/{id}/cases` does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from scripts.console import count, err

if TYPE_CHECKING:
    from vision.audit import Report

_BY = "streetwarden audit"
"""Whom the log of such a case names."""


def put_to_review(report: Report, folder: Path, paths: Sequence[Path], site_file: Path) -> None:
    """Make cases of all violations, and say how many are new.

    Args:
        report: on what `paths` hold, published in `folder`.
        site_file: of the site whose people decide.

    Raises:
        SiteError: the site file cannot be used.
        DatabaseUnavailable: not all was put; the same command goes on.
        EvidenceUnavailable: the same.
    """
    from api.audits.candidates import Candidates
    from api.audits.shown import Source
    from api.callbacks.desk import CallbackDesk
    from api.delivery.events import Announcer
    from api.records.site_chain import SiteChain
    from api.site_in_force import SiteInForce
    from api.storage.database import Database
    from vision.evidence import open_store
    from vision.site.file import load_site

    site = load_site(site_file)
    database = Database.open(site.storage.database)
    try:
        SiteChain.open(database, site.storage.key_file)
        in_force, announce = SiteInForce(site), Announcer(site).announce
        then = CallbackDesk(database, in_force, announce).settle
        candidates = Candidates(database, in_force, open_store(site.storage), announce, then)
        source = Source(report, folder, paths, datetime.now(UTC))
        new, left = 0, 1
        while left:
            done, left = candidates.put(_BY, source, None)
            new += sum(one.new for one in done)
    finally:
        database.close()
    known = len(report.violations) - new
    before = f"; {known} were cases already" if known else ""
    err.print(f"put to review at {escape(str(site_file))}: {count(new, 'case')}{before}")
