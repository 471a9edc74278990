import json
from collections.abc import Callable
from pathlib import Path

import pytest

from datasets.errors import RecipeError
from datasets.folders import list_folder, read_names
from datasets.importers import Box


def test_parts_sources_and_names_are_found(tmp_path: Path, labelled: Callable[..., Path]) -> None:
    root = tmp_path / "bins"
    labelled(root / "train", "a.png")
    labelled(root / "valid", "b.png")
    labelled(root / "other" / "test", "c.png")
    (root / "data.yaml").write_text("names: [bin, garbage]\n")
    (root / "valid" / "data.yaml").write_text("names: {3: truck}\n")
    found = {
        entry.picture.name: (entry.source, entry.part, dict(entry.names))
        for entry in list_folder(root)
    }
    assert found == {
        "a.png": ("bins/train", "train", {0: "bin", 1: "garbage"}),
        "b.png": ("bins/valid", "val", {3: "truck"}),
        "c.png": ("bins/other/test", "test", {0: "bin", 1: "garbage"}),
    }


def test_parts_below_images_have_labels_below_labels(
    tmp_path: Path, labelled: Callable[..., Path]
) -> None:
    labelled(tmp_path, "x.png")
    for kind in ("images", "labels"):
        (tmp_path / kind / "train").mkdir()
    (tmp_path / "images" / "x.png").rename(tmp_path / "images" / "train" / "x.png")
    (entry,) = list_folder(tmp_path)
    assert entry.labels == tmp_path / "labels" / "train" / "x.txt"
    assert entry.part == "train"


def test_a_manifest_says_source_part_and_marks(
    tmp_path: Path, labelled: Callable[..., Path]
) -> None:
    labelled(tmp_path, "x.png")
    row = {"file": "images/x.png", "source": "roofs", "part": "val", "picture": "ab"}
    row |= {"measured": [], "marks": [["structure", 0, 0, 1, 1, "shed"]]}
    (tmp_path / "manifest.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "data.yaml").write_text("names: {0: structure}\n")
    (entry,) = list_folder(tmp_path)
    assert (entry.source, entry.part) == ("roofs", "val")
    assert entry.marks == (Box("structure", 0, 0, 1, 1, "shed"),)
    (tmp_path / "manifest.jsonl").write_text('{"file": 3}\n')
    with pytest.raises(RecipeError, match=r"manifest\.jsonl:1"):
        list_folder(tmp_path)


def test_what_is_no_folder_of_pictures_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no images/"):
        list_folder(tmp_path)
    (tmp_path / "data.yaml").write_text("nams: [bin]\n")
    with pytest.raises(RecipeError, match=r"data\.yaml has no usable `names`"):
        read_names(tmp_path / "data.yaml")
