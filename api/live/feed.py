"""LiveFeed: tells every listener of this process what happens, from one thread.

It reads the case log by number some times a second while anybody listens, and nothing else does;
every process of a site does so by itself, so it does not matter which of them a change was made by.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Condition, Thread

from api.access.roles import Principal
from api.access.visible import visible_cameras
from api.errors import DatabaseUnavailable
from api.live.event import LiveEvent, Name
from api.live.listener import Listener
from api.live.log_reader import LogReader
from api.monitoring.watch import Watch
from api.site_in_force import SiteInForce
from api.storage.database import Database
from vision.throttled_log import ThrottledLog

PERIOD_S = 0.5
"""Seconds between two looks at the log: one step in an index each."""
TOTALS_S = 1.0
"""Seconds between two counts of the queue, while anything happens."""
CAMERAS_S = 2.0
"""Seconds between two looks at how the cameras are doing."""
STANDING_S = 5.0
"""Seconds between two looks at whether keys and sessions still hold."""
MOST = 128
"""Listeners of a process: a page each, of a bureau's."""
MOST_OF_ONE = 8
"""Listeners of one key or user: windows of theirs."""
AT_ONCE = 500
"""Entries that are read at once."""
MOST_MISSED = 1000
"""Entries that a listener is told again; who missed more reads lists anew."""


class LiveFeed:
    """Tells listeners; runs from `start` to `stop`.

    Args:
        database: whose log is read.
        in_force: whose cameras there are.
        watch: how these are doing; None where no pipeline runs here.
        total: how many cases wait for review, as far as somebody sees.
        stands: whether their key or session still opens what it did.
    """

    def __init__(
        self,
        database: Database,
        in_force: SiteInForce,
        watch: Watch | None,
        *,
        total: Callable[[Principal], int],
        stands: Callable[[Principal], bool],
    ) -> None:
        self._log = LogReader(database)
        self._in_force = in_force
        self._watch = watch
        self._total = total
        self._stands = stands
        self._at = 0
        self._listeners: list[Listener] = []
        self._changed = Condition()
        self._stopping = False
        self._cameras: dict[str, tuple[str, ...]] | None = None
        self._stale = False
        self._last: dict[str, float] = {}
        self._faults = ThrottledLog(logging.getLogger("streetwarden.live"))
        self._thread = Thread(target=self._run, name="live-feed", daemon=True)

    def start(self) -> None:
        """Begin; nothing is read before the first listener is there."""
        self._thread.start()

    def stop(self) -> None:
        """End, and every stream with it."""
        self.end_all()
        if self._thread.ident is not None:
            self._thread.join()

    def end_all(self) -> None:
        """End every stream and take no more listeners: the server is about to end."""
        with self._changed:
            self._stopping = True
            for listener in self._listeners:
                listener.end()
            self._changed.notify_all()

    def admit(self, listener: Listener, after: int | None) -> bool:
        """Tell them what happens from now on, or behind an entry of the log.

        Args:
            listener: not admitted before.
            after: the number that they had last.

        Returns:
            False where too many listen, or the server is about to end.

        Raises:
            DatabaseUnavailable: it cannot be said what happened.
        """
        with self._changed:
            of_one = sum(other.who.key_id == listener.who.key_id for other in self._listeners)
            if self._stopping or len(self._listeners) >= MOST or of_one >= MOST_OF_ONE:
                return False
            if not self._listeners:
                self._at = self._log.head()
            at = self._at
            self._listeners.append(listener)
            self._changed.notify_all()
        try:
            listener.before = self._before(listener, after, at)
        except DatabaseUnavailable:
            self.leave(listener)
            raise
        return True

    def leave(self, listener: Listener) -> None:
        """Forget a listener."""
        with self._changed:
            if listener in self._listeners:
                self._listeners.remove(listener)

    @property
    def listening(self) -> int:
        """How many listen."""
        with self._changed:
            return len(self._listeners)

    def announce_site(self) -> None:
        """Tell everybody that the site file has changed, and is in force."""
        self._tell(lambda _who: LiveEvent(Name.SITE, {}))

    def _before(self, listener: Listener, after: int | None, at: int) -> list[LiveEvent]:
        """What somebody is told first, who is told what happens behind `at` by itself."""
        listener.total = self._total(listener.who)
        now = LiveEvent(Name.QUEUE, {"total": listener.total}, at)
        if after is None:
            return [now]
        if not 0 <= at - after <= MOST_MISSED:  # less than none: of a database that was restored
            return [LiveEvent(Name.MISSED, {}), now]
        told = (e.event_for(listener.who) for e in self._log.between(after, at, MOST_MISSED))
        return [*(event for event in told if event is not None), now]

    def _run(self) -> None:
        while self._somebody_listens():
            more = False
            try:
                more = self._read_log()
                self._now_and_then()
            except DatabaseUnavailable as error:
                self._faults.in_words("listeners are told later", error)
            except Exception as error:  # noqa: BLE001 - the next round tries again
                self._faults.traced("telling listeners", error)
            with self._changed:
                self._changed.wait_for(lambda: self._stopping, 0 if more else PERIOD_S)

    def _somebody_listens(self) -> bool:
        """Wait until somebody does; False when it is to end."""
        with self._changed:
            if not self._listeners:
                self._cameras = None
            self._changed.wait_for(lambda: self._listeners or self._stopping)
            return not self._stopping

    def _read_log(self) -> bool:
        """Tell of what has been logged; whether there may be more."""
        with self._changed:
            at = self._at
        entries = self._log.between(at, None, AT_ONCE)
        if not entries:
            return False
        with self._changed:
            if self._at != at:  # all left meanwhile, and others came
                return True
            self._at = entries[-1].no
            self._stale = True
            for entry in entries:
                self._give(entry.event_for)
        return len(entries) == AT_ONCE

    def _now_and_then(self) -> None:
        now = time.monotonic()
        for look, every in _EVERY:
            if now - self._last.get(look.__name__, -every) >= every:
                self._last[look.__name__] = now
                look(self)

    def _tell_totals(self) -> None:
        """Tell those whose number of waiting cases is another one than they know."""
        with self._changed:
            stale, self._stale = self._stale, False
            listeners = list(self._listeners)
        if not stale:
            return
        totals: dict[object, int] = {}
        for listener in listeners:
            scope = (listener.who.cameras, listener.who.kinds, listener.who.divisions)
            if scope not in totals:
                totals[scope] = self._total(listener.who)
            if listener.total != totals[scope]:
                listener.total = totals[scope]
                self._one(listener, LiveEvent(Name.QUEUE, {"total": listener.total}))

    def _look_at_cameras(self) -> None:
        """Tell of the cameras that are doing otherwise than at the last look."""
        if self._watch is None:
            return
        before = self._cameras
        now: dict[str, tuple[str, ...]] = {
            one.camera: (one.state.value, one.view.value, one.preset or "", one.error or "")
            for one in self._watch.status()
        }
        self._cameras = now
        if before is None:
            return
        changed = {camera for camera in now | before if now.get(camera) != before.get(camera)}
        if changed:
            self._tell(lambda who: self._changed_for(who, changed))

    def _changed_for(self, who: Principal, changed: set[str]) -> LiveEvent | None:
        seen = sorted(changed & {camera.id for camera in visible_cameras(self._in_force.now, who)})
        return LiveEvent(Name.CAMERAS, {"changed": seen}) if seen else None

    def _end_fallen(self) -> None:
        """End the streams of those whose key or session does not hold any more."""
        with self._changed:
            listeners = list(self._listeners)
        stand: dict[Principal, bool] = {}
        for listener in listeners:
            if listener.who not in stand:
                stand[listener.who] = self._stands(listener.who)
            if not stand[listener.who]:
                listener.end()
                self.leave(listener)

    def _tell(self, event_for: Callable[[Principal], LiveEvent | None]) -> None:
        with self._changed:
            self._give(event_for)

    def _give(self, event_for: Callable[[Principal], LiveEvent | None]) -> None:
        """Tell each listener, with the lock taken; who is too slow is cut off."""
        for listener in list(self._listeners):
            event = event_for(listener.who)
            if event is not None and not listener.give(event):
                self._listeners.remove(listener)

    def _one(self, listener: Listener, event: LiveEvent) -> None:
        if not listener.give(event):
            self.leave(listener)


_EVERY = (
    (LiveFeed._tell_totals, TOTALS_S),
    (LiveFeed._look_at_cameras, CAMERAS_S),
    (LiveFeed._end_fallen, STANDING_S),
)
"""What is looked at beside the log, and every how many seconds."""
