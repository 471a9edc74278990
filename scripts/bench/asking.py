"""Asking: an engine is given pictures as fast as it takes them, by us or by other processes."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

import numpy as np
import psutil

from vision.engine_server import EngineAddress, ServedEngine
from vision.engines.engine import Engine, Pending
from vision.errors import EngineError
from vision.frames import Pixels

PICTURE = (360, 640)
"""Height and width of the pictures given to the engine: what a reader makes of a camera's."""


def random_pictures(count: int) -> list[Pixels]:
    """So many, of noise."""
    return list(np.random.default_rng(0).integers(0, 256, (count, *PICTURE, 3), np.uint8))


def asked(engine: Engine, pictures: Sequence[Pixels], enough: Callable[[], bool]) -> int:
    """How many pictures the engine looked at until it was enough.

    It is given these again and again, with as many batches under way as it likes.
    """
    under_way: deque[Pending] = deque()
    done = 0
    while not enough():
        under_way.append(engine.submit(pictures))
        if len(under_way) >= engine.depth:
            done += len(under_way.popleft().result())
    return done + sum(len(last.result()) for last in under_way)


@dataclass(frozen=True, slots=True)
class Client:
    """A process that asks while it is told to: True begins, False ends, and it answers each."""

    pipe: Connection
    process: psutil.Process


@contextmanager
def clients_of(address: EngineAddress, count: int) -> Iterator[list[Client]]:
    """So many processes that are connected and wait to be told."""
    spawning = multiprocessing.get_context("spawn")
    clients: list[Client] = []
    with ExitStack() as stack:
        for number in range(count):
            ours, theirs = spawning.Pipe()
            process = spawning.Process(
                target=_ask, args=(address, theirs), name=f"client-{number}", daemon=True
            )
            process.start()
            theirs.close()
            stack.callback(process.join)
            stack.callback(process.kill)
            assert process.pid is not None
            clients.append(Client(ours, psutil.Process(process.pid)))
        for client in clients:
            wait_for(client)
        yield clients


def _ask(address: EngineAddress, pipe: Connection) -> None:
    """A client's process, from start to end."""
    with suppress(EOFError, OSError):  # then the process that measures is gone
        try:
            engine = ServedEngine(address)
            pictures = random_pictures(engine.batch)
            engine.infer(pictures)
            pipe.send(None)
            while pipe.recv():
                asked(engine, pictures, pipe.poll)
                pipe.recv()
                pipe.send(None)
        except EngineError as error:
            pipe.send(str(error))


def wait_for(client: Client) -> None:
    """Wait until it is ready again.

    Raises:
        EngineError: it cannot ask any more.
    """
    try:
        told = client.pipe.recv()
    except EOFError:
        told = "A process that asked the engine server has ended; see what it printed."
    if told is not None:
        raise EngineError(told)
