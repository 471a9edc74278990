"""Trials: rules tried out on cameras' latest looks, each in a process apart."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Lock, Thread

from vision.errors import TrialRuns
from vision.pipeline.watched import Watched
from vision.site import Site
from vision.trial import Trial
from vision.trial.apart import Process, tried_apart
from vision.trial.order import Order


class Trials:
    """Runs trials, one at a time for a camera. A thread each waits for its process."""

    def __init__(self) -> None:
        self._running: dict[str, Process | None] = {}
        self._lock = Lock()

    def start(
        self,
        watched: Watched,
        *,
        proposed: Site,
        in_force: Site,
        threshold: float,
        preset: str | None = None,
    ) -> Future[Trial]:
        """Run one on the kept looks of a camera; see `vision.trial.trial.try_out`.

        Args:
            preset: only on those that show it; on all by default.

        Raises:
            TrialRuns: another of this camera runs.
        """
        camera, answer = watched.camera.id, Future[Trial]()
        folders = {
            name: next((rule.context.memory for rule in scene.rules.rules), None)
            for name, scene in watched.scenes.items()
        }

        def started(process: Process) -> None:
            with self._lock:
                self._running[camera] = process

        def run() -> None:
            try:
                looks = watched.recent.all()
                order = Order(looks, camera, proposed, in_force, threshold, folders, preset)
                trial = tried_apart(order, started)
            except Exception as error:  # noqa: BLE001 - whoever asked is told
                self._ended(camera)
                answer.set_exception(error)
            else:
                self._ended(camera)
                answer.set_result(trial)

        with self._lock:
            if camera in self._running:
                raise TrialRuns(f"camera {camera} is being tested already; wait for that to end")
            self._running[camera] = None
        Thread(target=run, name=f"trial-{camera}", daemon=True).start()
        return answer

    def stop(self) -> None:
        """End those that run; what they had come to is their answer."""
        with self._lock:
            for process in self._running.values():
                if process is not None:
                    process.kill()

    def _ended(self, camera: str) -> None:
        with self._lock:
            self._running.pop(camera, None)
