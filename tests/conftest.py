"""Fixtures that every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from httpx._config import DEFAULT_TIMEOUT_CONFIG

if TYPE_CHECKING:
    from tests.s3_server import Link, S3Server

REPOSITORY = Path(__file__).resolve().parent.parent

# httpx gives up after five seconds of silence, and so would every test that asks without a word of
# patience: on a machine that does three other things, a server of ours is silent for longer.
for _patience in ("connect", "read", "write", "pool"):
    setattr(DEFAULT_TIMEOUT_CONFIG, _patience, 60.0)

_UNMEASURED = (
    "tests/api/access/test_every_door.py",
    "tests/api/cases/test_life_walks.py",
    "tests/api/evidence/test_verify.py",
    "tests/api/http/test_fuzzed.py",
    "tests/real/test_backup.py",
    "tests/real/test_deciding_at_once.py",
    "tests/real/test_migrations.py",
    "tests/real/test_records.py",
    "tests/real/test_rtsp_cameras.py",
)
"""They run a thousand times what others run once: coverage would double their time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave those out of what coverage measures."""
    for item in items:
        if item.nodeid.startswith(_UNMEASURED):
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real photos and clips; tests that need it are skipped where it is absent."""
    given = os.environ.get("STREETWARDEN_SHARED")
    folder = Path(given) if given else REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real photos at {folder}; set STREETWARDEN_SHARED to their folder")
    return folder


@pytest.fixture(scope="session")
def demo_root() -> Path:
    """The demo site's folder, rendered on first use and kept as `scripts/run` keeps it."""
    from datasets.demo import build_demo

    folder = REPOSITORY / "var" / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".rendering"):  # of the processes that test side by side, one renders
        return build_demo(folder).parent


@pytest.fixture(scope="session")
def s3_process() -> Iterator[S3Server]:
    from tests.s3_server import S3Server

    server = S3Server()
    yield server
    server.kill()


@pytest.fixture
def s3(s3_process: S3Server) -> S3Server:
    """A real S3 server with nothing in it but an empty bucket, to which everybody is let in."""
    s3_process.reset()
    return s3_process


@pytest.fixture
def line(s3: S3Server) -> Iterator[Link]:
    """A link to that server: slow, silent, cut or lying, as a test says."""
    from tests.s3_server import link

    with link(s3) as made:
        yield made
