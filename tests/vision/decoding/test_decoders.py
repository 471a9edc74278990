"""Decoders, against processes that are killed, hang and answer nonsense."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vision.decoding import decoders as module
from vision.decoding.decoder import Decode
from vision.decoding.decoders import Decoders
from vision.errors import PictureError


@pytest.fixture(scope="module")
def two():
    with Decoders(2) as started:
        yield started


@pytest.fixture
def photo(tmp_path) -> Path:
    noise = np.random.default_rng(3).integers(0, 255, (60, 80, 3), np.uint8)
    big = Image.fromarray(noise).resize((2400, 1800), Image.Resampling.BICUBIC)
    big.save(tmp_path / "a.jpg", quality=92)
    return tmp_path / "a.jpg"


def pids(decoders: Decoders) -> list[int]:
    return [one.pid for one in decoders._all if one.pid is not None]


def test_a_picture_comes_over_as_it_was_decoded(two, photo):
    asked = Decode(photo, 1000)
    there, here = two.ask(asked), asked.answer()
    assert (there.width, there.height) == (2400, 1800)
    assert there.pixels.shape == (750, 1000, 3)
    assert np.array_equal(there.pixels, here.pixels)
    # What is scaled in the frequencies of a JPEG is the picture itself, not a shifted one.
    whole = np.asarray(Image.open(photo).resize((1000, 750), Image.Resampling.BOX))[:, :, ::-1]
    assert np.abs(whole.astype(int) - there.pixels).mean() < 3


def test_a_bad_picture_is_its_own_fault_and_costs_no_process(two, photo, tmp_path):
    two.ask(Decode(photo, 640))
    before = pids(two)
    (tmp_path / "cut.jpg").write_bytes(photo.read_bytes()[:9000])
    with pytest.raises(PictureError, match="cut off"):
        two.ask(Decode(tmp_path / "cut.jpg", 640))
    with pytest.raises(PictureError, match="no such picture"):
        two.ask(Decode(tmp_path / "none.jpg", 640))
    assert set(before) <= set(pids(two))


def waiting(path: Path) -> None:
    """A picture that never comes: to open it, its decoder waits for somebody who writes."""
    os.mkfifo(path)


def test_a_killed_process_is_started_again_and_the_picture_tried_once_more(two, photo, tmp_path):
    waiting(tmp_path / "pipe")
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(two.ask, Decode(tmp_path / "pipe", 640))
        for _ in range(2):
            # The pipe opens for writing as soon as a process reads it: that is the one to kill.
            writer = os.open(tmp_path / "pipe", os.O_WRONLY)
            while not (reading := [p for p in pids(two) if _reads(p, tmp_path / "pipe")]):
                threading.Event().wait(0.01)
            (busy,) = reading
            os.kill(busy, signal.SIGKILL)
            _gone(busy)
            os.close(writer)
        with pytest.raises(PictureError, match=r"twice \(SIGKILL\).*export it again"):
            asking.result(60)
    assert two.ask(Decode(photo, 640)).pixels.shape == (480, 640, 3)


def test_a_picture_that_takes_for_ever_is_given_up(two, photo, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "HUNG_AFTER_S", 0.5)
    waiting(tmp_path / "pipe")
    with pytest.raises(PictureError, match="could not be decoded within"):
        two.ask(Decode(tmp_path / "pipe", 640))
    monkeypatch.undo()
    assert two.ask(Decode(photo, 640)).width == 2400


def test_processes_end_with_those_who_asked(photo):
    with Decoders(1) as one:
        one.ask(Decode(photo, 640))
        (pid,) = pids(one)
    assert not Path(f"/proc/{pid}").exists()


def _reads(pid: int, path: Path) -> bool:
    for file in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if file.readlink() == path:
                return True
        except OSError:
            continue
    return False


def _gone(pid: int) -> None:
    while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text():
        threading.Event().wait(0.01)
