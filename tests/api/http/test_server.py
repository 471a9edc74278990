"""Serving: a busy port is said first; readiness says what is missing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from api.access.roles import Role
from api.cases.store import CaseStore
from api.errors import CaseError, DatabaseUnavailable
from api.http.app import REQUEST_WORKERS, create_app
from api.http.routes import health
from api.http.server import console_address, listen, serve
from tests.api.world import served
from vision.loop import LoopCounters, LoopCounts, Step
from vision.sources.status import CameraState, CameraStatus
from vision.view.health import View

SERVER = """
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit
from api.http.app import REQUEST_WORKERS, create_app
from api.cases.store import CaseStore
from api.storage.database import Database
from api.http.server import listen, serve
from vision.evidence.store import EvidenceStore
from vision.site import Site
root = Path(sys.argv[1])
listener = listen("127.0.0.1", 0)
site = Site.for_sources(["0"], root)
database = Database.open(site.storage.database)
print(listener.getsockname()[1], flush=True)
serve(create_app(site, database, EvidenceStore(root / "evidence")), listener)
database.close()
print("closed in good order", flush=True)
"""


def test_a_busy_port_is_said_with_the_next_step():
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(CaseError, match=rf"127.0.0.1:{port}.*--port"):
            listen("127.0.0.1", port)
        assert console_address(listener, "sw_x") == f"http://127.0.0.1:{port}/#key=sw_x"


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_of_all_addresses_one_is_told_that_others_can_reach(host):
    with listen(host, 0) as listener:
        told = urlsplit(console_address(listener, "sw_x"))
        assert told.hostname not in {"0.0.0.0", "::", None}
        socket.create_connection((told.hostname, told.port)).close()


def test_without_a_network_the_loopback_is_told(monkeypatch):
    def nowhere(*_: object) -> None:
        raise OSError(101, "Network is unreachable")

    with listen("0.0.0.0", 0) as listener:
        monkeypatch.setattr(socket, "socket", nowhere)
        assert urlsplit(console_address(listener, "sw_x")).hostname == "127.0.0.1"


@pytest.mark.parametrize(
    ("host", "port", "said"),
    [
        ("no.such.host.invalid", 0, "no address of this machine"),
        ("192.0.2.1", 0, "cannot be listened on"),  # RFC 5737: nobody's
        ("127.0.0.1", 99999, "port 99999 does not exist"),
    ],
)
def test_an_address_of_somewhere_else_is_said(host, port, said):
    with pytest.raises(CaseError, match=said):
        listen(host, port)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_in_good_order(tmp_path: Path, number: int):
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        answer = httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=30, trust_env=False)
        assert answer.json() == {"alive": True}
        os.kill(process.pid, number)
        assert process.stdout.read().strip() == "closed in good order"
    assert process.returncode == 0


def test_serving_ends_when_the_pipeline_is_blind(world):
    """Nobody sends a signal: what ended is the inference loop."""
    app = create_app(world.site, world.database, world.evidence)
    listener, ends, answered = listen("127.0.0.1", 0), threading.Event(), []

    def ask() -> None:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/healthz"
        answered.append(httpx.get(address, timeout=30, trust_env=False).status_code)
        ends.set()

    asking = threading.Thread(target=ask)
    asking.start()
    serve(app, listener, ends=ends)
    asking.join()
    listener.close()
    assert answered == [200]


class Cameras:
    """A pipeline whose cameras' states a test sets."""

    def __init__(self) -> None:
        self.states = [CameraState.ALIVE, CameraState.BROKEN]
        self.problem: str | None = None
        self.view = View.CLEAR
        self.device_memory: int | None = None
        self.quarantined = 0
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

    def snapshot(self, camera: str) -> bytes | None:
        return None


def test_what_the_loop_tells_of_itself_can_be_scraped(world):
    cameras = Cameras()
    for size in (4, 4, 1):
        cameras.counters.batched(size)
    cameras.counters.spent(Step.INFER, 0.2)
    cameras.counters.delivered("gate", 0.7)
    cameras.counters.failed("yard", ValueError("bad"))
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

    def hang(*_: object) -> None:
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
