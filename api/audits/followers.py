"""Followers: those who follow an audit as it goes on, as server-sent events.

Its row is looked at twice a second, so it does not matter which process of a site runs it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio

from api.access.roles import Principal
from api.audits.state import OVER, State
from api.audits.store import AuditStore
from api.errors import DatabaseUnavailable, UnknownAudit
from api.live.event import COMMENT, RETRY
from api.live.listener import LASTS_S
from api.storage.tables import AuditRow

MOST = 64
"""Who may follow at the same time in one process."""
PERIOD_S = 0.5
_COMMENT_EVERY, _STANDS_EVERY = 30, 10
"""Looks between two comments, and between two looks at whether the key still holds."""


class Followers:
    """Who follows audits, of one event loop.

    Args:
        store: of the audits.
        stands: whether a key or session still opens what it did.
    """

    def __init__(self, store: AuditStore, stands: Callable[[Principal], bool]) -> None:
        self._store, self._stands = store, stands
        self._following = 0
        self._ended = False

    @property
    def full(self) -> bool:
        """Whether nobody else is taken."""
        return self._ended or self._following >= MOST

    def end(self) -> None:
        """End every stream: the server is about to end."""
        self._ended = True

    async def stream(
        self, who: Principal, row: AuditRow, view: Callable[[AuditRow], dict[str, Any]]
    ) -> AsyncIterator[str]:
        """What there is to know of an audit, whenever it has changed, until it is over."""
        self._following += 1
        try:
            async with asyncio.timeout(LASTS_S):
                async for said in self._said(who, row, view):
                    yield said
        except (TimeoutError, DatabaseUnavailable, UnknownAudit):
            return  # a browser asks again, and is told then
        finally:
            self._following -= 1

    async def _said(
        self, who: Principal, row: AuditRow, view: Callable[[AuditRow], dict[str, Any]]
    ) -> AsyncIterator[str]:
        yield RETRY
        last, looks = "", 0
        while not self._ended:
            said = json.dumps(view(row), ensure_ascii=False, separators=(",", ":"))
            if said != last:
                last = said
                yield f"event: audit\ndata: {said}\n\n"
            elif looks % _COMMENT_EVERY == 0:
                yield COMMENT
            if State(row.state) in OVER:
                return
            await asyncio.sleep(PERIOD_S)
            looks += 1
            due = looks % _STANDS_EVERY == 0
            if due and not await anyio.to_thread.run_sync(self._stands, who):
                return
            row = await anyio.to_thread.run_sync(self._store.get, row.id)
