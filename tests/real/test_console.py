"""The console in a real browser: cameras, earlier cases, receivers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.wrappers import Response

from api.access.roles import Role
from api.http.app import create_app
from tests.api.delivery.stand_in import stand_in
from tests.api.world import NOON, SECRET, World, cleared, make_event, make_site, make_world, served
from vision.evidence import SecondLook
from vision.loop import LoopCounts
from vision.sources.status import CameraState, CameraStatus

HOSTILE = "<img src=x onerror=document.title='owned'>"


@dataclass
class Cameras:
    """A pipeline's answers: one camera alive with a picture, one broken."""

    picture: bytes
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

    def snapshot(self, camera: str) -> bytes | None:
        return self.picture if camera == "gate" else None

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


def test_the_cameras_show_state_and_picture_and_the_language_changes(console):
    console.get_by_role("link", name="Cameras").click()
    expect(console.locator(".tile")).to_have_count(2)
    expect(console.locator(".tile .state")).to_have_text(["Alive", "Broken"])
    expect(console.locator(".tile .dim").filter(has_text="160×90")).to_contain_text("bridge · ")
    expect(console.get_by_text("yard.mp4: is not a video")).to_be_visible()
    console.locator(".tile img[src^='blob:']").wait_for()
    console.get_by_role("button", name="Switch to Chinese").click()
    expect(console.locator(".tile .state")).to_have_text(["在线", "故障"])
    expect(console.locator("html")).to_have_attribute("lang", "zh")


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
