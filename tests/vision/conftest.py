"""The renderer's cameras, put on the map."""

from __future__ import annotations

import pytest

from vision.geo import LocalPlane


@pytest.fixture(scope="session")
def town() -> LocalPlane:
    """Where the renderer's (0, 0) lies; its x is east and its y is north."""
    return LocalPlane(113.38, 31.71)
