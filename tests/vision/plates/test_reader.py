"""Plates are read by the shipped networks, offline, whatever they are given."""

from __future__ import annotations

import csv
import socket
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.vision.plates.rendered import rendered
from vision.errors import EngineError
from vision.frames import crop
from vision.plates import network
from vision.plates.reader import PlateReader

pytest.importorskip("rapidocr")


@pytest.fixture(scope="module")
def reader():
    """Opened and used without a network, and without a file more in the package."""
    folder = network.demand()

    def files():
        return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}

    def no_network(*_, **__):
        raise AssertionError("a plate reader asked a server")

    before = files()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", no_network)
        made = PlateReader(network.PaddleNetworks())
        assert made.read(rendered("鄂A12345", "blue")) is not None
        yield made
    assert files() == before


@pytest.mark.parametrize(
    ("text", "colour", "rows"),
    [
        ("鄂A8H458", "blue", 1),
        ("粤B12345", "yellow", 1),
        ("京E75331", "yellow", 2),
        ("苏ED51712", "green", 1),
        ("沪A73619D", "green", 1),
    ],
)
def test_rendered_plates_of_each_kind(reader, text, colour, rows):
    found = reader.read(rendered(text, colour, rows=rows))
    assert found is not None
    assert (found.text, found.colour) == (text, colour)


def test_one_that_hangs_askew_is_read(reader):
    plate = rendered("皖A99J36", "blue")
    height, width = plate.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    onto = np.array([[0, 50], [width, 0], [width, height], [0, height + 50]], np.float32)
    turned = cv2.warpPerspective(
        plate,
        cv2.getPerspectiveTransform(corners, onto),
        (width, height + 50),
        borderValue=(90, 90, 90),
    )
    assert reader.read(turned).text == "皖A99J36"


@pytest.mark.parametrize("shape", [(2, 2), (3, 200), (200, 3), (40, 40), (20, 900)])
def test_what_is_no_plate_is_none(reader, shape):
    noise = np.random.default_rng(3).integers(0, 255, (*shape, 3), dtype=np.uint8)
    assert reader.read(noise) is None
    assert reader.read(np.zeros((*shape, 3), np.uint8)) is None


def test_real_plates_are_read(reader, shared_data):
    """Those whose text and box are known; `bench plates` measures all."""
    found = []
    for listed in sorted((shared_data / "plates_cn").glob("*/plates.csv")):
        with listed.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["text"] and row["box_label"] == "yes":
                    name = Path(row["file"])
                    picture = Image.open(listed.parent / "images" / name).convert("RGB")
                    label = (listed.parent / "labels" / name.with_suffix(".txt")).read_text()
                    _, x, y, w, h = map(float, label.split()[:5])
                    box = np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
                    pixels = np.asarray(picture)[:, :, ::-1].copy()
                    read = reader.read(crop(pixels, box * [*picture.size, *picture.size]))
                    found.append(read is not None and read.text == row["text"])
    assert len(found) == 12
    assert sum(found) >= 11


def test_other_weights_are_refused(tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    for name, _ in network._FILES.values():
        (tmp_path / "models" / name).write_bytes(b"others")
    monkeypatch.setattr(network, "demand", lambda: tmp_path)
    with pytest.raises(EngineError, match="not the weights that were measured"):
        network.PaddleNetworks()


def test_a_missing_package_is_named_with_what_installs_it(monkeypatch):
    monkeypatch.setattr(network, "find_spec", lambda _: None)
    with pytest.raises(EngineError, match=r"streetwarden\[plates\]"):
        network.demand()
