"""Box: how many cameras a machine holds, by a simulation in which each look costs what it cost.

A discrete-event simulation (SimPy). A camera has a key frame due at its own moment of each period;
one that comes while the one before still waits replaces it, as in the loop's mailbox. A look takes
a core to be read, then its place among those that wait for the engine, then the interpreter of its
worker, which does one thing at a time.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import simpy

from scripts.bench.city.inputs import Box, Measured, Stream
from scripts.bench.levels import HELD, YOUNG_S

WARM_S, FOR_S = 3.0, 10.0
"""Simulated seconds: before anything counts, and that count."""
_BATCH = 64
"""Pictures that a GPU is given at once, at most; fewer where fewer were measured."""
_SEED = 1


@dataclass(frozen=True, slots=True)
class Kind:
    """How one camera is looked at.

    Attributes:
        looks_s: a second.
        crowd: by which its look costs more than a quiet street's.
    """

    stream: Stream
    looks_s: float
    crowd: float = 1.0


@dataclass(frozen=True, slots=True)
class Held:
    """What a simulated box made of its cameras.

    Attributes:
        made: share of the looks that were due.
        age_p95_s: that 95 in 100 of them did not pass.
        cores, interpreters, device: share of the time that these were busy, of all there are.
    """

    made: float
    age_p95_s: float
    cores: float
    interpreters: float
    device: float

    @property
    def held(self) -> bool:
        """As `bench cameras` has it: looks made, and young."""
        return self.made >= HELD and self.age_p95_s <= YOUNG_S


class _Machine:
    def __init__(self, env: simpy.Environment, box: Box, measured: Measured) -> None:
        self.env, self.box, self.measured = env, box, measured
        self.cores = simpy.Resource(env, box.cores)
        self.interpreters = [simpy.Resource(env) for _ in range(box.workers)]
        self.waiting: list[simpy.Event] = []
        self.wanted = env.event()
        self.busy = {"cores": 0.0, "interpreters": 0.0, "device": 0.0}
        self.due = self.made = 0
        self.ages: list[float] = []
        if box.gpus:
            env.process(self._device())

    def camera(self, number: int, kind: Kind, first: float) -> Generator[Any, Any, None]:
        """Its looks, from the moment of the first."""
        place: list[float] = []  # of one: the latest that nobody has begun with
        yield self.env.timeout(first)
        while True:
            self.due += _counts(self.env.now)
            if not place:
                self.env.process(self._look(number, kind, place))
            place[:] = [self.env.now]
            yield self.env.timeout(1 / kind.looks_s)

    def _look(self, number: int, kind: Kind, place: list[float]) -> Generator[Any, Any, None]:
        costs = self.measured.look
        with self.cores.request() as core:
            yield core
            came = place[0]
            yield from self._work("cores", costs.decode_ms[kind.stream].value)
        if self.box.gpus:
            place.clear()
            done = self.env.event()
            self.waiting.append(done)
            if not self.wanted.triggered:
                self.wanted.succeed()
            yield done
            mine = self.measured.gpu.look_ms.value * kind.crowd
        else:
            with self.cores.request() as core:
                yield core
                place.clear()
                yield from self._work("cores", costs.engine_ms.value * kind.crowd)
            mine = costs.loop_ms.value * kind.crowd
        with self.interpreters[number % self.box.workers].request() as turn:
            yield turn
            with self.cores.request() as core:
                yield core
                if _counts(self.env.now):
                    self.busy["interpreters"] += mine / 1000
                yield from self._work("cores", mine)
        if _counts(came):
            self.made += 1
            self.ages.append(self.env.now - came)

    def _device(self) -> Generator[Any, Any, None]:
        batch_ms = sorted((size, cost.value) for size, cost in self.measured.gpu.batch_ms.items())
        most = min(_BATCH, batch_ms[-1][0])
        while True:
            if not self.waiting:
                self.wanted = self.env.event()
                yield self.wanted
            batch, self.waiting = self.waiting[:most], self.waiting[most:]
            takes = next(ms for size, ms in batch_ms if size >= len(batch))
            yield from self._work("device", takes)
            for done in batch:
                done.succeed()

    def _work(self, on: str, ms: float) -> Generator[Any, Any, None]:
        if _counts(self.env.now):
            self.busy[on] += ms / 1000
        yield self.env.timeout(ms / 1000)


def _counts(now: float) -> bool:
    return WARM_S <= now < WARM_S + FOR_S


def simulate(box: Box, cameras: Sequence[Kind], measured: Measured) -> Held:
    """Some seconds of a box with these cameras, each from a random moment on."""
    env, chance = simpy.Environment(), random.Random(_SEED)  # noqa: S311 - a simulation
    machine = _Machine(env, box, measured)
    for number, kind in enumerate(cameras):
        env.process(machine.camera(number, kind, chance.uniform(0, 1 / kind.looks_s)))
    env.run(WARM_S + FOR_S + 2 * YOUNG_S)  # so that what is due at the end is made, or too late
    ages = sorted(machine.ages)
    return Held(
        made=machine.made / max(1, machine.due),
        age_p95_s=ages[int(0.95 * len(ages))] if ages else float("inf"),
        cores=machine.busy["cores"] / FOR_S / box.cores,
        interpreters=machine.busy["interpreters"] / FOR_S / box.workers,
        device=machine.busy["device"] / FOR_S,
    )


def most(box: Box, mix: Sequence[Kind], measured: Measured) -> tuple[int, Held]:
    """The most cameras of a mix, taken in turns, that a box holds, and how it fares with them."""
    none = Held(1.0, 0.0, 0.0, 0.0, 0.0)

    def with_(count: int) -> Held:
        return simulate(box, [mix[n % len(mix)] for n in range(count)], measured)

    least, best, beyond = 0, none, 8
    while (tried := with_(beyond)).held:
        least, best, beyond = beyond, tried, beyond * 2
    while beyond - least > max(1, least // 100):
        middle = (least + beyond) // 2
        if (tried := with_(middle)).held:
            least, best = middle, tried
        else:
            beyond = middle
    return least, best
