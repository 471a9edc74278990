"""A city on a real PostgreSQL, an S3 server and a Ray cluster of three nodes on this machine.

What takes minutes runs when asked for: `pytest -m soak -s tests/real/test_city.py`.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psutil
import pytest
from sqlalchemy import Engine, select

from api.setup import following
from api.storage.database import Database
from api.storage.tables import CaseRow, SightingRow
from scripts.city.cluster import RayCluster
from scripts.city.lease import held_leases
from scripts.city.tables import make_tables
from tests.real.ray_nodes import ENV, ray_cluster, rays_environment
from tests.real.running_city import Ran, analysed, shows_what_is_stored, until, written
from tests.real.shard_processes import Machines
from tests.s3_server import S3Server, storage
from tests.vision.live import RIGHT, live_bins, site_of, zone
from tests.vision.workers.test_soak import judge
from vision.episodes import EndedBy
from vision.errors import SiteError
from vision.site import Camera, Site, SiteInfo, Zone
from vision.site.file import load_site
from vision.site.rule_settings import RuleSettings

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster as RayNodes

__all__ = ["rays_environment"]

CAMERAS = 12
RESUMED_S = 30.0
"""Within which a lost machine's cameras are looked at elsewhere, by the promise of `city`."""


@contextmanager
def bins_by_the_clock() -> Iterator[int]:
    """The port of a process that serves the cameras' pictures."""
    serving = subprocess.Popen(
        [sys.executable, "-m", "tests.vision.workers.bin_server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=ENV,
    )
    assert serving.stdout is not None
    assert serving.stdin is not None
    try:
        yield int(serving.stdout.readline())
    finally:
        serving.kill()
        serving.wait()
        serving.stdin.close()
        serving.stdout.close()


def city_site(folder: Path, database: str, s3: str, port: int, cameras: int = CAMERAS) -> Site:
    settings = RuleSettings.model_validate({"dwell": "2s", "looks": 2, "clear": "2s"})
    return Site(
        site=SiteInfo(name="city"),
        storage=storage(folder, s3).model_copy(update={"database": database}),
        defaults={"overflowing_bin": settings},
        cameras=tuple(
            Camera(
                id=f"bin-{n}",
                source=f"http://127.0.0.1:{port}/{n}.jpg",
                analyse_fps=2,
                zones=(Zone(name="street", watch=("overflowing_bin",)),),
            )
            for n in range(cameras)
        ),
    )


def all_looked_at(database: Engine, but: set[str]) -> bool:
    """Whether every camera was looked at by a shard that is none of these."""
    found = analysed(database)
    return len(found) == CAMERAS and all(n > 0 and who not in but for who, n in found.values())


def held_by(database: Engine, node: Any) -> set[str]:
    """The holders of leases on a node of Ray's."""
    found = {h.holder for h in held_leases(database).values() if node.node_id[:8] in h.node}
    assert found
    return found


def is_shard(process: psutil.Process) -> bool:
    return "Shard" in " ".join(process.cmdline())


def memory_of_shards(ray: RayNodes) -> list[int]:
    """Bytes."""
    found = [p for node in ray.list_all_nodes() for p in processes_of(node) if is_shard(p)]
    return sorted(process.memory_info().rss for process in found)


def processes_of(node: Any) -> list[psutil.Process]:
    """A Ray node's raylet and all that it started."""
    raylet = psutil.Process(node.all_processes["raylet"][0].process.pid)
    return [raylet, *raylet.children(recursive=True)]


def test_a_changed_site_file_is_followed_by_the_shards_as_they_run(
    tmp_path: Path,
    new_database: Callable[[], str],
    s3: S3Server,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(following, "PERIOD_S", 0.2)
    machines, file = Machines(), tmp_path / "site.yaml"
    with live_bins() as bins:
        gate, bridge, yard = (bins.camera(n, zone("left")) for n in ("gate", "bridge", "yard"))
        stored = storage(tmp_path, s3.url).model_copy(update={"database": new_database()})

        def write(*cameras: Camera, **more: object) -> Site:
            site = site_of(tmp_path, *cameras).model_copy(update={"storage": stored})
            written(site, file, **more)
            return load_site(file)

        bins.full = {"gate": {8}, "bridge": {12}, "yard": {13}}
        with Ran(write(gate, bridge), machines, shards=2, file=file) as city:
            database = city.database

            def seen() -> dict[tuple[str, str], str | None]:
                with database.read() as session:
                    rows = session.scalars(select(SightingRow)).unique().all()
                assert len(rows) == len({row.episode_id for row in rows})
                return {(row.camera, row.zone): row.ended_by for row in rows}

            def looked(camera: str) -> int:
                return analysed(database.engine).get(camera, ("", 0))[1]

            until(lambda: ("bridge", "left") in seen() and looked("gate") > 0)
            holders = {c: who for c, (who, _) in analysed(database.engine).items()}
            assert len(set(holders.values())) == 2
            assert set(seen()) == {("bridge", "left")}

            # What is wrong changes nothing, and is said once.
            with pytest.raises(SiteError):
                write(bridge, workers=-1)
            until(lambda: "the site file as it was before is in force" in caplog.text)
            count = looked("gate")
            until(lambda: looked("gate") > count)
            assert caplog.text.count("the site file as it was before is in force") == 1

            # A zone is drawn, a camera is new; what cannot be had without a restart is said.
            drawn = gate.model_copy(update={"zones": (zone("left"), zone("right", RIGHT))})
            write(drawn, bridge, yard, workers=3)
            until(lambda: {("gate", "right"), ("yard", "left")} <= set(seen()))
            assert "workers: from the next start" in caplog.text
            now = {c: who for c, (who, _) in analysed(database.engine).items()}
            assert now.pop("yard") in holders.values()
            assert now == holders

            # A camera leaves, and its shard, which has no other.
            write(drawn, yard)
            until(lambda: seen()["bridge", "left"] == EndedBy.UNWATCHED)
            until(lambda: set(analysed(database.engine)) == {"gate", "yard"})
            until(lambda: any("has nothing more to watch" in line for _, line in city.lines))
            count = looked("gate")
            until(lambda: looked("gate") > count)
            assert len(machines.started) == 2, "none was started anew"
            assert set(seen()) == {("gate", "right"), ("yard", "left"), ("bridge", "left")}


def test_an_episode_goes_on_where_its_camera_goes_on(
    tmp_path: Path, new_database: Callable[[], str], s3: S3Server
) -> None:
    with live_bins() as bins:
        cameras = [bins.camera(name, zone("street")) for name in ("gate", "bridge")]
        stored = storage(tmp_path, s3.url).model_copy(update={"database": new_database()})
        site = site_of(tmp_path, *cameras).model_copy(update={"storage": stored})
        machines = Machines()
        with Ran(site, machines, shards=1) as city:

            def seen() -> list[SightingRow]:
                with city.database.read() as session:
                    return list(session.scalars(select(SightingRow)).unique())

            bins.full["gate"] = {12}
            until(lambda: len(seen()) == 1)
            machines.started[0].process.kill()
            until(lambda: len(machines.started) == 2)
            until(lambda: analysed(city.database.engine).get("gate", ("", 0))[1] > 0)
            bins.full["gate"] = set()
            until(lambda: seen()[0].cleared_at is not None)
        assert [started.machine.id for started in machines.started] == ["one", "two"]
    shows_what_is_stored(site, s3)
    database = Database.open(site.storage.database)
    with database.read() as session:
        assert len(session.scalars(select(CaseRow)).unique().all()) == 1
        assert session.scalars(select(SightingRow)).one().camera == "gate"
    assert not held_leases(database.engine)
    assert not list((tmp_path / "city").rglob("spool/*/*"))
    database.close()


def test_a_server_beside_a_city_looks_at_no_camera(tmp_path: Path) -> None:
    with live_bins() as bins:
        asked: list[object] = []
        bins.paths["/gate"] = asked.append
        file = tmp_path / "site.yaml"
        file.write_text(
            f"site: {{name: beside}}\ncameras: [{{id: gate, source: '{bins.url}/gate'}}]\n"
            f"storage: {{database: 'sqlite:///{tmp_path}/cases.db', evidence: '{tmp_path}/e'}}\n"
        )
        command = [sys.executable, "-m", "scripts.streetwarden", "serve", str(file), "--no-watch"]
        serving = subprocess.Popen(
            [*command, "--port", "0", "--log-format", "text"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=ENV,
        )
        assert serving.stdout is not None
        try:
            lines = iter(serving.stdout)
            assert "1 camera, watched by others" in next(lines)
            console = next(line for line in lines if line.startswith("console: "))
            base = console.removeprefix("console: ").partition("?")[0].partition("#")[0].strip()
            ready = httpx.get(f"{base.rstrip('/')}/readyz", timeout=60, trust_env=False)
            assert ready.status_code == 200, ready.text
            serving.send_signal(signal.SIGTERM)
            assert serving.wait(60) == 0
        finally:
            serving.kill()
            serving.wait()
            serving.stdout.close()
    assert not asked


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_lost_machines_cameras_go_on_elsewhere(
    tmp_path: Path, new_database: Callable[[], str], s3: S3Server
) -> None:
    with bins_by_the_clock() as port, ray_cluster(3, cores=3) as ray:
        site = city_site(tmp_path, new_database(), s3.url, port)
        cluster, began = RayCluster(ray.address), time.time()
        with closing(cluster), Ran(site, cluster) as city:
            engine = city.database.engine
            took = until(lambda: all_looked_at(engine, set()))
            print(f"\n{CAMERAS} cameras looked at for the first time after {took:.1f} s")
            looked = time.time()
            print(f"memory of each shard, MiB: {[rss >> 20 for rss in memory_of_shards(ray)]}")
            until(lambda: time.time() > looked + 90)  # some bins have overflowed and been emptied

            killed, frozen = ray.worker_nodes
            held = held_by(engine, killed)
            for process in processes_of(killed):
                process.kill()
            took = until(lambda: all_looked_at(engine, held), RESUMED_S)
            print(f"killed: {len(held)} shards; all looked at again after {took:.1f} s")

            ray.add_node(num_cpus=3, object_store_memory=80_000_000)
            until(lambda: time.time() > looked + 150)
            held, stopped = held_by(engine, frozen), processes_of(frozen)
            for process in stopped:
                process.suspend()
            took = until(lambda: all_looked_at(engine, held), RESUMED_S)
            print(f"frozen: {len(held)} shards; all looked at again after {took:.1f} s")
            shards = [p for p in stopped if is_shard(p)]
            for process in stopped:
                process.resume()
            gone, alive = psutil.wait_procs(shards, timeout=60)
            assert len(gone) == len(held)
            assert not alive
            until(lambda: time.time() > looked + 220)
            ended = time.time()
        for at, line in city.lines:
            print(f"{at - began:7.1f} {line}")
        judge(site, looked, ended)
        shows_what_is_stored(site, s3)


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_cluster_follows_what_is_written_into_the_site_file(
    tmp_path: Path, new_database: Callable[[], str], s3: S3Server
) -> None:
    file, said = tmp_path / "site.yaml", tmp_path / "said.txt"
    with live_bins() as bins, ray_cluster(2, cores=1) as ray, said.open("w") as saying:
        gate, bridge = (bins.camera(n, zone("left"), analyse_fps=2) for n in ("gate", "bridge"))
        stored = storage(tmp_path, s3.url).model_copy(update={"database": new_database()})
        site = site_of(tmp_path, gate).model_copy(update={"storage": stored})
        written(site, file)
        command = [sys.executable, "-m", "scripts.streetwarden", "city", str(file)]
        running = subprocess.Popen(
            [*command, "--address", ray.address, "--shards", "2", "--log-format", "text"],
            stderr=saying,
            env=ENV,
        )
        database = Database.open(site.storage.database)
        try:
            make_tables(database.engine)
            until(lambda: analysed(database.engine).get("gate", ("", 0))[1] > 0)
            holder, _ = analysed(database.engine)["gate"]
            # A share of its own for the camera that is new, and a zone for the one that is there.
            drawn = gate.model_copy(update={"zones": (zone("left"), zone("right", RIGHT))})
            took = [time.monotonic()]
            written(site.model_copy(update={"cameras": (drawn, bridge)}), file)
            until(lambda: analysed(database.engine).get("bridge", ("", 0))[1] > 0)
            took.append(time.monotonic())
            assert analysed(database.engine)["gate"][0] == holder
            written(site.model_copy(update={"cameras": (drawn,)}), file)
            until(lambda: set(analysed(database.engine)) == {"gate"})
            took.append(time.monotonic())
            assert analysed(database.engine)["gate"][0] == holder
            until(lambda: "shard-2 has nothing more to watch" in said.read_text())
            running.send_signal(signal.SIGTERM)
            assert running.wait(60) == 0, said.read_text()
        finally:
            running.kill()
            running.wait()
            database.close()
    lines = said.read_text()
    print(f"\nadded after {took[1] - took[0]:.1f} s, gone after {took[2] - took[1]:.1f} s\n{lines}")
    assert lines.count("the changed site is in force in all shards") == 2
    assert "is gone from" not in lines
