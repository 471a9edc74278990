import av
import numpy as np
import pytest

from datasets.errors import RenderError, TruthError
from datasets.renderer.camera import Camera
from datasets.renderer.light import Light
from datasets.renderer.motion import Path, Walker
from datasets.renderer.people import Person
from datasets.renderer.raster import Pose
from datasets.renderer.scene import Actor, Scene
from datasets.renderer.stalls import stall_mesh
from datasets.renderer.street import Street
from datasets.renderer.truth import Truth, Violation
from datasets.renderer.video import Sequence, render_video
from datasets.renderer.weather import Weather


def make() -> Scene:
    camera = Camera.looking_at((5, -3, 6), (0, 10, 0), 60, 320, 192)
    mesh = stall_mesh(np.random.default_rng(1), "table", "none")
    stays = Path.of((1.0, 0, 10), (3.0, 0, 10))
    walker = Walker(
        Person.random(np.random.default_rng(2)), Path.at_speed(0, 1.2, (-3, 4), (-3, 20))
    )
    violation = Violation("street_vending", "stall", "strip", "stall-1", 0.0, 9.0, (0, 0, 1, 1))
    actors = [
        Actor.moving("stall-1", mesh, stays.pose),
        Actor("walker", walker.figure, walker.pose),
    ]
    return Scene(camera, Light(), Weather(), Street(north=40, ppm=8), actors, (violation,))


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "street.mp4"
    return path, render_video(make(), path, 4, 5)


def test_video_is_h264_of_the_stated_size_rate_and_length(film):
    path, truth = film
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert (stream.width, stream.height, stream.average_rate) == (320, 192, 5)
        times = [frame.time for frame in container.decode(stream)]
    assert times == pytest.approx([f.t for f in truth.frames])
    assert len(times) == 20


def test_truth_survives_the_file(film):
    path, truth = film
    loaded = Truth.load(Truth.path_for(path))
    assert loaded.violations == truth.violations
    assert [len(f.boxes) for f in loaded.frames] == [len(f.boxes) for f in truth.frames]
    assert loaded.at(2.05) == loaded.frames[10]


def test_violation_is_narrowed_to_what_is_seen(film):
    _, truth = film
    (violation,) = truth.violations
    assert violation.start == pytest.approx(1.0)
    assert violation.end == pytest.approx(2.8)
    shown = [b for b in truth.at(2).boxes if b.actor == "stall-1" and b.label == "stall"]
    x1, y1, x2, y2 = violation.box
    assert (x1 * 320, y1 * 192, x2 * 320, y2 * 192) == pytest.approx(shown[0].box, abs=3)


def test_same_scene_same_bytes(film, tmp_path):
    path, _ = film
    render_video(make(), tmp_path / "street.mp4", 4, 5)
    assert (tmp_path / "street.mp4").read_bytes() == path.read_bytes()


def test_a_violation_nobody_sees_is_none(tmp_path):
    scene = make()
    scene.violations = (
        Violation("street_vending", "stall", "strip", "nobody", 0.0, None, (0, 0, 1, 1)),
    )
    assert render_video(scene, tmp_path / "a.mp4", 0.4, 5).violations == ()


def test_sequence_cuts_hard():
    one, two = make(), make()
    two.actors = [
        Actor.standing("late", stall_mesh(np.random.default_rng(4), "cart", "none"), Pose(0, 9))
    ]
    film = Sequence((0.0, one), (2.0, two))
    assert {b.actor for b in film.frame(1.9)[1]} >= {"stall-1"}
    assert {b.actor for b in film.frame(2.0)[1]} == {"late"}


def test_unwritable_video_says_so(tmp_path):
    with pytest.raises(RenderError, match=r"could not be written"):
        render_video(make(), tmp_path / "nowhere" / "a.mp4", 0.2, 5)


@pytest.mark.parametrize("text", ["", "{", '{"video": "a"}', "[]"])
def test_broken_truth_says_so(tmp_path, text):
    path = tmp_path / "a.truth.json"
    path.write_text(text)
    with pytest.raises(TruthError, match="broken"):
        Truth.load(path)


def test_missing_truth_says_so(tmp_path):
    with pytest.raises(TruthError, match="cannot be read"):
        Truth.load(tmp_path / "none.truth.json")
