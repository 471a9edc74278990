import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vision.audit.findings import BASIS, find, seen
from vision.detections import make_detections
from vision.kinds import catalogue

CLASSES = catalogue().class_names


def detections(*found):
    """From (class name, box, score) each."""
    boxes = np.array([box for _, box, _ in found], np.float32).reshape(-1, 4)
    scores = np.array([score for *_, score in found], np.float32)
    return make_detections(boxes, scores, np.array([CLASSES.index(n) for n, *_ in found]), CLASSES)


def truck(load, load_score, dirt, dirt_score, sure=0.9):
    one = detections(("truck", (0, 0, 200, 100), sure))
    one.data.update(
        load=np.array([load]),
        load_score=np.array([load_score], np.float32),
        dirt=np.array([dirt]),
        dirt_score=np.array([dirt_score], np.float32),
    )
    return one


def kinds(found):
    return [(f.kind, f.subtype) for f in found]


def test_an_overflowing_bin_with_garbage_beside_it_is_one_finding():
    found = find(
        detections(
            ("overflowing_bin", (100, 100, 160, 200), 0.7),
            ("garbage", (165, 160, 220, 200), 0.9),
        )
    )
    assert kinds(found) == [("overflowing_bin", "bin_overflow")]
    assert found[0].box == (100, 100, 220, 200)
    assert found[0].score == np.float32(0.7)  # the bin decides, not the bag beside it
    assert found[0].focus == (0, 1)
    assert found[0].why.data["heaps"] == 1
    assert found[0].codes["GB/T 47678.5-2026"] == "06042"


def test_garbage_at_a_bin_is_overflow_and_alone_is_exposed():
    at_bin = detections(("bin", (0, 0, 60, 100), 0.8), ("garbage", (62, 60, 110, 100), 0.6))
    assert kinds(find(at_bin)) == [("overflowing_bin", "bin_overflow")]
    assert find(at_bin)[0].focus == (1,)  # the bin itself is not what is wrong
    alone = detections(("bin", (0, 0, 60, 100), 0.8), ("garbage", (400, 60, 450, 100), 0.6))
    assert kinds(find(alone)) == [("overflowing_bin", "exposed_garbage")]


def test_places_join_through_one_another_but_not_across_the_street():
    row = [("overflowing_bin", (x, 0, x + 50, 100), 0.8) for x in (0, 60, 120)]
    far = ("overflowing_bin", (600, 0, 650, 100), 0.9)
    found = find(detections(*row, far))
    assert [f.objects for f in found] == [1, 3]  # best score first


def test_a_market_is_one_finding_with_a_count():
    stalls = [("stall", (x, 0, x + 40, 40), 0.5 + x / 1000) for x in range(0, 300, 50)]
    over = ("parasol", (10, -20, 60, 10), 0.9)  # belongs to the first two stalls
    apart = ("parasol", (900, 0, 940, 40), 0.4)
    found = find(detections(*stalls, over, apart))
    assert kinds(found) == [("street_vending", "stall")]
    assert found[0].objects == 7
    assert len(found[0].focus) == 8


def test_a_truck_is_judged_by_its_state_and_by_nothing_else():
    assert kinds(find(truck("open", 0.8, "muddy", 0.9))) == [
        ("dirty_truck", "mud_on_wheels"),
        ("dirty_truck", "not_sealed"),
    ]
    assert find(truck("open", 0.8, "clean", 0.9))[0].score == np.float32(0.9) * np.float32(0.8)
    assert find(truck("covered", 0.9, "clean", 0.9)) == ()
    assert find(truck("open", 0.4, "muddy", 0.4)) == ()
    assert find(detections(("truck", (0, 0, 200, 100), 0.9))) == ()


def test_a_weak_reading_of_a_truck_says_how_weak_it_is():
    why = {f.subtype: f.why for f in find(truck("open", 0.8, "muddy", 0.9))}
    for subtype, reason in why.items():
        read = catalogue().kind("dirty_truck").subtype(subtype).read
        assert read is not None
        assert f"it found {read.found}" in reason.en
        assert f"{read.such}张识别出{read.found}张" in reason.zh
        assert reason.data["test_wrong"] == read.wrong


def test_structures_people_and_full_views_of_nothing_make_no_finding():
    quiet = detections(("structure", (0, 0, 99, 99), 0.9), ("person", (0, 0, 9, 20), 0.9))
    assert find(quiet) == ()
    assert seen(quiet) == {"structure": 1, "person": 1}
    assert find(detections()) == ()
    assert seen(detections()) == {}


def test_every_finding_says_what_it_rests_on():
    assert "single picture" in BASIS["en"]
    assert "单张照片" in BASIS["zh"]


place = st.integers(0, 900).map(float)
boxes = st.builds(
    lambda x, y, w, h: (x, y, x + w, y + h), place, place, st.integers(4, 300), st.integers(4, 300)
)
objects = st.tuples(
    st.sampled_from(("bin", "overflowing_bin", "garbage")), boxes, st.floats(0.25, 1.0, width=32)
)


@given(st.lists(objects, max_size=12))
def test_each_full_bin_and_heap_is_in_exactly_one_finding(found):
    counted = sorted(i for f in find(detections(*found)) for i in f.focus)
    assert counted == [i for i, (name, *_) in enumerate(found) if name != "bin"]


@given(st.lists(objects, max_size=8), st.randoms())
def test_the_order_of_boxes_decides_nothing(found, random):
    shuffled = list(found)
    random.shuffle(shuffled)
    ours, theirs = (
        sorted((f.subtype, f.box, f.objects, f.score) for f in find(detections(*d)))
        for d in (found, shuffled)
    )
    assert ours == theirs
