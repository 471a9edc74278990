"""A server on loopback in a process of its own, for measuring and for tests."""

from __future__ import annotations

import select
import subprocess
from collections.abc import Sequence

from vision.errors import StreetwardenError

_STARTS_IN_S = 30


class ServerProcess:
    """A server process that can be killed and started again on the same port.

    Args:
        command: starts it; it takes `--port`, and prints `ready PORT` once it listens.

    Attributes:
        scheme: of its addresses.
        port: TCP port on 127.0.0.1; kept over restarts.
        process: the running process, None while it is down.

    Raises:
        StreetwardenError: it does not start.
    """

    scheme: str

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self.port = 0
        self.process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        """Start it and wait until it listens."""
        command = [*self._command, "--port", str(self.port)]
        self.process = subprocess.Popen(  # noqa: S603 - our own script
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        answered = select.select([self.process.stdout], [], [], _STARTS_IN_S)[0]
        line = self.process.stdout.readline() if answered else ""
        if not line.startswith("ready "):
            if not answered:
                self.process.kill()
            _, error = self.process.communicate()
            raise self._failure(self.process.returncode, error.strip() or "it hangs")
        self.port = int(line.split()[1])

    def kill(self) -> None:
        """Pull the plug: no goodbye to the clients."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def url(self, mount: str, user: str = "") -> str:
        """The address of a mount; `user` is `name:password` as it is to stand in the address."""
        return f"{self.scheme}://{user}{'@' if user else ''}127.0.0.1:{self.port}/{mount}"

    def _failure(self, _code: int, error: str) -> StreetwardenError:
        """What to raise when it ended with this exit code and these last words."""
        return StreetwardenError(f"The {self.scheme.upper()} server did not start: {error}")
