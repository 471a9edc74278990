"""The console in a real browser: a person confirms one case and rejects another."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.wrappers import Response

from api.access.roles import Role
from api.http.app import create_app
from api.storage.tables import AccessRow
from tests.api.delivery.stand_in import stand_in
from tests.api.world import NOON, SECRET, World, cleared, make_event, make_site, make_world, served
from tests.real.prefix_proxy import proxied
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


def stage(world: World, name: str) -> str:
    from api.access.roles import Principal
    from api.cases.store import CaseStore

    who = Principal("0", "test", Role.VIEWER)
    return CaseStore(world.database, world.site).get(who, world.made[name]).stage.value


def test_a_person_confirms_and_rejects_with_the_mouse(console, hostile):
    expect(console.locator(".card")).to_have_count(2)
    assert "key=" not in console.url, "the key must not stay in the address bar"
    console.locator(f'[data-case="{hostile.made["first"]}"]').click()
    expect(console.get_by_role("heading", name="Street vending")).to_be_visible()
    expect(console.get_by_text(HOSTILE).first).to_be_visible()
    expect(console.locator("figure img[src^='blob:']")).to_have_count(2)  # before and after
    confirm = console.get_by_role("button", name="Confirm C", exact=True)
    confirm.click()
    expect(console.get_by_text("Tick all four checks")).to_be_visible()
    assert stage(hostile, "first") == "pending_review"
    for name in ("Authentic", "Clear", "Complete", "Accurate"):
        console.get_by_role("checkbox", name=name).check()
    console.get_by_label("Note (optional)").fill("on the tactile paving")
    confirm.click()
    expect(console.locator(".card")).to_have_count(1)
    assert stage(hostile, "first") == "confirmed"
    console.get_by_role("button", name="Reject").click()
    console.get_by_role("button", name="False positive").click()
    expect(console.get_by_role("heading", name="Nothing waits for review")).to_be_visible()
    assert stage(hostile, "second") == "rejected"
    console.get_by_role("link", name="Cases").click()
    expect(console.locator("tbody tr")).to_have_count(2)
    expect(console.locator("tbody .pill")).to_have_text(["Rejected", "Confirmed"])
    console.get_by_role("button", name="Street vending").click()
    expect(console.locator(".drawer .log")).to_contain_text("on the tactile paving")
    assert console.title() == "Streetwarden", "a hostile name must stay text"


def test_a_person_reviews_with_the_keyboard(console, hostile):
    expect(console.locator(".card[aria-current]")).to_have_count(1)
    for key in ("j", "1", "2", "3", "4", "c"):
        console.keyboard.press(key)
        if key == "j":
            expect(console.get_by_role("heading", name="Street vending")).to_be_visible()
    expect(console.locator(".card")).to_have_count(1)
    assert stage(hostile, "first") == "confirmed"
    expect(console.get_by_role("heading", name="Dirty truck")).to_be_visible()
    console.keyboard.press("r")
    expect(console.get_by_role("dialog")).to_be_visible()
    console.keyboard.press("Enter")
    expect(console.locator(".card")).to_have_count(0)
    assert stage(hostile, "second") == "rejected"


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


def test_an_original_is_shown_for_a_reason_and_the_look_is_logged(console, hostile):
    console.get_by_role("button", name="View original").first.click()
    console.get_by_label("Why do you look at the original?").fill("complaint 4711")
    console.get_by_role("button", name="Log and show").click()
    expect(console.locator("dialog.lightbox img")).to_be_visible()
    with hostile.database.read() as session:
        looks = list(session.query(AccessRow))
    assert [(look.actor, look.reason) for look in looks] == [("console session", "complaint 4711")]


def test_a_phone_has_room_for_the_queue_and_the_case(console):
    console.set_viewport_size({"width": 390, "height": 844})
    console.reload()
    console.locator(".card").first.click()
    expect(console.locator(".decide .primary")).to_be_visible()
    wide = console.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390, "nothing may stick out sideways"
    console.get_by_role("button", name="Back to the list").click()
    expect(console.locator(".decide")).to_be_hidden()


def test_signing_out_forgets_the_key(console):
    console.get_by_role("button", name="Sign out").click()
    expect(console.get_by_label("Access key")).to_be_visible()
    expect(console.get_by_role("alert")).to_be_hidden()
    assert console.evaluate("sessionStorage.getItem('streetwarden.key')") is None
    console.get_by_label("Access key").fill("sw_wrong_key")
    with console.expect_response("**/v1/site") as answer:
        console.get_by_role("button", name="Sign in").click()
    assert answer.value.status == 401


@pytest.mark.parametrize("strips", [True, False], ids=["proxy strips", "proxy passes on"])
@pytest.mark.parametrize("told", [True, False], ids=["site.url", "no url"])
def test_the_console_works_behind_a_path(tmp_path, browser, strips, told):
    """`https://city.example/streetwarden/`: page, style, pictures, review, all under the path."""
    if not (strips or told):
        pytest.skip("only the site file can tell a path that the proxy passes on")
    site = {"name": "Zengdu test", "language": "en"}
    if told:
        site["url"] = "https://city.example/streetwarden/"
    world = make_world(make_site(tmp_path, zone=HOSTILE, site=site))
    picture = next(p for p in _pictures(world))
    app = create_app(world.site, world.database, world.evidence, watch=Cameras(picture))
    with (
        served(app) as direct,
        proxied(direct, "/streetwarden", strips=strips) as address,
        closing(browser.new_page(locale="en-GB")) as page,
    ):
        failed: list[str] = []
        page.on("response", lambda r: failed.append(r.url) if r.status >= 400 else None)
        page.on("console", lambda m: failed.append(m.text) if m.type == "error" else None)
        page.goto(f"{address}/#key={world.keys.session_key()}")
        expect(page.locator(".card")).to_have_count(2)
        expect(page.locator("figure img[src^='blob:']").first).to_be_visible()
        page.locator(f'[data-case="{world.made["second"]}"]').click()
        page.get_by_role("button", name="Reject").click()
        page.get_by_role("button", name="False positive").click()
        expect(page.locator(".card")).to_have_count(1)
        page.get_by_role("link", name="Cameras").click()
        page.locator(".tile img[src^='blob:']").wait_for()
        assert failed == []
        page.goto(f"{direct}/#key={world.keys.session_key()}")  # the printed address works too
        expect(page.locator(".card")).to_have_count(1)
        assert failed == []
    servers = app.openapi().get("servers")
    assert servers == ([{"url": "https://city.example/streetwarden"}] if told else None)
    world.database.close()


def test_a_key_that_ends_soon_says_so_before_it_does(tmp_path, browser):
    world = make_world(make_site(tmp_path))
    soon = world.key(Role.REVIEWER, expires=timedelta(minutes=50))
    app = create_app(world.site, world.database, world.evidence)
    with served(app) as address, closing(browser.new_page(locale="en-GB")) as page:
        page.goto(f"{address}/#key={soon}")
        expect(page.locator(".ending")).to_contain_text("This key ends at 20")
        page.goto(f"{address}/#key={world.keys.session_key()}")
        expect(page.locator(".me")).to_have_text("console session")
        expect(page.locator(".ending")).to_be_hidden()
        # The server starts again; who works with the key of before does not notice.
        world.keys.session_key()
        page.reload()
        expect(page.locator(".me")).to_have_text("console session")
    world.database.close()


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
