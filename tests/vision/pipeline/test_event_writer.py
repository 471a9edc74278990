"""Events are stored in order; what cannot be stored stands in no other's way and is not lost."""

from __future__ import annotations

import logging
from threading import Event
from types import SimpleNamespace

import pytest

from vision.episodes import EpisodeStage
from vision.errors import EvidenceUnavailable, StorageUnavailable
from vision.pipeline.event_writer import _WAITING, TRIES, EventWriter


def make_event(number, stage=EpisodeStage.CONFIRMED):
    episode = SimpleNamespace(stage=stage, camera="cam", kind="dirty_truck", id=str(number))
    return SimpleNamespace(episode=episode)


class Recorder:
    def __init__(self, failures=0):
        self.failures, self.recorded = failures, []

    def record(self, event):
        if self.failures:
            self.failures -= 1
            raise EvidenceUnavailable("disk full; free space")
        self.recorded.append(event.episode.id)
        return ["item"]

    def take_opened(self, _episode):
        return None


class Quarantine:
    """A quarantine in memory; `refuses` is what its disk says."""

    root = "quarantine"

    def __init__(self, refuses=None):
        self.kept, self.refuses, self.tried = [], refuses, Event()

    @property
    def count(self):
        return len({event.episode.id for event, _ in self.kept})

    def holds(self, episode):
        return any(event.episode.id == episode for event, _ in self.kept)

    def keep(self, event, why, items):
        self.tried.set()
        if self.refuses:
            raise self.refuses
        self.kept.append((event, items))

    def episodes(self):
        return iter(())


class Sink:
    """Takes events in order; `done` is set when the last of those expected has come."""

    def __init__(self, expected):
        self.seen, self.expected, self.done = [], expected, Event()

    def __call__(self, event, items):
        self.seen.append((event.episode.id, items))
        if len(self.seen) == self.expected:
            self.done.set()


def test_failing_storage_is_retried_in_order_and_problem_is_told():
    recorder, sink, problems = Recorder(failures=TRIES + 3), Sink(5), []
    writer = EventWriter(recorder, [sink], retry_s=0.01, quarantine=Quarantine())
    original = recorder.record

    def watching(event):
        problems.append(writer.problem)
        return original(event)

    recorder.record = watching
    writer.start()
    for n in range(5):
        writer.put(make_event(n))
    assert sink.done.wait(10)
    writer.stop()
    assert sink.seen == [(str(n), ["item"]) for n in range(5)]
    assert "disk full; free space" in problems
    assert writer.problem is None
    assert (writer.lost, writer.quarantined) == (0, 0)


def test_evidence_is_not_recorded_again_when_only_a_sink_failed():
    recorder, calls = Recorder(), []
    done = Event()

    def good(_event, _items):
        calls.append("good")

    def flaky(_event, _items):
        calls.append("flaky")
        if calls.count("flaky") < TRIES:
            raise RuntimeError("bug")
        done.set()

    writer = EventWriter(recorder, [good, flaky], retry_s=0.01)
    writer.start()
    writer.put(make_event(1))
    assert done.wait(10)
    writer.stop()
    assert recorder.recorded == ["1"]
    assert calls == ["good", *["flaky"] * TRIES]


def test_an_event_that_cannot_be_stored_goes_into_quarantine_and_the_others_go_on(caplog):
    sink, quarantine, owed = Sink(2), Quarantine(), []

    def hostile(event, _items):
        if event.episode.id == "1":
            raise ValueError("integer out of range")

    writer = EventWriter(
        Recorder(),
        [hostile, sink],
        quarantine=quarantine,
        stored=lambda event: owed.append(event.episode.id),
        retry_s=0.01,
    )
    writer.start()
    for event in (make_event(1), make_event(2), make_event(1, EpisodeStage.CLEARED), make_event(3)):
        writer.put(event)
    assert sink.done.wait(10)
    writer.stop()
    assert [name for name, _ in sink.seen] == ["2", "3"]
    assert [(e.episode.id, e.episode.stage.value, i) for e, i in quarantine.kept] == [
        ("1", "confirmed", ["item"]),
        ("1", "cleared", None),
    ], "what follows of its episode waits behind it"
    assert sorted(owed) == ["1", "1", "2", "3"], "nobody owes it any longer"
    assert (writer.quarantined, writer.lost, writer.problem) == (1, 0, None)
    traces = [r for r in caplog.records if r.exc_info]
    assert len(traces) == 1, "the traceback, once for all tries"


def test_storage_that_fails_puts_nothing_into_quarantine_while_there_is_time():
    tried, quarantine = Event(), Quarantine()

    class Down(Recorder):
        def record(self, event):
            if self.failures == 0:
                tried.set()
            return super().record(event)

    sink = Sink(1)
    writer = EventWriter(Down(5 * TRIES), [sink], quarantine=quarantine, retry_s=0.001)
    writer.start()
    writer.put(make_event(1))
    assert sink.done.wait(10)
    writer.stop()
    assert quarantine.kept == []


@pytest.mark.parametrize("full", [False, True], ids=["", "the quarantine's disk is full too"])
def test_stop_returns_while_storage_fails_and_the_queue_is_full(full, caplog):
    tried = Event()

    def down(_event, _items):
        tried.set()
        raise StorageUnavailable("cases.db: locked; wait")

    quarantine = Quarantine(OSError(28, "No space left on device") if full else None)
    writer = EventWriter(Recorder(), [down], quarantine=quarantine, retry_s=3600)
    writer.start()
    writer.put(make_event(0))
    assert tried.wait(10)
    for n in range(_WAITING):
        writer.put(make_event(n + 1))
    with caplog.at_level(logging.ERROR):
        writer.hasten()
        for n in range(3):  # which the loop still has: it must not wait either
            writer.put(make_event(_WAITING + n + 1))
        writer.stop()
    everything = _WAITING + 4
    assert writer.lost == (everything if full else 0)
    assert len(quarantine.kept) == (0 if full else everything)
    assert len([r for r in caplog.records if "dirty_truck" in r.getMessage()]) == everything
    if not full:
        assert [e.episode.id for e, _ in quarantine.kept] == [str(n) for n in range(everything)]


def test_a_sink_that_does_not_return_is_given_up_and_what_waits_is_kept():
    entered, go_on, quarantine = Event(), Event(), Quarantine()

    def hangs(_event, _items):
        entered.set()
        go_on.wait(60)

    writer = EventWriter(Recorder(), [hangs], quarantine=quarantine)
    writer.start()
    writer.put(make_event(1))
    writer.put(make_event(2))
    assert entered.wait(10)
    writer.stop(timeout=0.05)
    assert [e.episode.id for e, _ in quarantine.kept] == ["2"]
    assert writer.lost == 1
    go_on.set()
    writer._thread.join(10)


def test_a_quarantine_that_cannot_be_written_is_waited_for(caplog):
    sink = Sink(1)
    quarantine = Quarantine(OSError(28, "No space left on device"))

    def hostile(event, _items):
        if event.episode.id == "1":
            raise ValueError("integer out of range")

    writer = EventWriter(Recorder(), [hostile, sink], quarantine=quarantine, retry_s=0.01)
    writer.start()
    writer.put(make_event(1))
    writer.put(make_event(2))
    assert quarantine.tried.wait(10)
    quarantine.refuses = None
    assert sink.done.wait(10)
    writer.stop()
    assert [e.episode.id for e, _ in quarantine.kept] == ["1"]
    assert writer.lost == 0


def test_stop_counts_what_could_not_be_stored_where_there_is_no_quarantine():
    tried = Event()

    class Broken(Recorder):
        def record(self, event):
            tried.set()
            return super().record(event)

    writer = EventWriter(Broken(failures=10**6), [], retry_s=60)
    writer.start()
    writer.put(make_event(1))
    writer.put(make_event(2))
    assert tried.wait(10)
    writer.stop()
    assert writer.lost == 2
    assert "disk full" in writer.problem
