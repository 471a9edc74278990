"""Processes that die, hang, load slowly or end: what is left, who goes on, and who says so."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.vision.engine_server import painted as engines
from tests.vision.engine_server.conftest import LIMIT
from tests.vision.engine_server.painted import HANGS, ILL, KILLS, SLOW, code, painted
from vision.engine_server import EngineAddress, EngineServerProcess, Phase, ServedEngine
from vision.errors import EngineError

HERE = Path(__file__).parent
Open = Callable[..., ServedEngine]
Start = Callable[..., EngineServerProcess]


def _end(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def run_script() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Run a script of this folder; it is killed when the test ends."""
    with ExitStack() as stack:

        def run(name: str, *arguments: object) -> subprocess.Popen[str]:
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, str(HERE / name), *map(str, arguments)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    start_new_session=True,
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                )
            )
            stack.callback(_end, process)
            return process

        yield run


def said(process: subprocess.Popen[str], number: int = 1) -> list[tuple[int, int, str]]:
    """The next lines of `askers.py`: camera, process, what happened."""
    lines = []
    for _ in range(number):
        camera, pid, what = line(process).split(maxsplit=2)
        lines.append((int(camera), int(pid), what))
    return lines


def all_said(process: subprocess.Popen[str], cameras: int) -> dict[int, int]:
    """Wait until each camera has said something good; their processes."""
    pids: dict[int, int] = {}
    while len(pids) < cameras:
        [(camera, pid, what)] = said(process)
        assert what in ("right", "holds")
        pids[camera] = pid
    return pids


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_clients_killed_in_the_middle_touch_nobody(
    server: EngineServerProcess, run_script: Any, client: Open
) -> None:
    engine, process = client(server.address), server.state.process
    askers = run_script("askers.py", server.address.name, "1:ask", "2:hold", "3:ask", "4:ask")
    pids = all_said(askers, 4)
    assert {what for _, _, what in said(askers, 200)} == {"right"}
    for left, killed in ((3, 1), (2, 2), (1, 3)):
        os.kill(pids[killed], signal.SIGKILL)
        for n in range(2000):
            assert code(engine.infer([painted(5, n % 900)])[0]) == (5, n % 900)
            if server.counts.clients == left + 1:
                break
        else:
            pytest.fail("its slots were not given back")
    assert {what for _, _, what in said(askers, 500)} == {"right"}
    assert server.state.process == process
    assert server.state.restarts == 0


def test_a_server_killed_in_the_middle_says_so_and_comes_back(
    run_server: Start, client: Open
) -> None:
    server = run_server()
    engine = client(server.address)
    with pytest.raises(EngineError, match="ended or was killed"):
        engine.infer([painted(KILLS, 0)])
    assert code(engine.infer([painted(1, 2)])[0]) == (1, 2), "it waits for the next server"
    assert server.wait_until_ready(LIMIT)
    assert server.state.restarts == 1
    assert server.counts.pictures == 1, "counts go on over restarts"


def test_a_server_that_hangs_is_killed_and_started_again(run_server: Start, client: Open) -> None:
    server = run_server(hung_after_s=2.0)
    engine = client(server.address)
    with pytest.raises(EngineError, match="ended or was killed"):
        engine.infer([painted(HANGS, 0)])
    assert code(engine.infer([painted(1, 2)])[0]) == (1, 2)
    assert server.state.restarts == 1


def test_a_client_does_not_wait_for_ever_if_nobody_ends_a_server_that_hangs(
    run_server: Start, client: Open
) -> None:
    server = run_server(hung_after_s=LIMIT)
    engine = client(server.address, answer_within_s=0.5)
    process = server.state.process
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    pending = [engine.submit([painted(1, n)]) for n in range(2)]
    for one in pending:
        with pytest.raises(EngineError, match=r"not answered for 0\.5 s: it hangs"):
            one.result()
    os.kill(process, signal.SIGCONT)
    # What the server still writes for the lost connection must reach nobody.
    assert [code(found) for found in engine.infer([painted(2, n) for n in range(20)])] == [
        (2, n) for n in range(20)
    ]
    assert server.state.restarts == 0


def test_an_engine_that_works_no_longer_ends_its_server(run_server: Start, client: Open) -> None:
    server = run_server()
    engine = client(server.address)
    with pytest.raises(EngineError, match="cannot look at this"):
        engine.infer([painted(ILL, 0)])
    _until(server, lambda: server.state.phase is Phase.DOWN)
    assert "the device is lost" in str(server.state.problem)
    engine.warm_up()
    assert server.state.restarts == 1


def test_clients_wait_while_the_model_loads(
    run_server: Start, client: Open, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    server = run_server(str(gate), opener=engines.open_when_written_to)
    opened: list[ServedEngine] = []
    waits = Thread(target=lambda: opened.append(client(server.address)))
    waits.start()
    with pytest.raises(EngineError, match="not ready"):
        ServedEngine(server.address, open_within_s=0.3)
    with pytest.raises(EngineError, match="this process is ending"):
        ServedEngine(server.address, stopping=lambda: True)
    assert server.state.phase is Phase.LOADING
    assert server.state.problem == "The engine server loads its model."
    gate.write_bytes(b"")  # returns when the server has opened it
    waits.join(LIMIT)
    assert code(opened[0].infer([painted(1, 2)])[0]) == (1, 2)


def test_a_model_that_takes_for_ever_is_given_up(run_server: Start, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    server = run_server(str(gate), opener=engines.open_when_written_to, load_within_s=0.5)
    with pytest.raises(EngineError, match=r"has not loaded its model within 0\.5 s"):
        server.wait_until_ready(LIMIT)


def test_a_model_that_cannot_be_opened_is_named(run_server: Start) -> None:
    server = run_server("none", opener=engines.open_nothing)
    with pytest.raises(EngineError, match="Weights of 'none' are missing"):
        server.wait_until_ready(LIMIT)
    assert server.state.phase is Phase.DOWN


def test_what_a_server_says_counts_however_long_it_takes_to_end(run_server: Start) -> None:
    server = run_server("none", opener=engines.open_nothing_and_stay, hung_after_s=0.5)
    with pytest.raises(EngineError, match="Weights of 'none' are missing"):
        server.wait_until_ready(LIMIT)


def test_stopping_finishes_what_is_under_way(run_server: Start, client: Open) -> None:
    server = run_server()
    engine = client(server.address)
    first = engine.submit([painted(SLOW, n) for n in range(4)])
    second = engine.submit([painted(SLOW, n) for n in range(4, 8)])
    first.result()
    server.stop()
    assert [code(one) for one in second.result()] == [(SLOW, n) for n in range(4, 8)]
    assert server.state.phase is Phase.STOPPED
    assert server.state.problem is None
    with pytest.raises(EngineError, match="not there"):
        ServedEngine(server.address, open_within_s=0)


def test_nothing_is_left_when_all_are_killed(run_script: Any) -> None:
    owner = run_script("owner.py")
    name, process = line(owner).split()
    assert _known(name)
    asker = run_script("askers.py", name, "1:ask")
    pids = (owner.pid, int(process), *all_said(asker, 1).values())
    held = [pid for pid in pids if _holds_a_ring(pid)]
    assert len(held) == 3, "the ring is there, and has no name in /dev/shm"
    assert not [file for file in os.listdir("/dev/shm") if "streetwarden" in file]  # noqa: PTH208
    server = os.pidfd_open(int(process))
    for one in pids:
        os.kill(one, signal.SIGKILL)
    owner.wait(LIMIT)
    assert select.select([server], [], [], LIMIT)[0]
    os.close(server)
    assert not _known(name)


def test_a_server_ends_with_its_owner(run_script: Any) -> None:
    owner = run_script("owner.py")
    name, process = line(owner).split()
    server = os.pidfd_open(int(process))
    owner.kill()
    assert select.select([server], [], [], LIMIT)[0], "it has ended"
    os.close(server)
    with pytest.raises(ConnectionRefusedError):
        EngineAddress(name).connect()


def _known(name: str) -> bool:
    return f"@{name}" in Path("/proc/net/unix").read_text()


def _holds_a_ring(process: int) -> bool:
    return "memfd:streetwarden-ring" in Path(f"/proc/{process}/maps").read_text()


def _until(server: EngineServerProcess, true: Callable[[], bool]) -> None:
    with server._changed:
        assert server._changed.wait_for(true, LIMIT)
