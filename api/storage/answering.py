"""Answering: a connection to PostgreSQL that gives up a server which is there and does not answer.

A server that is stopped, or whose disk hangs, keeps its connections: the system goes on to
acknowledge what is sent, so no time-out of TCP ends, and the server's own cannot.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from psycopg import Connection, OperationalError
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout

T = TypeVar("T")
PATIENCE_S = 15.0
"""Seconds for any answer; the server ends a statement itself before that (`engine.LONGEST_S`)."""


class Answering(Connection[Any]):
    """As psycopg's, but an answer that does not come is an `OperationalError`.

    Attributes:
        patience_s: seconds; None waits for ever, as migrations and backups may take their time.
    """

    shipped_patience_s: ClassVar[float] = PATIENCE_S
    patience_s: float | None = None

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """Wait for what an operation on this connection gives.

        Raises:
            OperationalError: it did not come in time; the connection is closed.
        """
        if timeout is not None or self.patience_s is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.patience_s)
        except _WaitTimeout as error:
            self.pgconn.finish()
            raise OperationalError(
                f"the server has not answered for {self.patience_s:g} s"
            ) from error
