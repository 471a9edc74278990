"""Benchmark: an engine in this process beside the same engine served to one and more processes.

Each round asks the engine itself and then the served one, by one client and by two, so that ratios
are of the same minute. It is done twice: with the engine, and with one that only letterboxes, where
nothing hides what the way to the server and back takes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import psutil

from models.catalogue import find
from scripts.bench.asking import Client, asked, clients_of, random_pictures, wait_for
from scripts.bench.letterboxing import open_letterboxing
from scripts.bench.processes import spent_s
from scripts.machine import describe_machine
from vision.engine_server import EngineServerProcess
from vision.engines import Engine, open_engine
from vision.errors import EngineError
from vision.model_choice import ModelChoice

ITSELF = 0
"""Stands for the engine in this process, among numbers of clients."""
_WARM_BATCHES = 2
"""Of each client, before anything counts."""
_POLL_S = 0.01


@dataclass(frozen=True, slots=True)
class Speed:
    """Pictures per second, and milliseconds of processor for each: of who asks, of the server."""

    fps: float
    asking_ms: float
    server_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class ServedBench:
    """What was measured, on what, with what.

    Attributes:
        model: its name, version and the start of its hash.
        size: longer side of the input, pixels.
        seconds: of each measurement.
        rounds: by engine, one `Speed` per round by number of clients; `ITSELF`: in this process.
        machine: see `describe_machine`.
    """

    model: str
    size: int
    seconds: float
    rounds: dict[str, tuple[dict[int, Speed], ...]]
    machine: dict[str, str]

    def speed(self, engine: str, clients: int) -> Speed:
        """The median of each figure."""
        found = [measured[clients] for measured in self.rounds[engine]]
        return Speed(
            median(s.fps for s in found),
            median(s.asking_ms for s in found),
            median(s.server_ms for s in found),
        )

    def ratios(self, engine: str, clients: int) -> tuple[float, ...]:
        """Of each round: pictures per second served, over those of the engine itself."""
        return tuple(m[clients].fps / m[ITSELF].fps for m in self.rounds[engine])

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        medians = {
            engine: {
                clients: {
                    **asdict(self.speed(engine, clients)),
                    "over_itself": median(self.ratios(engine, clients)),
                }
                for clients in measured[0]
            }
            for engine, measured in self.rounds.items()
        }
        return {**asdict(self), "medians": medians}


def bench_served(
    choice: ModelChoice,
    *,
    clients: Sequence[int] = (1, 2),
    seconds: float = 3.0,
    rounds: int = 7,
    progress: Callable[[str], None] = lambda _: None,
) -> ServedBench:
    """Measure an engine itself, and served to so many processes.

    Args:
        choice: the engine.
        clients: numbers of processes that ask at once.
        seconds: of each measurement.
        rounds: how often everything is measured.
        progress: told what is being measured.

    Raises:
        EngineError: the engine cannot be opened, or this system can have no server.
    """
    found: dict[str, tuple[dict[int, Speed], ...]] = {}
    for opener in (open_engine, open_letterboxing):
        with ExitStack() as stack:
            progress("opening the engine, and its server")
            engine = opener(choice)
            stack.callback(engine.close)
            engine.warm_up()
            server = EngineServerProcess(choice, opener=opener)
            stack.callback(server.stop)
            server.start()
            asking = stack.enter_context(clients_of(server.address, max(clients)))
            done = []
            for number in range(1, rounds + 1):
                told = f"{engine.name}, round {number} of {rounds}"
                progress(f"{told}: itself")
                measured = {ITSELF: _itself(engine, seconds)}
                for count in clients:
                    progress(f"{told}: served to {count}")
                    measured[count] = _served(server, asking[:count], engine.batch, seconds)
                done.append(measured)
            found[engine.name] = tuple(done)
    model = find(choice.name)
    return ServedBench(
        model=f"{model.name} {model.version} {model.sha256[:12]}",
        size=choice.image_size,
        seconds=seconds,
        rounds=found,
        machine=describe_machine(),
    )


def _itself(engine: Engine, seconds: float) -> Speed:
    pictures = random_pictures(engine.batch)
    asked(engine, pictures, _after(_WARM_BATCHES))
    began, spent = time.perf_counter(), time.process_time()
    done = asked(engine, pictures, lambda: time.perf_counter() - began >= seconds)
    lasted, spent = time.perf_counter() - began, time.process_time() - spent
    return Speed(done / lasted, 1000 * spent / done)


def _after(times: int) -> Callable[[], bool]:
    left = iter([False] * times)
    return lambda: next(left, True)


def _served(
    server: EngineServerProcess, clients: Sequence[Client], batch: int, seconds: float
) -> Speed:
    process = psutil.Process(server.state.process)
    for client in clients:
        client.pipe.send(True)
    warm = server.counts.pictures + _WARM_BATCHES * batch * len(clients)
    while server.counts.pictures < warm and not any(client.pipe.poll() for client in clients):
        time.sleep(_POLL_S)
    began, done = time.perf_counter(), server.counts.pictures
    before = spent_s([c.process for c in clients]), spent_s([process])
    time.sleep(seconds)  # the measurement itself
    lasted, done = time.perf_counter() - began, server.counts.pictures - done
    asking, served = spent_s([c.process for c in clients]), spent_s([process])
    for client in clients:
        client.pipe.send(False)
    for client in clients:
        wait_for(client)
    if not done:
        raise EngineError(f"Nothing was looked at within {seconds:g} s; give more --seconds.")
    spent = asking - before[0], served - before[1]
    return Speed(done / lasted, 1000 * spent[0] / done, 1000 * spent[1] / done)
