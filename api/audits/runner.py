"""Runner: lets audits take their turns, each in a process of its own, beside the live cameras.

A process of its own rather than the cameras' engine: a picture that brings a decoder down ends one
audit and not the site's eyes, its memory goes when it does, and the system's own scheduler gives
the cameras the CPU first (`child.NICE`). On a GPU the two share by the driver's time slices, and
there is no such precedence: there `MOST` alone bounds what an audit takes from a look.

Several at once: `MOST` side by side, which the scheduler serves alike; of those that wait, who has
the fewest running comes first, then who has waited longest. So a thousand photos of one inspector
do not hold up ten of another.

An audit belongs to whoever holds its lock, which goes with the process: after a crash the next
service to look takes it, and the journal in its folder says what is done already.
"""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Condition, Thread

from api.audits.child import Order
from api.audits.folders import Folders
from api.audits.process import AuditProcess
from api.audits.state import State
from api.audits.store import AuditStore
from api.errors import DatabaseUnavailable
from api.storage.tables import AuditRow
from api.words.said import say
from vision.model_choice import ModelChoice
from vision.throttled_log import ThrottledLog

MOST = 2
"""Audits that run at the same time on a machine's service."""
MOST_DEATHS = 3
"""So often it is tried again when its process dies: a picture that kills it kills it again."""
BUSY_S, IDLE_S = 1.0, 5.0
"""Seconds between two looks at the queue, while audits run here and while none does."""
PRUNE_S = 3600.0


class Runner:
    """Runs from `start` to `stop`; what then still runs is gone on with at the next start.

    Args:
        store: the audits.
        folders: their files.
        choice: which model looks at them, as the site has it now.
        kept: how long audits are kept; None for good.
    """

    def __init__(
        self,
        store: AuditStore,
        folders: Folders,
        choice: Callable[[], ModelChoice],
        kept: Callable[[], timedelta | None],
    ) -> None:
        self._store, self._folders, self._choice, self._kept = store, folders, choice, kept
        self._running: dict[str, tuple[AuditRow, AuditProcess]] = {}
        self._told: dict[str, object] = {}
        self._changed = Condition()
        self._woken = self._stopping = False
        self._pruned = -PRUNE_S
        self._faults = ThrottledLog(logging.getLogger("streetwarden.audits"))
        self._thread = Thread(target=self._run, name="audits", daemon=True)

    def start(self) -> None:
        """Begin, with those that a service before this one has left."""
        self._thread.start()

    def stop(self) -> None:
        """End; what runs here is stopped where it is."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()
        for _, process in self._running.values():
            process.kill()
            process.close()

    def wake(self) -> None:
        """Look at the queue now."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._round()
            except DatabaseUnavailable as error:
                self._faults.in_words("audits wait", error)
            except Exception as error:  # noqa: BLE001 - the next round tries again
                self._faults.traced("looking after audits", error)
            with self._changed:
                period = BUSY_S if self._running else IDLE_S
                self._changed.wait_for(lambda: self._woken or self._stopping, period)
                self._woken = False

    def _round(self) -> None:
        states = self._store.states(self._running) if self._running else {}
        for audit_id, (_, process) in list(self._running.items()):
            if states.get(audit_id) is not State.RUNNING:
                process.kill()
                self._forget(audit_id)
            elif process.over:
                self._settle(audit_id, process)
            elif process.progress is not self._told.get(audit_id):
                self._told[audit_id] = told = process.progress
                self._store.progress(audit_id, told)
        self._take_turns()
        self._prune()

    def _settle(self, audit_id: str, process: AuditProcess) -> None:
        """Note how it ended; the process is forgotten only once that is stored."""
        if process.done is not None:
            self._store.progress(audit_id, process.progress)
            self._store.end(audit_id, counts=process.done)
        elif process.failed is not None:
            self._store.end(audit_id, error=say("audit_failed", why=process.failed))
        elif self._store.died(audit_id) >= MOST_DEATHS:
            self._store.end(audit_id, error=say("audit_died", times=MOST_DEATHS))
        self._forget(audit_id)

    def _forget(self, audit_id: str) -> None:
        _, process = self._running.pop(audit_id)
        process.close()
        self._told.pop(audit_id, None)

    def _take_turns(self) -> None:
        passed_over = set[str]()
        while len(self._running) < MOST and not self._stopping:
            busy = Counter(row.key_id for row, _ in self._running.values())
            waiting = [
                row
                for row in self._store.waiting()
                if row.id not in self._running and row.id not in passed_over
            ]
            if not waiting:
                return
            chosen = min(waiting, key=lambda row: busy[row.key_id])  # the first of several
            if not self._begin(chosen):
                passed_over.add(chosen.id)

    def _begin(self, row: AuditRow) -> bool:
        """Start an audit; False where another service has it, or it is not to run any more."""
        lock = self._folders.claim(row.id)
        if lock is None:
            return False
        try:
            if not self._store.run(row.id):
                lock.close()
                return False
            order = Order(
                given=self._folders.given(row.id),
                out=self._folders.report(row.id),
                name=row.name,
                language="zh" if row.language == "zh" else "en",
                choice=self._choice(),
                parent=os.getpid(),
            )
            self._running[row.id] = (row, AuditProcess(order, lock, self.wake))
        except BaseException:
            lock.close()
            raise
        return True

    def _prune(self) -> None:
        kept, now = self._kept(), time.monotonic()
        if kept is None or now - self._pruned < PRUNE_S:
            return
        self._pruned = now
        for audit_id in self._store.old(datetime.now(UTC), kept):
            lock = self._folders.claim(audit_id)
            if lock is None:  # another machine's: its own service removes it
                continue
            with lock:
                self._folders.remove(audit_id)
                self._store.forget(audit_id)
