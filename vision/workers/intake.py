"""Intake: passes the events that workers offer to the main process's sink, each once."""

from __future__ import annotations

import logging
from queue import SimpleQueue
from threading import Thread

from vision.episodes import EpisodeStage
from vision.errors import StorageUnavailable
from vision.pipeline.event_writer import Sink
from vision.throttled_log import ThrottledLog
from vision.workers.messages import Answer, Offer
from vision.workers.worker_process import WorkerProcess

_log = logging.getLogger(__name__)
STOP_S = 10.0
"""Seconds to pass on what is queued at the end."""


class Intake:
    """One thread that asks the sink about each event and answers the worker that offered it.

    A worker offers one event at a time, so when it is killed, one at most was stored without its
    knowing. Its successor offers that again, and the sink is not asked twice.

    Args:
        sink: takes events with their evidence.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._offers: SimpleQueue[tuple[WorkerProcess, Offer] | None] = SimpleQueue()
        self._taken: dict[str, tuple[str, EpisodeStage]] = {}
        self._faults = ThrottledLog(_log)
        self._thread = Thread(target=self._run, name="workers-intake", daemon=True)

    def start(self) -> None:
        """Begin to pass on."""
        self._thread.start()

    def put(self, process: WorkerProcess, offer: Offer) -> None:
        """Queue what a worker offers; any thread may call."""
        self._offers.put((process, offer))

    def stop(self) -> None:
        """Pass on what is queued, then end; what hangs for `STOP_S` is left to itself.

        Its worker has kept the event: it is offered again after the next start.
        """
        self._offers.put(None)
        if self._thread.ident is not None:
            self._thread.join(STOP_S)

    def _run(self) -> None:
        while (given := self._offers.get()) is not None:
            process, offer = given
            process.send(self._answer(process.name, offer))

    def _answer(self, worker: str, offer: Offer) -> Answer:
        episode = offer.event.episode
        key = (episode.id, episode.stage)
        if self._taken.get(worker) == key:
            return Answer(offer.number)
        try:
            self._sink(offer.event, offer.items)
        except StorageUnavailable as error:
            return Answer(offer.number, str(error), waits=True)
        except Exception as error:  # noqa: BLE001 - the worker tries again, then keeps it
            self._faults.traced(f"taking in an event of {episode.camera}", error)
            return Answer(offer.number, f"{type(error).__name__}: {error}")
        self._taken[worker] = key
        return Answer(offer.number)
