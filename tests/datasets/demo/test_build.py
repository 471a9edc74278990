import json
from pathlib import Path

import av
import pytest

from datasets.demo import build as demo
from datasets.demo.build import SHOTS, STAMP, Format, build_demo
from datasets.errors import RenderError
from datasets.renderer.truth import Truth
from vision.site.file import load_site

TINY = Format(width=256, height=144, seconds=1.0, fps=2.0)
FILMED = {f"{name}{end}" for name in SHOTS for end in (".mp4", ".truth.json")}
NAMES = FILMED | {"site.yaml", "map.geojson", STAMP}


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    build_demo(folder, form=TINY, workers=1)
    return folder


@pytest.fixture
def copied(root, tmp_path) -> Path:
    for name in NAMES:
        (tmp_path / name).write_bytes((root / name).read_bytes())
    return tmp_path


@pytest.fixture
def filmed(monkeypatch) -> list[str]:
    """Names of the cameras filmed since; filming itself is replaced by an empty file."""
    names: list[str] = []

    def shoot(name, part, _form, _progress):
        names.append(name)
        for end in (".mp4", ".truth.json"):
            (part / f"{name}{end}").write_bytes(b"")
        return {"zone": [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]}

    monkeypatch.setattr(demo, "_shoot", shoot)
    return names


def test_site_file_is_valid_and_names_the_videos(root):
    site = load_site(root / "site.yaml")
    assert [c.id for c in site.cameras] == [
        "market-street",
        "bin-corner",
        "site-gate",
        "block-survey",
    ]
    for camera in site.cameras:
        assert Path(camera.source) == root / f"{camera.id}.mp4"
        assert camera.place is not None
        assert len(camera.place.department.code) == 18
        with av.open(camera.source) as container:
            assert sum(1 for _ in container.decode(video=0)) == 2
        truth = Truth.load(Truth.path_for(Path(camera.source)))
        assert (truth.width, truth.height, truth.fps) == (256, 144, 2.0)
    assert {p.name for p in root.iterdir()} == NAMES


def test_second_call_films_nothing(copied, filmed):
    assert build_demo(copied, form=TINY, workers=1) == copied / "site.yaml"
    assert filmed == []


@pytest.mark.parametrize("damage", ["site-gate.mp4", STAMP, "site.yaml"])
def test_incomplete_cache_is_made_again(copied, filmed, damage):
    (copied / damage).unlink()
    build_demo(copied, form=TINY, workers=1)
    assert set(filmed) == set(SHOTS)


def test_other_renderer_or_format_is_made_again(copied, filmed):
    stamp = json.loads((copied / STAMP).read_text())
    (copied / STAMP).write_text(json.dumps(stamp | {"renderer": "older"}))
    build_demo(copied, form=TINY, workers=1)
    assert len(filmed) == 4
    build_demo(copied, form=Format(256, 144, 1.0, 3.0), workers=1)
    assert len(filmed) == 8


def test_interrupted_build_leaves_no_cache_and_is_redone(tmp_path, filmed, monkeypatch):
    shoot = demo._shoot

    def fails(name, *rest):
        if name == "block-survey":
            raise KeyboardInterrupt
        return shoot(name, *rest)

    monkeypatch.setattr(demo, "_shoot", fails)
    (tmp_path / "streetwarden.db").write_text("cases")
    with pytest.raises(KeyboardInterrupt):
        build_demo(tmp_path, form=TINY, workers=1)
    assert {p.name for p in tmp_path.iterdir()} == {"streetwarden.db"}
    monkeypatch.setattr(demo, "_shoot", shoot)
    build_demo(tmp_path, form=TINY, workers=1)
    assert {p.name for p in tmp_path.iterdir()} == NAMES | {"streetwarden.db"}


def test_killed_build_is_swept_up(copied, filmed):
    (copied / ".building-dead").mkdir()
    (copied / ".building-dead" / "half.mp4").write_bytes(b"0")
    (copied / STAMP).unlink()
    build_demo(copied, form=TINY, workers=1)
    assert {p.name for p in copied.iterdir()} == NAMES
    assert len(filmed) == 4


def test_unwritable_root_says_so(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(RenderError, match=r"cannot be written.*choose another folder"):
        build_demo(blocked / "demo", form=TINY, workers=1)


def test_progress_comes_from_worker_processes(tmp_path):
    told: dict[str, float] = {}
    form = Format(width=128, height=72, seconds=0.5, fps=2.0)
    build_demo(tmp_path, progress=told.__setitem__, form=form, workers=2)
    assert told == dict.fromkeys(SHOTS, 1.0)
