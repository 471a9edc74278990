import csv
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
import pytest

from datasets.errors import RecipeError
from datasets.folders import list_folder
from datasets.sheets import (
    CAPTION,
    COLOURS,
    COLUMNS,
    ROWS,
    TILE,
    crop_tiles,
    labelled_tiles,
    write_sheets,
)
from datasets.stats import Row, count

NAMES = {0: "bin", 1: "truck"}


def black(path: Path, width: int, height: int) -> None:
    cv2.imwrite(str(path), np.zeros((height, width, 3), np.uint8))


def test_boxes_are_drawn_where_they_are(tmp_path: Path, labelled: Callable[..., Path]) -> None:
    black(labelled(tmp_path, "a.png", "0 0.5 0.75 0.5 0.5\n"), 64, 64)
    (page,) = write_sheets(labelled_tiles(list_folder(tmp_path), NAMES), tmp_path / "out")
    picture = cv2.imread(str(page))
    assert picture.shape == (TILE + CAPTION, COLUMNS * TILE, 3)
    tile = picture[CAPTION:, :TILE]
    drawn = (tile == COLOURS[0]).all(-1)
    assert drawn[160:, 80].all()
    assert drawn[160, 80:240].all()
    assert not drawn[170:310, 90:230].any()


def test_pages_and_the_index_hold_every_picture(
    tmp_path: Path, labelled: Callable[..., Path]
) -> None:
    total = COLUMNS * ROWS + 1
    for number in range(total):
        labelled(tmp_path, f"{number:02d}.png")
    (tmp_path / "images" / "99.png").write_bytes(b"broken")
    pages = write_sheets(labelled_tiles(list_folder(tmp_path), NAMES), tmp_path / "out")
    assert [page.name for page in pages] == ["sheet_000.png", "sheet_001.png"]
    with (tmp_path / "out" / "index.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["tile"]) for row in rows] == list(range(total + 1))
    for row in rows:
        assert row["sha256"] == sha256(Path(row["picture"]).read_bytes()).hexdigest()


def test_only_what_is_asked_for_is_shown(tmp_path: Path, labelled: Callable[..., Path]) -> None:
    labelled(tmp_path / "x", "a.png", "0 0.5 0.5 0.2 0.2\n1 0.5 0.5 0.4 0.4\nbroken\n")
    labelled(tmp_path / "y", "b.png", "1 0.5 0.5 0.2 0.2\n")
    labelled(tmp_path / "y", "c.png")
    found = list_folder(tmp_path)
    base = tmp_path.name

    def shown(**asked: str) -> dict[str, list[str]]:
        return {
            tile.picture.name: [box.name for box in tile.boxes]
            for tile in labelled_tiles(found, NAMES, **asked)  # type: ignore[arg-type]
        }

    assert shown() == {"a.png": ["bin", "truck"], "b.png": ["truck"], "c.png": []}
    assert shown(only="bin") == {"a.png": ["bin"]}
    assert shown(source=f"{base}/y") == {"b.png": ["truck"], "c.png": []}
    assert shown(only="truck", source=f"{base}/y") == {"b.png": ["truck"]}
    with pytest.raises(RecipeError, match="no sheet"):
        write_sheets(labelled_tiles(found, NAMES, only="plate"), tmp_path / "out")


def test_marks_and_crops_are_chosen_by_attribute(
    tmp_path: Path, labelled: Callable[..., Path]
) -> None:
    labelled(tmp_path, "a.png", "0 0.5 0.5 1 1\n")
    marks = [["bin", 0, 0, 1, 1, "green"], ["bin", 0, 0, 0.5, 1, "blue"]]
    row = {"file": "images/a.png", "source": "s", "part": "val", "marks": marks}
    (tmp_path / "manifest.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "data.yaml").write_text("names: [bin]\n")
    (tile,) = labelled_tiles(list_folder(tmp_path), {}, mark="blue")
    assert [(box.mark, box.x2) for box in tile.boxes] == [("blue", 0.5)]
    lines = [{"image": "0.png", "load": "open", "dirt": None}, {"image": "1.png", "load": "empty"}]
    (tmp_path / "crops.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (crop,) = crop_tiles(tmp_path, {"load": "open"})
    assert (crop.picture, crop.note) == (tmp_path / "0.png", "open None")
    (tmp_path / "crops.jsonl").write_text("{}\n")
    with pytest.raises(RecipeError, match=r"crops\.jsonl:1"):
        list(crop_tiles(tmp_path, {}))


def test_objects_are_counted_by_class_and_size(
    tmp_path: Path, labelled: Callable[..., Path]
) -> None:
    # At 640 pixels these are 31, 33, 95 and 97 pixels square.
    sides = [(side / 640, side / 320) for side in (31, 33, 95, 97)]
    lines = "".join(f"0 0.5 0.5 {wide:.6f} {high:.6f}\n" for wide, high in sides)
    black(labelled(tmp_path / "train", "a.png", lines + "1 0.5 0.5 1 1\n"), 160, 80)
    black(labelled(tmp_path / "train", "b.png", "0 0.5 0.5 1 1\n5 0.5 0.5 1 1\n"), 160, 80)
    labelled(tmp_path / "train", "c.png", "broken\n")
    labelled(tmp_path / "train", "d.png").write_bytes(b"broken")
    stats = count(list_folder(tmp_path), NAMES)
    source = f"{tmp_path.name}/train"
    assert stats.rows == {
        (source, "train", "bin"): Row(pictures=2, small=1, medium=2, large=2),
        (source, "train", "truck"): Row(pictures=1, large=1),
        (source, "train", "class 5"): Row(pictures=1, large=1),
    }
    assert stats.pictures == {(source, "train"): 3}
    assert stats.empty == {(source, "train"): 1}
    assert len(stats.broken) == 2
    assert stats.rows[source, "train", "bin"].objects == 5
    assert [row["class"] for row in stats.table()] == [
        "(all)", "(nothing)", "bin", "class 5", "truck",
    ]  # fmt: skip
