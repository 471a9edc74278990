"""The main process ends, in order or not: nothing of it stays behind, and the next one goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from tests.vision.workers.bins import in_one_process, make_site, same

MAIN = """
import json, signal, sys, threading
from pathlib import Path
from tests.vision.workers.bins import build, open_slow_eyes
from tests.vision.workers.test_workers import workers
from vision.site import Site

def sink(event, items):
    episode = event.episode
    told = episode.id, episode.stage, episode.camera, episode.confirmed_at, episode.cleared_at
    print(json.dumps({"event": [str(part) for part in told]}) + "\\n", end="", flush=True)

if __name__ == "__main__":
    site = Site.model_validate_json(Path(sys.argv[1]).read_text())
    made = workers(site, sink, opener=open_slow_eyes)
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    made.start()
    with made._changed:
        made._changed.wait_for(lambda: all(p.up for p in made.processes) and made.loop().delivered)
    print(json.dumps({"pids": made.pids}), flush=True)
    while not end.is_set() and not made.wait(0.2):
        pass
    made.stop()
"""


class Main:
    """A main process; its lines are read as they come."""

    def __init__(self, site: Path) -> None:
        script = site.parent / "main_process.py"
        script.write_text(MAIN)
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(site)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.events: list[tuple[str, ...]] = []
        line: dict[str, dict[str, int]] = {}
        while "pids" not in line:
            line = self._line(self.process.stdout.readline())
        self.children = [psutil.Process(pid) for pid in line["pids"].values()]
        self.children += psutil.Process(self.process.pid).children(recursive=True)

    def _line(self, text: str) -> dict[str, dict[str, int]]:
        line = json.loads(text)
        if "event" in line:
            self.events.append(tuple(line["event"]))
        return line

    def end(self) -> int:
        """What it printed until its end, and its exit code."""
        assert self.process.stdout is not None
        for text in self.process.stdout:
            self._line(text)
        self.process.stdout.close()
        return self.process.wait(60)

    def left(self) -> list[psutil.Process]:
        """What of its children is still there after a while."""
        return psutil.wait_procs(self.children, timeout=60)[1]


def test_a_killed_main_process_leaves_nothing_and_the_next_goes_on(tmp_path: Path) -> None:
    site = make_site(tmp_path / "alone", 4)
    alone = in_one_process(site)
    file = tmp_path / "site.json"
    file.write_text(same(site, tmp_path / "shared").model_dump_json())

    first = Main(file)
    first.process.kill()
    assert first.end() == -signal.SIGKILL
    assert len(first.children) >= 3
    second = Main(file)  # at once: its workers wait for the cameras
    assert second.end() == 0
    assert not first.left()
    assert not second.left()
    told = {event for event in first.events + second.events if event[1] in {"confirmed", "cleared"}}
    assert sorted(event[1:] for event in told) == sorted(
        (e.stage.value, e.camera, str(e.confirmed_at), str(e.cleared_at)) for e in alone.episodes
    )


def test_sigterm_ends_all_in_order(tmp_path: Path) -> None:
    file = tmp_path / "site.json"
    file.write_text(make_site(tmp_path / "site", 3).model_dump_json())
    main = Main(file)
    os.killpg(main.process.pid, signal.SIGTERM)  # as a service manager does
    assert main.end() == 0
    assert not main.left()
