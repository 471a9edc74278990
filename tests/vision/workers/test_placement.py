from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.errors import SiteError
from vision.site import Camera, Site, SiteInfo
from vision.site.file import load_site
from vision.workers.placement import estimate, share_out, workers_for

costs = st.dictionaries(st.text(min_size=1, max_size=4), st.floats(0.01, 100), max_size=30)


@given(costs, st.integers(1, 8))
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
    assert estimate(tiled) == 10 * estimate(one) == 20


@pytest.mark.parametrize("wrong", ["0", "-1", "257", "2.5", "many", "true", "[2]"])
def test_a_wrong_number_is_refused_with_its_line(tmp_path, wrong):
    file = tmp_path / "site.yaml"
    file.write_text(f"site: {{name: s}}\nworkers: {wrong}\n")
    with pytest.raises(SiteError, match=r"site\.yaml:2: workers: .*from 1 to 256, or `auto`"):
        load_site(file)
