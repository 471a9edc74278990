"""GapBook: when a camera was not watched, or showed nothing to judge, kept over restarts.

A file of the camera's memory holds the latest gaps and when it was last looked at, so that a killed
process is a gap too. Times are those of the frames, as those of episodes are.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from vision import durable
from vision.frames import Clock, Frame
from vision.gap import Gap, GapCause
from vision.throttled_log import ThrottledLog
from vision.view.health import View, ViewHealth

_log = logging.getLogger(__name__)

MOST = 100
"""Gaps that are kept, the latest."""
MARGIN = timedelta(minutes=1)
"""A gap that ended this long before an episode opened still belongs to it: it opened after it."""
HEARTBEAT = timedelta(seconds=10)
"""How often is written when a camera was last looked at; a killed process's gap begins up to this
much too early."""
_BUSY_LOOKS, _BUSY = 5, timedelta(seconds=5)
_LOST_LOOKS = 2
_STARTS = timedelta(minutes=1)
"""A camera that shows something this soon after the start was not away: the program was."""
_RECORDED = frozenset({Clock.MEDIA, Clock.PHOTO})
_GAPS = TypeAdapter(list[Gap])


class GapBook:
    """The gaps of one camera; the looking thread's alone. A recording has those of its view only.

    Args:
        file: where they are kept; nowhere if None.
        interval: between two looks.
        watching: whether the camera is to be watched at a moment.
        now: this machine's clock.
    """

    def __init__(
        self,
        file: Path | None,
        interval: timedelta,
        watching: Callable[[datetime], bool],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._file = file
        self._interval = interval
        self._watching = watching
        self._started = now()
        self._faults = ThrottledLog(_log)
        self._gaps: list[Gap] = []
        self._complete_since: datetime | None = None
        self._last: datetime | None = None
        self._fault: tuple[GapCause, datetime] | None = None
        self._written: datetime | None = None
        self._connections = 0
        self._resumes = False
        if file is not None:
            self._recall(file)

    def see(self, frame: Frame, health: ViewHealth, connections: int) -> None:
        """Add a look.

        Args:
            frame: what it showed.
            health: of the view, after it.
            connections: how often the source was opened again so far.
        """
        at, known = frame.captured_at, len(self._gaps)
        live = frame.clock not in _RECORDED
        if live:
            self._complete_since = self._complete_since or at
            self._since_last(at, connections)
        self._last, self._connections = at, connections
        self._view(at, health)
        if live and (
            len(self._gaps) != known or self._written is None or at - self._written >= HEARTBEAT
        ):
            self._write(sync=len(self._gaps) != known)

    def look_every(self, interval: timedelta) -> None:
        """Set the time between two looks from now on."""
        self._interval = interval

    def opened_anew(self, watching: Callable[[datetime], bool]) -> None:
        """The camera is opened by other means from now on, and its connections count from zero."""
        self._watching, self._connections = watching, -1

    def between(self, opened: datetime, until: datetime) -> tuple[Gap, ...]:
        """The gaps that concern an episode, in order of time."""
        found = [g for g in self._gaps if g.since < until and g.until > opened - MARGIN]
        if self._complete_since is not None and opened < self._complete_since:
            found.append(Gap(GapCause.UNRECORDED, opened, self._complete_since))
        return tuple(sorted(found, key=lambda gap: gap.since))

    def close(self) -> None:
        """Write when the camera was last looked at."""
        if self._written is not None:
            self._write(sync=False)

    def _since_last(self, at: datetime, connections: int) -> None:
        last, self._resumes, resumes = self._last, False, self._resumes
        if last is None or at - last <= _LOST_LOOKS * self._interval:
            return
        if resumes:
            self._after_start(last, at)
        elif not self._watching(last + (at - last) / 2):
            self._add(GapCause.OUT_OF_HOURS, last, at)
        elif connections != self._connections:
            self._add(GapCause.OFFLINE, last, at)
        elif at - last > max(_BUSY, _BUSY_LOOKS * self._interval):
            self._add(GapCause.BUSY, last, at)

    def _after_start(self, last: datetime, at: datetime) -> None:
        """The first look of this process; the one before was an earlier process's."""
        soon = at - self._started <= _STARTS or self._started <= last
        self._add(GapCause.NOT_RUNNING, last, at if soon else self._started)
        if not soon:
            watched = self._watching(self._started + (at - self._started) / 2)
            cause = GapCause.OFFLINE if watched else GapCause.OUT_OF_HOURS
            self._add(cause, self._started, at)

    def _view(self, at: datetime, health: ViewHealth) -> None:
        cause = None if health.view is View.CLEAR else GapCause(health.view.value)
        before = self._fault
        if before is not None and before[0] is not cause:
            self._add(*before, at)
            self._fault = None
        if cause is not None and self._fault is None:
            self._fault = cause, health.since or at

    def _add(self, cause: GapCause, since: datetime, until: datetime) -> None:
        if since >= until:
            return
        self._gaps.append(Gap(cause, since, until))
        if len(self._gaps) > MOST:
            gone = self._gaps.pop(0)
            self._complete_since = max(self._complete_since or gone.until, gone.until)

    def _write(self, *, sync: bool) -> None:
        self._written = self._last
        if self._file is None or self._last is None:
            return
        told = {
            "complete_since": _text(self._complete_since),
            "last": _text(self._last),
            "fault": [self._fault[0].value, _text(self._fault[1])] if self._fault else None,
            "gaps": _GAPS.dump_python(self._gaps, mode="json"),
        }
        try:
            durable.write(self._file, json.dumps(told).encode(), sync=sync)
        except OSError as error:
            self._faults.in_words(f"{self._file}: gaps of its camera are not kept", error)

    def _recall(self, file: Path) -> None:
        try:
            told: dict[str, Any] = json.loads(file.read_bytes())
            self._gaps = _GAPS.validate_python(told["gaps"])
            self._last = datetime.fromisoformat(told["last"])
            self._complete_since = datetime.fromisoformat(told["complete_since"])
            if told["fault"] is not None:
                cause, since = told["fault"]
                self._add(GapCause(cause), datetime.fromisoformat(since), self._last)
            self._resumes = True
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("%s: cannot be read (%s); earlier gaps are not known", file, error)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
