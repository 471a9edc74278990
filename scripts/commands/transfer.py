"""`streetwarden receive-case` and `case-sent`: a case from one installation to another."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from scripts.console import out
from vision.errors import StreetwardenError

if TYPE_CHECKING:
    from api.access.roles import Principal
    from api.storage.database import Database
    from vision.site import Site

Keys = Annotated[
    list[Path] | None, typer.Option("--key", help="The other site's public keys (PEM); repeatable.")
]
Fingerprints = Annotated[
    list[str] | None,
    typer.Option("--fingerprint", help="The fingerprint of one of them (SHA-256, hex)."),
]
By = Annotated[str | None, typer.Option(help="Who does it; by default the user of this machine.")]


class Beginning(StrEnum):
    """Where a received case begins."""

    REVIEW = "review"
    WORK_ORDER = "work-order"


def receive_case(
    package: Annotated[Path, typer.Argument(help="An officer's package of the other site.")],
    site: Annotated[Path, typer.Argument(help="The site file.")],
    key: Keys = None,
    fingerprint: Fingerprints = None,
    start: Annotated[
        Beginning, typer.Option(help="review: decided on anew; work-order: it stands as decided.")
    ] = Beginning.REVIEW,
    division: Annotated[str, typer.Option(help="To which it goes; the site's by default.")] = "",
    to: Annotated[
        Path | None, typer.Option("--out", help="The receipt, for the other site.")
    ] = None,
    by: By = None,
) -> None:
    """Take in a case that another installation has sent, and sign for it."""
    from api.delivery.events import Announcer
    from api.transfers.receive import ReceiveDesk, Start
    from vision.evidence import EvidenceStore
    from vision.registers.divisions import canonical

    try:
        code = canonical(division) if division else ""
    except ValueError as error:
        raise StreetwardenError(str(error)) from None
    trusted = _trusted(key, fingerprint)
    with _opened(site) as (chosen, database):
        # With a bucket, the server moves on what is put into the folder.
        store = EvidenceStore(chosen.storage.files)
        desk = ReceiveDesk(database, store, chosen, Announcer(chosen).announce)
        done = desk.take(package, trusted, Start(start.value), _who(by), code)
    text = json.dumps(done.receipt, ensure_ascii=False, indent=2) + "\n"
    if to is None:
        print(text, end="")
        return
    try:
        to.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StreetwardenError(
            f"{to}: cannot be written ({error.strerror}); the case is here, so just call again "
            "with another --out"
        ) from error
    state = "was here already" if done.again else "is here"
    out.print(escape(f"{done.receipt['receipt']['case']} {state}; its receipt is {to}"))


def case_sent(
    receipt: Annotated[Path, typer.Argument(help="What the other site has signed.")],
    site: Annotated[Path, typer.Argument(help="The site file.")],
    reason: Annotated[str, typer.Option(help="Why the case is theirs; logged.")],
    key: Keys = None,
    fingerprint: Fingerprints = None,
    by: By = None,
) -> None:
    """Mark a case as transferred, once the other installation has signed for it."""
    from api.cases.step_desk import StepDesk
    from api.delivery.events import Announcer
    from api.transfers.sent import mark_sent

    trusted = _trusted(key, fingerprint)
    try:
        text = receipt.read_bytes()
    except OSError as error:
        raise StreetwardenError(f"{receipt}: cannot be read ({error.strerror})") from error
    if not reason.strip():
        raise StreetwardenError("say with --reason why the case is theirs")
    with _opened(site) as (chosen, database):
        announcer = Announcer(chosen)
        steps = StepDesk(database, chosen, announcer.announce, announcer.recall)
        said, behind = mark_sent(
            database, steps, text, trusted, who=_who(by), reason=reason.strip()
        )
    out.print(escape(f"{said.case}: transferred to {said.name}"))
    if behind:
        out.print(
            f"{behind} entries of its log are newer than the package; tell them what they say"
        )


def _trusted(key: list[Path] | None, fingerprint: list[str] | None) -> set[str]:
    from api.evidence.verify import trusted_keys

    try:
        return trusted_keys(key or (), fingerprint or ())
    except ValueError as error:
        raise StreetwardenError(f"{error}; download theirs from /v1/site/key") from error


def _who(by: str | None) -> Principal:
    from api.access.roles import Principal, Role

    return Principal("command", by or getpass.getuser(), Role.ADMIN)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Site, Database]]:
    from api.records.site_chain import SiteChain
    from api.storage.database import Database
    from vision.site.file import load_site

    chosen = load_site(path)
    database = Database.open(chosen.storage.database)
    try:
        SiteChain.open(database, chosen.storage.key_file)
        yield chosen, database
    finally:
        database.close()
