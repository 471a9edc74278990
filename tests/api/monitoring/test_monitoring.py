"""Monitoring: what is missing and who is told, the loop scraped, health that always answers."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import httpx

from api.access.roles import Role
from api.cases.store import CaseStore
from api.errors import DatabaseUnavailable
from api.http.app import create_app
from api.http.background import REQUEST_WORKERS
from api.http.routes import health
from tests.api.world import make_event, make_site, make_world, served, store_pictures
from tests.s3_server import storage
from vision.engine_server import ServerCounts
from vision.errors import NotWatched
from vision.evidence import SecondLook, open_store
from vision.loop import LoopCounters, LoopCounts, Step
from vision.pipeline.live_view import Picture
from vision.pipeline.sight import Sight
from vision.process_status import ProcessStatus
from vision.site import Site
from vision.sources.status import CameraState, CameraStatus
from vision.trial import Trial
from vision.view.health import View


class Cameras:
    """A pipeline whose cameras' states a test sets."""

    def __init__(self) -> None:
        self.states = [CameraState.ALIVE, CameraState.BROKEN]
        self.problem: str | None = None
        self.view = View.CLEAR
        self.device_memory: int | None = None
        self.quarantined = 0
        self.processes: tuple[ProcessStatus, ...] = ()
        self.engine_server: ServerCounts | None = None
        self.counters = LoopCounters()

    def loop(self) -> LoopCounts:
        return self.counters.counts()

    def status(self) -> list[CameraStatus]:
        return [
            CameraStatus(
                name,
                "x",
                state,
                "gone" if state is CameraState.BROKEN else None,
                read=5,
                view=self.view,
            )
            for name, state in zip(("gate", "yard"), self.states, strict=True)
        ]

    def picture(
        self, camera: str, after: int | None = None, wait_s: float = 0.0, *, clean: bool = False
    ) -> Future[Picture | None]:
        answer: Future[Picture | None] = Future()
        answer.set_result(None)
        return answer

    def sight(self, camera: str) -> Sight | None:
        raise NotWatched(f"camera {camera} is not watched here")

    def try_out(self, camera: str, proposed: Site, preset: str | None = None) -> Future[Trial]:
        raise NotWatched(f"camera {camera} is not watched here")

    def apply(self, site: Site) -> None: ...

    def look_again(self, camera: str, _episode: str, _after: datetime) -> SecondLook:
        return SecondLook(why=f"camera {camera} is not watched here")


def test_what_the_loop_tells_of_itself_can_be_scraped(world):
    cameras = Cameras()
    for size in (4, 4, 1):
        cameras.counters.batched(size)
    cameras.counters.spent(Step.INFER, 0.2)
    cameras.counters.delivered("gate", 0.7)
    cameras.counters.failed("yard", ValueError("bad"))
    cameras.counters.failed("gone", ValueError("of a camera that has left"))
    app = create_app(world.site, world.database, world.evidence, watch=cameras)
    with served(app) as address, httpx.Client(base_url=address, trust_env=False) as http:
        lines = http.get("/metrics").text.splitlines()
        assert 'streetwarden_loop_batches_total{pictures="4"} 2.0' in lines
        assert 'streetwarden_loop_step_seconds_bucket{le="0.1",step="infer"} 0.0' in lines
        assert 'streetwarden_loop_step_seconds_bucket{le="0.25",step="infer"} 1.0' in lines
        assert 'streetwarden_loop_step_seconds_count{step="deliver"} 0.0' in lines
        assert 'streetwarden_frame_age_seconds_bucket{le="1.0"} 1.0' in lines
        assert "streetwarden_frame_age_seconds_sum 0.7" in lines
        assert 'streetwarden_loop_errors_total{camera="yard"} 1.0' in lines
        assert not any('camera="gone"' in line for line in lines)
        assert not any("device_memory" in line for line in lines), "a CPU has none of its own"
        cameras.device_memory = 2**30
        assert "streetwarden_device_memory_bytes 1.073741824e+09" in http.get("/metrics").text


def test_readiness_says_what_is_missing(world, monkeypatch, tmp_path):
    cameras = Cameras()
    app = create_app(world.site, world.database, world.evidence, watch=cameras)
    headers = {"Authorization": f"Bearer {world.key(Role.AUDITOR)}"}
    with served(app) as address, httpx.Client(base_url=address, trust_env=False) as http:

        def failing() -> tuple[int, dict[str, str]]:
            answer = http.get("/readyz", headers=headers)
            bad = {c["name"]: c["detail"] for c in answer.json()["checks"] if not c["ready"]}
            return answer.status_code, bad

        assert failing() == (200, {"camera yard": "gone"}), "one camera away stops nothing"
        text = http.get("/metrics").text
        assert 'streetwarden_camera_state{camera="yard",state="broken"} 1.0' in text
        assert 'streetwarden_camera_frames_read_total{camera="gate"} 5.0' in text
        cameras.states = [CameraState.BROKEN] * 2
        status, bad = failing()
        assert (status, bad["cameras"]) == (503, "0 of 2 cameras work")
        cameras.states = [CameraState.ALIVE] * 2
        cameras.view = View.COVERED
        status, bad = failing()
        assert status == 200, "a covered camera stops nothing either"
        assert set(bad) == {"view of gate", "view of yard"}
        assert "wet or sprayed" in bad["view of gate"]
        text = http.get("/metrics").text
        assert 'streetwarden_camera_view{camera="gate",view="covered"} 1.0' in text
        assert 'streetwarden_camera_view{camera="gate",view="clear"} 0.0' in text
        cameras.view = View.CLEAR
        cameras.problem = "the engine failed"
        assert failing() == (503, {"watch": "the engine failed"})
        cameras.problem = None
        cameras.quarantined = 2
        status, bad = failing()
        assert (status, list(bad)) == (200, ["quarantine"]), "the others are stored"
        assert "2 episodes" in bad["quarantine"]
        assert "streetwarden_quarantined_episodes 2.0" in http.get("/metrics").text
        cameras.quarantined = 0
        (tmp_path / "file").write_text("no folder")
        monkeypatch.setattr(world.evidence, "root", tmp_path / "file")
        status, bad = failing()
        assert status == 503
        assert "cannot be written" in bad["evidence"]
        monkeypatch.undo()

        def locked() -> None:
            raise DatabaseUnavailable("cases.db: database is locked")

        monkeypatch.setattr(world.database, "check", locked)
        assert failing() == (503, {"database": "cases.db: database is locked"})
        assert http.get("/healthz").status_code == 200


def test_a_database_that_goes_away_is_503_without_its_address(world):
    app = create_app(world.site, world.database, world.evidence)
    key = world.keys.session_key()
    path = Path(str(world.database.engine.url.database))
    with served(app) as address:
        world.database.close()
        for part in path.parent.glob("cases.db*"):
            part.unlink()
        path.mkdir()
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=address, headers=headers, trust_env=False) as http:
            answer = http.get("/v1/cases")
            assert answer.status_code == 503
            assert str(path) not in answer.text
            assert "streetwarden_database_up 0.0" in http.get("/metrics").text
            assert http.get("/readyz").status_code == 503


def test_readiness_tells_strangers_names_and_operators_the_rest(world, monkeypatch):
    cameras = Cameras()
    cameras.states = [CameraState.BROKEN, CameraState.BROKEN]
    told = "postgresql+psycopg://bureau@10.1.2.3/cases: connection refused"

    def away() -> None:
        raise DatabaseUnavailable(told)

    monkeypatch.setattr(world.database, "check", away)
    app = create_app(world.site, world.database, world.evidence, watch=cameras)
    limited = world.keys.create("gate", Role.ADMIN, cameras=["gate"]).key
    keys = {role: world.key(role) for role in (Role.ADMIN, Role.VIEWER)}
    with served(app) as address, httpx.Client(base_url=address, trust_env=False) as http:

        def details(key: str | None) -> dict[str, str | None]:
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            answer = http.get("/readyz", headers=headers)
            assert answer.status_code == 503
            return {c["name"]: c["detail"] for c in answer.json()["checks"]}

        for key in (None, "sw_wrong_key", keys[Role.VIEWER]):
            assert set(details(key).values()) == {None}
            assert {"database", "camera yard"} <= set(details(key))
        assert details(keys[Role.ADMIN])["database"] == told
        assert details(keys[Role.ADMIN])["camera yard"] == "gone"
        assert details(limited)["camera gate"] == "gone"
        assert details(limited)["camera yard"] is None


def test_health_answers_while_every_worker_is_busy_and_the_database_hangs(world, monkeypatch):
    """Nothing that a supervisor asks waits for a request worker."""
    release, working = threading.Event(), threading.Semaphore(0)

    def hang(*_: object, **_more: object) -> None:
        working.release()
        assert release.wait(60)

    app = create_app(world.site, world.database, world.evidence)
    headers = {"Authorization": f"Bearer {world.key(Role.VIEWER)}"}
    monkeypatch.setattr(CaseStore, "page", hang)
    monkeypatch.setattr(world.database, "check", hang)
    monkeypatch.setattr(health, "PATIENCE_S", 0.05)
    with served(app) as address:

        def ask() -> None:
            httpx.get(f"{address}/v1/cases", headers=headers, timeout=60, trust_env=False)

        asking = [threading.Thread(target=ask) for _ in range(REQUEST_WORKERS)]
        for thread in asking:
            thread.start()
        for _ in asking:
            assert working.acquire(timeout=60)
        with httpx.Client(base_url=address, timeout=30, trust_env=False) as http:
            assert http.get("/healthz").json() == {"alive": True}
            for _ in range(3):  # one check hangs, however often it is asked for
                answer = http.get("/readyz")
                assert answer.status_code == 503
                assert [c["name"] for c in answer.json()["checks"]] == ["storage"]
            assert "streetwarden_database_up 1.0" in http.get("/metrics").text
            assert sum(t.name == "readiness" for t in threading.enumerate()) == 1
        release.set()
        for thread in asking:
            thread.join()


def test_processes_are_told_of_where_there_are_some(world):
    cameras = Cameras()
    app = create_app(world.site, world.database, world.evidence, watch=cameras)
    with served(app) as address, httpx.Client(base_url=address, trust_env=False) as http:
        alone = http.get("/metrics").text
        assert "streetwarden_process" not in alone
        assert "streetwarden_engine_server" not in alone
        assert not [c for c in http.get("/readyz").json()["checks"] if "process" in c["name"]]
        cameras.processes = (
            ProcessStatus("engine-server", up=True, restarts=1, detail="runs"),
            ProcessStatus("worker-1", up=False, restarts=3, detail="is down: killed", cameras=4),
        )
        sizes = (5, 0, 2, 0, 0, 0, 0, 0)
        cameras.engine_server = ServerCounts(7, 13, 1, sizes, 0.5, 2, 3, None, 1)
        lines = http.get("/metrics").text.splitlines()
        answer = http.get("/readyz")
    assert 'streetwarden_process_up{process="engine-server"} 1.0' in lines
    assert 'streetwarden_process_up{process="worker-1"} 0.0' in lines
    assert 'streetwarden_process_restarts_total{process="worker-1"} 3.0' in lines
    assert 'streetwarden_process_cameras{process="worker-1"} 4.0' in lines
    assert not any(
        line.startswith('streetwarden_process_cameras{process="engine') for line in lines
    )
    assert 'streetwarden_engine_server_batch_pictures_bucket{le="1"} 5.0' in lines
    assert 'streetwarden_engine_server_batch_pictures_bucket{le="4"} 7.0' in lines
    assert 'streetwarden_engine_server_batch_pictures_bucket{le="+Inf"} 7.0' in lines
    assert "streetwarden_engine_server_batch_pictures_sum 13.0" in lines
    checks = {c["name"]: c for c in answer.json()["checks"]}
    assert checks["process engine-server"]["ready"]
    assert not checks["process worker-1"]["ready"]
    assert not checks["process worker-1"]["required"], "the others go on"


def test_storage_that_is_away_is_told_and_its_pictures_are_a_503(tmp_path, line):
    """Cases are made meanwhile; what is in the bucket alone cannot be shown, and is no fault."""
    site = make_site(tmp_path).model_copy(update={"storage": storage(tmp_path, line.url)})
    world = replace(make_world(site), evidence=open_store(site.storage))
    event = make_event()
    items = store_pictures(world.evidence, event)
    world.evidence.upload()
    world.intake.take(event, items)
    uploaded, waiting = items[1].sha256, world.evidence.put(b"waits")
    line.away = True
    world.evidence._round()  # which its thread does again and again
    headers = {"Authorization": f"Bearer {world.key(Role.ADMIN)}"}
    app = create_app(site, world.database, world.evidence)
    with served(app) as address, httpx.Client(base_url=address, headers=headers) as client:
        ready = client.get("/readyz")
        found = {c["name"]: c for c in ready.json()["checks"]}
        assert found["evidence"]["ready"]
        assert not found["evidence upload"]["ready"]
        assert not found["evidence upload"]["required"]
        assert "s3://evidence/site/: cannot be used" in found["evidence upload"]["detail"]
        assert "1 files wait on this disk" in found["evidence upload"]["detail"]
        picture = client.get(f"/v1/media/{uploaded}")
        assert picture.status_code == 503
        assert picture.headers["retry-after"] == "5"
        assert picture.headers["content-type"] == "application/problem+json"
        line.away = False
        world.evidence._round()
        found = {c["name"]: c for c in client.get("/readyz").json()["checks"]}
        assert found["evidence upload"]["ready"]
        picture = client.get(f"/v1/media/{uploaded}")
        assert picture.status_code == 200
        assert hashlib.sha256(picture.content).hexdigest() == uploaded
    assert world.evidence.read(waiting) == b"waits"
    world.database.close()
