from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from vision.engines.device_batch import device_batch, draw_there
from vision.engines.letterbox import Letterbox
from vision.frames import Pixels

CPU = torch.device("cpu")
SIZES = [(1920, 1080), (640, 360), (640, 384), (352, 288), (97, 300), (1283, 721)]


@pytest.fixture(scope="module")
def photo(shared_data: Path) -> Pixels:
    return cv2.imread(str(min((shared_data / "vehicles" / "val" / "images").iterdir())))


def drawn_by_host(picture: Pixels, box: Letterbox) -> Pixels:
    into = np.empty((*box.shape, 3), np.uint8)
    box.draw(picture, into)
    return into


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_torch_draws_what_the_host_does(photo: Pixels, width: int, height: int) -> None:
    picture = np.asarray(cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA))
    box = Letterbox.fit(width, height, 640)
    ours = torch.empty((*box.shape, 3), dtype=torch.uint8)
    draw_there(torch.from_numpy(picture), box, ours)
    apart = np.abs(ours.numpy().astype(int) - drawn_by_host(picture, box))
    assert apart.max() <= 1
    if (width, height) in ((640, 360), (640, 384)):
        assert apart.max() == 0, "it is not scaled"


@pytest.mark.parametrize("tensors", [(), (0,), (2, 1), (0, 1, 2)])
def test_arrays_and_tensors_lie_where_they_belong(photo: Pixels, tensors: tuple[int, ...]) -> None:
    pictures = [
        np.asarray(cv2.resize(photo, size)) for size in ((640, 384), (640, 360), (1280, 720))
    ]
    for picture in pictures:
        picture.flags.writeable = False  # as a frame's
    boxes = [Letterbox.fit(p.shape[1], p.shape[0], 640) for p in pictures]
    given = [torch.tensor(p) if n in tensors else p for n, p in enumerate(pictures)]
    batch = device_batch(given, boxes, CPU)
    assert batch.shape == (3, 384, 640, 3)
    for ours, picture, box in zip(batch.numpy(), pictures, boxes, strict=True):
        assert np.abs(ours.astype(int) - drawn_by_host(picture, box)).max() <= 1
