"""Machines of a city that are this one, and shards that are processes of it: Ray is left out."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Lock, Thread

from scripts.city.machines import Machine, Need
from scripts.city.shard import Applied, Ended, Order, Shard
from vision.site import Site


class Machines:
    """Two machines that are processes of this one, each with one shard at most; Ray is left out."""

    def __init__(self) -> None:
        self.started: list[OfProcess] = []

    def machines(self) -> list[Machine]:
        return [Machine("one", "10.0.0.1", 1, 0), Machine("two", "10.0.0.2", 1, 0)]

    def start(self, order: Order, machine: Machine, need: Need) -> OfProcess:
        assert need.cores == 1
        self.started.append(OfProcess(order, machine))
        return self.started[-1]


class OfProcess:
    """A shard as a process of its own."""

    def __init__(self, order: Order, machine: Machine) -> None:
        context = get_context("spawn")
        self.machine = machine
        self._pipe, theirs = context.Pipe()
        self.process = context.Process(target=watch_as_told, args=(order, theirs))
        self.process.start()
        theirs.close()
        self._ended: Ended | None = None
        self._applied: Applied | None = None

    def _hear(self) -> None:
        while self._ended is None and self._pipe.poll():
            try:
                found = self._pipe.recv()
            except EOFError:
                found = Ended("its process is gone", wordless=True)
            if isinstance(found, Applied):
                self._applied = found
            else:
                assert isinstance(found, Ended)
                self._ended = found

    def ended(self) -> Ended | None:
        self._hear()
        return self._ended

    def apply(self, site: Site, cameras: Sequence[str]) -> None:
        self._applied = None
        self._pipe.send((site, cameras))

    def applied(self) -> Applied | None:
        self._hear()
        return self._applied

    def stop(self) -> None:
        self.process.terminate()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()
        self._pipe.close()


def watch_as_told(order: Order, pipe: Connection) -> None:
    shard = Shard(order)
    signal.signal(signal.SIGTERM, lambda *_: shard.stop())
    sending = Lock()

    def send(what: Applied | Ended) -> None:
        with sending:
            pipe.send(what)

    def apply() -> None:
        while True:
            send(shard.apply(*pipe.recv()))

    Thread(target=apply, daemon=True).start()
    send(shard.watch())
