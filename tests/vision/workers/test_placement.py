from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.errors import SiteError
from vision.loop import LoopCounters, Step
from vision.site import Camera, Site, SiteInfo
from vision.site.file import load_site
from vision.sources.status import CameraState, CameraStatus
from vision.workers.costs import Costs, estimate, measured
from vision.workers.placement import place, share_out, workers_for

costs = st.dictionaries(st.text(min_size=1, max_size=4), st.floats(0.01, 100), max_size=30)


@given(costs, st.integers(1, 8))
@settings(deadline=None)
def test_every_camera_has_one_worker_and_none_is_overloaded(costs, workers):
    shares = share_out(costs, workers)
    assert sorted(name for share in shares for name in share) == sorted(costs)
    loads = sorted(sum(costs[name] for name in share) for share in shares)
    # Each was given to the one with least to do, so without its last one none exceeds another.
    for share in shares:
        least = min((costs[name] for name in share), default=0.0)
        assert sum(costs[name] for name in share) - least <= loads[0] + 1e-6


def test_equal_cameras_are_shared_equally():
    shares = share_out(dict.fromkeys("abcdefgh", 1.0), 3)
    assert sorted(map(len, shares)) == [2, 3, 3]
    assert sorted(map(len, share_out(dict.fromkeys("abcdefgh", 0.0), 4))) == [2, 2, 2, 2]


def a_site(workers, cameras: int) -> Site:
    made = tuple(Camera(id=f"c{n}", source="rtsp://10.0.0.1/1") for n in range(cameras))
    return Site(site=SiteInfo(name="s"), workers=workers, cameras=made)


@pytest.mark.parametrize(
    ("workers", "cameras", "cores", "expected"),
    [
        (1, 9, 64, 1),
        (4, 9, 2, 4),
        (4, 3, 64, 3),
        (4, 0, 64, 1),
        ("auto", 99, 2, 1),
        ("auto", 99, 4, 1),
        ("auto", 99, 16, 15),
        ("auto", 5, 16, 5),
    ],
)
def test_how_many_workers(workers, cameras, cores, expected):
    assert workers_for(a_site(workers, cameras), cores=cores) == expected


def test_one_process_is_the_default():
    assert Site(site=SiteInfo(name="s")).workers == 1


def test_tiles_cost_as_many_pictures():
    one, tiled = (Camera(id="c", source="x", analyse_fps=2, tiles=t) for t in (False, True))
    assert estimate(tiled) == pytest.approx(10 * estimate(one))


def test_costs_are_measured_and_kept(tmp_path):
    counters = LoopCounters()
    for camera, looks in (("gate", 30), ("yard", 10)):
        for _ in range(looks):
            counters.spent(Step.DELIVER, 0.1)
            counters.delivered(camera, None)
    statuses = [
        CameraStatus("gate", "x", CameraState.ALIVE, analysed=30, processor_s=7.0),
        CameraStatus("yard", "x", CameraState.ALIVE, analysed=10, processor_s=1.0),
    ]
    found = measured(statuses, counters.counts(), 10.0)
    assert found == pytest.approx({"gate": 1.0, "yard": 0.2})

    file = tmp_path / "memory" / "costs.json"
    new = Camera(id="new", source="x")
    cameras = [Camera(id="yard", source="x"), new, Camera(id="gate", source="x")]
    Costs(file).learn(found)
    kept = Costs(file)
    assert kept.of(cameras) == pytest.approx({"yard": 0.2, "new": estimate(new), "gate": 1.0})
    kept.learn({"gate": 1.01})
    assert Costs(file).of(cameras)["gate"] == pytest.approx(1.0), "no news is not written"
    kept.learn({"gate": 2.0})
    assert Costs(file).of(cameras)["gate"] == 2.0
    file.write_text("not a number")
    assert Costs(file).of([new]) == {"new": estimate(new)}


def test_a_dear_camera_has_a_worker_of_its_own():
    costs = {"a": 0.1, "b": 0.5, "c": 0.1, "d": 0.1}
    assert share_out(costs, 2) == [("b",), ("a", "c", "d")]


@pytest.mark.parametrize("wrong", ["0", "-1", "257", "2.5", "many", "true", "[2]"])
def test_a_wrong_number_is_refused_with_its_line(tmp_path, wrong):
    file = tmp_path / "site.yaml"
    file.write_text(f"site: {{name: s}}\nworkers: {wrong}\n")
    with pytest.raises(SiteError, match=r"site\.yaml:2: workers: .*from 1 to 256, or `auto`"):
        load_site(file)


@given(costs, costs, st.integers(1, 8))
def test_a_new_camera_moves_no_other_and_goes_to_the_one_with_least_to_do(
    before: dict[str, float], after: dict[str, float], workers: int
) -> None:
    homes = place(before, workers, {})
    now = place(after, workers, homes)
    assert now.items() >= homes.items(), "each stays, also one that comes back later"
    assert set(now) == set(before) | set(after)
    fresh = [name for name in after if name not in before]
    for camera in fresh[:1] if len(fresh) == 1 else ():
        loads = [
            sum(after[n] for n in after if n != camera and now[n] == worker)
            for worker in range(workers)
        ]
        assert loads[now[camera]] == min(loads)
