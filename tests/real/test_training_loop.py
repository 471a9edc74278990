"""Merge, train in two stages, kill, resume, evaluate: the whole loop, on drawn pictures."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from datasets.merge import merge
from datasets.recipe import Recipe
from models.card import card_facts, write_card
from models.training.record import PICTURES
from scripts.streetwarden import app

REPOSITORY = Path(__file__).resolve().parents[2]
SIDE = 160
RECIPE = """
seed: 1
common: {device: auto, imgsz: 160, batch: 8, nbs: 8, optimizer: AdamW, lr0: 0.002, lrf: 0.5,
  warmup_epochs: 0, mosaic: 0.0, scale: 0.2, workers: 0, amp: false, val: false, plots: false,
  epochs: 2}
stages:
  - {name: first, settings: {}}
  - {name: second, settings: {lr0: 0.001}, distill: {classes: [stall], gain: 0.05}}
"""


def _draw(folder: Path, count: int, seed: int) -> None:
    """Draws awnings in red and white stripes on rough ground, seen from above, with their boxes."""
    random = np.random.default_rng(seed)
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True)
    for number in range(count):
        ground = random.integers(60, 190, (SIDE // 8, SIDE // 8, 3), np.uint8)
        pixels = cv2.resize(ground, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        rows = []
        for column in range(int(random.integers(1, 3))):
            width, height = (int(side) for side in random.integers(34, 64, 2))
            x = 80 * column + int(random.integers(2, 76 - width))
            y = int(random.integers(2, SIDE - height - 2))
            stripes = (np.arange(width) // 6 % 2 == 0)[None, :, None]
            awning = np.where(stripes, (40, 40, 220), (245, 245, 245))
            pixels[y : y + height, x : x + width] = awning
            box = ((x + width / 2) / SIDE, (y + height / 2) / SIDE, width / SIDE, height / SIDE)
            rows.append(" ".join(map(str, (0, *box))))
        cv2.imwrite(str(folder / "images" / f"{number}.png"), pixels)
        (folder / "labels" / f"{number}.txt").write_text("\n".join(rows))


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("drawn")
    _draw(root / "train", 12, 1)
    _draw(root / "val", 12, 2)
    about = {"classes": {0: "stall"}, "licence": "ours", "about": "drawn awnings"}
    sources = [
        {"name": "drawn", "path": "train", "repeat": 4, **about},
        {"name": "drawn_val", "path": "val", "part": "val", **about},
    ]
    merge(Recipe.model_validate({"sources": sources}), {"data": root}, {}, root / "merged")
    return root / "merged"


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "scripts.streetwarden", *map(str, arguments)]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(REPOSITORY)}


def _run(*arguments: object) -> str:
    done = subprocess.run(
        _command(*arguments), capture_output=True, text=True, env=_environment(), check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def _kill_when(line: str, *arguments: object) -> None:
    """Runs a command and kills it, without a warning, once it says something."""
    with subprocess.Popen(
        _command(*arguments),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env=_environment(),
    ) as process:
        assert process.stderr is not None
        said = []
        for text in process.stderr:
            said.append(text)
            if line in text:
                process.kill()
                return
    pytest.fail(f"it never said {line!r}: {''.join(said)}")


def _average_precision(weights: object, merged: Path, out: Path) -> float:
    settings = ("--out", out, "--size", SIDE)
    done = CliRunner().invoke(app, list(map(str, ("evaluate", weights, merged, *settings))))
    assert done.exit_code == 0, done.exception
    report = json.loads((out / "evaluation.json").read_text())
    return float(report["sources"]["drawn_val"]["classes"]["stall"]["ap50"][0])


@pytest.mark.timeout(900)  # two minutes on two free cores
def test_the_loop(merged: Path, tmp_path: Path) -> None:
    recipe, runs = tmp_path / "tiny.yaml", tmp_path / "runs"
    recipe.write_text(RECIPE)
    known = ("--start", "streetwarden-n", "--teacher", "streetwarden-n")
    command = ("train", recipe, "--data", merged, *known, "--out", runs)

    _kill_when("second: 1 of 2 epochs are saved", *command)
    said = _run(*command, "--resume")
    assert "first: finished before" in said
    assert "second: goes on after epoch 1" in said
    assert "second: 2 of 2 epochs are saved" in said

    weights = runs / "second" / "weights" / "last.pt"
    record = json.loads((weights.parent / "training.json").read_text())
    assert record["finished"]
    assert record["epochs"] == 2
    assert [before["stage"] for before in record["before"]] == ["first"]
    manifest = [json.loads(line) for line in (merged / "manifest.jsonl").read_text().splitlines()]
    trained = set((weights.parent / PICTURES).read_text().split())
    for row in manifest:
        assert (row["picture"][:16] in trained) == (row["part"] == "train")
    for stage in ("first", "second"):
        with (runs / stage / "results.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert [int(row["epoch"]) for row in rows] == [1, 2]
        assert ("train/distill_loss" in rows[0]) == (stage == "second")
        assert (runs / stage / "loss.png").read_bytes().startswith(b"\x89PNG")
    with (runs / "first" / "results.csv").open(newline="") as file:
        losses = [float(row["train/cls_loss"]) for row in csv.DictReader(file)]
    assert losses[-1] < 0.8 * losses[0]

    before = _average_precision("streetwarden-n", merged, tmp_path / "before")
    after = _average_precision(weights, merged, tmp_path / "after")
    assert after > before + 0.2
    page = (tmp_path / "after" / "evaluation.html").read_text()
    assert "drawn_val" in page
    _card(weights.parent, tmp_path / "after", merged, tmp_path / "cards")


def _card(weights: Path, evaluation: Path, merged: Path, cards: Path) -> None:
    cards.mkdir()
    (cards / "tiny.notes.md").write_text("## Use\n\nNone.\n")
    parts = (evaluation / "evaluation.json", weights / "training.json", merged / "sources.json")
    facts = card_facts(*(json.loads(part.read_text()) for part in parts))
    text = write_card("tiny", facts, cards).read_text()
    assert "| drawn_val | stall | 12 of 12 |" in text
    assert "| first | 2 |" in text
    assert "| drawn | train | 12 |" in text
