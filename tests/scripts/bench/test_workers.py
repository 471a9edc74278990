"""Benches with real workers, an engine server and clients: real processes, shortly."""

from __future__ import annotations

import json
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from scripts.bench.asking import clients_of, wait_for
from scripts.bench.letterboxing import open_letterboxing
from scripts.bench.recordings import recordings
from scripts.bench.rig import Rig
from scripts.bench.served import ITSELF
from scripts.commands.bench import bench
from tests.scripts.bench.test_loop import clip
from vision.engine_server import EngineServerProcess
from vision.engines import ModelChoice
from vision.errors import EngineError, SiteError

__all__ = ["clip"]

CHOICE = ModelChoice(engine="torch", device="cpu", image_size=160)
SMALL = ["--engine", "torch", "--device", "cpu", "--size", "160", "--rounds", "1", "--json"]


def test_workers_look_at_every_recording_and_all_of_them_count(clip: Path) -> None:
    engine = open_letterboxing(CHOICE)  # its model's name is all that is used of it
    with Rig([str(clip)] * 3, engine, choice=CHOICE, workers=2, looks=60, pace="fast") as rig:
        rig.watch.wait(60)
        looks = rig.looks()
        assert sorted(looks["camera"].tolist()) == sorted(40 * [0, 1, 2])
        others = {p.pid for p in rig._others()}
        assert len(others) == 3, "two workers and the engine server"
        assert rig.spent_s() > sum(psutil.Process().cpu_times()[:2])
        assert rig.memory_mb() > 0
    assert not [pid for pid in others if psutil.pid_exists(pid)]


def test_a_recording_by_workers_has_a_speed_and_a_cost(clip: Path) -> None:
    whole = recordings(clip, open_letterboxing(CHOICE), 2, frames=40, workers=2, choice=CHOICE)
    assert whole.fps > 0
    assert whole.memory_mb > 0


def test_the_loop_is_measured_with_one_process_and_with_workers(clip: Path) -> None:
    asked = ["loop", "--clip", str(clip), "--frames", "40", "--no-stock"]
    asked += ["--workers", "1", "--workers", "2", *SMALL]
    done = CliRunner().invoke(bench, asked, catch_exceptions=False)
    [found] = json.loads(done.stdout)
    assert found["streams"] == 2
    assert set(found["loops"]) == {"1", "2"}
    assert all(loop["over"]["limit"] > 0 for loop in found["loops"].values())
    shown = CliRunner().invoke(bench, asked[:-1], catch_exceptions=False)
    assert "2 workers" in shown.stdout


@pytest.mark.parametrize(
    "asked",
    [
        ["loop", "--workers", "3", "--streams", "2"],
        ["cameras", "--workers", "3", "--count", "2", "--count", "8"],
    ],
)
def test_a_worker_without_a_camera_is_refused(asked: list[str]) -> None:
    failed = CliRunner().invoke(bench, asked)
    assert isinstance(failed.exception, SiteError)
    assert "from 3 on" in str(failed.exception)


def test_the_engine_is_measured_beside_the_served_one() -> None:
    asked = ["engine", "--clients", "1", "--clients", "2", "--seconds", "0.3", *SMALL]
    found = json.loads(CliRunner().invoke(bench, asked, catch_exceptions=False).stdout)
    assert set(found["medians"]) == {"torch-cpu", "letterboxing alone"}
    for by_clients in found["medians"].values():
        assert set(by_clients) == {str(ITSELF), "1", "2"}
        assert all(speed["fps"] > 0 for speed in by_clients.values())
        assert by_clients[str(ITSELF)]["over_itself"] == 1
        assert by_clients["2"]["over_itself"] > 0
    shown = CliRunner().invoke(bench, asked[:-1], catch_exceptions=False)
    assert "served to 2" in shown.stdout
    assert not [c for c in psutil.Process().children() if c.name() == "client-0"]


def test_a_client_that_has_ended_is_not_waited_for() -> None:
    server = EngineServerProcess(CHOICE, opener=open_letterboxing)
    server.start()
    try:
        with clients_of(server.address, 1) as [client]:
            client.process.kill()
            with pytest.raises(EngineError, match="has ended"):
                wait_for(client)
    finally:
        server.stop()
