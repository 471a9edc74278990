from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from vision.frames import Clock, Frame, Pixels
from vision.view.health import View, ViewHealth

START = datetime(2026, 5, 1, 8, tzinfo=UTC)
WIDTH, HEIGHT = 640, 360


def scene(seed: int = 1) -> Pixels:
    """A street of sorts: coloured walls and signs with sharp edges."""
    random = np.random.default_rng(seed)
    picture = np.full((HEIGHT, WIDTH * 2, 3), 90, np.uint8)
    for _ in range(250):
        x, y = int(random.integers(0, WIDTH * 2)), int(random.integers(0, HEIGHT))
        w, h = int(random.integers(8, 120)), int(random.integers(8, 90))
        colour = tuple(int(c) for c in random.integers(20, 235, 3))
        cv2.rectangle(picture, (x, y), (x + w, y + h), colour, -1)
    return picture


class Watch:
    """A camera that is looked at once a second, with a sensor's noise."""

    def __init__(self, *, fixed: bool = True, clock: Clock = Clock.ARRIVAL) -> None:
        self.health = ViewHealth(fixed=fixed)
        self.random = np.random.default_rng(5)
        self.clock = clock
        self.second = 0
        self.part = 0

    def look(
        self, pixels: Pixels, *, noise: float = 3.0, preset: str | None = "", step: int = 1
    ) -> View:
        noisy = pixels + self.random.normal(0, noise, pixels.shape) if noise else pixels
        frame = Frame(
            np.clip(noisy, 0, 255).astype(np.uint8),
            "cam",
            START + timedelta(seconds=self.second),
            self.second,
            self.clock,
            part=self.part,
        )
        self.second += step
        return self.health.look(frame, preset)

    def looks(
        self, pictures: Iterable[Pixels], preset: str | None = "", *, step: int = 1
    ) -> list[View]:
        return [self.look(picture, preset=preset, step=step) for picture in pictures]


def left(picture: Pixels) -> Pixels:
    return np.ascontiguousarray(picture[:, :WIDTH])


TROUBLES: dict[View, Callable[[Pixels], Pixels]] = {
    View.DARK: lambda p: left(p // 12),
    View.COVERED: lambda p: np.full_like(left(p), 120),
    View.BLURRED: lambda p: cv2.GaussianBlur(left(p), (0, 0), 8),
    View.MOVED: lambda p: np.ascontiguousarray(p[:, 60 : 60 + WIDTH]),
}


@pytest.mark.parametrize("view", TROUBLES)
def test_a_trouble_is_told_when_it_lasts_and_when_it_is_gone(view: View) -> None:
    watch, picture = Watch(), scene()
    good, bad = left(picture), TROUBLES[view](picture)
    assert set(watch.looks([good] * 20)) == {View.CLEAR}
    seen = watch.looks([bad] * 20)
    assert seen[:5] == [View.CLEAR] * 5
    assert seen[6:] == [view] * 14
    back = watch.looks([good] * 20)
    assert back[:5] == [view] * 5
    assert back[5:] == [View.CLEAR] * 15


def test_another_view_altogether_is_a_moved_one() -> None:
    watch = Watch()
    watch.looks([left(scene(1))] * 20)
    assert watch.looks([left(scene(2))] * 20)[-1] is View.MOVED
    assert watch.looks([left(scene(1))] * 20)[-1] is View.CLEAR


def test_a_drone_moves_and_is_clear() -> None:
    watch, picture = Watch(fixed=False), scene()
    views = [np.ascontiguousarray(picture[:, x : x + WIDTH]) for x in range(0, WIDTH, 20)]
    assert set(watch.looks(views)) == {View.CLEAR}


def test_what_passes_or_stays_in_a_part_of_the_view_is_no_trouble() -> None:
    watch, picture = Watch(), left(scene())
    watch.looks([picture] * 20)
    passing = []
    for step in range(40):
        truck = picture.copy()
        cv2.rectangle(truck, (step * 16 - 200, 60), (step * 16 + 200, 340), (200, 210, 190), -1)
        passing.append(truck)
    parked = picture.copy()
    cv2.rectangle(parked, (300, 100), (500, 330), (200, 210, 190), -1)
    filled = [np.full_like(picture, 200)] * 4  # right before the lens, for four seconds
    assert set(watch.looks([*passing, *[parked] * 60, *filled, picture])) == {View.CLEAR}


def test_light_that_changes_is_no_trouble() -> None:
    watch, picture = Watch(), left(scene())
    dimmed = [(picture * gain).astype(np.uint8) for gain in np.linspace(1, 0.3, 60)]
    infrared = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    infrared = cv2.absdiff(infrared, np.full_like(infrared, 128))  # leaves shine, paint does not
    watch.looks([picture] * 20)
    assert set(watch.looks(dimmed)) == {View.CLEAR}
    nights = [watch.look(infrared, noise=0.5) for _ in range(30)]
    assert set(nights) == {View.CLEAR}
    assert set(watch.looks([picture] * 20)) == {View.CLEAR}


def test_the_same_picture_for_a_minute_is_a_frozen_camera() -> None:
    watch, picture = Watch(), left(scene())
    watch.looks([picture] * 5)
    seen = [watch.look(picture, noise=0) for _ in range(90)]
    assert View.FROZEN not in seen[:60]
    assert seen[-1] is View.FROZEN
    assert watch.looks([picture] * 10)[-1] is View.CLEAR


@pytest.mark.parametrize("clock", [Clock.MEDIA, Clock.PHOTO])
def test_a_recording_and_an_album_do_not_freeze(clock: Clock) -> None:
    watch, picture = Watch(clock=clock), left(scene())
    assert {watch.look(picture, noise=0) for _ in range(100)} == {View.CLEAR}


def test_pictures_of_an_album_show_what_they_like() -> None:
    watch, picture = Watch(clock=Clock.PHOTO), scene()
    assert set(watch.looks(make(picture) for make in TROUBLES.values() for _ in range(9))) == {
        View.CLEAR
    }


def wall() -> Pixels:
    """A plain wall with a sign: far less to see than in a street."""
    picture = np.full((HEIGHT, WIDTH, 3), 110, np.uint8)
    cv2.putText(picture, "12", (335, 195), cv2.FONT_HERSHEY_SIMPLEX, 1, (250, 250, 250), 3)
    return picture


def test_each_preset_has_its_own_usual() -> None:
    street, plain = left(scene()), wall()
    mixed = Watch(fixed=False)
    mixed.looks([street] * 8)
    assert mixed.looks([plain] * 8)[-1] is View.COVERED

    watch = Watch(fixed=False)
    for _ in range(3):
        assert set(watch.looks([street] * 8, "gate")) == {View.CLEAR}
        assert set(watch.looks([plain] * 8, "wall")) == {View.CLEAR}
    assert watch.looks([plain] * 8, "gate")[-1] is View.COVERED
    assert watch.looks([TROUBLES[View.BLURRED](scene())] * 8, "gate")[-1] is View.BLURRED


def test_at_no_preset_a_trouble_must_be_one_at_every_preset() -> None:
    watch = Watch(fixed=False)
    watch.looks([left(scene())] * 8, "gate")
    watch.looks([wall()] * 8, "wall")
    assert set(watch.looks([wall()] * 8, None)) == {View.CLEAR}
    assert watch.looks([TROUBLES[View.COVERED](scene())] * 8, None)[-1] is View.COVERED


def test_a_camera_that_shows_no_preset_for_ten_minutes_is_told_of_as_moved() -> None:
    watch, picture = Watch(fixed=False), left(scene())
    for _ in range(3):  # on patrol
        watch.looks([picture] * 3, "gate", step=20)
        assert set(watch.looks([picture] * 20, None, step=20)) == {View.CLEAR}
    watch.looks([picture] * 3, "gate", step=20)
    seen = watch.looks([picture] * 35, None, step=20)
    assert set(seen[:29]) == {View.CLEAR}
    assert seen[-1] is View.MOVED
    assert watch.looks([picture] * 4, "gate", step=20)[-1] is View.CLEAR


def test_a_night_and_a_camera_that_was_off_do_not_make_it_moved() -> None:
    watch, picture = Watch(fixed=False), left(scene())
    watch.looks([picture] * 3, "gate", step=20)
    watch.looks([picture] * 20, None, step=20)
    assert watch.looks([picture // 12] * 40, None, step=20)[-1] is View.DARK
    assert watch.looks([picture] * 20, None, step=20)[-1] is View.CLEAR
    watch.second += 3600
    assert set(watch.looks([picture] * 6, None, step=20)) == {View.CLEAR}


def test_no_trouble_lasts_over_a_seam_of_a_recording() -> None:
    """Two looks at a passing truck, and one ten hours on: that is not a lens covered for hours."""
    good = left(scene())
    bad = TROUBLES[View.COVERED](scene())

    def told(seam: int) -> View:
        watch = Watch(clock=Clock.MEDIA)
        watch.looks([good] * 5 + [bad] * 2)
        watch.second, watch.part = 36_000, seam
        return watch.look(bad)

    assert told(0) is View.COVERED
    assert told(1) is View.CLEAR


def test_another_view_beyond_a_seam_is_a_moved_one() -> None:
    """Zones were drawn in what was seen before it."""
    watch = Watch(clock=Clock.MEDIA)
    watch.looks([left(scene())] * 10)
    watch.part = 1
    assert watch.looks([left(scene(2))] * 12)[-1] is View.MOVED


def test_the_way_to_a_seam_is_no_time_at_no_preset() -> None:
    watch = Watch(fixed=False, clock=Clock.MEDIA)
    for part in range(15):  # a minute of each counts, unless nobody knows how long it was
        watch.part = part
        watch.look(left(scene()), preset=None, step=60)
    assert watch.health.view is View.CLEAR
