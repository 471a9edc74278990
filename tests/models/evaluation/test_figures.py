import numpy as np
import pytest

from models.evaluation import breakdown
from models.evaluation.against import Side, compare
from models.evaluation.bootstrap import draws
from models.evaluation.errors import counts, false_detections, missed_objects
from models.evaluation.figures import (
    ClassView,
    calibration,
    class_figures,
    curve,
    operating_points,
)
from models.evaluation.table import Table, look_at
from models.evaluation.told import told
from models.evaluation.truth import read_truth
from tests.models.evaluation.conftest import CLASSES, World, seeing

LEFT, RIGHT, FAR = (0.0, 0.0, 0.4, 0.8), (0.5, 0.0, 0.9, 0.8), (0.9, 0.9, 1.0, 1.0)
BIN, TRUCK, PERSON = range(3)


def _table(world: World, look) -> Table:
    truth = read_truth(world.folder)
    return look_at(truth.pictures, look, 400, CLASSES)


def _view(table: Table, label: int = BIN) -> ClassView:
    return ClassView(table, label, np.ones(len(table.pictures), bool))


@pytest.fixture
def street(world: World) -> tuple[World, Table]:
    """Bins: two found, one too weak, one missed; one invented, one doubled, one misplaced."""
    world.add("a", [("bin", *LEFT), ("bin", *RIGHT)])
    world.add("a", [("bin", *LEFT), ("truck", *RIGHT)])
    world.add("b", [("bin", *FAR)], marks=[["bin", *FAR, "shed"]], grey=20)
    world.add("b", [], measured=["truck"])
    look = seeing(
        [(BIN, 0.9, *LEFT), (BIN, 0.8, *RIGHT), (BIN, 0.7, *RIGHT)],
        [(BIN, 0.2, *LEFT), (BIN, 0.6, *RIGHT), (BIN, 0.5, 0.0, 0.0, 0.2, 0.5)],
        [(BIN, 0.4, *LEFT)],
        [(BIN, 0.95, *LEFT)],  # bins are not labelled there
    )
    return world, _table(world, look)


def test_counts_only_what_is_labelled(street: tuple[World, Table]) -> None:
    _, table = street
    view = _view(table)
    figures, _ = class_figures(view, draws(table.sources, 50, 0), 0.3)
    assert (figures["pictures"], figures["pictures_with"], figures["objects"]) == (3, 3, 4)
    assert figures["precision"][0] == pytest.approx(2 / 6, abs=1e-4)
    assert figures["recall"][0] == 0.5
    assert figures["recall_loose"][0] == 0.75  # the misplaced one is near enough at 0.3
    low, high = figures["recall"][1:]
    assert low < 0.5 < high


def test_pictures_are_told_wherever_it_is_seen(world: World) -> None:
    world.add("a", [("bin", *LEFT)])
    world.add("a", [("bin", *LEFT)])
    world.add("a", [("truck", *LEFT)])
    world.add("b", [("truck", *LEFT)])
    world.add("b", [], measured=["truck"])
    look = seeing(
        [(BIN, 0.9, *FAR)],  # elsewhere, but the picture is told
        [(BIN, 0.2, *LEFT)],  # too weak
        [(BIN, 0.8, *LEFT)],  # false
        [],
        [(BIN, 0.8, *LEFT)],  # bins are not labelled there
    )
    table = _table(world, look)
    bins = told(table, draws(table.sources, 20, 0), 0.3)["bin"]
    assert bins["sources"] == {
        "a": {"with": 2, "told": 1, "without": 1, "falsely": 1},
        "b": {"with": 0, "told": 0, "without": 1, "falsely": 0},
    }
    assert bins["told"][0] == 0.5
    assert bins["falsely"][0] == 0.5


def test_errors_are_told_apart(street: tuple[World, Table]) -> None:
    _, table = street
    view = _view(table)
    assert counts(false_detections(view, 0.3)) == {
        "duplicate": 1,
        "taken for it: truck": 1,
        "misplaced": 1,
        "nothing there": 1,
    }
    assert counts(missed_objects(view, 0.3)) == {"too weak": 1, "unseen": 1}


def test_marks_light_and_confusion(street: tuple[World, Table]) -> None:
    _, table = street
    weights = draws(table.sources, 20, 0)
    marks = breakdown.by_mark(_view(table), weights, 0.3)
    assert marks["shed"]["objects"] == 1
    assert marks["shed"]["recall"][0] == 0
    light = breakdown.by_light(table, weights, 0.3)
    assert light["dark"]["pictures"] == 1
    assert light["dark"]["classes"]["bin"]["objects"] == 1
    assert light["bright"]["classes"]["bin"]["objects"] == 3
    taken = breakdown.confusion(table, 0.3)
    assert taken["classes"] == ["bin", "truck", "nothing"]
    seen_bin = dict(zip(taken["classes"], taken["matrix"][0], strict=True))
    assert seen_bin == {"bin": 2, "truck": 1, "nothing": 3}


def test_sizes_are_those_of_the_input(world: World) -> None:
    # A 100×200 picture at 400 px is doubled: 40 px high is 80 there, medium; 8 px is 16, small.
    medium, small = (0.0, 0.0, 0.1, 0.4), (0.5, 0.5, 0.54, 0.58)
    world.add("a", [("bin", *medium), ("bin", *small)])
    table = _table(world, seeing([(BIN, 0.9, *medium), (BIN, 0.8, 0.8, 0.8, 0.84, 0.88)]))
    sizes = breakdown.by_size(_view(table), draws(table.sources, 10, 0), 0.3)
    assert {name: part["objects"] for name, part in sizes.items()} == {"small": 1, "medium": 1}
    assert sizes["medium"]["recall"][0] == 1
    # The small false detection does not count against the medium ones.
    # Even without a fault ultralytics gives 0.995: it leaves out recall 1.
    assert sizes["medium"]["ap50"][0] == pytest.approx(1, abs=6e-3)
    assert sizes["small"]["ap50"][0] == 0


def test_thresholds_keep_their_promise(street: tuple[World, Table]) -> None:
    _, table = street
    points = operating_points(curve(_view(table)))
    for name, promised in (("precision_0.9", 0.9), ("precision_0.8", 0.8)):
        point = points[name]
        assert point is not None
        figures, _ = class_figures(_view(table), np.ones((1, 4)), point["threshold"])
        assert figures["precision"][0] >= promised
        assert figures["recall"][0] == point["recall"] == 0.5
    nothing = operating_points(curve(_view(table, PERSON)))
    assert set(nothing.values()) == {None}


def test_calibration_of_scores_that_are_right_as_often_as_they_say() -> None:
    random = np.random.default_rng(0)
    scores = random.random(20_000)
    honest = calibration(scores, random.random(20_000) < scores)
    boastful = calibration(scores, random.random(20_000) < scores / 2)
    assert honest is not None
    assert boastful is not None
    assert honest["ece"] < 0.02
    assert boastful["ece"] == pytest.approx(0.26, abs=0.02)
    assert calibration(np.array([0.01]), np.array([False])) is None


def test_another_detector_is_compared_by_name(world: World) -> None:
    for _ in range(8):
        world.add("a", [("bin", *LEFT), ("truck", *RIGHT)])
    ours = _table(world, seeing(*[[(BIN, 0.9, *LEFT), (TRUCK, 0.9, *RIGHT)]] * 8))
    pictures = read_truth(world.folder).pictures
    half = [[(7, 0.5, *RIGHT)]] * 4 + [[]] * 4  # 7 is their truck; they know no bin
    theirs = look_at(pictures, seeing(*half), 400, CLASSES, renamed={7: TRUCK})
    weights = draws(ours.sources, 200, 0)
    result = compare(Side(ours, 0.3), Side(theirs, 0.25), frozenset({"truck"}), weights)
    assert set(result) == {"truck"}
    assert result["truck"]["recall_ratio"][0] == 2
    low, high = result["truck"]["recall_ratio"][1:]
    assert 1 < low < 2 < high
    assert result["truck"]["same_precision"]["recall_ratio"][0] == 2
    same = compare(Side(ours, 0.3), Side(ours, 0.3), frozenset({"truck"}), weights)
    assert same["truck"]["recall_ratio"] == (1, 1, 1)  # the draws are paired
