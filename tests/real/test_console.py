"""The console in a real browser: cameras, earlier cases, receivers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.wrappers import Response

from api.access.roles import Role
from api.http.app import create_app
from tests.api.delivery.stand_in import stand_in
from tests.api.world import NOON, SECRET, World, cleared, make_event, make_site, make_world, served
from vision.errors import NotWatched
from vision.evidence import SecondLook
from vision.loop import LoopCounts
from vision.pipeline.live_view import Picture
from vision.pipeline.sight import Sight
from vision.pipeline.trial import Trial
from vision.site import Site
from vision.sources.status import CameraState, CameraStatus

HOSTILE = "<img src=x onerror=document.title='owned'>"


@dataclass
class Cameras:
    """A pipeline's answers: one camera alive with a picture, one broken."""

    picture_of_gate: bytes
    problem: str | None = None
    device_memory: int | None = None
    quarantined: int = 0
    processes: tuple[()] = ()
    engine_server: None = None

    def loop(self) -> LoopCounts:
        return LoopCounts()

    def status(self) -> list[CameraStatus]:
        return [
            CameraStatus(
                "gate",
                "gate.mp4",
                CameraState.ALIVE,
                None,
                160,
                90,
                9,
                8,
                last_frame_at=NOON,
                preset="bridge",
            ),
            CameraStatus("yard", "yard.mp4", CameraState.BROKEN, "yard.mp4: is not a video"),
        ]

    def picture(
        self, camera: str, after: int | None = None, wait_s: float = 0.0, *, clean: bool = False
    ) -> Future[Picture | None]:
        answer: Future[Picture | None] = Future()
        answer.set_result(Picture(1, self.picture_of_gate) if camera == "gate" else None)
        return answer

    def sight(self, camera: str) -> Sight | None:
        raise NotWatched(f"camera {camera} is not watched here")

    def try_out(self, camera: str, proposed: Site, preset: str | None = None) -> Future[Trial]:
        raise NotWatched(f"camera {camera} is not watched here")

    def apply(self, site: Site) -> None: ...

    def look_again(self, camera: str, _episode: str, _after: datetime) -> SecondLook:
        return SecondLook(why=f"camera {camera} is not watched here")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium is installed; install Debian's package chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()


@pytest.fixture
def hostile(tmp_path) -> Iterator[World]:
    made = make_world(make_site(tmp_path, zone=HOSTILE))
    yield made
    made.database.close()


@pytest.fixture
def console(hostile: World, browser: Browser) -> Iterator[Page]:
    picture = next(p for p in _pictures(hostile))
    app = create_app(hostile.site, hostile.database, hostile.evidence, watch=Cameras(picture))
    with served(app) as address:
        page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="en-GB")
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.goto(f"{address}/#key={hostile.keys.session_key()}")
        yield page
        page.close()
        assert not [text for text in complaints if "401" not in text]


def _pictures(world: World) -> Iterator[bytes]:
    """Two cases are made before the page opens; the first has cleared."""
    event = make_event(zone=HOSTILE)
    first = world.take(event)
    world.take(cleared(event))
    world.made["first"] = first
    world.made["second"] = world.take(
        make_event(zone=HOSTILE, kind="dirty_truck", subtype="spill", clock=event.episode.clock)
    )
    for path in sorted(world.evidence.root.rglob("*")):
        if path.is_file():
            yield path.read_bytes()


def test_a_case_links_to_the_earlier_cases_of_its_place(console, hostile):
    again = hostile.take(make_event(zone=HOSTILE, at=NOON + timedelta(days=1)))
    console.goto(f"{console.url.partition('#')[0]}#/cases/{again}")
    console.locator(".drawer .prior a").click()
    expect(console.locator(".drawer .head .id")).to_have_text(hostile.made["first"])
    assert console.url.endswith(f"#/cases/{hostile.made['first']}")
    console.reload()
    expect(console.locator(".drawer .head .id")).to_have_text(hostile.made["first"])
    console.keyboard.press("Escape")
    expect(console.locator(".drawer")).to_be_hidden()




def test_an_admin_sends_a_receiver_a_test_event_and_sees_how_it_ended(tmp_path, browser: Browser):
    with stand_in(lambda _: Response(status=204)) as server:
        hook = {"name": "case-system", "url": server.url, "secret": SECRET}
        world = make_world(make_site(tmp_path, hook | {"allow": ["127.0.0.0/8"]}))
        with served(create_app(world.site, world.database, world.evidence)) as address:
            page = browser.new_page(locale="zh-CN")
            page.goto(f"{address}/#key={world.key(Role.ADMIN)}")
            page.get_by_role("link", name="Receivers").click()
            tile = page.get_by_role("article", name="case-system")
            expect(tile).to_contain_text("0 waiting")
            tile.get_by_role("button", name="Send a test event").click()
            expect(tile.get_by_role("status")).to_contain_text("Accepted (204, ")
            page.close()
            page = browser.new_page()
            page.goto(f"{address}/#key={world.key(Role.REVIEWER)}")
            expect(page.get_by_role("link", name="Cameras")).to_be_visible()
            expect(page.get_by_role("link", name="Receivers")).to_have_count(0)
            page.close()
        world.database.close()
    assert server.asked == ["POST /in"]
