"""`streetwarden users`: who signs in at the console, with a user name and a password."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from scripts.commands.keys import check_kinds
from scripts.console import out
from vision.errors import StreetwardenError
from vision.printable import to_json

if TYPE_CHECKING:
    from api.access.roles import Role
    from api.access.users import UserStore

users = typer.Typer(help="Add, list and change the users of the console.", no_args_is_help=True)
PASSWORD = "STREETWARDEN_PASSWORD"  # noqa: S105 - the name of a variable
_ROLES = "viewer, reviewer, officer, admin or auditor."

Name = Annotated[str, typer.Argument(help="The user's name.")]
SiteFile = Annotated[Path, typer.Argument(help="The site file.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(help=f"A file with the password; else {PASSWORD} of the environment, or asked."),
]


@users.command()
def add(
    name: Name,
    site: SiteFile,
    role: Annotated[str, typer.Option(help=_ROLES)] = "reviewer",
    label: Annotated[str, typer.Option(help="What logs call them; by default the name.")] = "",
    unit: Annotated[str, typer.Option(help="Their department.")] = "",
    camera: Annotated[list[str] | None, typer.Option(help="Only this camera; repeatable.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind; repeatable.")] = None,
    division: Annotated[
        list[str] | None, typer.Option(help="Only divisions whose code begins so; repeatable.")
    ] = None,
    password_file: PasswordFile = None,
) -> None:
    """Add a user; the first admin is made so."""
    from api.access.users import Change

    chosen = _role(role)
    check_kinds(kind or ())
    password = _password(password_file)
    more = Change(label=label, unit=unit, cameras=camera, kinds=kind, divisions=division)
    with _store(site) as store:
        made = store.add(name, chosen, password, more)
    out.print(f"{escape(made.name)} may sign in as {made.role.value}")


@users.command(name="list")
def list_(
    site: SiteFile,
    json_: Annotated[bool, typer.Option("--json", help="Print the users as JSON.")] = False,
) -> None:
    """List users, never their passwords."""
    with _store(site) as store:
        rows: list[dict[str, Any]] = [
            {
                "id": user.id,
                "name": user.name,
                "label": user.label,
                "unit": user.unit,
                "role": user.role.value,
                "active": user.disabled_at is None,
                "cameras": user.cameras,
                "kinds": user.kinds,
                "divisions": user.divisions,
            }
            for user in store.list()
        ]
    if json_:
        print(to_json(rows, indent=2))
        return
    table = Table("name", "called", "unit", "role", "sees", "active", box=None)
    for row in rows:
        limits = [
            ", ".join(row[w]) for w in ("cameras", "kinds", "divisions") if row[w] is not None
        ]
        cells = (row["name"], row["label"], row["unit"], row["role"], "; ".join(limits) or "all")
        table.add_row(*(escape(str(cell)) for cell in (*cells, "yes" if row["active"] else "no")))
    out.print(table)


@users.command()
def disable(name: Name, site: SiteFile) -> None:
    """Keep a user out, and end their sessions; `enable` lets them in again."""
    _set_disabled(site, name, disabled=True)
    out.print(f"{escape(name)} is kept out")


@users.command()
def enable(name: Name, site: SiteFile) -> None:
    """Let a user in again."""
    _set_disabled(site, name, disabled=False)
    out.print(f"{escape(name)} may sign in")


@users.command()
def role(name: Name, role: Annotated[str, typer.Argument(help=_ROLES)], site: SiteFile) -> None:
    """Give a user another role, from their next click on."""
    from api.access.users import Change

    chosen = _role(role)
    with _store(site) as store:
        store.change(store.find(name).id, Change(role=chosen))
    out.print(f"{escape(name)} is {chosen.value} now")


@users.command()
def password(name: Name, site: SiteFile, password_file: PasswordFile = None) -> None:
    """Give a user a new password, and end their sessions."""
    from api.access.users import Change

    given = _password(password_file)
    with _store(site) as store:
        store.change(store.find(name).id, Change(password=given))
    out.print(f"{escape(name)} signs in with the new password")


def _set_disabled(site: Path, name: str, *, disabled: bool) -> None:
    from api.access.users import Change

    with _store(site) as store:
        store.change(store.find(name).id, Change(disabled=disabled))


def _role(name: str) -> Role:
    from api.access.roles import Role

    try:
        return Role(name)
    except ValueError:
        raise StreetwardenError(
            f"no role is called {name!r}; roles are {', '.join(r.value for r in Role)}"
        ) from None


def _password(file: Path | None) -> str:
    """From a file, the environment or the keyboard; a command line is read by everybody here."""
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise StreetwardenError(
                f"{file}: cannot be read ({error}); give a text file with the password alone"
            ) from None
    if PASSWORD in os.environ:
        return os.environ[PASSWORD]
    given: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return given


@contextmanager
def _store(site: Path) -> Iterator[UserStore]:
    from api.access.users import UserStore
    from api.storage.database import Database
    from vision.site.file import load_storage

    database = Database.open(load_storage(site).database)
    try:
        yield UserStore(database)
    finally:
        database.close()
