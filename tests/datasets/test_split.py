from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest

from datasets.duplicates import crosses, look_at, near_duplicates, scenes
from datasets.errors import RecipeError
from datasets.folders import Entry, list_folder
from datasets.split import split, write_split


def stems(groups: list[list[Entry]]) -> list[list[str]]:
    return [sorted(entry.picture.stem for entry in group) for group in groups]


def entries(source: str, *sizes: int) -> list[list[Entry]]:
    """Scenes of so many pictures each."""
    return [
        [
            Entry(Path(f"/{source}/{n}_{i}.png"), Path(f"/{source}/{n}_{i}.txt"), source, "", {})
            for i in range(size)
        ]
        for n, size in enumerate(sizes)
    ]


def test_near_duplicates_are_grouped_across_parts(
    tmp_path: Path, labelled: Callable[..., Path]
) -> None:
    one = labelled(tmp_path / "train", "one.png", seed=1)
    labelled(tmp_path / "train", "two.png", seed=2)
    labelled(tmp_path / "val", "three.png", seed=3)
    pixels = cv2.imread(str(one))
    copy = labelled(tmp_path / "val", "copy.jpg", seed=1)
    cv2.imwrite(str(copy), np.ascontiguousarray(pixels[:, ::-1]) // 2)
    (tmp_path / "val" / "images" / "broken.png").write_bytes(b"")
    looks = look_at(list_folder(tmp_path))
    assert [Path(text.split(":")[0]).name for text in looks.broken] == ["broken.png"]
    (group,) = near_duplicates(looks)
    assert stems([group]) == [["copy", "one"]]
    assert crosses(group)
    assert not crosses([entry for entry in group if entry.part == "val"] * 2)


def test_scenes_join_photos_patterns_and_looks(
    tmp_path: Path, labelled: Callable[..., Path]
) -> None:
    for seed, name in enumerate(
        ["x_jpg.rf.1aF.png", "x_jpg.rf.2b.png", "cam1_a.png", "cam1_b.png", "cam2_a.png"]
    ):
        labelled(tmp_path / "set", name, seed=seed)
    labelled(tmp_path / "set", "like_cam2.png", seed=4)
    looks = look_at(list_folder(tmp_path / "set"))
    assert sorted(stems(scenes(looks))) == [
        ["cam1_a"], ["cam1_b"], ["cam2_a", "like_cam2"], ["x_jpg.rf.1aF", "x_jpg.rf.2b"],
    ]  # fmt: skip
    assert min(stems(scenes(looks, r"/(cam\d)_"))) == ["cam1_a", "cam1_b"]
    assert min(stems(scenes(looks, r"cam"))) == ["cam1_a", "cam1_b", "cam2_a", "like_cam2"]
    with pytest.raises(RecipeError, match="regular expression"):
        scenes(looks, "(")


@pytest.mark.parametrize("seed", range(5))
def test_no_scene_is_torn_and_each_source_gives_its_share(seed: int) -> None:
    groups = [*entries("a", *[1] * 40, 30, 5, 5), *entries("b", *[2] * 20)]
    parts = split(groups, 0.1, seed)
    where = {entry.picture: part for part, some in parts.items() for entry in some}
    assert len(where) == 120
    assert all(
        where[x.picture] == where[y.picture] for group in groups for x, y in combinations(group, 2)
    )
    assert sum(entry.source == "a" for entry in parts["val"]) == 8
    assert sum(entry.source == "b" for entry in parts["val"]) == 4
    assert split(groups, 0.1, seed) == parts


def test_a_source_of_one_scene_gives_nothing_and_seeds_differ() -> None:
    assert split(entries("a", 50), 0.1, 0)["val"] == ()
    groups = entries("a", *[1] * 50)
    assert split(groups, 0.1, 0) != split(groups, 0.1, 1)
    with pytest.raises(RecipeError, match="between 0 and 1"):
        split(groups, 10, 0)


def test_a_written_split_is_two_yolo_folders(tmp_path: Path, labelled: Callable[..., Path]) -> None:
    for part in ("p", "q"):
        for name in ("a.png", "b.png", "c.png"):
            labelled(tmp_path / "set" / part, name, f"0 0.5 0.5 0.{ord(name[0]) - 95} 0.2\n")
    labelled(tmp_path / "set" / "p", "d.png", None)
    (tmp_path / "set" / "data.yaml").write_text("names: [bin]\n")
    found = scenes(look_at(list_folder(tmp_path / "set")))
    out = tmp_path / "out"
    write_split(split(found, 0.34, 0), out)
    written = list_folder(out)
    assert {entry.part for entry in written} == {"train", "val"}
    assert len(written) == 7
    assert all(entry.names == {0: "bin"} for entry in written)
    bare = [entry.picture.stem for entry in written if not entry.labels.is_file()]
    assert bare == ["set_p_d"]
    labels = {e.picture.stem: e.labels.read_text() for e in written if e.labels.is_file()}
    assert labels["set_q_c"] == "0 0.5 0.5 0.4 0.2\n"
    with pytest.raises(RecipeError, match="there already"):
        write_split(split(found, 0.34, 0), out)


def test_sources_of_other_class_names_are_not_mixed(
    tmp_path: Path, labelled: Callable[..., Path]
) -> None:
    for part, name in (("p", "bin"), ("q", "truck")):
        labelled(tmp_path / part, "a.png")
        (tmp_path / part / "data.yaml").write_text(f"names: [{name}]\n")
    found = scenes(look_at(list_folder(tmp_path)))
    with pytest.raises(RecipeError, match="differently"):
        write_split(split(found, 0.5, 0), tmp_path / "out")
