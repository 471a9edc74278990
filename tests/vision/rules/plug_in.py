"""A plug-in as if it had been installed: its own `pyproject.toml` says what it brings."""

from __future__ import annotations

import importlib
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from datasets.recipe import class_names
from vision.audit.findings import brought_findings
from vision.kinds import catalogue
from vision.rules.kinds import rule_of
from vision.site.rule_settings import shipped


def forget() -> None:
    """Let what is read once be read anew."""
    for cached in (catalogue, shipped, rule_of, brought_findings, class_names):
        cached.cache_clear()
    importlib.invalidate_caches()


@contextmanager
def installed(folder: Path, described: Path) -> Iterator[None]:
    """Install a plug-in for a while.

    Args:
        folder: where its `pyproject.toml` and its package lie.
        described: an empty folder, for what an installer writes about it.
    """
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    info = described / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    lines = [
        line
        for group, entries in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in entries.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(described)
        patch.syspath_prepend(folder)
        forget()
        yield
    forget()
    for name in [n for n in sys.modules if _lies_in(n, folder)]:
        del sys.modules[name]


def _lies_in(module: str, folder: Path) -> bool:
    file = getattr(sys.modules[module], "__file__", None)
    return bool(file) and Path(str(file)).is_relative_to(folder)
