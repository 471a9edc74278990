import json
from pathlib import Path

import numpy as np
import pytest

from models.errors import EvaluationError
from models.evaluation.bootstrap import draws
from models.evaluation.masking import hidden, read_faces
from models.evaluation.truth import read_truth
from models.look import Pixels
from tests.models.evaluation.conftest import World

PERSON = (0.0, 0.0, 0.4, 1.0)


def test_a_face_counts_as_hidden_only_under_boxes_that_cover_it(world: World) -> None:
    for objects in ([], [("plate", 0.1, 0.5, 0.2, 0.6)], []):
        # People are not labelled there, faces are.
        world.add("cam", objects, measured=["plate"])
    pictures = read_truth(world.folder).pictures
    inside, beside, half = (0.1, 0.1, 0.2, 0.2), (0.6, 0.1, 0.7, 0.2), (0.35, 0.1, 0.45, 0.2)
    faces = {pictures[0].sha256: np.array([inside, beside]), pictures[1].sha256: np.array([half])}
    looked: list[int] = []

    def boxes(pixels: Pixels) -> np.ndarray:
        looked.append(int(pixels[0, 0, 0]))
        return np.array([PERSON]) * (*pixels.shape[1::-1], *pixels.shape[1::-1])

    weights = draws(np.array(["cam"] * 3), 20, 0)
    report = hidden(pictures, faces, boxes, weights)
    assert (report["face"]["pictures"], report["face"]["objects"]) == (2, 3)
    assert report["face"]["hidden"][0] == pytest.approx(1 / 3, abs=1e-4)
    assert report["plate"]["hidden"][0] == 1
    assert len(looked) == 2  # a picture without either costs nothing


@pytest.mark.parametrize("text", ["{", '{"picture": "ab"}', '{"picture": "ab", "faces": [[1]]}'])
def test_broken_labels_say_what_is_wanted(tmp_path: Path, text: str) -> None:
    file = tmp_path / "faces.jsonl"
    file.write_text(text)
    with pytest.raises(EvaluationError, match=r"Give lines of"):
        read_faces(file)


def test_the_labelled_faces_are_boxes_inside_their_pictures() -> None:
    file = Path(__file__).parents[3] / "datasets" / "labels" / "faces.jsonl"
    faces = read_faces(file)
    assert len(faces) == len([json.loads(row) for row in file.read_text().splitlines()])
    for boxes in faces.values():
        assert np.all((boxes >= 0) & (boxes <= 1))
        assert np.all(boxes[:, :2] < boxes[:, 2:])
