"""A site changes while workers watch it: real processes, live cameras over HTTP."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from tests.vision.live import RIGHT, LiveBins, Told, live_bins, site_of, until, zone
from tests.vision.workers.test_workers import workers
from vision.episodes import EndedBy, EpisodeStage
from vision.errors import NotWatched
from vision.site import Site
from vision.workers import Workers
from vision.workers.lease import Leases

CONFIRMED, CLEARED, ENDED = EpisodeStage.CONFIRMED, EpisodeStage.CLEARED, EpisodeStage.ENDED
LEFT_SPOT, RIGHT_SPOT = 11, 18


@pytest.fixture
def street() -> Iterator[LiveBins]:
    with live_bins() as server:
        server.full = {name: {LEFT_SPOT, RIGHT_SPOT} for name in ("gate", "yard", "north")}
        yield server


@contextmanager
def watching(site: Site, sink: object) -> Iterator[Workers]:
    made = workers(site, sink)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def homes(made: Workers) -> dict[str, str]:
    return {camera: keeper.name for keeper in made._keepers for camera in keeper.cameras}


def test_a_changed_site_goes_to_the_worker_that_has_the_camera(
    street: LiveBins, tmp_path: Path
) -> None:
    gate, yard = street.camera("gate", zone("left")), street.camera("yard", zone("left"))
    north, told = street.camera("north", zone("left")), Told()
    with watching(site_of(tmp_path, gate, yard), told) as made:
        [held] = told.wait(CONFIRMED)
        [other] = told.wait(CONFIRMED, "yard")
        pids, at = made.pids, homes(made)

        # One leaves, and comes back to the worker that it had.
        made.apply(site_of(tmp_path, gate))
        [over] = told.wait(ENDED, "yard")
        assert (over.episode.id, over.episode.ended_by) == (other.episode.id, EndedBy.UNWATCHED)
        assert [s.camera for s in made.status()] == ["gate"]
        with pytest.raises(NotWatched):
            made.picture("yard")
        made.apply(site_of(tmp_path, gate, yard))
        assert homes(made) == at
        [_, other] = told.wait(CONFIRMED, "yard", "left", count=2)
        until(made.status, lambda now: now["yard"].read > 3)
        read = {s.camera: s.read for s in made.status()}

        # A zone is drawn at one, another camera is new.
        drawn = gate.model_copy(update={"zones": (zone("left"), zone("right", RIGHT))})
        made.apply(site_of(tmp_path, drawn, yard, north))
        told.wait(CONFIRMED, "gate", "right")
        told.wait(CONFIRMED, "north")
        until(made.status, lambda now: all(now[name].read > read[name] for name in read))
        assert [s.camera for s in made.status()] == ["gate", "yard", "north"]
        assert not any(s.reconnects for s in made.status())
        assert made.pids == pids, "no process was started"
        assert homes(made).items() >= at.items(), "each stays where it is"

        # Its worker is started again by the site in force.
        [home] = [k for k in made._keepers if "north" in k.cameras]
        os.kill(pids[home.name], signal.SIGKILL)
        until(made.status, lambda _: made.pids.get(home.name, pids[home.name]) != pids[home.name])
        until(made.status, lambda _: all(process.up for process in made.processes))
        street.full = {name: set() for name in street.full}
        told.wait(CLEARED, "north")
        told.wait(CLEARED, "gate", "right")
        [gone] = told.wait(CLEARED, "gate", "left")
        assert gone.episode.id == held.episode.id
        [gone] = told.wait(CLEARED, "yard")
        assert gone.episode.id == other.episode.id
    for camera in ("gate", "yard", "north"):
        ids = [e.episode.id for e in told.of(CONFIRMED, camera)]
        assert len(ids) == len(set(ids))
    assert not told.of(ENDED, "gate")
    assert len(told.of(ENDED, "yard")) == 1


@pytest.mark.soak
def test_a_worker_that_cannot_take_a_camera_over_says_why_and_tries_again(
    street: LiveBins, tmp_path: Path
) -> None:
    gate, yard, told = street.camera("gate", zone("left")), street.camera("yard"), Told()
    north = street.camera("north", zone("left"))
    with watching(site_of(tmp_path, gate, yard), told) as made:
        told.wait(CONFIRMED)
        another = Leases(tmp_path / "leases", ["north"])
        applied = Thread(target=made.apply, args=(site_of(tmp_path, gate, yard, north),))
        applied.start()
        until(
            made.status,
            lambda _: any(
                "north is watched by another process" in p.detail for p in made.processes
            ),
        )
        another.release()
        told.wait(CONFIRMED, "north")
        applied.join(60)
        assert not applied.is_alive()
        until(made.status, lambda _: all(process.up for process in made.processes))
