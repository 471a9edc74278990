from __future__ import annotations

from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from tests.vision.turning import street as turning_street
from tests.vision.turning import view
from vision.frames import Clock, Frame, Pixels
from vision.view.stillness import MAX_AGE_S, SETTLING, Stillness

START = datetime(2026, 5, 1, 8, tzinfo=UTC)


@pytest.fixture
def street() -> Pixels:
    """A picture with structure everywhere."""
    coarse = np.random.default_rng(2).integers(40, 215, (18, 32, 3), np.uint8)
    return cv2.resize(coarse, (640, 360), interpolation=cv2.INTER_CUBIC)


class Watch:
    """A camera that is looked at once a second, with a sensor's noise."""

    def __init__(self) -> None:
        self.stillness = Stillness()
        self.random = np.random.default_rng(5)
        self.second = 0

    def look(self, pixels: Pixels, *, clock: Clock = Clock.ARRIVAL, step: int = 1) -> bool:
        noisy = np.clip(pixels + self.random.normal(0, 5, pixels.shape), 0, 255).astype(np.uint8)
        at = START + timedelta(seconds=self.second)
        self.second += step
        return self.stillness.changed(Frame(noisy, "cam", at, self.second, clock))

    def settle(self, pixels: Pixels) -> None:
        assert [self.look(pixels) for _ in range(SETTLING)] == [True] * SETTLING


def test_a_still_scene_is_looked_at_now_and_then(street: Pixels) -> None:
    watch = Watch()
    looks = [watch.look(street) for _ in range(600)]
    assert looks[:SETTLING] == [True] * SETTLING
    gaps = np.diff(np.flatnonzero(looks[SETTLING - 1 :]))
    assert set(gaps.tolist()) == {MAX_AGE_S}
    assert 600 / sum(looks) > 20


@pytest.mark.parametrize("side", [12, 40, 200])  # pixels of 640: a person far away, and near
def test_something_that_comes_and_goes_is_looked_at(street: Pixels, side: int) -> None:
    watch = Watch()
    watch.settle(street)
    assert not watch.look(street)
    with_thing = street.copy()
    with_thing[150 : 150 + side, 300 : 300 + side // 2] //= 3
    watch.settle(with_thing)
    assert not any(watch.look(with_thing) for _ in range(5))
    watch.settle(street)


def test_what_changes_slowly_adds_up(street: Pixels) -> None:
    watch = Watch()
    watch.settle(street)
    darker = [watch.look((street * (1 - n / 200)).astype(np.uint8)) for n in range(25)]
    assert any(darker)


def test_a_gap_a_clock_that_steps_back_and_another_size_are_looked_at(street: Pixels) -> None:
    watch = Watch()
    watch.settle(street)
    watch.second += 3600
    assert watch.look(street)
    watch.second -= 1800
    assert watch.look(street)
    assert not watch.look(street)
    larger = cv2.resize(street, (1280, 720))
    watch.settle(larger)
    watch.stillness.forget()
    watch.settle(larger)


def test_every_picture_of_an_album_is_looked_at(street: Pixels) -> None:
    watch = Watch()
    assert all(watch.look(street, clock=Clock.PHOTO) for _ in range(10))


def test_a_look_at_one_preset_never_stands_for_another() -> None:
    watch, wide = Watch(), turning_street()
    gate, yard = view(wide, 0.2, share=1 / 3), view(wide, 0.8, share=1 / 3)
    for _ in range(3):
        watch.settle(gate)
        assert not watch.look(gate)
        watch.settle(yard)
        assert not watch.look(yard)


def test_nothing_stands_over_a_seam_of_a_recording(street: Pixels) -> None:
    stillness = Stillness()

    def look(second: int, part: int) -> bool:
        at = START + timedelta(seconds=second)
        return stillness.changed(Frame(street.copy(), "cam", at, second, Clock.MEDIA, part=part))

    assert [look(n, 0) for n in range(6)] == [True] * SETTLING + [False] * 3
    assert [look(n, 1) for n in range(6, 12)] == [True] * SETTLING + [False] * 3
