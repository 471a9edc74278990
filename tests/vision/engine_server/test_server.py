"""The server's order: batches across clients, turns, back-pressure, short memory; in a thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event
from typing import Any

import pytest
import torch

from tests.vision.engine_server.conftest import LIMIT, serving
from tests.vision.engine_server.painted import BAD, PaintedEngine, code, painted
from vision.detections import Detections
from vision.engine_server import EngineAddress, ServedEngine
from vision.engine_server.records import ASK, receive_welcome
from vision.engine_server.ring import Ring
from vision.errors import EngineError
from vision.frames import Pixels


class Held(PaintedEngine):
    """Does nothing until it is let; keeps which cameras were in each batch."""

    def __init__(self) -> None:
        super().__init__()
        self.let, self.reached = Event(), Event()
        self.batches: list[list[int]] = []

    def submit(self, images: Sequence[Pixels]) -> Any:
        self.reached.set()
        assert self.let.wait(LIMIT)
        self.batches.append([int(image[48, 160, 0]) for image in images])
        return super().submit(images)


class Reading(PaintedEngine):
    """Reads pictures where they lie, and as late as a device may: when it is asked for them."""

    device: Any = torch.device("cpu")
    device_memory: Any = 1

    def __init__(self, pinned: Pinned) -> None:
        super().__init__()
        self.let, self.reached = Event(), Event()
        self.pinned = pinned
        self.copied = 0
        self.unpinned_when_read: dict[int, int] = {}

    def submit(self, images: Sequence[torch.Tensor]) -> Any:
        self.reached.set()
        assert self.let.wait(LIMIT)
        self.copied += sum(not self.pinned.holds(image.data_ptr()) for image in images)
        return _Read(self, images)


class _Read:
    def __init__(self, engine: Reading, images: Sequence[torch.Tensor]) -> None:
        self._engine, self._images = engine, images

    def result(self) -> list[Detections]:
        for image in self._images:
            self._engine.unpinned_when_read[int(image[48, 160, 0])] = self._engine.pinned.undone
        return [self._engine.look(image.numpy()) for image in self._images]


class Pinned:
    """The memory that counts as pinned, though there is no device."""

    def __init__(self) -> None:
        self.places: list[range] = []
        self.undone = 0

    def pin(self, ring: Ring) -> bool:
        start = ring.bytes.ctypes.data
        self.places.append(range(start, start + ring.bytes.nbytes))
        return True

    def unpin(self, _: Ring) -> None:
        self.undone += 1

    def holds(self, place: int) -> bool:
        return any(place in one for one in self.places)


@pytest.fixture
def pinned(monkeypatch: pytest.MonkeyPatch) -> Pinned:
    memory = Pinned()
    monkeypatch.setattr("vision.engine_server.session.pin", memory.pin)
    monkeypatch.setattr("vision.engine_server.session.unpin", memory.unpin)
    return memory


def test_a_device_reads_pinned_slots_until_they_are_answered(
    client: Callable[..., ServedEngine], pinned: Pinned
) -> None:
    engine = Reading(pinned)
    engine.let.set()
    with serving(engine) as address:
        clients = [client(address) for _ in range(2)]
        for n in range(0, 90, 30):
            given = [[painted(camera, n + i) for i in range(30)] for camera in range(2)]
            asked = [one.submit(mine) for one, mine in zip(clients, given, strict=True)]
            for camera, one in enumerate(asked):
                codes = [code(found) for found in one.result()]
                assert codes == [(camera, n + i) for i in range(30)]
        assert (engine.copied, pinned.undone) == (0, 0)
    assert pinned.undone == 2


def test_the_slots_of_one_that_is_gone_stay_pinned_while_they_are_read(
    client: Callable[..., ServedEngine], pinned: Pinned
) -> None:
    engine = Reading(pinned)
    with serving(engine) as address:
        gone, other = client(address), client(address)
        gone.submit([painted(1, 0)])
        assert engine.reached.wait(LIMIT)
        gone.close()
        engine.let.set()
        assert code(other.infer([painted(2, 0)])[0]) == (2, 0)
    assert engine.unpinned_when_read[1] == 0
    assert pinned.undone == 2


def test_pictures_of_many_clients_make_one_batch(client: Callable[..., ServedEngine]) -> None:
    engine = Held()
    with serving(engine) as address:
        clients = [client(address) for _ in range(4)]
        first = clients[0].submit([painted(9, 0)])
        assert engine.reached.wait(LIMIT)
        asked = [one.submit([painted(n, 1)]) for n, one in enumerate(clients)]
        engine.let.set()
        assert [code(one.result()[0]) for one in asked] == [(n, 1) for n in range(4)]
        assert code(first.result()[0]) == (9, 0)
    assert [len(batch) for batch in engine.batches] == [1, 4]


def test_one_that_asks_much_delays_no_other(client: Callable[..., ServedEngine]) -> None:
    engine = Held()
    with serving(engine) as address:
        greedy, modest = client(address), client(address)
        much = greedy.submit([painted(1, n) for n in range(12)])
        assert engine.reached.wait(LIMIT)
        little = [modest.submit([painted(2, n)]) for n in range(2)]
        engine.let.set()
        for one in (much, *little):
            one.result()
    assert engine.batches[:2] == [[1, 1, 1, 1], [2, 1, 2, 1]] or engine.batches[:2] == [
        [1, 1, 1, 1],
        [1, 2, 1, 2],
    ]


def test_one_that_reads_no_answers_stops_itself_alone(client: Callable[..., ServedEngine]) -> None:
    with serving(PaintedEngine()) as address:
        mute, other = client(address), client(address)
        unread = mute.submit([painted(1, n) for n in range(12)])
        for n in range(30):
            assert code(other.infer([painted(2, n)])[0]) == (2, n)
        assert [code(one) for one in unread.result()] == [(1, n) for n in range(12)]


def test_more_pictures_than_slots_pass_through(client: Callable[..., ServedEngine]) -> None:
    with serving(PaintedEngine()) as address:
        engine = client(address)
        pending = [engine.submit([painted(c, n) for n in range(50)]) for c in range(3)]
        for camera, one in enumerate(pending):
            assert [code(found) for found in one.result()] == [(camera, n) for n in range(50)]


def test_pictures_of_any_shape(client: Callable[..., ServedEngine]) -> None:
    shapes = [(160, 96), (160, 160), (96, 160), (640, 360), (641, 7), (1, 1)]
    with serving(PaintedEngine()) as address:
        found = client(address).infer([painted(3, 8, width=w, height=h) for w, h in shapes])
        for (width, height), one in zip(shapes, found, strict=True):
            if width >= height:  # else the camera's edge lies in the margin
                assert (one.xyxy <= [width, height, width, height]).all()
            if (width, height) == (640, 360):
                assert code(one, width=640) == (3, 8)


def test_a_bad_picture_costs_only_itself(client: Callable[..., ServedEngine]) -> None:
    with serving(PaintedEngine()) as address:
        mine, other = client(address), client(address)
        pending = mine.submit([painted(1, 0), painted(BAD, 0), painted(1, 2)])
        assert code(other.infer([painted(2, 0)])[0]) == (2, 0)
        with pytest.raises(EngineError, match="cannot look at this"):
            pending.result()
        assert [code(one) for one in mine.infer([painted(1, 0), painted(1, 2)])] == [(1, 0), (1, 2)]


def test_an_empty_picture_takes_no_slot(client: Callable[..., ServedEngine]) -> None:
    with serving(PaintedEngine()) as address:
        engine = client(address)
        for _ in range(20):
            with pytest.raises(ValueError, match="nothing to look at"):
                engine.submit([painted(1, 0), painted(1, 1)[:0]])
        assert code(engine.infer([painted(1, 2)])[0]) == (1, 2)


class ShortOfMemory(PaintedEngine):
    """Fails on more than one picture, as a device whose memory is nearly full."""

    def submit(self, images: Sequence[Pixels]) -> Any:
        if len(images) > 1:
            self.batch = 1
            raise EngineError("out of memory")
        return super().submit(images)


def test_short_memory_loses_nothing(client: Callable[..., ServedEngine]) -> None:
    with serving(ShortOfMemory()) as address:
        found = client(address).infer([painted(1, n) for n in range(20)])
        assert [code(one) for one in found] == [(1, n) for n in range(20)]


@pytest.mark.parametrize(
    "ask",
    [(1, 99, 96, 160), (1, 0, 0, 160), (1, 0, 96, 321), (1, 0, 65535, 65535)],
    ids=["no such slot", "no pixels", "too wide", "beyond the memory"],
)
def test_one_that_breaks_the_rules_is_parted_from(
    ask: tuple[int, ...], client: Callable[..., ServedEngine]
) -> None:
    with serving(PaintedEngine()) as address:
        good = client(address)
        connection = _let_in(address)
        with connection:
            connection.send(ASK.pack(*ask))
            assert connection.recv(100) == b"", "the server has closed the connection"
        assert code(good.infer([painted(1, 1)])[0]) == (1, 1)


def test_a_slot_can_be_asked_about_once_at_a_time(client: Callable[..., ServedEngine]) -> None:
    engine = Held()
    with serving(engine) as address:
        with _let_in(address) as connection:
            connection.send(ASK.pack(1, 0, 96, 160) + ASK.pack(2, 0, 96, 160))
            assert connection.recv(100) == b""
        engine.let.set()
        assert code(client(address).infer([painted(1, 1)])[0]) == (1, 1)


def _let_in(address: EngineAddress) -> Any:
    connection = address.connect()
    connection.settimeout(LIMIT)
    connection.recv(1, 0x02)  # MSG_PEEK: wait for the first word
    _, ring = receive_welcome(connection)
    ring.close()
    return connection


def test_at_the_end_what_is_under_way_is_done_and_the_rest_refused_in_words(
    client: Callable[..., ServedEngine],
) -> None:
    engine, ending = Held(), Event()
    with serving(engine, ending) as address:
        one = client(address)
        under_way = one.submit([painted(1, 0)])
        assert engine.reached.wait(LIMIT)
        waiting = one.submit([painted(1, 1)])
        ending.set()
        engine.let.set()
        assert code(under_way.result()[0]) == (1, 0)
        with pytest.raises(EngineError, match="is ending, as it was asked to"):
            waiting.result()


def test_a_fault_of_the_engine_is_named(client: Callable[..., ServedEngine]) -> None:
    class Forgetful(PaintedEngine):
        def submit(self, images: Sequence[Pixels]) -> Any:
            return super().submit(images[:-1] if len(images) > 2 else images)

        def infer(self, images: Sequence[Pixels]) -> list[Detections]:
            return [self.look(image) for image in images]

    with serving(Forgetful()) as address:
        found = client(address).infer([painted(1, n) for n in range(4)])
        assert [code(one) for one in found] == [(1, n) for n in range(4)], "asked one by one"
