"""The data commands on real photos."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from datasets.folders import list_folder
from scripts.streetwarden import app

KNOWN = {"bins_cn_5b1c6749", "bins_cn_d3d302e6"}
"""Two photos of one corner of a car park, one of them in `train`: the set came so."""


@pytest.fixture
def run() -> Callable[..., Result]:
    return lambda *words: CliRunner().invoke(app, ["data", *map(str, words)])


def test_copies_are_found_among_photos_and_nothing_else_is(
    shared_data: Path, tmp_path: Path, run: Callable[..., Result]
) -> None:
    for part, count in (("train", 80), ("val", 40)):
        images = tmp_path / part / "images"
        images.mkdir(parents=True)
        found = sorted((shared_data / "bins_cn" / part / "images").iterdir())
        known = [picture for picture in found if picture.stem in KNOWN]
        for picture in [*found[:count], *known]:
            (images / picture.name).symlink_to(picture)
    held_out = sorted((tmp_path / "val" / "images").iterdir())[:3]
    for picture in held_out:
        pixels = cv2.imread(str(picture))
        height, width = pixels.shape[:2]
        warp = np.array([[1, 0.15, -0.075 * height], [-0.1, 1, 0.05 * width]])
        darker = (cv2.warpAffine(pixels, warp, (width, height)) * 0.8).astype(np.uint8)
        cv2.imwrite(str(tmp_path / "train" / "images" / f"copy_of_{picture.stem}.jpg"), darker)
    answer = run("duplicates", tmp_path, "--json")
    assert answer.exit_code == 1, answer.output
    crossing = {
        frozenset(Path(picture).stem for picture in group["pictures"])
        for group in json.loads(answer.output)
        if group["crosses"]
    }
    planted = {frozenset({picture.stem, f"copy_of_{picture.stem}"}) for picture in held_out}
    assert crossing == {*planted, frozenset(KNOWN)}


@pytest.mark.parametrize("name", ["roofs_banepa", "trucks_drone"])
def test_sound_folders_pass(shared_data: Path, run: Callable[..., Result], name: str) -> None:
    answer = run("check", shared_data / name)
    assert answer.exit_code == 0, answer.output


def test_what_is_wrong_in_a_folder_is_named(shared_data: Path, run: Callable[..., Result]) -> None:
    answer = run("check", shared_data / "vendors_street", "--json")
    assert answer.exit_code == 1
    faults = json.loads(answer.output)
    assert [fault["kind"] for fault in faults] == ["outside"]
    assert "vendors_street_83684b24.txt:2" in faults[0]["text"]


def test_stats_count_every_object(shared_data: Path, run: Callable[..., Result]) -> None:
    folder = shared_data / "trucks_drone"
    rows = json.loads(run("stats", folder, "--json").output)
    lines = [
        line
        for entry in list_folder(folder)
        for line in entry.labels.read_text().splitlines()
        if line.strip()
    ]
    assert sum(row.get("objects", 0) for row in rows) == len(lines) > 100
