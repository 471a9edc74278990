import numpy as np
import pytest

from datasets.renderer.camera import Camera
from datasets.renderer.light import Light, night
from datasets.renderer.mesh import Mesh
from datasets.renderer.motion import Path
from datasets.renderer.raster import Pose
from datasets.renderer.scene import Actor, Scene
from datasets.renderer.street import Street
from datasets.renderer.vehicles import car_mesh
from datasets.renderer.weather import Weather

CLEAN = Weather(haze=0, noise=0, blur=0)
CAMERA = Camera.looking_at((5, -3, 6), (0, 12, 0), 60, 320, 180)
STREET = Street(north=40, ppm=8)


def cube(colour=(20, 20, 230), size=2.0, label="stall") -> Mesh:
    mesh = Mesh()
    mesh.begin(label)
    mesh.box((0, 0, 0), (size, size, size), colour)
    return mesh


def scene(actors, light=None, weather=CLEAN, **kwargs) -> Scene:
    return Scene(CAMERA, light or Light(), weather, STREET, actors, **kwargs)


def projected(pose: Pose, size: float) -> np.ndarray:
    half = size / 2
    corners = [
        (pose.x + a, pose.y + b, c) for a in (-half, half) for b in (-half, half) for c in (0, size)
    ]
    pixels, _ = CAMERA.project(np.array(corners))
    return np.concatenate((pixels.min(axis=0), pixels.max(axis=0)))


@pytest.mark.parametrize("still", [True, False])
def test_box_is_the_projected_silhouette(still):
    pose = Pose(0, 12)
    actor = Actor.moving("a", cube(), lambda _: pose)
    actor.still = still
    _, boxes = scene([actor]).frame(0)
    assert [b.label for b in boxes] == ["stall"]
    assert boxes[0].box == pytest.approx(projected(pose, 2.0), abs=1.5)


def test_pixels_change_inside_the_box_only():
    pose = Pose(0, 12)
    empty, _ = scene([], Light(shadow=0)).frame(0)
    full, boxes = scene([Actor.moving("a", cube(), lambda _: pose)], Light(shadow=0)).frame(0)
    changed = np.abs(full.astype(int) - empty).sum(axis=2) > 60
    x1, y1, x2, y2 = (int(v) for v in boxes[0].box)
    assert changed[y1:y2, x1:x2].mean() > 0.5
    changed[y1 - 12 : y2 + 12, x1 - 12 : x2 + 12] = False
    assert not changed.any()


def test_nearer_covers_farther_in_any_order():
    near, far = Pose(1.2, 8), Pose(0.2, 12)
    actors = [
        Actor.moving("near", cube(), lambda _: near),
        Actor.moving("far", cube(), lambda _: far),
    ]
    for order in (actors, actors[::-1]):
        _, boxes = scene(order).frame(0)
        by_name = {b.actor: b.box for b in boxes}
        assert by_name["near"] == pytest.approx(projected(near, 2.0), abs=1.5)
        seen = by_name["far"]
        whole = projected(far, 2.0)
        assert (seen[2] - seen[0]) * (seen[3] - seen[1]) < 0.95 * np.prod(whole[2:] - whole[:2])


def test_what_is_mostly_hidden_has_no_box():
    wall = Pose(1.9, 7)
    hidden = Pose(1.0, 9.6)
    _, boxes = scene(
        [
            Actor.moving("wall", cube(size=3.0), lambda _: wall),
            Actor.moving("hidden", cube(size=1.0), lambda _: hidden),
        ]
    ).frame(0)
    assert [b.actor for b in boxes] == ["wall"]


def test_still_cover_hides_what_moves_behind_it():
    way = Path.of((0, -30, 12), (100, 30, 12))
    cover = Actor.standing("cover", cube(size=3.0), Pose(1.5, 8))
    walker = Actor.moving("walker", cube(size=0.6), way.pose)
    film = scene([cover, walker])
    names = [{b.actor for b in film.frame(t)[1]} for t in range(40, 60)]
    assert {"cover", "walker"} in names
    assert {"cover"} in names


def test_frames_do_not_depend_on_what_was_drawn_before():
    def make():
        way = Path.of((0, -3, 6), (20, 3, 24))
        return scene(
            [Actor.moving("a", car_mesh(np.random.default_rng(2)), way.pose)], weather=Weather()
        )

    walked = make()
    for t in (0, 3, 9, 5):
        last, boxes = walked.frame(t)
    fresh, fresh_boxes = make().frame(5)
    assert np.array_equal(last, fresh)
    assert boxes == fresh_boxes


def test_plate_lies_on_its_car_and_counts_for_it():
    pose = Pose(1, 7, 0, -90)
    car = car_mesh(np.random.default_rng(2))
    _, boxes = scene([Actor.moving("car", car, lambda _: pose)]).frame(0)
    found = {b.label: b.box for b in boxes}
    x1, y1, x2, y2 = found["plate"]
    assert found["car"][0] <= x1 < x2 <= found["car"][2]
    assert found["car"][1] <= y1 < y2 <= found["car"][3]


def test_sway_moves_picture_and_boxes_together():
    camera = Camera((0, 0, 30), 0, 90, 60, 320, 180, margin=8)
    actor = Actor.standing("a", cube(size=4.0), Pose(0, 0))

    def film(sway):
        return Scene(camera, Light(), CLEAN, STREET, [actor], sway=sway).frame(0)

    calm, boxes = film(lambda _: (0.0, 0.0))
    moved, shifted = film(lambda _: (5.0, -3.0))
    assert calm.shape == moved.shape == (180, 320, 3)
    assert shifted[0].box == tuple(v + d for v, d in zip(boxes[0].box, (-5, 3, -5, 3), strict=True))
    assert np.array_equal(calm[20:100, 20:100], moved[23:103, 15:95])


def test_night_is_dark_away_from_lamps():
    day, _ = scene([]).frame(0)
    dark, _ = scene([], night()).frame(0)
    lit, _ = scene([], night(), lamps=[(0.0, 10.0)]).frame(0)
    assert dark.mean() < 0.6 * day.mean()
    assert lit.mean() > 1.1 * dark.mean()
