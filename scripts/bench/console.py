"""Benchmark: the review queue in a real browser, with many cases that wait.

The server runs in this process, the browser beside it, so what it shows is the whole way: key,
decision, claim, next case, its picture decoded and painted. Pictures are made up, as large as a
camera's.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from sqlalchemy import text

from api.access.keys import KeyStore
from api.http.app import create_app
from api.http.server import Server, configured, listen
from api.records.site_chain import SiteChain
from api.storage.database import Database
from scripts.bench.lists import fill
from scripts.machine import describe_machine
from vision.errors import StreetwardenError
from vision.evidence.store import EvidenceStore
from vision.site import Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PICTURES = 97
"""Different pictures, in turns; a prime, so that no two cases in a row have the same one."""
_WIDTH, _HEIGHT = 1920, 1080
_READY = (".case .desk fieldset", ".look .picture-stage image")
_PAINTED = """async (before) => {
  const began = performance.now();
  const tick = () => new Promise(requestAnimationFrame);
  for (const key of ["a", "c"])
    document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
  for (;;) {
    const image = document.querySelector(".look image");
    const shown = document.querySelector(".case")?.dataset.case;
    if (shown && shown !== before.id && image && image.getAttribute("href") !== before.src) break;
    await tick();
  }
  await tick();
  await tick();
  return performance.now() - began;
}"""
"""From the two keys of a clear case to the frame after the one in which the next is drawn, ms."""


@dataclass(frozen=True, slots=True)
class ConsoleBench:
    """Medians: seconds until the first page can be worked with, ms until the next case is shown."""

    cases: int
    rounds: int
    first_s: float
    next_ms: float
    next_worst_ms: float
    machine: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def bench_console(
    folder: Path, *, cases: int, rounds: int, think_s: float, progress: Callable[[str], None]
) -> ConsoleBench:
    """Fill a database, serve it, and decide `rounds` cases in a browser.

    Args:
        folder: for the database and the pictures.
        cases: how many wait.
        rounds: how many are decided, one after the other.
        think_s: how long each is looked at before it is decided, while the next is made ready.
        progress: told what is under way.

    Raises:
        StreetwardenError: Playwright or Chromium is missing.
    """
    database = Database.open(f"sqlite:///{folder / 'cases.db'}")
    place = {"lon": 113.38, "lat": 31.71}
    site = Site.for_sources(["0"], folder, place=place)
    store = EvidenceStore(folder / "evidence")
    progress(f"writing {cases} cases")
    SiteChain.open(database, folder / "site.key")
    fill(database, cases)
    _all_wait(database, [_picture(store, number) for number in range(PICTURES)])
    with _served(create_app(site, database, store)) as address, _chromium() as browser:
        way_in = f"{address}/#key={KeyStore(database).session_key()}"
        progress("opening the console")
        firsts = [_first(browser, way_in) for _ in range(3)]
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.goto(way_in)
        _ready(page)
        shown = []
        for number in range(rounds):
            progress(f"case {number + 1} of {rounds}")
            time.sleep(think_s)
            shown.append(_decide(page))
    database.close()
    return ConsoleBench(
        cases=cases,
        rounds=rounds,
        first_s=round(median(firsts), 2),
        next_ms=round(median(shown), 1),
        next_worst_ms=round(max(shown), 1),
        machine=describe_machine(),
    )


def _first(browser: Browser, way_in: str) -> float:
    """Seconds from an empty cache to a case that can be decided, its picture painted."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    began = time.perf_counter()
    page.goto(way_in, wait_until="commit")
    _ready(page)
    took = time.perf_counter() - began
    context.close()
    return took


def _ready(page: Page) -> None:
    for selector in _READY:
        page.wait_for_selector(selector, state="attached")


def _decide(page: Page) -> float:
    before = page.evaluate(
        "({id: document.querySelector('.case').dataset.case,"
        " src: document.querySelector('.look image').getAttribute('href')})"
    )
    return float(page.evaluate(_PAINTED, before))


def _all_wait(database: Database, digests: list[str]) -> None:
    """Put every case into the queue, with one of these pictures."""
    with database.write() as session:
        session.execute(text("UPDATE cases SET stage = 'pending_review'"))
        session.execute(text("UPDATE evidence SET boxes = '[[0.2, 0.4, 0.5, 0.8]]'"))
        for number, digest in enumerate(digests):
            session.execute(
                text("UPDATE evidence SET sha256 = :digest, of = :of WHERE id % :all = :number"),
                {"digest": digest, "of": digest[::-1], "all": len(digests), "number": number},
            )


def _picture(store: EvidenceStore, number: int) -> str:
    rng = np.random.default_rng(number)
    coarse = rng.integers(0, 255, (_HEIGHT // 24, _WIDTH // 24, 3), np.uint8)
    picture = cv2.resize(coarse, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC)
    grain = rng.integers(0, 12, picture.shape, np.uint8)
    return store.put(cv2.imencode(".jpg", cv2.add(picture, grain))[1].tobytes())


@contextmanager
def _served(app: Any) -> Iterator[str]:
    """Serve an app in a thread; gives its address."""
    listener = listen("127.0.0.1", 0)
    server = Server(configured(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@contextmanager
def _chromium() -> Iterator[Browser]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise StreetwardenError(
            "this bench needs Playwright: .venv/bin/pip install 'streetwarden[test]'"
        ) from error
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise StreetwardenError("this bench needs Chromium; install Debian's package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()
