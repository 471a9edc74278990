"""The `streetwarden` command."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from datasets.errors import DatasetError
from models.errors import ModelError
from scripts.commands.audit import audit
from scripts.commands.audit_summary import audit_summary
from scripts.commands.backup import backup, restore
from scripts.commands.bench import bench
from scripts.commands.check import check
from scripts.commands.city import city
from scripts.commands.compare import compare
from scripts.commands.data import data
from scripts.commands.doctor import doctor
from scripts.commands.evaluate import evaluate
from scripts.commands.export import export
from scripts.commands.gateways import gateways
from scripts.commands.keys import keys
from scripts.commands.package import package
from scripts.commands.purge import purge
from scripts.commands.receive import receive
from scripts.commands.replay import replay
from scripts.commands.report import report
from scripts.commands.serve import serve
from scripts.commands.site_key import site_key
from scripts.commands.snapshot import snapshot
from scripts.commands.train import train
from scripts.commands.transfer import case_sent, receive_case
from scripts.commands.users import users
from scripts.commands.verify import verify
from scripts.commands.watch import watch
from scripts.commands.webhooks import webhooks
from scripts.console import copy_of_stdout, reader_left
from scripts.extras import mend
from vision.errors import StreetwardenError
from vision.printable import harmless

_READER_LEFT = 141
"""What a shell says of a program that SIGPIPE ended, as it does most in front of `head`."""

app = typer.Typer(
    name="streetwarden",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    watch,
    serve,
    city,
    audit,
    compare,
    audit_summary,
    replay,
    package,
    verify,
    receive_case,
    case_sent,
    check,
    snapshot,
    doctor,
    purge,
    report,
    receive,
    backup,
    restore,
):
    app.command()(command)
for training in (train, evaluate, export):
    app.command()(training)
app.add_typer(bench, name="bench")
app.add_typer(keys, name="keys")
app.add_typer(users, name="users")
app.add_typer(site_key, name="site-key")
app.add_typer(data, name="data")
app.add_typer(webhooks, name="webhooks")
app.add_typer(gateways, name="gateways")


def _say_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"streetwarden {version('streetwarden')}")
        raise typer.Exit


@app.callback()
def _streetwarden(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Find street vending, illegal structures, overflowing bins and dirty trucks.

    In camera and drone feeds; what a person confirms becomes an enforcement case.
    """


def main() -> None:
    """Run the command; what the user can mend is one sentence on stderr and exit code 1."""
    stdout = copy_of_stdout()
    code = _run()
    if code not in {0, None} and reader_left(stdout):
        code = _READER_LEFT
    from api.http.ending import leave

    leave(code)


def _run() -> str | int | None:
    try:
        app()
    except SystemExit as end:
        return end.code
    except (StreetwardenError, ModelError, DatasetError) as error:
        print(f"streetwarden: {harmless(str(error))}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        told = mend(error)
        if told is None:
            raise
        print(f"streetwarden: {told}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    main()
