"""`streetwarden receive`: the reference receiver, to try webhooks and call-backs with."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Annotated

import typer

from vision.errors import StreetwardenError


def receive(
    port: Annotated[int, typer.Option(help="Port on loopback; 0: any.", min=0, max=65535)] = 9000,
    secret_file: Annotated[
        Path | None,
        typer.Option(help="A file with the site file's secret for it; else $CASE_SECRET has it."),
    ] = None,
    store: Annotated[Path, typer.Option(help="SQLite file of what was taken and said.")] = Path(
        "receiver.db"
    ),
    api: Annotated[
        str, typer.Option(help="Streetwarden's address, to call back; else it only receives.")
    ] = "http://127.0.0.1:8000",
    play: Annotated[
        bool, typer.Option("--play", help="Play a case system: filed, dispatched, … closed.")
    ] = False,
) -> None:
    """Receive cases as a city's case system would, and call back; until Ctrl-C.

    A JSON line for each event and each call-back. It is one file that you can copy and start from:
    scripts/receiver.py.
    """
    from scripts.receiver import serve

    secret = os.environ.get("CASE_SECRET", "").strip()
    if secret_file is not None:
        try:
            secret = secret_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise StreetwardenError(f"{secret_file}: cannot be read ({error})") from None
    if not secret:
        raise StreetwardenError(
            "the receiver's secret is missing; set CASE_SECRET or give --secret-file"
        )
    try:
        serve(port, secret, str(store), api=api.rstrip("/"), play=play)
    except ValueError:
        raise StreetwardenError(
            "the receiver's secret is not Base64; give the one of the site file (whsec_…)"
        ) from None
    except sqlite3.Error as error:
        raise StreetwardenError(
            f"{store}: cannot be used ({error}); name another file by --store"
        ) from None
    except OSError as error:
        raise StreetwardenError(
            f"port {port} cannot be listened on ({error.strerror}); give another --port"
        ) from None
