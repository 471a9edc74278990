"""`streetwarden verify`: whether evidence packages are as they were made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vision.errors import StreetwardenError

if TYPE_CHECKING:
    from api.evidence.verify import Verdict


def verify(
    packages: Annotated[list[Path], typer.Argument(metavar="PACKAGE…", help="The zip files.")],
    key: Annotated[
        list[Path] | None,
        typer.Option(help="A file with the site's public keys (PEM); repeatable."),
    ] = None,
    fingerprint: Annotated[
        list[str] | None,
        typer.Option(help="The fingerprint of a key of the site (SHA-256, hex); repeatable."),
    ] = None,
    stamped_by: Annotated[
        Path | None,
        typer.Option(help="A time-stamp authority's root certificates (PEM): check its stamps."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check evidence packages, with nothing but the packages and a public key.

    Exit code 1: one does not hold; it says what is wrong. Without a key it shows the fingerprint of
    the one inside, to be compared with the site's.
    """
    from api.evidence import verify as checking

    try:
        trusted = checking.trusted_keys(key or (), fingerprint or ())
    except ValueError as error:
        raise StreetwardenError(f"{error}; download the site's from /v1/site/key") from error
    verdicts = [checking.verify(path, trusted) for path in packages]
    if stamped_by is not None:
        _check_stamps(verdicts, stamped_by)
    if json_:
        print(checking.as_json(verdicts))
    else:
        print("\n\n".join(checking.as_text(verdict) for verdict in verdicts))
    if not all(verdict.holds for verdict in verdicts):
        raise typer.Exit(1)


def _check_stamps(verdicts: list[Verdict], certificates: Path) -> None:
    """Add to each verdict which of its time stamps were made by this authority, and when."""
    from api.errors import TimeStampError
    from api.evidence.time_stamp import read_roots, stamped_at

    roots = read_roots(certificates)
    for verdict in verdicts:
        for no, token, record in verdict.stamps:
            try:
                at = stamped_at(token, record, roots)
                verdict.add("stamped", no, at.isoformat(" ", "seconds"))
            except TimeStampError as error:
                verdict.add("stamp", f"{no}: {error}")
