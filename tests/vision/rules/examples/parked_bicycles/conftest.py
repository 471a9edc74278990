"""The example's package, installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import vision.rules
from tests.vision.rules.plug_in import installed

PACKAGE = Path(vision.rules.__file__).parent / "examples" / "parked_bicycles"


@pytest.fixture(scope="module", autouse=True)
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Parked bicycles are a kind while these tests run."""
    with installed(PACKAGE, tmp_path_factory.mktemp("site-packages")):
        yield
