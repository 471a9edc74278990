"""Real processes: workers, their engine server, and what is left when one of them is killed."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.vision.workers.bins import (
    FPS,
    Collected,
    build,
    in_one_process,
    make_site,
    open_eyes,
    open_slow_eyes,
    same,
)
from vision.engines import Engine, ModelChoice
from vision.episodes import EpisodeEvent, EpisodeStage
from vision.errors import EngineError, NotWatched, StorageUnavailable
from vision.evidence import EvidenceItem, EvidenceStore
from vision.site import Site
from vision.sources.status import CameraState
from vision.workers import Workers

KILLS = int(os.environ.get("STREETWARDEN_KILLS", "6"))
"""How many processes are killed; more by hand."""


def workers(site: Site, sink: object, **more: object) -> Workers:
    evidence = Path(site.storage.evidence)
    return Workers(
        site,
        SeesModel,
        build=build,
        sink=sink,  # type: ignore[arg-type]
        leases=evidence.parent / "leases",
        memory=evidence.parent / "memory",
        quarantine=evidence.parent / "quarantine",
        **{"count": 2, "opener": open_eyes, **more},  # type: ignore[arg-type]
    )


SeesModel = open_eyes(ModelChoice()).model


@contextmanager
def started(made: Workers) -> Iterator[Workers]:
    """It runs; afterwards none of its processes does."""
    seen: set[int] = set()
    made.start()
    try:
        yield made
        seen |= set(made.pids.values())
    finally:
        made.stop()
    assert not [pid for pid in seen if psutil.pid_exists(pid)]


def until(made: Workers, done: object, timeout: float = 120) -> None:
    """Wait until something is so, looking whenever a worker has reported."""
    with made._changed:
        assert made._changed.wait_for(done, timeout), made.processes  # type: ignore[arg-type]


def analysed(made: Workers) -> int:
    return sum(status.analysed for status in made.status())


def named_memory(pid: int) -> list[str]:
    """Shared memory that has a name, which is what could outlive a process."""
    return [m.path for m in psutil.Process(pid).memory_maps() if m.path.startswith("/dev/shm/")]


def everything_ran(made: Workers, site: Site) -> None:
    """Every camera came to its end, and every frame is accounted for."""
    statuses = made.status()
    assert [s.camera for s in statuses] == [c.id for c in site.cameras]
    for status in statuses:
        assert status.state is CameraState.ENDED, status
        assert status.read == status.analysed + sum(status.dropped.values())


def test_two_workers_find_what_one_process_finds(tmp_path: Path) -> None:
    site = make_site(tmp_path / "alone", 5)
    alone, found = in_one_process(site), Collected()
    shared = same(site, tmp_path / "shared")
    with started(workers(shared, found)) as made:
        assert made.wait(120)
        pictures = {c.id: made.picture(c.id).result(20) for c in site.cameras}
        with pytest.raises(NotWatched):
            made.picture("nobody")
    assert found.told() == alone.told()
    assert sum(alone.told().values()) == 5 * 4, "each bin overflows and is emptied, twice"
    everything_ran(made, shared)
    assert all(s.analysed == 32 * FPS and not s.dropped for s in made.status())
    assert all(p is not None and p.jpeg.startswith(b"\xff\xd8") for p in pictures.values())
    assert len({p.jpeg for p in pictures.values()}) == 5, "each camera's own"
    store = EvidenceStore(Path(shared.storage.evidence))
    assert all(store.read(digest) for one in found.evidence.values() for digest in one)
    assert made.loop().delivered == {c.id: 32 * FPS for c in site.cameras}
    assert made.engine_server.pictures > 0


def test_forty_sources_are_not_mixed_up(tmp_path: Path) -> None:
    site, found = make_site(tmp_path, 40, looks=2), Collected()
    with started(workers(site, found)) as made:
        assert made.wait(240)
    everything_ran(made, site)
    assert found.places() == {c.id: {spot} for spot, c in enumerate(site.cameras)}
    assert set(found.told().values()) == {1}
    stages = [(e.camera, e.stage) for e in found.episodes]
    for camera in site.cameras:
        told = [stage for name, stage in stages if name == camera.id]
        assert told == [EpisodeStage.CONFIRMED, EpisodeStage.CLEARED] * 2


def test_killed_processes_lose_and_double_nothing(tmp_path: Path) -> None:
    site = make_site(tmp_path / "alone", 8)
    alone, found, rng = in_one_process(site), Collected(), random.Random(7)
    shared = same(site, tmp_path / "shared")
    killed = []
    with started(workers(shared, found, opener=open_slow_eyes)) as made:
        for _ in range(KILLS):
            until(made, lambda: len(made.pids) == 3 and all(p.up for p in made.processes))
            looked = sum(s.analysed for s in made.status())
            until(
                made, lambda n=looked: made._drained or sum(s.analysed for s in made.status()) > n
            )
            name, pid = rng.choice(sorted(made.pids.items()))
            killed.append(name)
            os.kill(pid, signal.SIGKILL)
            until(made, lambda n=name, p=pid: made.pids.get(n, p) != p)
        assert made.wait(240)
        assert sum(p.restarts for p in made.processes) == KILLS
    assert set(killed) == {"engine-server", "worker-1", "worker-2"}
    assert found.told() == alone.told()
    everything_ran(made, shared)
    assert made.quarantined == 0


def test_a_worker_that_hangs_is_replaced_and_cannot_come_back(tmp_path: Path) -> None:
    site = make_site(tmp_path / "alone", 4)
    alone, found = in_one_process(site), Collected()
    shared = same(site, tmp_path / "shared")
    with started(workers(shared, found, opener=open_slow_eyes, patience_s=5)) as made:
        until(made, lambda: all(p.up for p in made.processes) and made.loop().delivered)
        hung = made.pids["worker-1"]
        os.kill(hung, signal.SIGSTOP)
        until(made, lambda: made.pids.get("worker-1", hung) != hung)
        assert not psutil.pid_exists(hung)
        assert made.wait(240)
        [restarts] = [p.restarts for p in made.processes if p.name == "worker-1"]
        assert restarts == 1
    assert found.told() == alone.told()
    everything_ran(made, shared)


class TakesLater(Collected):
    """A sink that cannot store at first, and of which the first answers are lost."""

    def __init__(self, made: list[Workers]) -> None:
        super().__init__()
        self.refused = self.lost = 0
        self._made = made

    def __call__(self, event: EpisodeEvent, items: Sequence[EvidenceItem]) -> None:
        stage = event.episode.stage
        if stage is EpisodeStage.CLEARED and self.refused < 1:
            self.refused += 1
            raise StorageUnavailable("the database is away")
        super().__call__(event, items)
        if stage is EpisodeStage.CONFIRMED and self.lost < 2:
            self.lost += 1  # whoever waits for the answer is killed before it comes
            [keeper] = [k for k in self._made[0]._keepers if event.episode.camera in k.cameras]
            assert keeper.pid is not None
            os.kill(keeper.pid, signal.SIGKILL)


def test_an_event_whose_answer_was_lost_is_taken_once(tmp_path: Path) -> None:
    site = make_site(tmp_path / "alone", 2)
    alone, made = in_one_process(site), list[Workers]()
    found = TakesLater(made)
    made.append(workers(same(site, tmp_path / "shared"), found))
    with started(made[0]):
        assert made[0].wait(240)
        until(made[0], lambda: len(found.episodes) == len(alone.episodes))
    assert (found.refused, found.lost) == (1, 2)
    assert found.told() == alone.told()


def no_device(_: ModelChoice) -> Engine:
    raise EngineError("No such device; choose another in the site file's `model`.")


def test_without_an_engine_it_is_blind_at_once(tmp_path: Path) -> None:
    with started(workers(make_site(tmp_path, 2), Collected(), opener=no_device)) as made:
        assert made.blind.wait(120)
        with pytest.raises(EngineError, match="choose another"):
            made.wait(0)
        assert made.problem == str(made.failed)


def no_pipeline(*_: object) -> object:
    raise RuntimeError("no pipeline")


def test_without_any_worker_it_is_blind_after_a_while(tmp_path: Path) -> None:
    site = make_site(tmp_path, 2)
    made = workers(site, Collected(), blind_s=0)
    for keeper in made._keepers:
        object.__setattr__(keeper._order, "build", no_pipeline)
    with started(made):
        assert made.blind.wait(120)
        assert made.failed is not None
        assert "RuntimeError: no pipeline" in str(made.failed)
        assert {p.up for p in made.processes if p.name != "engine-server"} == {False}
