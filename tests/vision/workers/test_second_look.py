"""Asked to look again: the newest look's picture, stored, in one process and by camera workers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import pytest

from tests.vision.workers.bins import (
    CLIP_S,
    FPS,
    Collected,
    SeesBins,
    make,
    make_clip,
    make_site,
)
from tests.vision.workers.test_workers import workers
from vision.evidence import EvidenceRole, EvidenceStore, SecondLook
from vision.site import Site

BEFORE_IT = timedelta(seconds=1 / FPS)


class Looks(Protocol):
    def look_again(self, camera: str, episode: str, after: datetime) -> SecondLook: ...
    def last_seen(self, camera: str, episode: str) -> datetime | None: ...


@contextmanager
def drained(site: Site, found: Collected, count: int) -> Iterator[Looks]:
    """What watches a site, when it has looked at everything and not stopped yet."""
    made = make(site, SeesBins(), found) if count == 1 else workers(site, found, count=count)
    made.start()
    try:
        assert made.wait(120)
        yield made
    finally:
        made.stop()


@pytest.mark.parametrize("count", [1, 2], ids=["one process", "two workers"])
def test_what_is_still_there_is_stored_as_it_was_seen_last(tmp_path: Path, count: int) -> None:
    site, found = make_site(tmp_path, 2), Collected()
    # The first is full until its end, the second is emptied.
    make_clip(tmp_path / "0.mp4", 0, [(4, CLIP_S)])
    store = EvidenceStore(Path(site.storage.evidence))
    with drained(site, found, count) as watching:
        [held] = [e for e in found.episodes if e.camera == "bin-00"]
        [*_, gone] = [e for e in found.episodes if e.camera == "bin-01"]
        last = watching.last_seen("bin-00", held.id)
        assert last is not None
        look = watching.look_again("bin-00", held.id, last - BEFORE_IT)
        assert look.why is None
        assert look.at == last
        assert [item.role for item in look.items] == [
            EvidenceRole.ORIGINAL,
            EvidenceRole.MASKED,
            EvidenceRole.ANNOTATED,
        ]
        assert {item.moment for item in look.items} == {"reobserved"}
        assert {item.captured_at for item in look.items} == {last}
        original, masked, drawn = (store.read(item.sha256) for item in look.items)
        picture = cv2.imdecode(np.frombuffer(original, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        assert picture[8:24, 8:24].min() > 200, "the bin that is full"
        assert masked != drawn, "the bin is drawn in"
        assert {item.of for item in look.items[1:]} == {look.items[0].sha256}

        for camera, episode, after, says in (
            ("bin-00", held.id, last, "has looked at nothing since (ended)"),
            ("bin-01", gone.id, last - BEFORE_IT, "holds it no longer"),
            ("nobody", held.id, last - BEFORE_IT, "is not watched here"),
        ):
            none = watching.look_again(camera, episode, after)
            assert none.items == ()
            assert none.at is None
            assert none.why is not None
            assert says in none.why


def test_a_look_that_does_not_show_it_says_nothing(tmp_path: Path) -> None:
    site, found = make_site(tmp_path, 1), Collected()
    # Emptied in the last second: too short a look for the rule to say that it is gone.
    make_clip(tmp_path / "0.mp4", 0, [(4, CLIP_S - 1)])
    with drained(site, found, 1) as watching:
        [held] = found.episodes
        look = watching.look_again("bin-00", held.id, held.last_seen_at)
        assert look.why == "the latest picture of camera bin-00 does not show it"
        assert look.items == ()


def test_what_cannot_be_stored_is_no_look(tmp_path: Path) -> None:
    site, found = make_site(tmp_path, 1), Collected()
    make_clip(tmp_path / "0.mp4", 0, [(4, CLIP_S)])
    with drained(site, found, 1) as watching:
        [held] = found.episodes
        evidence = Path(site.storage.evidence)
        evidence.rename(tmp_path / "away")
        evidence.write_text("a file where the folder was")
        look = watching.look_again("bin-00", held.id, held.last_seen_at)
        assert look.items == ()
        assert look.why
        evidence.unlink()
        (tmp_path / "away").rename(evidence)
        assert watching.look_again("bin-00", held.id, held.last_seen_at).items


def test_a_worker_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    site, found = make_site(tmp_path, 1), Collected()
    with drained(site, found, 2) as watching:
        [*_, seen] = found.episodes
    look = watching.look_again("bin-00", seen.id, seen.last_seen_at)
    assert look == SecondLook(why="worker-1, which watches camera bin-00, has ended")
