"""What a server can do without is named with the extra that brings it."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest

from scripts import streetwarden
from scripts.extras import EXTRAS, mend

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def test_every_package_is_in_the_extra_that_is_named() -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    brought = {
        name: {re.split(r"[\[<>=]", line)[0] for line in lines}
        for name, lines in project["optional-dependencies"].items()
    }
    always = {line.partition(">")[0] for line in project["dependencies"] if ";" not in line}
    for package, extra in EXTRAS.items():
        assert package in brought[extra]
        assert package not in always


def test_a_command_whose_package_is_missing_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    monkeypatch.delitem(sys.modules, "scripts.bench.soak", raising=False)
    monkeypatch.setattr(sys, "argv", ["streetwarden", "bench", "soak"])
    with pytest.raises(SystemExit, match="1"):
        streetwarden.main()
    assert "pip install 'streetwarden[bench]'" in capsys.readouterr().err


def test_other_modules_are_no_extras() -> None:
    assert mend(ModuleNotFoundError("No module named 'x'", name="x")) is None
