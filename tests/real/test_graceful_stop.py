"""The end of a serving process, in bounded time whatever hangs: real processes, real signals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from api.access.roles import Role
from api.errors import DatabaseUnavailable
from api.storage.answering import Answering
from api.storage.database import Database
from tests.api.world import CONFIRM, SECRET, World, make_site, make_world

HERE = Path(__file__).parent


class Served:
    """A server of a site in a process of its own; see `serving.py`."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "serving.py"), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.address = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        httpx.get(f"{self.address}/healthz", timeout=30, trust_env=False)

    def signal(self, number: int) -> None:
        os.kill(self.process.pid, number)

    def end(self) -> tuple[int, str, str]:
        """Exit code, what it said at its end, and its log."""
        said, log = self.process.communicate(timeout=100)
        return self.process.returncode, said.strip(), log


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    made: list[Served] = []

    def start(*arguments: object) -> Served:
        made.append(Served(*map(str, arguments)))
        return made[-1]

    yield start
    for one in made:
        one.process.kill()
        one.process.communicate()


@contextmanager
def silent_receiver() -> Iterator[tuple[int, threading.Event]]:
    """Takes connections and says nothing; its port, and whether one has come."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        come, held = threading.Event(), []

        def take() -> None:
            held.append(server.accept()[0])
            held[-1].recv(1)
            come.set()

        threading.Thread(target=take, daemon=True).start()
        yield server.getsockname()[1], come
        for one in held:
            one.close()


def made(root: Path, *hooks: dict, address: str | None = None) -> World:
    return make_world(make_site(root, *hooks), address)


def test_an_attempt_at_a_receiver_that_hangs_is_cut_off_and_made_again(tmp_path, serve):
    with silent_receiver() as (port, come):
        hook = {"name": "main", "url": f"http://127.0.0.1:{port}/", "secret": SECRET}
        world = made(tmp_path, hook | {"allow": ["127.0.0.0/8"]})
        world.review(world.case(), CONFIRM)
        server = serve(tmp_path, world.site.storage.database, port)
        assert come.wait(30)
        server.signal(signal.SIGTERM)
        code, said, log = server.end()
    assert (code, said) == (0, "closed in good order"), log
    with world.database.read() as session:
        state = session.execute(text("SELECT state, attempts FROM deliveries")).one()
    assert state.state == "pending"
    world.database.close()


def test_parts_that_hang_or_fail_at_the_end_hold_nobody_up(tmp_path, serve):
    """One never ends, one raises: the others end, and so does the process."""
    world = made(tmp_path)
    world.database.close()
    server = serve(tmp_path, world.site.storage.database, "--hangs")
    server.signal(signal.SIGTERM)
    code, said, log = server.end()
    assert (code, said) == (0, "closed in good order"), log
    assert "Hangs has not ended within" in log
    assert "Fails did not end in order" in log


def test_what_hangs_for_good_is_ended_by_force_and_says_where(tmp_path, serve):
    world = made(tmp_path)
    world.database.close()
    server = serve(tmp_path, world.site.storage.database, "--stuck")
    server.signal(signal.SIGTERM)
    code, said, log = server.end()
    assert (code, said) == (1, "")
    assert "is ended by force" in log
    assert "in stuck" in log  # the traceback of what hangs


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGHUP])
def test_asked_twice_it_ends_at_once(tmp_path, serve, second):
    world = made(tmp_path)
    world.database.close()
    server = serve(tmp_path, world.site.storage.database, "--stuck", "--patient")
    server.signal(signal.SIGTERM)
    assert server.process.stdout.readline().strip() == "stopping"
    server.signal(second)
    code, _, log = server.end()
    assert code == 128 + second
    assert "asked twice" in log


def test_a_database_that_is_frozen_holds_nobody_up(tmp_path, serve, frozen_cluster):
    """PostgreSQL keeps its connections and says nothing more; a request waits for it."""
    address, freeze = frozen_cluster
    hook = {"name": "main", "url": "https://main.example/in", "secret": SECRET}
    world = made(tmp_path, hook, address=address)
    key = world.key(Role.VIEWER)
    world.database.close()
    server = serve(tmp_path, address, "--patience=2")
    with httpx.Client(
        base_url=server.address, headers={"Authorization": f"Bearer {key}"}, trust_env=False
    ) as client:
        assert client.get("/v1/cases").status_code == 200
        freeze()
        answered = client.get("/v1/cases", timeout=60)
        assert answered.status_code == 503
        asking = threading.Thread(target=_ask, args=(server.address, key))
        asking.start()
        server.signal(signal.SIGTERM)
        code, said, log = server.end()
        asking.join()
    assert (code, said) == (0, "closed in good order"), log


def _ask(address: str, key: str) -> None:
    try:
        headers = {"Authorization": f"Bearer {key}"}
        httpx.get(f"{address}/v1/cases", headers=headers, timeout=60, trust_env=False)
    except httpx.HTTPError:
        return


def test_a_migration_may_take_its_time(new_database, monkeypatch):
    monkeypatch.setattr(Answering, "shipped_patience_s", 0.2)
    address = new_database()
    holder = Database.open(address)
    with holder.engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(1592239326)"))  # _MIGRATION_LOCK
        opened: list[Database] = []
        opening = threading.Thread(target=lambda: opened.append(Database.open(address)))
        opening.start()
        opening.join(1)
        assert opening.is_alive()
        connection.rollback()
        opening.join(30)
    with pytest.raises(DatabaseUnavailable, match="has not answered"), opened[0].read() as session:
        session.execute(text("SELECT pg_sleep(1)"))
    with opened[0].read() as session:  # by another connection
        assert session.execute(text("SELECT 1")).scalar() == 1
    holder.close()
    opened[0].close()
