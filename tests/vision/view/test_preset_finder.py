from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from datasets.scenarios import Drawing, Scenario, suite
from datasets.scenarios.stage import DAY, DUSK, NIGHT, RAIN, Condition
from tests.vision.turning import HEIGHT, WIDTH, preset, street, view
from vision.errors import SiteError
from vision.frames import Frame, Pixels
from vision.view.preset_finder import PresetFinder

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)
SCENARIOS = {s.name: s for s in suite()}


def frame(pixels: Pixels) -> Frame:
    return Frame(pixels.copy(), "cam", NOW, 0)


def noisy(pixels: Pixels) -> Pixels:
    noise = np.random.default_rng(4).normal(0, 4, pixels.shape)
    return np.asarray(np.clip(pixels + noise, 0, 255), np.uint8)


def by_infrared(pixels: Pixels) -> Pixels:
    """Grey, lit by a lamp at the camera, leaves light: mostly what red is."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width]
    lamp = np.exp(-(((x / width - 0.5) * 2) ** 2) - ((y / height - 0.6) * 2) ** 2)
    grey = (0.3 * pixels[..., 1] + 0.7 * pixels[..., 2]) * lamp
    return noisy(cv2.merge([grey.astype(np.uint8)] * 3).astype(np.uint8))


def with_passers(pixels: Pixels) -> Pixels:
    """A van and some people in front."""
    crowd = pixels.copy()
    for x, wide, high in ((40, 40, 110), (180, 45, 120), (420, 170, 120), (380, 30, 90)):
        cv2.rectangle(crowd, (x, 340 - high), (x + wide, 340), (180, 60, 90), -1)
    return crowd


LOOKS: dict[str, Callable[[Pixels], Pixels]] = {
    "as it was": lambda p: p,
    "noise": noisy,
    "evening": lambda p: noisy((p * 0.25).astype(np.uint8)),
    "infrared": by_infrared,
    "fog": lambda p: (p * 0.3 + 140).astype(np.uint8),
    "passers-by": with_passers,
}


@pytest.mark.parametrize("look", LOOKS)
def test_a_preset_is_known_again_a_little_off_in_other_light_behind_passers_by(
    look: str, shared_data: Path, tmp_path: Path
) -> None:
    pictures = sorted((shared_data / "vendors_street" / "train" / "images").glob("*.webp"))
    wides = [p for p in (cv2.imread(str(path)) for path in pictures) if p.shape[1] > p.shape[0]]
    assert len(wides) >= 5
    for wide in wides:
        gate = preset(tmp_path, "gate", view(wide, 0.3))
        yard = preset(tmp_path, "yard", view(wide, 0.72, 0.6))
        finder = PresetFinder([gate, yard])
        for x, y, name in ((0.3, 0.5, "gate"), (0.72, 0.6, "yard")):
            for off in (-0.01, 0.0, 0.01):  # 2 % of what is seen
                seen = LOOKS[look](view(wide, x + off, y))
                finder.look(frame(seen))
                assert finder.look(frame(seen)) == name


def test_while_it_turns_stands_elsewhere_or_has_zoomed_it_shows_none(
    shared_data: Path, tmp_path: Path
) -> None:
    pictures = sorted((shared_data / "vendors_street" / "train" / "images").glob("*.webp"))
    wides = [p for p in (cv2.imread(str(path)) for path in pictures) if p.shape[1] > p.shape[0]]
    for wide, other in zip(wides, [*wides[1:], wides[0]], strict=True):
        finder = PresetFinder(
            [preset(tmp_path, "gate", view(wide, 0.3)), preset(tmp_path, "yard", view(wide, 0.72))]
        )
        turns = [view(wide, x) for x in np.linspace(0.34, 0.68, 18)]
        tilts = [view(wide, 0.3, y) for y in (0.56, 0.44)]
        zooms = [view(wide, 0.3, share=share) for share in (0.35, 0.7)]
        elsewhere = [view(other, x) for x in (0.3, 0.5, 0.72)]
        plain = [np.full((HEIGHT, WIDTH, 3), 90, np.uint8)]
        for seen in (*turns, *tilts, *zooms, *elsewhere, *plain):
            assert finder.look(frame(seen)) is None
            assert finder.look(frame(seen)) is None


def drawn(scenario: Scenario, condition: Condition) -> Pixels:
    seen, _ = scenario.looks[0]
    pixels, _ = Drawing(replace(seen, conditions=((0.0, condition),)), (WIDTH, HEIGHT)).frame(20.0)
    return np.asarray(pixels, np.uint8)


def test_a_picture_by_day_is_enough_for_rain_dusk_and_night(tmp_path: Path) -> None:
    places = {"market": SCENARIOS["stall-stays"], "station": SCENARIOS["bin-overflows"]}
    finder = PresetFinder([preset(tmp_path, n, drawn(s, DAY)) for n, s in places.items()])
    for condition in (RAIN, DUSK, NIGHT):
        for name, scenario in places.items():
            assert finder.look(frame(drawn(scenario, condition))) == name


def test_a_street_with_cars_is_known_in_every_picture_of_a_clip(
    shared_data: Path, tmp_path: Path
) -> None:
    with av.open(str(shared_data / "clips" / "parking_street.mp4")) as clip:
        seen = [f.to_ndarray(format="bgr24") for f in clip.decode(video=0) if f.pts is not None]
    finder = PresetFinder([preset(tmp_path, "street", np.asarray(seen[0], np.uint8))])
    assert {finder.look(frame(np.asarray(p, np.uint8))) for p in seen[::10]} == {"street"}


def test_what_is_half_hidden_is_believed_at_the_second_look(tmp_path: Path) -> None:
    wide, hides = street(), view(street(2), 0.5)
    gate = preset(tmp_path, "gate", view(wide, 0.3, share=1 / 3))

    def hidden(rows: int) -> Pixels:
        seen = view(wide, 0.3, share=1 / 3)
        seen[HEIGHT - rows :] = hides[HEIGHT - rows :]
        return seen

    told = {}
    for rows in range(0, HEIGHT, 10):
        finder = PresetFinder([gate])
        told[rows] = (finder.look(frame(hidden(rows))), finder.look(frame(hidden(rows))))
    assert told[0] == ("gate", "gate")
    assert (None, "gate") in told.values()
    assert told[HEIGHT - 10] == (None, None)
    # The second look must lie where the first did: else it is by chance, or it turns.
    rows = min(n for n, both in told.items() if both == (None, "gate"))
    finder = PresetFinder([gate])
    shifted = np.roll(hidden(rows), 12, axis=1)
    assert [finder.look(frame(p)) for p in (hidden(rows), shifted)] == [None, None]


def test_presets_that_cannot_be_told_are_refused(tmp_path: Path) -> None:
    wide = street()
    gate = preset(tmp_path, "gate", view(wide, 0.3))
    near = preset(tmp_path, "near", view(wide, 0.32))
    with pytest.raises(SiteError, match="'gate' and 'near': their pictures show the same view"):
        PresetFinder([gate, near])
    wall = preset(tmp_path, "wall", np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
    with pytest.raises(SiteError, match="'wall': its picture shows too little"):
        PresetFinder([gate, wall])


def test_over_a_seam_of_a_recording_no_two_looks_are_in_a_row(tmp_path: Path) -> None:
    wide, hides = street(), view(street(2), 0.5)
    gate = preset(tmp_path, "gate", view(wide, 0.3, share=1 / 3))

    def told(rows: int, part: int) -> tuple[str | None, str | None]:
        seen = view(wide, 0.3, share=1 / 3)
        seen[HEIGHT - rows :] = hides[HEIGHT - rows :]
        finder = PresetFinder([gate])
        return finder.look(frame(seen)), finder.look(replace(frame(seen), part=part))

    rows = next(n for n in range(0, HEIGHT, 10) if told(n, 0) == (None, "gate"))
    assert told(rows, 1) == (None, None)
