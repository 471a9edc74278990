"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


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

    return build_demo(REPOSITORY / "var" / "demo").parent
