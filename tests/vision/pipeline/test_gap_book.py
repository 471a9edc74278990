"""When a camera was not watched: what is said of it, how exactly, and after a restart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from vision.frames import Clock, Frame
from vision.gap import Gap, GapCause
from vision.pipeline.gap_book import MOST, GapBook
from vision.view.health import View, ViewHealth

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
NOTHING = np.zeros((4, 4, 3), np.uint8)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def gap(cause: GapCause, since: float, until: float) -> Gap:
    return Gap(cause, at(since), at(until))


@dataclass
class Book:
    """A book of a camera with a look a second."""

    file: Path | None = None
    started: float = 0
    closed: tuple[float, float] = (0, 0)

    def __post_init__(self) -> None:
        self.health = ViewHealth(fixed=True)
        self.connections = 0
        self.book = GapBook(
            self.file,
            timedelta(seconds=1),
            lambda moment: not at(self.closed[0]) <= moment < at(self.closed[1]),
            now=lambda: at(self.started),
        )

    def look(self, *seconds: float, clock: Clock = Clock.ARRIVAL) -> Book:
        for second in seconds:
            frame = Frame(NOTHING, "gate", at(second), int(second), clock)
            self.book.see(frame, self.health, self.connections)
        return self

    def view(self, view: View, since: float) -> Book:
        self.health.view, self.health.since = view, at(since)
        return self

    def gaps(self, opened: float = 0, until: float = 1e6) -> list[Gap]:
        return list(self.book.between(at(opened), at(until)))


def test_a_camera_that_was_away() -> None:
    book = Book().look(0, 1, 2)
    book.connections += 1
    assert book.look(40, 41).gaps() == [gap(GapCause.OFFLINE, 2, 40)]
    assert book.look(47).gaps(opened=30)[1:] == [gap(GapCause.BUSY, 41, 47)]
    assert book.look(50).gaps(opened=30)[2:] == [], "three looks may be late"


def test_closed_hours_are_no_fault_of_the_camera() -> None:
    book = Book(closed=(10, 3600)).look(*range(10))
    book.connections += 1
    assert book.look(3601).gaps() == [gap(GapCause.OUT_OF_HOURS, 9, 3601)]


def test_a_covered_lens_counts_from_when_it_was_covered_until_rules_go_on() -> None:
    book = Book().look(0, 1, 2, 3, 4, 5)
    book.view(View.COVERED, 2).look(6, 7).view(View.DARK, 5).look(8, 9)
    book.view(View.CLEAR, 9).look(10)
    expected = [gap(GapCause.COVERED, 2, 8), gap(GapCause.DARK, 5, 10)]
    assert book.gaps() == expected
    assert book.gaps(opened=75) == []
    assert book.gaps(opened=69) == expected[1:], "with a margin: it may have come meanwhile"
    assert book.gaps(until=4) == expected[:1]


def test_a_killed_process_is_a_gap(tmp_path: Path) -> None:
    file = tmp_path / "gaps.json"
    Book(file).look(*range(25))  # which wrote at 0, 10 and 20, and was killed
    again = Book(file, started=300).look(310, 311)
    assert again.gaps() == [gap(GapCause.NOT_RUNNING, 20, 310)]
    again.book.close()
    third = Book(file, started=320).look(500)
    assert third.gaps(opened=100) == [
        gap(GapCause.NOT_RUNNING, 20, 310),
        gap(GapCause.NOT_RUNNING, 311, 320),
        gap(GapCause.OFFLINE, 320, 500),
    ]


def test_a_process_that_ends_while_the_lens_is_covered(tmp_path: Path) -> None:
    file = tmp_path / "gaps.json"
    Book(file).look(0, 1).view(View.COVERED, 1).look(2, 12).book.close()
    assert Book(file, started=60).look(61).gaps() == [
        gap(GapCause.COVERED, 1, 12),
        gap(GapCause.BUSY, 2, 12),
        gap(GapCause.NOT_RUNNING, 12, 61),
    ]


def test_what_is_longer_ago_than_is_kept_is_said(tmp_path: Path) -> None:
    book = Book(tmp_path / "gaps.json")
    for number in range(MOST + 10):
        book.look(100 * number)
    gaps = book.gaps(opened=0)
    assert len(gaps) == MOST + 1
    assert gaps[0] == gap(GapCause.UNRECORDED, 0, 900)
    assert Book(tmp_path / "gaps.json", started=100 * MOST + 900).gaps(opened=0) == gaps
    assert GapCause.UNRECORDED not in {g.cause for g in book.gaps(opened=950)}


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"gaps": [1], "last": "x"}', b"\xff"])
def test_a_damaged_file_costs_what_it_held_and_no_more(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "gaps.json"
    file.write_bytes(content)
    book = Book(file).look(0)
    book.connections += 1
    assert book.look(60).gaps() == [gap(GapCause.OFFLINE, 0, 60)]
    assert Book(file, started=61).look(62).gaps()[:1] == [gap(GapCause.OFFLINE, 0, 60)]


def test_of_a_recording_only_the_view_is_told(tmp_path: Path) -> None:
    book = Book(tmp_path / "gaps.json").look(0, 60, 120, clock=Clock.MEDIA)
    book.view(View.MOVED, 130).look(140, clock=Clock.MEDIA)
    book.view(View.CLEAR, 150).look(150, clock=Clock.MEDIA).book.close()
    assert book.gaps() == [gap(GapCause.MOVED, 130, 150)]
    assert not (tmp_path / "gaps.json").exists()
