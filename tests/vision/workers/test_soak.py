"""Eight live cameras, and any process killed at any time: cases are neither lost nor doubled.

Minutes long, so it runs when asked for: `pytest -m soak -s tests/vision/workers/test_soak.py`.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Condition, Thread

import psutil
import pytest
from sqlalchemy import select

from api.storage.database import Database
from api.storage.tables import CaseRow, SightingRow
from tests.vision.workers.bin_server import FULL_S, since_full
from vision.site import Camera, Site, SiteInfo, Storage, Zone
from vision.site.rule_settings import RuleSettings

CAMERAS = 8
KILLS = int(os.environ.get("STREETWARDEN_KILLS", "30"))
BETWEEN_S = 10.0
"""Seconds between two kills, at least: thirty in five minutes."""
UP_S = 4.0
"""And so long all cameras are looked at meanwhile, or a rule never sees two seconds of anything."""
ENV = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


class Supervised:
    """A main process that is started again when it dies, as a service manager does."""

    def __init__(self, site: Path) -> None:
        self._site = site
        self._told = Condition()
        self.pids: dict[str, int] = {}
        self.looked: dict[str, float] = {}
        self.ever: set[int] = set()
        self.starts = 0
        self._ending = False
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._ending:
            self.starts += 1
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.vision.workers.soaked_main", str(self._site)],
                stdout=subprocess.PIPE,
                text=True,
                env=ENV,
            )
            assert self._process.stdout is not None
            for text in self._process.stdout:
                line = json.loads(text)
                with self._told:
                    self.pids = {"main": self._process.pid, **line["pids"]}
                    self.ever |= set(self.pids.values())
                    self.looked |= line["looked"]
                    self._told.notify_all()
            self._process.stdout.close()
            self._process.wait()

    def until(self, done: Callable[[], bool], timeout: float = 240) -> None:
        with self._told:
            assert self._told.wait_for(done, timeout), self.pids

    def end(self) -> int:
        self._ending = True
        self._process.send_signal(signal.SIGTERM)
        self._thread.join()
        return self._process.returncode


def soaked_site(root: Path, port: int) -> Site:
    settings = RuleSettings.model_validate({"dwell": "2s", "looks": 2, "clear": "2s"})
    return Site(
        site=SiteInfo(name="soak"),
        storage=Storage(
            database=f"sqlite:///{root / 'cases.db'}", evidence=str(root / "data" / "evidence")
        ),
        defaults={"overflowing_bin": settings},
        cameras=tuple(
            Camera(
                id=f"bin-{n}",
                source=f"http://127.0.0.1:{port}/{n}.jpg",
                analyse_fps=2,
                zones=(Zone(name="street", watch=("overflowing_bin",)),),
            )
            for n in range(CAMERAS)
        ),
    )


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_killed_at_random(tmp_path: Path) -> None:
    serving = subprocess.Popen(
        [sys.executable, "-m", "tests.vision.workers.bin_server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=ENV,
    )
    assert serving.stdout is not None
    assert serving.stdin is not None
    site = soaked_site(tmp_path, int(serving.stdout.readline()))
    (tmp_path / "data").mkdir()
    file = tmp_path / "site.json"
    file.write_text(site.model_dump_json())
    main = Supervised(file)
    try:
        main.until(lambda: len(main.looked) == CAMERAS)
        began = time.time()
        backs = killed_at_random(main)
        ended = time.time()
    finally:
        code = main.end()
        serving.kill()
        serving.wait()
        serving.stdin.close()
        serving.stdout.close()
    print(f"\n{KILLS} kills in {ended - began:.0f} s; seconds until all {CAMERAS} cameras looked:")
    for name in sorted({name for name, _ in backs}):
        took = sorted(seconds for one, seconds in backs if one == name)
        print(
            f"  {name}: {len(took)} kills, median {took[len(took) // 2]:.1f}, most {took[-1]:.1f}"
        )
    assert code == 0
    assert not [pid for pid in main.ever if psutil.pid_exists(pid)]
    assert main.starts == 1 + sum(name == "main" for name, _ in backs)
    assert not list(Path(site.storage.evidence).parent.glob("quarantine/*"))
    judge(site, began, ended)


def killed_at_random(main: Supervised) -> list[tuple[str, float]]:
    """Kill some; who it was each time, and how long until every camera was looked at."""
    rng, backs = random.Random(15), []
    for _ in range(KILLS):
        main.until(lambda: len(main.pids) == 4)
        name, pid = rng.choice(sorted(main.pids.items()))
        at = time.time()
        os.kill(pid, signal.SIGKILL)
        main.until(lambda n=name, p=pid: main.pids.get(n) != p)
        # Reports are a second apart: what is looked at a second later was looked at after it.
        main.until(lambda since=at + 1: min(main.looked.values()) > since)
        backs.append((name, time.time() - at))
        until = max(at + BETWEEN_S, time.time() + UP_S)
        main.until(lambda until=until: time.time() > until)
    return backs


def judge(site: Site, began: float, ended: float) -> None:
    """Each time that a bin overflowed is one case, and it was seen to be emptied."""
    database = Database.open(site.storage.database)
    with database.read() as session:
        sightings = session.scalars(select(SightingRow)).all()
        found = [(s.camera, s.opened_at, s.cleared_at, s.case_id) for s in sightings]
        cases = len(session.scalars(select(CaseRow)).all())
    database.close()
    assert len({case for *_, case in found}) == cases == len(found)
    for n, camera in enumerate(site.cameras):
        numbers = Counter(
            since_full(n, opened.timestamp())[0] for name, opened, *_ in found if name == camera.id
        )
        assert set(numbers.values()) <= {1}, f"{camera.id} doubled {numbers}"
        first, since = since_full(n, began)
        last, so_far = since_full(n, ended)
        whole = set(range(first + (since > 1), last + (so_far > FULL_S)))
        assert whole <= numbers.keys(), f"{camera.id} lost {whole - numbers.keys()}"
        cleared = {
            since_full(n, opened.timestamp())[0]
            for name, opened, cleared, _ in found
            if name == camera.id and cleared is not None
        }
        assert set(range(first + (since > 1), last)) <= cleared
