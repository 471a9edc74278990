import json
import re
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from models import ModelEntry
from models.errors import EvaluationError
from models.evaluation import run
from models.evaluation.masking import Masking
from models.evaluation.page import figure
from models.evaluation.run import Settings, evaluate
from tests.models.evaluation.conftest import CLASSES, World, seeing

LEFT, RIGHT = (0.0, 0.0, 0.4, 0.8), (0.5, 0.0, 0.9, 0.8)
SIZE = 128
opened: list[tuple[str, int]] = []
"""Detectors that an evaluation opened, with their input's size."""


@pytest.fixture
def entry(tmp_path: Path) -> ModelEntry:
    path = tmp_path / "w.pt"
    path.write_bytes(b"weights")
    return ModelEntry("ours", path, "ab" * 32, "1", "detect", CLASSES, SIZE, 0.3)


@pytest.fixture
def street(world: World, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two sources, a detector that sees some of what is there, and another that sees less."""
    world.add("cam", [("bin", *LEFT), ("truck", *RIGHT)], measured=["bin", "truck"])
    world.add("cam", [("bin", *LEFT)], measured=["bin", "truck"])
    world.add("drone", [("truck", *RIGHT)], measured=["truck"])
    seen = {
        "ours": ([(0, 0.9, *LEFT), (1, 0.8, *RIGHT)], [(1, 0.7, *LEFT)], [(1, 0.6, *RIGHT)]),
        "theirs": ([], [], [(0, 0.6, *RIGHT)]),  # their class 0 is our truck
    }

    opened.clear()

    class Fake:
        def __init__(self, entry: ModelEntry, size: int, floor: float) -> None:
            self.size = size
            opened.append((entry.name, size))
            self.look = self.look_in_tiles = seeing(*seen[entry.name])

    monkeypatch.setattr(run, "Looker", Fake)
    return world.folder


def test_one_evaluation_from_end_to_end(street: Path, entry: ModelEntry, tmp_path: Path) -> None:
    other = replace(entry, name="theirs", classes=("truck", "kite"), threshold=0.25)
    faces = tmp_path / "faces.jsonl"
    faces.write_text(json.dumps({"picture": f"{2:064x}", "faces": [[0.6, 0.2, 0.7, 0.3]]}))
    settings = Settings(
        SIZE,
        0.3,
        tiles=True,
        against=other,
        masking=Masking(faces, 0.5, ("truck",)),
        means=(("cam", ("bin",)),),
        resamples=50,
    )
    out, said = tmp_path / "out", []
    report = evaluate(entry, street, out, settings, lambda *words: said.append(words))

    assert json.loads((out / "evaluation.json").read_text()) == json.loads(json.dumps(report))
    cam = report["sources"]["cam"]["classes"]
    assert {name: figures["objects"] for name, figures in cam.items()} == {"bin": 2, "truck": 1}
    assert cam["bin"]["recall"][0] == 0.5
    assert "bin" not in report["sources"]["drone"]["classes"]
    assert [(mean["source"], mean["classes"]) for mean in report["means"]] == [
        ("cam", ["bin", "truck"]),
        ("cam", ["bin"]),
        ("drone", ["truck"]),
    ]
    assert report["against"]["classes"]["truck"]["recall"][0][0] == 1
    assert report["against"]["classes"]["truck"]["recall_ratio"][0] == 2
    assert report["tiles"]["drone"]["classes"]["truck"]["ap50_gain"][0] == 0
    assert report["masking"]["classes"]["face"]["hidden"][0] == 1
    assert report["overall"]["classes"]["truck"]["errors"]["false"] == {"taken for it: bin": 1}
    assert ("pictures", 3, 3) in said

    page = (out / "evaluation.html").read_text()
    assert "taken for it: bin 1" in page
    assert not re.findall(r'(?:src|href)="(?!data:)', page)  # it needs nothing beside it
    assert str(tmp_path) not in page + (out / "evaluation.json").read_text()
    for name in ("bin", "truck"):
        assert cv2.imread(str(out / "sheets" / f"{name}.png")).shape[1] == 1200
    assert cv2.imread(str(out / "curves.png")) is not None


@pytest.mark.parametrize(("asked", "size"), [(None, 320), (256, 256)])
def test_each_is_measured_at_its_own_size_and_threshold(
    street: Path, entry: ModelEntry, tmp_path: Path, asked: int | None, size: int
) -> None:
    other = replace(entry, name="theirs", classes=("truck", "kite"), threshold=0.25, image_size=320)
    settings = Settings(SIZE, 0.3, against=other, against_size=asked, resamples=2)
    report = evaluate(entry, street, tmp_path / "out", settings)
    assert opened == [("ours", SIZE), ("theirs", size)]
    assert (report["against"]["size"], report["against"]["threshold"]) == (size, 0.25)
    assert report["against"]["classes"]["truck"]["threshold"] == [0.3, 0.25]
    page = (tmp_path / "out/evaluation.html").read_text()
    assert f"({SIZE} and {size} px)" in " ".join(page.split())


def test_the_same_seed_gives_the_same_report(
    street: Path, entry: ModelEntry, tmp_path: Path
) -> None:
    settings = Settings(SIZE, 0.3, sources=("cam",), resamples=20, seed=4)
    one, two = (evaluate(entry, street, tmp_path / name, settings) for name in "ab")
    assert one == two
    assert list(one["sources"]) == ["cam"]
    assert "tiles" not in one


@pytest.mark.parametrize("mean", [("gone", ("bin",)), ("cam", ("kite",))])
def test_a_mean_of_what_there_is_not(
    street: Path, entry: ModelEntry, tmp_path: Path, mean: tuple[str, tuple[str, ...]]
) -> None:
    with pytest.raises(EvaluationError, match=r"sources are cam, drone.*bin"):
        evaluate(entry, street, tmp_path / "out", Settings(SIZE, 0.3, means=(mean,)))


def test_figures_are_written_with_their_interval() -> None:
    assert figure((0.861, 0.8, 0.9)) == "0.86 (0.80–0.90)"
    assert figure((-0.1, -0.2, 0.05)) == "-0.10 (-0.20 to 0.05)"
    assert figure((0.5, None, None)) == "0.50"
    assert figure((None, None, None)) == "–"
