"""Two servers, each a process, on one database: what one lets in or shuts out, the other does too.

Sessions, keys, users and lock-outs are looked up at each request, so a change made through one
server holds at the other from its next request on: no time is waited for here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api.access import lockout
from api.access.keys import KeyStore
from api.access.roles import Role
from api.access.users import UserStore
from api.storage.database import Database
from api.storage.tables import SignInRow
from tests.real.processes import Child, running

PASSWORD = "korrekt horse battery"
SERVER = str(Path(__file__).with_name("review_server.py"))


@pytest.fixture(params=["sqlite", "postgresql"])
def two(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Database, list[httpx.Client]]]:
    """The database with a user and an admin, and a client of each of two servers on it."""
    if request.param == "postgresql":
        new: Callable[[], str] = request.getfixturevalue("new_database")
        address = new()
    else:
        address = f"sqlite:///{tmp_path / 'cases.db'}"
    root = str(Path(__file__).parents[2])
    monkeypatch.setenv("PYTHONPATH", root + os.pathsep + os.environ.get("PYTHONPATH", ""))
    database = Database.open(address)
    users = UserStore(database)
    users.add("admin", Role.ADMIN, PASSWORD)
    users.add("li.wei", Role.OFFICER, PASSWORD)
    with ExitStack() as stack:
        servers = [
            stack.enter_context(running(Child(SERVER, address, str(tmp_path)))) for _ in range(2)
        ]
        clients = [
            stack.enter_context(
                httpx.Client(base_url=server.line().strip(), trust_env=False, timeout=60)
            )
            for server in servers
        ]
        yield database, clients
    database.close()


def sign_in(http: httpx.Client, name: str, password: str = PASSWORD) -> httpx.Response:
    return http.post("/v1/session", json={"name": name, "password": password})


def test_what_one_server_decides_holds_at_the_other(two: Any) -> None:
    database, (one, other) = two

    def status(http: httpx.Client, headers: dict[str, str]) -> int:
        return http.get("/v1/session", headers=headers).status_code

    def session(http: httpx.Client, name: str) -> dict[str, str]:
        made = sign_in(http, name)
        assert made.status_code == 201, made.text
        cookie = http.cookies["streetwarden"]
        http.cookies.clear()
        return {"Cookie": f"streetwarden={cookie}", "X-CSRF-Token": made.json()["csrf"]}

    # A session of one is one of the other, and the start of the second ended none of the first.
    admin, li = session(one, "admin"), session(one, "li.wei")
    assert [status(http, li) for http in (one, other)] == [200, 200]
    # The keys that `serve` prints, one at each start.
    printed = [KeyStore(database).session_key() for _ in range(2)]
    for key in printed:
        bearer = {"Authorization": f"Bearer {key}"}
        assert [status(http, bearer) for http in (one, other)] == [200, 200]
    # Signed out there, signed out here.
    assert other.delete("/v1/session", headers=li).status_code == 204
    assert [status(http, li) for http in (one, other)] == [401, 401]
    # A key made here opens there, and revoked there opens nothing here.
    made = one.post("/v1/keys", json={"label": "k", "role": "viewer"}, headers=admin).json()
    bearer = {"Authorization": f"Bearer {made['key']}"}
    assert [status(http, bearer) for http in (other, one)] == [200, 200]
    assert other.delete(f"/v1/keys/{made['id']}", headers=admin).status_code == 204
    assert [status(http, bearer) for http in (one, other)] == [401, 401]
    # Disabled there, out here.
    li = session(one, "li.wei")
    user = one.get("/v1/session", headers=li).json()["id"]
    out = other.patch(f"/v1/users/{user}", json={"disabled": True}, headers=admin)
    assert out.status_code == 200, out.text
    assert status(one, li) == 401
    back = other.patch(f"/v1/users/{user}", json={"disabled": False}, headers=admin)
    assert back.status_code == 200
    assert session(one, "li.wei"), "let in again"


def test_failed_sign_ins_are_counted_together(two: Any) -> None:
    """Whichever server hears the guesses: the sixth makes both of them wait."""
    database, (one, other) = two
    for n in range(lockout.FREE + 1):
        assert sign_in((one, other)[n % 2], "li.wei", f"a wrong guess, no. {n}").status_code == 401
    with database.write() as session:
        waiting = session.scalars(select(SignInRow).where(SignInRow.until.is_not(None))).one()
        assert waiting.count == lockout.FREE + 1
        waiting.until += timedelta(minutes=4)  # so that a slow machine finds it waiting
    for http in (one, other):
        answer = sign_in(http, "li.wei")
        assert answer.status_code == 429, "even the right one"
        assert 0 < int(answer.headers["retry-after"]) <= 300
    assert sign_in(one, "admin").status_code == 201, "another user at the same address"
