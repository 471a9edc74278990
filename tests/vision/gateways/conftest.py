"""Stand-ins for platforms, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.vision.gateways.standing import serving
from tests.vision.gateways.wvp_server import WvpServer
from tests.vision.sources.conftest import make_video
from vision.gateways import opening

__all__ = ["make_video"]


@pytest.fixture(autouse=True)
def _no_desks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test's cameras learned of a platform, another's do not know."""
    monkeypatch.setattr(opening, "_DESKS", {})


@pytest.fixture
def wvp() -> Iterator[WvpServer]:
    with serving(WvpServer()) as server:
        yield server
