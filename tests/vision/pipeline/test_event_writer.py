"""Events are stored in order, retried while storing fails, and none is lost on the way."""

from __future__ import annotations

from threading import Event
from types import SimpleNamespace

from vision.episodes import EpisodeStage
from vision.errors import EvidenceError
from vision.pipeline.event_writer import EventWriter


def make_event(number):
    episode = SimpleNamespace(stage=EpisodeStage.CONFIRMED, camera="cam", id=str(number))
    return SimpleNamespace(episode=episode)


class Recorder:
    def __init__(self, failures):
        self.failures, self.recorded = failures, []

    def record(self, event):
        if self.failures:
            self.failures -= 1
            raise EvidenceError("disk full; free space")
        self.recorded.append(event.episode.id)
        return ["item"]


def test_failing_storage_is_retried_in_order_and_problem_is_told():
    recorder, seen, problems = Recorder(failures=3), [], []
    done = Event()

    def sink(event, items):
        seen.append((event.episode.id, items))
        if len(seen) == 5:
            done.set()

    writer = EventWriter(recorder, [sink], retry_s=0.01)
    original = recorder.record

    def watching(event):
        problems.append(writer.problem)
        return original(event)

    recorder.record = watching
    writer.start()
    for n in range(5):
        writer.put(make_event(n))
    assert done.wait(10)
    writer.stop()
    assert seen == [(str(n), ["item"]) for n in range(5)]
    assert "disk full; free space" in problems
    assert writer.problem is None
    assert writer.lost == 0


def test_evidence_is_not_recorded_again_when_only_a_sink_failed():
    recorder, calls = Recorder(failures=0), []
    done = Event()

    def good(_event, _items):
        calls.append("good")

    def flaky(_event, _items):
        calls.append("flaky")
        if calls.count("flaky") < 3:
            raise RuntimeError("bug")
        done.set()

    writer = EventWriter(recorder, [good, flaky], retry_s=0.01)
    writer.start()
    writer.put(make_event(1))
    assert done.wait(10)
    writer.stop()
    assert recorder.recorded == ["1"]
    assert calls == ["good", "flaky", "flaky", "flaky"]


def test_stop_counts_what_could_not_be_stored():
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
