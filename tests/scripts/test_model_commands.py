"""What the ML engineer's commands say to bad input."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.errors import ModelError
from scripts.streetwarden import app


def refused(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code != 0
    assert isinstance(result.exception, ModelError), result.exception
    return str(result.exception)


def test_evaluate_names_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "broken.pt").write_bytes(b"no weights")
    ask = ("evaluate", "streetwarden-n", tmp_path, "--out", tmp_path / "out")
    assert "manifest.jsonl" in refused(*ask)
    assert "multiple of 32" in refused(*ask, "--size", 100)
    assert "a source, a colon" in refused(*ask, "--mean", "bins")
    assert "broken.pt" in refused("evaluate", tmp_path / "broken.pt", tmp_path, "--out", tmp_path)
    assert "'huge'" in refused(*ask, "--against", "huge")
    assert not (tmp_path / "out").exists()


def test_export_wants_pictures_to_compare_on(tmp_path: Path) -> None:
    ask = ("export", "streetwarden-n", "--format", "torchscript", "--out", tmp_path / "out")
    assert "real pictures" in refused(*ask, "--pictures", tmp_path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stages: []", "at least 1"),
        ("stages: [{name: a, settings: {}}, {name: a, settings: {}}]", "a stage twice"),
        ("stages: [{name: ../a, settings: {}}]", "name"),
        ("stages: [{name: a, settings: {}}]", "manifest.jsonl"),
    ],
)
def test_train_names_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(text)
    options = ("--data", tmp_path, "--start", "streetwarden-n", "--out", tmp_path / "runs")
    assert said in refused("train", recipe, *options)
    assert not (tmp_path / "runs").exists()
