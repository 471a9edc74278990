"""The house: which way imports run, between packages, between rooms, and within them.

A *room* is a folder or file directly under a package. `scripts` → `api` → `vision` → `models`,
with `datasets` beside: nothing climbs back up, no room imports another in a circle, nor do files.
"""

from __future__ import annotations

from collections import defaultdict
from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

PACKAGES = ("scripts", "api", "vision", "models", "datasets")
MAY = {
    "scripts": {"api", "vision", "models", "datasets"},
    "api": {"vision"},
    "vision": {"models"},
    "models": set[str](),
    "datasets": set[str](),
}
"""What each package may import. `vision` reads `datasets/kinds.yaml` as data; the ML engineer's
commands in `scripts` bring `models` and `datasets` together."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)


def edges(graph: grimp.ImportGraph, depth: int) -> dict[str, set[str]]:
    """Who imports whom, modules taken together by the first `depth` parts of their names."""
    found: dict[str, set[str]] = defaultdict(set)
    for module in graph.modules:
        one = ".".join(module.split(".")[:depth])
        for imported in graph.find_modules_directly_imported_by(module):
            other = ".".join(imported.split(".")[:depth])
            if other != one:
                found[one].add(other)
    return found


def test_packages_import_downwards_only(graph: grimp.ImportGraph) -> None:
    for package, imported in edges(graph, 1).items():
        assert imported <= MAY[package], package


@pytest.mark.parametrize("depth", [2, 3, 99], ids=["rooms", "rooms in rooms", "files"])
def test_nothing_imports_in_a_circle(graph: grimp.ImportGraph, depth: int) -> None:
    try:
        TopologicalSorter(edges(graph, depth)).prepare()
    except CycleError as error:
        pytest.fail(" ← ".join(error.args[1]))
