"""Prometheus metrics, read from the database and the pipeline at each scrape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.cases.stages import Stage
from api.delivery.queue import waiting
from api.errors import DatabaseUnavailable
from api.monitoring.opinions import opinions
from api.monitoring.receivers import failing_seconds
from api.monitoring.watch import Watch
from api.storage.database import Database
from api.storage.tables import AttemptRow, CaseRow, PrunedAttemptsRow
from vision.engine_server.status_page import SIZES, ServerCounts
from vision.sources.status import CameraState
from vision.view.health import View


class CaseCollector(Collector):
    """Cases by stage, outbox depth and attempts, cameras' states and frames, the loop's times."""

    def __init__(self, database: Database, watch: Watch | None) -> None:
        self._database = database
        self._watch = watch

    def collect(self) -> Iterator[Metric]:
        """Read everything anew."""
        up = GaugeMetricFamily("streetwarden_database_up", "1 while the database can be read")
        try:
            with self._database.read() as session:
                found = [
                    _cases(session),
                    _depth(session),
                    _attempts(session),
                    failing_seconds(session),
                    *opinions(session),
                ]
            up.add_metric([], 1)
        except DatabaseUnavailable:
            found = []
            up.add_metric([], 0)
        yield up
        yield from found
        if self._watch is not None:
            yield from _cameras(self._watch)
            yield from _loop(self._watch)
            yield from _processes(self._watch)
            if (served := self._watch.engine_server) is not None:
                yield from _engine_server(served)


def _cameras(watch: Watch) -> Iterator[Metric]:
    state = GaugeMetricFamily(
        "streetwarden_camera_state", "1 for the camera's state", labels=["camera", "state"]
    )
    view = GaugeMetricFamily(
        "streetwarden_camera_view", "1 for what the camera shows", labels=["camera", "view"]
    )
    read = CounterMetricFamily(
        "streetwarden_camera_frames_read", "Frames handed to the loop", labels=["camera"]
    )
    analysed = CounterMetricFamily(
        "streetwarden_camera_frames_analysed", "Frames that were looked at", labels=["camera"]
    )
    stood = CounterMetricFamily(
        "streetwarden_camera_frames_stood",
        "Of those, frames of an unchanged scene, for which an earlier look stood",
        labels=["camera"],
    )
    dropped = CounterMetricFamily(
        "streetwarden_camera_frames_dropped",
        "Frames read but not looked at",
        labels=["camera", "reason"],
    )
    for status in watch.status():
        for name in CameraState:
            state.add_metric([status.camera, name.value], float(status.state is name))
        for shown in View:
            view.add_metric([status.camera, shown.value], float(status.view is shown))
        read.add_metric([status.camera], status.read)
        analysed.add_metric([status.camera], status.analysed)
        stood.add_metric([status.camera], status.reused)
        for reason, count in status.dropped.items():
            dropped.add_metric([status.camera, reason], count)
    yield from (state, view, read, analysed, stood, dropped)


def registry(database: Database, watch: Watch | None) -> CollectorRegistry:
    """A registry of its own for each app, so that two apps in one process do not collide."""
    made = CollectorRegistry()
    made.register(CaseCollector(database, watch))
    return made


def _loop(watch: Watch) -> Iterator[Metric]:
    counts = watch.loop()
    age = HistogramMetricFamily(
        "streetwarden_frame_age_seconds", "Age of live frames when their detections were decided on"
    )
    age.add_metric([], counts.age.cumulative(), counts.age.total)
    steps = HistogramMetricFamily(
        "streetwarden_loop_step_seconds", "Time that each step of the loop took", labels=["step"]
    )
    for step, spent in counts.spent.items():
        steps.add_metric([step.value], spent.cumulative(), spent.total)
    batches = CounterMetricFamily(
        "streetwarden_loop_batches", "Batches that the engine has done", labels=["pictures"]
    )
    for size, number in sorted(counts.batches.items()):
        batches.add_metric([str(size)], number)
    failed = CounterMetricFamily(
        "streetwarden_loop_errors", "Frames that could not be worked on", labels=["camera"]
    )
    watched = {status.camera for status in watch.status()}
    for camera, number in counts.failed.items():
        if camera in watched:  # workers that have ended knew others, too
            failed.add_metric([camera], number)
    restarts = CounterMetricFamily("streetwarden_engine_restarts", "Times the engine was restarted")
    restarts.add_metric([], counts.restarts)
    quarantined = GaugeMetricFamily(
        "streetwarden_quarantined_episodes", "Episodes that could not be stored"
    )
    quarantined.add_metric([], watch.quarantined)
    yield from (age, steps, batches, failed, restarts, quarantined)
    if watch.device_memory is not None:
        memory = GaugeMetricFamily(
            "streetwarden_device_memory_bytes", "Memory of the device that the engine holds"
        )
        memory.add_metric([], watch.device_memory)
        yield memory


def _processes(watch: Watch) -> Iterator[Metric]:
    processes = watch.processes
    if not processes:
        return
    up = GaugeMetricFamily(
        "streetwarden_process_up", "1 while this process does its work", labels=["process"]
    )
    restarts = CounterMetricFamily(
        "streetwarden_process_restarts",
        "Times it was started again, since the main process started",
        labels=["process"],
    )
    cameras = GaugeMetricFamily(
        "streetwarden_process_cameras", "Cameras that it watches", labels=["process"]
    )
    for process in processes:
        up.add_metric([process.name], float(process.up))
        restarts.add_metric([process.name], process.restarts)
        if process.cameras is not None:
            cameras.add_metric([process.name], process.cameras)
    yield from (up, restarts, cameras)


def _engine_server(counts: ServerCounts) -> Iterator[Metric]:
    sizes = HistogramMetricFamily(
        "streetwarden_engine_server_batch_pictures", "Pictures in a batch, of all workers together"
    )
    bounds = [*map(str, SIZES), "+Inf"]
    sizes.add_metric([], list(zip(bounds, accumulate(counts.sizes), strict=True)), counts.pictures)
    failed = CounterMetricFamily(
        "streetwarden_engine_server_failed_pictures", "Pictures that could not be looked at"
    )
    failed.add_metric([], counts.failed)
    waiting = GaugeMetricFamily(
        "streetwarden_engine_server_waiting_pictures", "Pictures that wait for the engine"
    )
    waiting.add_metric([], counts.waiting)
    clients = GaugeMetricFamily("streetwarden_engine_server_clients", "Workers that are connected")
    clients.add_metric([], counts.clients)
    yield from (sizes, failed, waiting, clients)


def _cases(session: Session) -> Metric:
    counts = dict.fromkeys((s.value for s in Stage), 0)
    for stage, count in session.execute(
        select(CaseRow.stage, func.count()).group_by(CaseRow.stage)
    ):
        counts[stage] = count
    gauge = GaugeMetricFamily("streetwarden_cases", "Cases by stage", labels=["stage"])
    for stage, count in counts.items():
        gauge.add_metric([stage], count)
    return gauge


def _depth(session: Session) -> Metric:
    gauge = GaugeMetricFamily(
        "streetwarden_outbox_depth", "Deliveries not accepted yet", labels=["receiver", "state"]
    )
    for (receiver, state), count in waiting(session).items():
        gauge.add_metric([receiver, state], count)
    return gauge


def _attempts(session: Session) -> Metric:
    counter = CounterMetricFamily(
        "streetwarden_delivery_attempts", "Webhook attempts", labels=["receiver", "result"]
    )
    made = select(AttemptRow.receiver, AttemptRow.result, func.count())
    counts = Counter(
        {
            (row.receiver, row.result): row.count
            for row in session.scalars(select(PrunedAttemptsRow))
        }
    )
    for receiver, result, count in session.execute(
        made.group_by(AttemptRow.receiver, AttemptRow.result)
    ):
        counts[receiver, result] += count
    for labels, total in counts.items():
        counter.add_metric(list(labels), total)
    return counter
