"""Child processes of the webhook tests: their output is awaited line by line, never polled."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.api.world import SECRET

HERE = Path(__file__).parent


class Child:
    """A process whose stdout lines are awaited, never polled; `to` takes them of several."""

    def __init__(self, *command: str, to: queue.Queue[str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._lines: queue.Queue[str] = queue.Queue() if to is None else to
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def line(self, patience_s: float = 60) -> str:
        return self._lines.get(timeout=patience_s)

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self) -> None:
        """Close its stdin; it has to say that it has ended."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.line().strip() == "ended"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


class Receiver(Child):
    """The case system's side."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(str(HERE / "webhook_receiver.py"), SECRET, str(port))
        self.port: int = json.loads(self.line())["port"]
        self.seen: list[dict[str, Any]] = []

    def answer(self, what: str) -> None:
        self.tell(what)
        while json.loads(self._take()).get("set") != what:
            pass

    def _take(self) -> str:
        line = self.line()
        entry = json.loads(line)
        if "set" not in entry:
            assert "refused" not in entry, entry
            self.seen.append(entry)
        return line

    def until_accepted(self, ids: set[str]) -> None:
        while not ids <= {e["id"] for e in self.seen if e["answer"] == "200"}:
            self._take()

    def until_seen(self, count: int) -> None:
        while len(self.seen) < count:
            self._take()


@contextmanager
def running(child: Child) -> Iterator[Any]:
    try:
        yield child
    finally:
        child.kill()
