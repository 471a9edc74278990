"""A real PostgreSQL for tests: a throw-away cluster on a Unix socket."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text


def _binaries() -> Path:
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for place in places:
        if (place / "initdb").exists():
            return place
    pytest.skip("PostgreSQL is not installed; install Debian's package postgresql")


@contextmanager
def cluster() -> Iterator[str]:
    """A throw-away cluster on a Unix socket; gives the address of a database called `{name}`."""
    with restartable() as (address, _):
        yield address


@contextmanager
def restartable() -> Iterator[tuple[str, Callable[[], None]]]:
    """A cluster as `cluster`, and what kills its server at once and starts it again."""
    binaries = _binaries()
    root = Path(tempfile.mkdtemp(prefix="streetwarden-pg-"))
    become: list[str] = []
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        if shutil.which("runuser") is None:
            pytest.skip("PostgreSQL cannot run as root and runuser is not installed")
        shutil.chown(root, "postgres")
        become = ["runuser", "-u", "postgres", "--"]

    def run(*command: str) -> None:
        done = subprocess.run(
            [*become, *command], check=False, capture_output=True, text=True, cwd=root
        )
        assert done.returncode == 0, done.stdout + done.stderr

    data, log = str(root / "data"), str(root / "log")
    run(str(binaries / "initdb"), "-D", data, "-U", "tester", "-A", "trust", "--no-sync")
    options = f"-k {root} -c listen_addresses='' -c fsync=off"

    def start() -> None:
        run(str(binaries / "pg_ctl"), "-D", data, "-l", log, "-o", options, "-w", "start")

    def stop() -> None:
        run(str(binaries / "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")

    def restart() -> None:
        stop()
        start()

    start()
    try:
        yield f"postgresql+psycopg://tester@/{{name}}?host={root}", restart
    finally:
        stop()
        shutil.rmtree(root)


def new_database(cluster: str) -> str:
    """Make an empty database; gives its address."""
    name = f"cases_{os.urandom(4).hex()}"
    engine = create_engine(cluster.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return cluster.format(name=name)


def processes(root: Path) -> list[int]:
    """The process ids of the cluster with this root: its postmaster's and those of its children."""
    main = int((root / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0])
    children = Path(f"/proc/{main}/task/{main}/children").read_text(encoding="ascii")
    return [main, *map(int, children.split())]
