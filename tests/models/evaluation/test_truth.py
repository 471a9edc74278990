from pathlib import Path

import numpy as np
import pytest

from models.errors import EvaluationError
from models.evaluation.truth import read_truth
from tests.models.evaluation.conftest import World

BOX = (0.1, 0.2, 0.3, 0.6)


def test_reads_objects_marks_and_what_is_measured(world: World) -> None:
    world.add("b", [("bin", *BOX), ("person", *BOX)], measured=["bin"], marks=[["bin", *BOX, "x"]])
    world.add("a", [])
    truth = read_truth(world.folder)
    assert truth.sources == ("a", "b")
    picture = truth.pictures[1]
    assert picture.names == ("bin",)  # people are not measured there
    assert picture.marks == ("x",)
    np.testing.assert_allclose(picture.boxes, [BOX], atol=1e-6)
    assert truth.pictures[0].boxes.shape == (0, 4)
    assert [p.source for p in read_truth(world.folder, ["b"]).pictures] == ["b"]


def test_training_pictures_are_left_out(world: World) -> None:
    world.add("a", [])
    world.rows[0]["part"] = "train"
    world.add("b", [])
    assert read_truth(world.folder).sources == ("b",)


def test_an_unknown_source_names_the_known(world: World) -> None:
    world.add("a", [])
    with pytest.raises(EvaluationError, match=r"no validation source z.*a"):
        read_truth(world.folder, ["z"])


def test_a_folder_without_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"data\.yaml.*merge"):
        read_truth(tmp_path)


@pytest.mark.parametrize("line", ["{", '{"part": "val"}', "[]"])
def test_a_broken_manifest(world: World, line: str) -> None:
    world.add("a", [])
    (world.folder / "manifest.jsonl").write_text(line)
    with pytest.raises(EvaluationError, match="merge"):
        read_truth(world.folder)


def test_a_broken_label_file(world: World) -> None:
    world.add("a", [("bin", *BOX)])
    (world.folder / "labels" / f"a_{0:016x}.txt").write_text("0 0.5 x 0.1 0.1\n")
    with pytest.raises(EvaluationError, match="could not convert"):
        read_truth(world.folder)


def test_no_validation_picture(world: World) -> None:
    world.add("a", [])
    (world.folder / "manifest.jsonl").write_text("")
    with pytest.raises(EvaluationError, match="no validation picture"):
        read_truth(world.folder)
