"""The `streetwarden` command."""

from __future__ import annotations

import sys

import typer

from datasets.errors import DatasetError
from models.errors import ModelError
from scripts.commands.audit import audit
from scripts.commands.bench import bench
from scripts.commands.check import check
from scripts.commands.data import data
from scripts.commands.doctor import doctor
from scripts.commands.evaluate import evaluate
from scripts.commands.export import export
from scripts.commands.keys import keys
from scripts.commands.replay import replay
from scripts.commands.serve import serve
from scripts.commands.train import train
from scripts.commands.watch import watch
from vision.errors import StreetwardenError
from vision.printable import harmless

app = typer.Typer(
    name="streetwarden",
    help="Find street vending, illegal structures, overflowing bins and dirty trucks in camera "
    "and drone feeds, and turn what a person confirms into enforcement cases.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (watch, serve, audit, replay, check, doctor, train, evaluate, export):
    app.command()(command)
app.add_typer(bench, name="bench")
app.add_typer(keys, name="keys")
app.add_typer(data, name="data")


def main() -> None:
    """Run the command; what the user can mend is one sentence on stderr and exit code 1."""
    try:
        app()
    except (StreetwardenError, ModelError, DatasetError) as error:
        print(f"streetwarden: {harmless(str(error))}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
