"""Classes of other packages: what is not whole is said, as each class's id hangs on it."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from datasets import brought
from datasets.errors import RecipeError


@pytest.mark.parametrize("package", ["there", "hollow", "nowhere"])
def test_a_package_without_its_description_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    """One whose file is missing, one that is a bare folder, and one that is not there at all."""
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "__init__.py").touch()
    (tmp_path / "hollow").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    point = EntryPoint("heaps", f"{package}:kinds.yaml", "streetwarden.kinds")
    monkeypatch.setattr(brought, "entry_points", lambda **_: [point])
    with pytest.raises(RecipeError, match=f"the kind heaps names {package}:kinds.yaml.*anew"):
        list(brought.brought_classes())


def test_classes_come_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / "__init__.py").touch()
    (tmp_path / "whole" / "kinds.yaml").write_text("classes: [{name: heap}, {name: pile}]\n")
    monkeypatch.syspath_prepend(tmp_path)
    point = EntryPoint("heaps", "whole:kinds.yaml", "streetwarden.kinds")
    monkeypatch.setattr(brought, "entry_points", lambda **_: [point])
    assert list(brought.brought_classes()) == ["heap", "pile"]
