"""Which picture of an episode is kept: the largest and sharpest, whole, within a bound."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from vision.clarity import clarity
from vision.detections import make_detections
from vision.episodes import EpisodeStage
from vision.frames import Frame
from vision.rules.best_looks import BestLooks

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
WIDTH, HEIGHT = 640, 360
TEXTURE = np.random.default_rng(5).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)


def frame(index: int, blur: int = 0) -> Frame:
    """A picture full of detail, as sharp as it is not blurred."""
    grain = cv2.resize(TEXTURE[::8, ::8], (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    pixels = cv2.GaussianBlur(grain, (0, 0), blur) if blur else grain
    return Frame(np.asarray(pixels, np.uint8), "gate", START + timedelta(seconds=index), index)


def seeing(*boxes: tuple[float, float, float, float]):
    xyxy = np.array(boxes, np.float32) * (WIDTH, HEIGHT, WIDTH, HEIGHT)
    return make_detections(
        xyxy, np.full(len(boxes), 0.9, np.float32), np.zeros(len(boxes), int), ("bin",)
    )


def test_larger_and_sharper_and_whole_is_clearer() -> None:
    box = (0.3, 0.3, 0.5, 0.6)
    sharp, blurred = frame(0), frame(1, blur=4)
    assert clarity(sharp, box) > clarity(blurred, box)
    assert clarity(sharp, (0.3, 0.3, 0.6, 0.7)) > clarity(sharp, box)
    assert clarity(sharp, box) > clarity(sharp, (0.0, 0.0, 1.0, 1.0)), "that one is cut off"
    assert clarity(sharp, (0.5, 0.5, 0.5, 0.5))[1] == 0


def test_the_best_look_stays() -> None:
    looks = BestLooks()
    sizes = (0.1, 0.2, 0.3, 0.25)
    blurs = (0, 0, 6, 0)
    for n, (size, blur) in enumerate(zip(sizes, blurs, strict=True)):
        looks.take(("01E", ""), (0,), frame(n, blur), seeing((0.3, 0.3, 0.3 + size, 0.3 + size)))
    best = looks.get(("01E", ""))
    assert best is not None
    assert best.frame.index == 3, "the largest one is blurred"


def test_a_market_is_shown_by_the_look_with_all_of_it() -> None:
    looks = BestLooks()
    one, other = (0.1, 0.2, 0.3, 0.4), (0.6, 0.2, 0.8, 0.4)
    looks.take(("01E", ""), (0, 1), frame(0), seeing(one, other))
    looks.take(("01E", ""), (0,), frame(1), seeing((0.1, 0.2, 0.4, 0.5)))
    best = looks.get(("01E", ""))
    assert best is not None
    assert best.focus == (0, 1)


def test_the_least_clear_go_where_there_is_no_room() -> None:
    room = WIDTH * HEIGHT * 3
    looks = BestLooks(most_bytes=2 * room)
    shared = frame(9)
    for n, size in enumerate((0.3, 0.1, 0.2)):
        looks.take((f"0{n}", ""), (0,), frame(n), seeing((0.3, 0.3, 0.3 + size, 0.3 + size)))
    kept = [looks.get((f"0{n}", "")) is not None for n in range(3)]
    assert kept == [True, False, True]
    assert all((f"0{n}", "") in looks for n in range(3))
    for n in range(3, 30):  # one picture that shows many is one
        looks.take((f"{n}", ""), (0,), shared, seeing((0.3, 0.3, 0.55, 0.55)))
    assert sum(looks.get((f"{n}", "")) is not None for n in range(3, 30)) == 27
    looks.keep({"29"})
    assert looks.get(("00", "")) is None
    assert looks.get(("29", "")) is not None


@pytest.mark.parametrize("clearest", [3, 6])
def test_what_dwells_is_shown_by_its_clearest_look(scene, clearest: int) -> None:
    def played():
        s = scene("overflowing_bin", dwell="8s", looks=2, fps=1)
        for n in range(12):
            size = 0.3 if n == clearest else 0.2
            s.look(n, [("overflowing_bin", (0.4, 0.4, 0.4 + size, 0.4 + size), 0.9)])
        (confirmed,) = (e for e in s.events if e.episode.stage is EpisodeStage.CONFIRMED)
        return [(still.moment, still.frame.index, still.focus) for still in confirmed.stills]

    assert played() == played() == [("best", clearest, (0,))]


def test_where_the_confirming_look_is_the_best_there_is_no_other(scene) -> None:
    s = scene("overflowing_bin", dwell="5s", looks=2, fps=1)
    for n in range(12):
        s.look(n, [("overflowing_bin", (0.4, 0.4, 0.6 + 0.01 * n, 0.6 + 0.01 * n), 0.9)])
    (confirmed,) = s.confirmed()
    assert confirmed.stills == ()
    assert len(s.rule._best._kept) == 0, "nothing is kept of what is confirmed"
