import hashlib
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from ruamel.yaml import YAML

from datasets.checked import Checked
from datasets.errors import RecipeError
from datasets.importers import Box
from datasets.merge import merge
from datasets.prelabels import decide, joined, read_prelabels
from datasets.recipe import Recipe, class_names, read_recipe

CLASSES = {0: "bin", 1: "overflowing_bin", 2: None}


def _picture(folder: Path, name: str, labels: str | None, seed: int) -> str:
    """Writes a picture with a label file and returns the picture's SHA-256."""
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (24, 32, 3), np.uint8)
    path = folder / "images" / f"{name}.png"
    cv2.imwrite(str(path), pixels)
    if labels is not None:
        (folder / "labels" / f"{name}.txt").write_text(labels)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _recipe(**source: object) -> Recipe:
    fields = {"name": "bins", "path": "bins", "classes": CLASSES, **source}
    return Recipe.model_validate(
        {"teacher": {"person": "person", "car": "car", "truck": "truck"}, "sources": [fields]}
    )


def _labels(out: Path) -> dict[str, list[list[float]]]:
    return {
        path.stem: [[float(v) for v in line.split()] for line in path.read_text().splitlines()]
        for path in (out / "labels").iterdir()
    }


def _manifest(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]


def _shapes(folder: Path, name: str, seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Writes a picture of a few blocks, as noise has no likeness that survives a new size."""
    _picture(folder, name, "", seed)
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 5, 3), np.uint8)
    pixels = cv2.resize(coarse, (100, 120), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(folder / "images" / f"{name}.png"), pixels)
    return np.asarray(pixels, np.uint8)


def test_classes_are_mapped_and_polygons_boxed(tmp_path: Path) -> None:
    sha = _picture(
        tmp_path / "bins", "a", "0 0.5 0.5 0.2 0.4\n1 0.1 0.1 0.3 0.1 0.2 0.5\n2 0.5 0.5 1 1\n", 0
    )
    merge(_recipe(), {"data": tmp_path}, {}, tmp_path / "out")
    names = class_names()
    rows = _labels(tmp_path / "out")[f"bins_{sha[:16]}"]
    assert rows == [
        [names.index("bin"), 0.5, 0.5, 0.2, 0.4],
        [names.index("overflowing_bin"), 0.2, 0.3, 0.2, 0.4],
    ]


@pytest.mark.parametrize(
    ("labels", "fault"),
    [
        ("0 0.5 0.5 x 0.4", "could not convert"),
        ("7 0.5 0.5 0.2 0.4", "class 7"),
        ("0 0.5 0.5 0.2", "3 numbers"),
        ("0 0.5 0.5 nan 0.4", "outside"),
        ("0 5 0.5 0.2 0.4", "outside"),
    ],
)
def test_a_broken_label_is_named_and_the_rest_goes_on(
    tmp_path: Path, labels: str, fault: str
) -> None:
    _picture(tmp_path / "bins", "broken", f"0 0.5 0.5 0.2 0.4\n{labels}\n", 0)
    _picture(tmp_path / "bins", "good", "0 0.5 0.5 0.2 0.4\n", 1)
    report = merge(_recipe(), {"data": tmp_path}, {}, tmp_path / "out")
    assert report.pictures == {"bins": 1}
    (sentence,) = report.skipped
    assert "broken.txt:2" in sentence
    assert fault in sentence


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\nshort"])
def test_a_broken_picture_is_named_and_the_rest_goes_on(tmp_path: Path, content: bytes) -> None:
    _picture(tmp_path / "bins", "good", "0 0.5 0.5 0.2 0.4\n", 1)
    (tmp_path / "bins" / "images" / "bad.png").write_bytes(content)
    report = merge(_recipe(), {"data": tmp_path}, {}, tmp_path / "out")
    assert report.pictures == {"bins": 1}
    assert len(report.skipped) == 1
    assert "bad.png" in report.skipped[0]


def test_prelabels_fill_what_is_not_labelled(tmp_path: Path) -> None:
    sha = _picture(tmp_path / "bins", "a", "0 0.5 0.5 0.4 0.4\n", 0)
    seen = (
        (Box("person", 0.0, 0.0, 0.1, 0.3), 0.9),
        (Box("person", 0.3, 0.3, 0.7, 0.7), 0.9),  # the labelled bin again
        (Box("car", 0.8, 0.8, 1.0, 1.0), 0.9),  # not asked for
    )
    report = merge(_recipe(prelabel=["person"]), {"data": tmp_path}, {sha: seen}, tmp_path / "out")
    assert report.objects == {("bins", "bin"): 1, ("bins", "person"): 1}


def test_a_vehicle_inside_a_labelled_vehicle_is_a_part_of_it(tmp_path: Path) -> None:
    sha = _picture(tmp_path / "bins", "a", "0 0.5 0.5 0.9 0.9\n", 0)
    recipe = _recipe(prelabel=["car", "person"], classes={0: "truck"})
    seen = ((Box("car", 0.1, 0.1, 0.4, 0.4), 0.9), (Box("person", 0.1, 0.1, 0.2, 0.4), 0.9))
    report = merge(recipe, {"data": tmp_path}, {sha: seen}, tmp_path / "out")
    assert report.objects == {("bins", "truck"): 1, ("bins", "person"): 1}


def test_prelabels_below_the_threshold_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "seen.jsonl"
    rows = [["person", 0.9, 0, 0, 1, 1], ["person", 0.2, 0, 0, 1, 1], ["sheep", 0.9, 0, 0, 1, 1]]
    file.write_text(json.dumps({"picture": "ab", "seen": rows}) + "\n")
    found = read_prelabels(file, _recipe())
    assert [(box.name, score) for box, score in found["ab"]] == [("person", 0.9)]
    file.write_text("{")
    with pytest.raises(RecipeError, match=r"seen\.jsonl"):
        read_prelabels(file, _recipe())


def test_take_draws_the_same_pictures_every_time(tmp_path: Path) -> None:
    for index in range(8):
        _picture(tmp_path / "bins", f"p{index}", "", index)
    for out in ("one", "two"):
        merge(_recipe(take=3, repeat=2), {"data": tmp_path}, {}, tmp_path / out)
    lists = [
        [Path(line).name for line in (tmp_path / out / "train.txt").read_text().splitlines()]
        for out in ("one", "two")
    ]
    assert lists[0] == lists[1]
    assert len(lists[0]) == 6
    assert len(set(lists[0])) == 3


def test_a_validation_source_is_described_alone(tmp_path: Path) -> None:
    _picture(tmp_path / "bins", "a", "0 0.5 0.5 0.2 0.4\n", 0)
    merge(_recipe(name="bins_val", part="val"), {"data": tmp_path}, {}, tmp_path / "out")
    data = YAML(typ="safe").load(tmp_path / "out" / "val_bins_val.yaml")
    assert data["names"] == dict(enumerate(class_names()))
    assert len((tmp_path / "out" / data["val"]).read_text().splitlines()) == 1


def test_recipes_in_the_repository_are_valid() -> None:
    recipes = list((Path(__file__).parents[2] / "datasets" / "recipes").glob("*.yaml"))
    assert recipes
    for recipe in recipes:
        assert read_recipe(recipe).sources


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("sources: [{name: a, path: b, classes: {0: dog}}]", "dog"),
        ("sources: [{name: a, path: b, tke: 5}]", "tke"),
        ("sources: [", "cannot be read"),
    ],
)
def test_a_wrong_recipe_is_named(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=rf"recipe\.yaml.*{fault}"):
        read_recipe(path)


def test_a_missing_source_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"bins.*images/"):
        merge(_recipe(), {"data": tmp_path}, {}, tmp_path / "out")


def test_checked_boxes_are_the_whole_truth_of_their_classes(tmp_path: Path) -> None:
    sha = _picture(tmp_path / "bins", "a", "0 0.5 0.5 0.2 0.2\n1 0.2 0.2 0.2 0.2\n", 0)
    checked = Checked(frozenset({"bin", "person"}), (Box("bin", 0.5, 0.5, 1, 1, "green"),))
    seen = ((Box("person", 0.0, 0.6, 0.1, 0.9), 0.9), (Box("car", 0.0, 0.6, 0.3, 0.9), 0.9))
    recipe = _recipe(prelabel=["person", "car"], part="val")
    report = merge(recipe, {"data": tmp_path}, {sha: seen}, tmp_path / "out", {sha: checked})
    assert report.of("bins") == {"bin": 1, "car": 1, "overflowing_bin": 1}
    (row,) = _manifest(tmp_path / "out")
    assert row == {
        "file": f"images/bins_{sha[:16]}.png",
        "source": "bins",
        "part": "val",
        "picture": sha,
        "measured": ["bin", "overflowing_bin", "person"],
        "marks": [["bin", 0.5, 0.5, 1, 1, "green"]],
    }


def test_what_hand_checked_boxes_changed_is_counted_and_said(tmp_path: Path) -> None:
    labels = "0 0.2 0.2 0.2 0.2\n0 0.5 0.5 0.2 0.2\n1 0.8 0.8 0.2 0.2\n"
    sha = _picture(tmp_path / "bins", "a", labels, 0)
    same = _picture(tmp_path / "bins", "b", "0 0.2 0.2 0.2 0.2\n", 1)
    _picture(tmp_path / "bins", "c", "0 0.2 0.2 0.2 0.2\n", 2)  # nobody checked it
    kept = Box("bin", 0.1, 0.1, 0.3, 0.3)
    moved = Box("bin", 0.45, 0.45, 0.65, 0.65)
    found = Box("person", 0, 0, 0.1, 0.3)
    checked = {
        sha: Checked(frozenset({"bin", "person"}), (kept, moved, found)),
        same: Checked(frozenset({"bin"}), (kept,)),
    }
    report = merge(_recipe(repeat=3), {"data": tmp_path}, {}, tmp_path / "out", checked)
    assert report.checked == {"bins": 2}
    assert report.gone == {("bins", "bin"): 1}
    assert report.new == {("bins", "bin"): 1, ("bins", "person"): 1}
    said = report.changes("bins")
    assert said == "hand-checked on 2: bin: 1 gone, 1 new; person: 0 gone, 1 new"
    assert merge(_recipe(), {"data": tmp_path}, {}, tmp_path / "again").changes("bins") == ""


def test_marks_follow_their_boxes_into_tiles_and_turns(tmp_path: Path) -> None:
    sha = _picture(tmp_path / "bins", "a", "", 0)  # 32 by 24 pixels
    checked = {sha: Checked(frozenset({"bin"}), (Box("bin", 0.0, 0.0, 0.25, 0.5, "green"),))}
    recipe = _recipe(tile=16, turn=True, repeat=2)
    merge(recipe, {"data": tmp_path}, {}, tmp_path / "out", checked)
    rows = _manifest(tmp_path / "out")
    assert len(rows) == 12
    assert all((tmp_path / "out" / row["file"]).is_file() for row in rows)
    marks = {row["file"].split("_", 2)[2]: row["marks"] for row in rows if row["marks"]}
    assert marks == {
        "0_0.jpg": [["bin", 0, 0, 0.5, 0.75, "green"]],
        "0_0_1.jpg": [["bin", 0.25, 0, 1, 0.5, "green"]],
    }  # a third of the box lies in the tile below, which is too little


def test_the_sources_are_described(tmp_path: Path) -> None:
    _picture(tmp_path / "bins", "a", "0 0.5 0.5 0.2 0.4\n", 0)
    recipe = _recipe(licence="CC0", about="Bins.", prelabel=["person"], repeat=3)
    merge(recipe, {"data": tmp_path}, {}, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "sources.json").read_text()) == {
        "bins": {
            "part": "train",
            "pictures": 1,
            "objects": {"bin": 1},
            "licence": "CC0",
            "about": "Bins.",
            "prelabelled": ["person"],
        }
    }
    assert len(_manifest(tmp_path / "out")) == 1


@pytest.mark.parametrize("same", ["bytes", "looks"])
def test_no_validation_picture_is_trained_on(tmp_path: Path, same: str) -> None:
    shapes = _shapes(tmp_path / "val", "kept_back", 0)
    _shapes(tmp_path / "bins", "another", 1)
    copy = tmp_path / "bins" / "images" / "copy.png"
    if same == "bytes":
        copy.write_bytes((tmp_path / "val" / "images" / "kept_back.png").read_bytes())
    else:
        cv2.imwrite(str(copy), cv2.resize(shapes[:, ::-1] // 2 + 40, (50, 70)))
    recipe = _recipe()
    held_out = recipe.sources[0].model_copy(update={"name": "v", "path": "val", "part": "val"})
    recipe.sources.append(held_out)
    report = merge(recipe, {"data": tmp_path}, {}, tmp_path / "out")
    assert report.pictures == {"bins": 1, "v": 1}
    (sentence,) = report.skipped
    assert "copy.png" in sentence
    assert "kept_back.png" in sentence


def test_a_picture_that_a_source_holds_twice_is_written_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        _picture(tmp_path / "bins", name, "0 0.5 0.5 0.2 0.4\n", 0)
    report = merge(_recipe(), {"data": tmp_path}, {}, tmp_path / "out")
    assert report.pictures == {"bins": 1}
    assert "twice" in report.skipped[0]


def test_views_do_not_write_through_links_of_an_earlier_merge(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    original = tmp_path / "bins" / "images" / "a.jpg"
    original.parent.mkdir(parents=True)
    cv2.imwrite(str(original), pixels)
    before = original.read_bytes()
    for recipe in (_recipe(), _recipe(turn=True)):
        merge(recipe, {"data": tmp_path}, {}, tmp_path / "out")
    assert original.read_bytes() == before


def test_pictures_of_a_fixed_camera_may_look_alike(tmp_path: Path) -> None:
    _shapes(tmp_path / "val", "kept_back", 0)
    same = _shapes(tmp_path / "bins", "one", 0)
    cv2.imwrite(str(tmp_path / "bins" / "images" / "two.png"), same // 2 + 40)
    recipe = _recipe(fixed_camera=True)
    held_out = recipe.sources[0].model_copy(update={"name": "v", "path": "val", "part": "val"})
    recipe.sources.append(held_out)
    report = merge(recipe, {"data": tmp_path}, {}, tmp_path / "out")
    assert report.pictures == {"bins": 1, "v": 1}
    assert "is the validation picture" in report.skipped[0]


def test_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    for names in ("a, a", "val, a"):
        first, second = names.split(", ")
        path.write_text(f"sources: [{{name: {first}, path: x}}, {{name: {second}, path: y}}]\n")
        with pytest.raises(RecipeError, match="Rename"):
            read_recipe(path)


def test_class_names_of_the_folder_count_where_the_recipe_has_none(tmp_path: Path) -> None:
    _picture(tmp_path / "bins" / "train", "a", "1 0.5 0.5 0.2 0.4\n", 0)
    (tmp_path / "bins" / "data.yaml").write_text("names: [garbage, bin]\n")
    recipe = _recipe(path="bins/train", classes={})
    assert merge(recipe, {"data": tmp_path}, {}, tmp_path / "out").of("bins") == {"bin": 1}
    (tmp_path / "bins" / "data.yaml").write_text("names: [garbage, bucket]\n")
    with pytest.raises(RecipeError, match=r"bucket.*`classes` for the source bins"):
        merge(recipe, {"data": tmp_path}, {}, tmp_path / "out")


def test_the_teacher_says_which_class_an_undecided_label_means() -> None:
    labels = (
        Box("car", 0.1, 0.1, 0.4, 0.4),
        Box("car", 0.5, 0.5, 0.9, 0.9),
        Box("bin", 0, 0, 1, 1),
    )
    seen = (
        (Box("truck", 0.1, 0.1, 0.39, 0.41), 0.6),
        (Box("bus", 0.1, 0.1, 0.2, 0.2), 0.9),
        (Box("person", 0.5, 0.5, 0.9, 0.9), 0.9),
    )
    decided = decide(labels, seen, {"car": ["truck", "bus"]})
    assert [box.name for box in decided] == ["truck", "car", "bin"]
    assert [(b.x1, b.y2) for b in decided] == [(b.x1, b.y2) for b in labels]


def test_an_undecided_class_is_not_measured(tmp_path: Path) -> None:
    _picture(tmp_path / "bins", "a", "0 0.5 0.5 0.2 0.2\n", 1)
    recipe = _recipe(part="val", classes={0: "car"}, undecided={"car": ["truck"]})
    merge(recipe, {"data": tmp_path}, {}, tmp_path / "out")
    (row,) = _manifest(tmp_path / "out")
    assert row["measured"] == []


def test_several_teachers_add_up() -> None:
    person, plate = (Box("person", 0, 0, 0.1, 0.1), 0.9), (Box("plate", 0, 0, 0.1, 0.1), 0.8)
    found = joined([{"a": (person,)}, {"a": (plate,), "b": (plate,)}])
    assert found == {"a": (person, plate), "b": (plate,)}
