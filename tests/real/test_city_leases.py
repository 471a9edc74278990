"""A city's leases and memory on a real PostgreSQL: cut off, frozen, taken over."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import Engine, text

from api.storage.engine import make_engine
from scripts.city.lease import LeaseLost, Leases, held_leases, last_seen, refuse_watched
from scripts.city.memory import SharedMemory
from scripts.city.tables import make_tables
from tests.vision.live import site_of
from vision.errors import StreetwardenError
from vision.pipeline.memory import memory_of
from vision.site import Camera, Site

HERE = Path(__file__).parent
SOCKET = ".s.PGSQL.5432"


@pytest.fixture
def address(new_database: Callable[[], str]) -> str:
    made = new_database()
    engine = make_engine(made)
    make_tables(engine)
    engine.dispose()
    return made


@pytest.fixture
def engine(address: str) -> Iterator[Engine]:
    made = make_engine(address)
    yield made
    made.dispose()


@contextmanager
def cuttable(address: str) -> Iterator[tuple[str, Event]]:
    """The same database by a way that carries nothing any more, either way, when the event is set.

    Nobody is told: that is how a machine is cut off.
    """
    there = Path(address.partition("host=")[2]) / SOCKET
    folder, cut, over = Path(tempfile.mkdtemp(prefix="cut-")), Event(), Event()

    def carry(ours: socket.socket) -> None:
        with ours, socket.socket(socket.AF_UNIX) as theirs, selectors.DefaultSelector() as chooser:
            theirs.connect(str(there))
            chooser.register(ours, selectors.EVENT_READ, theirs)
            chooser.register(theirs, selectors.EVENT_READ, ours)
            while not over.is_set():
                if cut.is_set():
                    over.wait()
                    return
                for key, _ in chooser.select(0.05):
                    assert isinstance(key.fileobj, socket.socket)
                    data = key.fileobj.recv(2**16)
                    if not data:
                        return
                    key.data.sendall(data)

    def carry_on(ours: socket.socket) -> None:
        with suppress(OSError):
            carry(ours)

    threads: list[Thread] = []

    def accept() -> None:
        while not over.is_set():
            with suppress(OSError):
                ours, _ = listener.accept()
                threads.append(Thread(target=carry_on, args=(ours,)))
                threads[-1].start()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / SOCKET))
        listener.listen()
        listener.settimeout(0.1)
        threads.append(Thread(target=accept))
        threads[0].start()
        try:
            yield address.partition("host=")[0] + f"host={folder}", cut
        finally:
            over.set()
            for thread in threads:
                thread.join()
            shutil.rmtree(folder)


@contextmanager
def holding(address: str, holder: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, str(HERE / "city_holder.py"), address, holder],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def moments(process: subprocess.Popen[str]) -> list[float]:
    """All the moments that a process that has ended said; one that was cut short is left out."""
    assert process.stdout is not None
    return [float(line) for line in process.stdout if line.endswith("\n")]


def first(process: subprocess.Popen[str]) -> float:
    assert process.stdout is not None
    return float(process.stdout.readline())


def test_who_is_cut_off_has_ended_before_another_watches(address: str) -> None:
    with cuttable(address) as (way, cut), holding(way, "one") as one:
        first(one)
        with holding(address, "two") as two:
            cut.set()
            taken = first(two)
        assert one.wait(60) == 1
        watched = moments(one)
        assert watched
        assert watched[-1] < taken


def test_who_was_frozen_ends_when_it_wakes(address: str, engine: Engine) -> None:
    with holding(address, "one") as one:
        first(one)
        one.send_signal(signal.SIGSTOP)
        with holding(address, "two") as two:
            first(two)
            assert held_leases(engine)["gate"].holder == "two"
            one.send_signal(signal.SIGCONT)
            # What ends it walks the threads' frames as they run, and may fall over one.
            assert one.wait(60) in {1, -signal.SIGSEGV}
            assert held_leases(engine)["gate"].holder == "two"


def hold(engine: Engine, camera: str, holder: str, seconds: float) -> None:
    """Give a lease out by hand, so that no clock ends this process."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO city_leases VALUES (:camera, :holder, 'here', clock_timestamp() + "
                "make_interval(secs => :s), '{}') ON CONFLICT (camera) DO UPDATE SET holder = "
                "excluded.holder, until = excluded.until"
            ),
            {"camera": camera, "holder": holder, "s": seconds},
        )


def test_a_lease_is_one_holders_until_it_ends(engine: Engine) -> None:
    hold(engine, "gate", "other", 60)
    mine = Leases(engine, "me", "here", ttl_s=60)
    with pytest.raises(StreetwardenError, match="camera gate is watched by other on here"):
        mine.take(["bridge", "gate"], patience_s=0)
    assert held_leases(engine).keys() == {"gate"}  # what it had taken is given back
    hold(engine, "gate", "other", -1)
    try:
        mine.take(["bridge", "gate"], patience_s=0)
        at = "2026-05-01T08:00:00+00:00"
        mine.renew({"gate": {"sightings": {"01J": at}}})
        assert {h.holder for h in held_leases(engine).values()} == {"me"}
        found = last_seen(engine, "gate", "01J")
        assert found is not None
        assert found.isoformat() == at
        assert last_seen(engine, "gate", "01K") is None
        assert last_seen(engine, "square", "01J") is None
        hold(engine, "square", "other", 60)
        with pytest.raises(StreetwardenError, match="camera square is watched by other on here"):
            mine.add(["gate", "yard", "square"], patience_s=0)
        assert mine.cameras == ("bridge", "gate")
        mine.renew()
        assert held_leases(engine).keys() == {"bridge", "gate", "square"}  # yard is given back
        hold(engine, "square", "other", -1)
        mine.add(["gate", "square"], patience_s=0)
        mine.renew()
        assert {h.holder for h in held_leases(engine).values()} == {"me"}
        assert mine.cameras == ("bridge", "gate", "square")
        hold(engine, "gate", "other", 60)
        with pytest.raises(LeaseLost):
            mine.renew()
        hold(engine, "gate", "me", -1)  # nobody else has it, but somebody might have had
        with pytest.raises(LeaseLost):
            mine.renew()
    finally:
        mine.release()
    assert not held_leases(engine)


def test_a_server_does_not_watch_what_a_city_watches(engine: Engine) -> None:
    refuse_watched(engine, ["gate"])
    hold(engine, "gate", "other", 60)
    refuse_watched(engine, ["bridge"])
    with pytest.raises(StreetwardenError, match="--no-watch"):
        refuse_watched(engine, ["bridge", "gate"])
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE city_leases"))
    refuse_watched(engine, ["gate"])  # no city has ever been started


@pytest.fixture
def site(tmp_path: Path) -> Site:
    cameras = (Camera(id="gate", source="rtsp://a/1"), Camera(id="bridge", source="rtsp://a/2"))
    return site_of(tmp_path, *cameras)


def folder_of(site: Site, camera: int, root: Path) -> Path:
    found = memory_of(site.cameras[camera], root)
    assert found is not None
    return found


def written(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_memory_goes_where_the_camera_goes(engine: Engine, site: Site, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    leases = Leases(engine, "me", "here")
    hold(engine, "gate", "me", 60)
    mine = SharedMemory(engine, one, site, ["gate"], leases)
    gate = folder_of(site, 0, one)
    (gate / "clips").mkdir(parents=True)
    (gate / "rules.json").write_bytes(b'{"n":1}\n{"n":2}\n{"n":')
    (gate / "baseline-a.json").write_bytes(b"{}\n{}")
    (gate / "gone.json").write_bytes(b"{}")
    (gate / ".part-1").write_bytes(b"half")
    (gate / "clips" / "large.clip").write_bytes(b"clip")
    mine.push("gate")
    (gate / "gone.json").unlink()
    (gate / "rules.json").write_bytes(b'{"n":1}\n{"n":2}\n{"n":3}\n')
    mine.push("gate")
    theirs = SharedMemory(engine, two, site, ["gate", "bridge"])
    theirs.pull()
    assert written(two) == {
        f"{gate.name}/rules.json": b'{"n":3}\n',
        f"{gate.name}/baseline-a.json": b"{}\n{}",
    }
    bridge = folder_of(site, 1, two)
    bridge.mkdir()
    (bridge / "rules.json").write_bytes(b'{"n":9}\n')
    (folder_of(site, 0, two) / "rules.json").write_bytes(b'{"n":0}\n')
    theirs.add_missing()  # of cameras that are known nothing is changed
    third = tmp_path / "three"
    SharedMemory(engine, third, site, ["gate", "bridge"]).pull()
    assert (third / gate.name / "rules.json").read_bytes() == b'{"n":3}\n'
    assert (third / bridge.name / "rules.json").read_bytes() == b'{"n":9}\n'
    # A camera that is added while the other is watched: what is new is pulled, no more.
    (gate / "rules.json").write_bytes(b'{"n":4}\n')
    hold(engine, "bridge", "me", 60)
    mine.add(site, ["gate", "bridge"])
    assert (gate / "rules.json").read_bytes() == b'{"n":4}\n'
    assert (one / bridge.name / "rules.json").read_bytes() == b'{"n":9}\n'
    (one / bridge.name / "rules.json").write_bytes(b'{"n":10}\n')
    mine.push_all()
    theirs.pull()
    assert (two / gate.name / "rules.json").read_bytes() == b'{"n":4}\n'
    assert (two / bridge.name / "rules.json").read_bytes() == b'{"n":10}\n'


def test_who_has_lost_a_camera_changes_nothing_of_its_memory(
    engine: Engine, site: Site, tmp_path: Path
) -> None:
    hold(engine, "gate", "me", 60)
    mine = SharedMemory(engine, tmp_path, site, ["gate"], Leases(engine, "me", "here"))
    gate = folder_of(site, 0, tmp_path)
    gate.mkdir()
    (gate / "rules.json").write_bytes(b'{"n":1}\n')
    mine.push("gate")
    hold(engine, "gate", "other", 60)
    (gate / "rules.json").write_bytes(b'{"n":22}\n')
    with pytest.raises(LeaseLost):
        mine.push("gate")
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT content FROM city_memory")).scalars().all()
    assert kept == [b'{"n":1}\n']


def test_no_path_leads_out_of_the_folder(engine: Engine, site: Site, tmp_path: Path) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO city_memory VALUES ('../evil', 'gate', 'x')"))
    with pytest.raises(StreetwardenError, match="leads out of the folder"):
        SharedMemory(engine, tmp_path / "memory", site, ["gate"]).pull()
    assert not (tmp_path / "evil").exists()
