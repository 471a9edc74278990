"""The console's cameras in a real browser: what is drawn takes effect without a restart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect

from api.access.roles import Role
from api.http.app import create_app
from api.setup.site_file import SiteFile
from api.site_in_force import SiteInForce
from scripts.watching import make_pipeline
from tests.api.world import World, make_world, served
from tests.real.console import browser
from vision.engines import open_engine
from vision.episodes import EpisodeEvent, EpisodeStage
from vision.errors import NotWatched
from vision.evidence import EvidenceItem, SecondLook
from vision.loop import LoopCounts
from vision.pipeline.live_view import Picture as Look
from vision.pipeline.sight import Sight
from vision.site import Site
from vision.site.file import load_site
from vision.sources.status import CameraState, CameraStatus
from vision.trial import Trial
from vision.view.preset_finder import PresetFinder

__all__ = ["browser"]
MANY = 60
WAIT_S = 60
SKY = [[0, 0], [0.2, 0], [0.2, 0.1], [0, 0.1]]
STALLS = [(0.53, 0.22), (0.74, 0.2), (0.74, 0.45), (0.53, 0.45)]
"""Around the two stalls that stand in the demo's market from first to last."""
POINTS = [(0.1, 0.9), (0.9, 0.9), (0.7, 0.4), (0.3, 0.4)]


def _site(cameras: str, root: Path) -> str:
    return f"""\
# the east district
site: {{name: East, language: en, timezone: Asia/Shanghai}}
storage: {{database: "sqlite:///{root / "cases.db"}", evidence: "{root / "evidence"}"}}
review: {{undo: 0s}}
defaults: {{street_vending: {{dwell: 3s, looks: 2, clear: 5s}}}}
cameras:
{cameras}"""


def _market(source: str) -> str:
    return f"""\
  - id: market   # the first one
    source: {source}
    analyse_fps: 4
    place: {{lon: 113.3712, lat: 31.7165}}
    zones:
      - {{name: sky, polygon: {SKY}, watch: [street_vending]}}
"""


@dataclass
class Wall:
    """Any number of cameras: all alive but the last, each with a new picture when asked."""

    jpeg: bytes
    names: Sequence[str]
    problem: str | None = None
    device_memory: int | None = None
    quarantined: int = 0
    processes: tuple[()] = ()
    engine_server: None = None

    def loop(self) -> LoopCounts:
        return LoopCounts()

    def status(self) -> list[CameraStatus]:
        now = datetime.now(UTC)
        alive = [
            CameraStatus(
                name,
                "x",
                CameraState.ALIVE,
                width=160,
                height=90,
                read=9,
                analysed=8,
                last_frame_at=now,
            )
            for name in self.names[:-1]
        ]
        return [*alive, CameraStatus(self.names[-1], "x", CameraState.BROKEN, "x: is not a video")]

    def picture(
        self, camera: str, after: int | None = None, wait_s: float = 0.0, *, clean: bool = False
    ) -> Future[Any]:
        answer: Future[Any] = Future()
        answer.set_result(Look(1, self.jpeg) if after is None else None)
        return answer

    def sight(self, camera: str) -> Sight | None:
        raise NotWatched(f"camera {camera} is not watched here")

    def try_out(self, camera: str, proposed: Site, preset: str | None = None) -> Future[Trial]:
        raise NotWatched(f"camera {camera} is not watched here")

    def apply(self, site: Site) -> None:
        """It has no rules."""

    def look_again(self, camera: str, _episode: str, _after: datetime) -> SecondLook:
        return SecondLook(why=f"camera {camera} is not watched here")


@dataclass
class Desk:
    """A served site with its file."""

    file: Path
    world: World
    address: str
    watch: Any
    key: str
    confirmed: Event = field(default_factory=Event)

    def open(self, browser: Browser, place: str, role: Role | None = None) -> Page:
        page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="en-GB")
        key = self.world.key(role) if role else self.key
        page.add_init_script(
            f"sessionStorage.setItem('streetwarden.key', '{key}');"
            "localStorage.setItem('streetwarden.language', 'en')"
        )
        page.goto(f"{self.address}/#/{place}")
        return page

    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.address, headers={"Authorization": f"Bearer {self.key}"}, trust_env=False
        )


def _jpeg() -> bytes:
    import cv2
    import numpy as np

    return cv2.imencode(".jpg", np.full((90, 160, 3), 128, np.uint8))[1].tobytes()


@contextmanager
def desk(root: Path, cameras: str, names: Sequence[str]) -> Iterator[Desk]:
    """A site whose pictures are given."""
    file = root / "site.yaml"
    file.write_text(_site(cameras, root), encoding="utf-8")
    site = load_site(file)
    world = make_world(site)
    watch = Wall(_jpeg(), names)
    app = create_app(
        SiteInForce(site),
        world.database,
        world.evidence,
        watch=watch,
        file=SiteFile(file, PresetFinder),
    )
    with served(app) as address:
        yield Desk(file, world, address, watch, world.key(Role.ADMIN))
    world.database.close()


@pytest.fixture
def one(tmp_path) -> Iterator[Desk]:
    with desk(tmp_path, _market("market.mp4"), ["market", "none"]) as made:
        yield made


@pytest.fixture
def market(demo_root, tmp_path) -> Iterator[Desk]:
    """The demo's market, really watched."""
    file = tmp_path / "site.yaml"
    source = demo_root / "market-street.mp4"
    file.write_text(_site(_market(str(source)), tmp_path), encoding="utf-8")
    site = load_site(file)
    world = make_world(site)
    confirmed = Event()

    def sink(event: EpisodeEvent, _items: Sequence[EvidenceItem]) -> None:
        if event.episode.zone == "pavement" and event.episode.stage is EpisodeStage.CONFIRMED:
            confirmed.set()

    pipeline = make_pipeline(site, open_engine(site.model), [sink])
    app = create_app(
        SiteInForce(site),
        world.database,
        world.evidence,
        watch=pipeline,
        file=SiteFile(file, PresetFinder),
    )
    pipeline.start()
    try:
        with served(app) as address:
            yield Desk(file, world, address, pipeline, world.key(Role.ADMIN), confirmed)
    finally:
        pipeline.stop()
        world.database.close()


class Picture:
    """Where a point of the picture is on the screen."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._shown = page.locator(".picture-stage svg image")
        expect(self._shown).to_have_attribute("href", re.compile("^blob:"))

    def __call__(self, u: float, v: float) -> tuple[float, float]:
        box = self._shown.bounding_box()
        assert box is not None
        return box["x"] + u * box["width"], box["y"] + v * box["height"]

    def click(self, u: float, v: float) -> None:
        self._page.mouse.click(*self(u, v))

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self._page.mouse.move(*self(*start))
        self._page.mouse.down()
        self._page.mouse.move(*self(*end), steps=5)
        self._page.mouse.up()


def _zones(page: Page) -> Locator:
    return page.locator(".zone-list b")


def _button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def test_the_wall_asks_only_for_what_is_on_the_screen(tmp_path, browser: Browser):
    names = [f"lamp-{n:03d}" for n in range(MANY)]
    cameras = "".join(
        f"  - {{id: {name}, source: {name}.mp4, device_id: '421303000013100{n:05d}'}}\n"
        for n, name in enumerate(names)
    )
    with desk(tmp_path, cameras, names) as made:
        page = made.open(browser, "cameras")
        asked: set[str] = set()

        def note(request: Request) -> None:
            if request.url.endswith("/snapshot"):
                asked.add(request.url.split("/")[-2])

        page.on("request", note)
        page.reload()
        expect(page.locator(".tile")).to_have_count(MANY)
        page.locator(".tile img[src^='blob:']").first.wait_for()
        with page.expect_request("**/lamp-040/snapshot"):
            page.locator("[data-camera='lamp-040']").scroll_into_view_if_needed()
        assert "lamp-000" in asked
        assert len(asked) < MANY - 10, "it asked for pictures that nobody sees"
        expect(page.get_by_role("status").filter(has_text="60 of 60")).to_be_visible()
        page.get_by_role("button", name="Need attention 1").click()
        expect(page.locator(".tile")).to_have_count(1)
        expect(page.locator(".tile")).to_contain_text("x: is not a video")
        page.get_by_role("button", name="Need attention 1").click()
        page.get_by_placeholder("Name, address or zone").fill("42130300001310000040")
        expect(page.locator(".tile")).to_have_count(1)
        page.get_by_placeholder("Name, address or zone").fill("LAMP-01")
        expect(page.locator(".tile")).to_have_count(10)
        _button(page, "切换到中文").click()
        expect(page.locator(".tile .state").first).to_have_text("在线")
        page.locator("[data-camera='lamp-012']").click()
        expect(page.get_by_role("heading", name="lamp-012")).to_be_visible()
        expect(page.locator(".camera-head")).to_contain_text("国标编码 42130300001310000012")
        page.screenshot(path=tmp_path / "camera-zh.png")
        page.get_by_role("link", name="全部摄像机").click()
        expect(page.locator(".tile")).to_have_count(MANY)
        page.close()


def test_a_zone_drawn_by_mouse_takes_effect_on_the_next_look(market: Desk, browser: Browser):
    before = market.file.read_text(encoding="utf-8")
    page = market.open(browser, "cameras/market/zones")
    expect(_zones(page)).to_have_text(["sky"])
    picture = Picture(page)
    page.keyboard.press("n")
    for corner in STALLS[:3]:
        picture.click(*corner)
    picture.click(0.64, 0.1)  # whose side would cross the first one
    expect(page.locator(".said")).to_contain_text("crosses")
    picture.click(*STALLS[3])
    page.keyboard.press("Enter")
    page.get_by_label("Name", exact=True).fill("pavement")
    page.get_by_label("Name", exact=True).press("Tab")
    expect(_zones(page)).to_have_text(["sky", "pavement"])
    _button(page, "+ Hours").click()
    page.get_by_label("From", exact=True).fill("0")
    page.get_by_label("Until", exact=True).fill("24:00")
    page.get_by_label("Until", exact=True).press("Tab")

    look = 0
    while look < 20:  # five seconds, in which a stall stays for three
        look = market.watch.picture("market", look, WAIT_S).result().look
    _button(page, "Test on the last hour").click()
    expect(page.locator(".tested li .tag.new").first).to_be_visible()
    expect(page.locator(".boxed.test-new").first).to_be_visible()
    assert market.file.read_text(encoding="utf-8") == before, "a test writes nothing"

    _button(page, "Save").click()
    expect(page.locator(".effect")).to_contain_text("In force since look")
    assert market.confirmed.wait(WAIT_S), market.watch.status()
    [status] = market.watch.status()
    assert (status.reconnects, status.state) == (0, CameraState.ALIVE)
    said = market.file.read_text(encoding="utf-8")
    assert "# the first one" in said
    assert "Mon-Sun 00:00-24:00" in said
    page.get_by_role("link", name="Live").click()
    expect(page.locator(".place", has_text="pavement").first).to_contain_text("Confirmed")

    page.locator(".tabs").get_by_role("link", name="History").click()
    page.locator(".changes-list .head").first.click()
    expect(page.locator(".opened .added").filter(has_text="pavement")).to_be_visible()
    _button(page, "Undo this change").click()
    expect(page.locator(".changes-list .head").first).to_contain_text("Undoes change")
    assert market.file.read_text(encoding="utf-8") == before
    page.locator(".tabs").get_by_role("link", name="Zones").click()
    expect(_zones(page)).to_have_text(["sky"])
    page.close()


def test_a_zone_is_shaped_by_keyboard_and_a_reload_loses_nothing(one: Desk, browser: Browser):
    page = one.open(browser, "cameras/market/zones")
    _button(page, "Put a rectangle").click()
    corner = page.get_by_role("button", name=re.compile("^Corner 1 of Zone 2"))
    corner.focus()
    for key in ("Shift+ArrowLeft", "Shift+ArrowUp", "+"):
        page.keyboard.press(key)
    expect(page.locator(".grip.corner")).to_have_count(5)
    expect(corner).to_have_accessible_name("Corner 1 of Zone 2, 33% across, 33% down")
    page.keyboard.press("Control+z")
    expect(page.locator(".grip.corner")).to_have_count(4)
    page.get_by_text("Corners as numbers (4)").click()
    page.get_by_label("Corner 3, across (%)").fill("90")
    page.get_by_label("Corner 3, across (%)").press("Tab")
    picture = Picture(page)
    picture.drag((0.5, 0.5), (0.45, 0.6))  # the whole
    page.get_by_role("checkbox", name="Street vending").uncheck()
    page.reload()
    expect(_zones(page)).to_have_text(["sky", "Zone 2"])
    _button(page, "Save").click()
    expect(page.locator(".mistakes")).to_contain_text("Zone 2")
    page.locator(".zone-list button").nth(1).click()
    expect(page.locator(".zone-form fieldset .error").last).to_contain_text("needs at least 1")
    page.get_by_role("checkbox", name="Dirty truck").check()
    _button(page, "Save").click()
    expect(page.locator(".saving")).to_contain_text("Saved")
    [_, drawn] = load_site(one.file).cameras[0].zones
    assert drawn.watch == ("dirty_truck",)
    corners = [(0.28, 0.43), (0.6, 0.45), (0.85, 0.75), (0.3, 0.75)]
    for drawn_at, corner in zip(drawn.polygon, corners, strict=True):
        assert drawn_at == pytest.approx(corner, abs=0.02)
    page.close()


@pytest.mark.parametrize("told", [True, False])
def test_what_somebody_else_changed_meanwhile_is_shown_and_kept(
    one: Desk, browser: Browser, *, told: bool
):
    """At once, or by the answer to who saves before the news has come."""
    page = one.open(browser, "cameras")
    if not told:
        page.route("**/v1/events", lambda route: route.abort())
        page.reload()
    page.goto(f"{one.address}/#/cameras/market/zones")
    _button(page, "Put a rectangle").click()
    with one.client() as other:
        path = "/v1/cameras/market/setup"
        known = other.get(path).json()
        zone = {"name": "gate", "polygon": SKY, "watch": ["overflowing_bin"]}
        headers = {"If-Match": f'"{known["version"]}"'}
        answer = other.put(path, json={"zones": [*known["zones"], zone]}, headers=headers)
        assert answer.status_code == 200, answer.text
    if not told:
        _button(page, "Save").click()
    expect(page.locator(".conflict")).to_contain_text("gate")
    _button(page, "Put mine on top").click()
    _button(page, "Save").click()
    expect(page.locator(".saving")).to_contain_text("Saved")
    assert [z.name for z in load_site(one.file).cameras[0].zones] == ["sky", "gate", "Zone 2"]
    page.close()


def test_ground_points_are_set_on_picture_and_map(one: Desk, browser: Browser):
    page = one.open(browser, "cameras/market/ground")
    picture = Picture(page)
    page.locator(".map-ground canvas").first.wait_for()
    ground = page.locator(".map-ground")
    for (u, v), (x, y) in zip(POINTS, [(60, 220), (300, 220), (310, 60), (50, 60)], strict=True):
        picture.click(u, v)
        expect(page.locator(".ground-point.half.chosen")).to_have_count(1)
        ground.click(position={"x": x, "y": y})
        expect(page.locator(".ground-point.half")).to_have_count(0)
    _button(page, "Save").click()
    expect(page.locator(".saving")).to_contain_text("Saved")
    ground_of = load_site(one.file).cameras[0].homography
    assert ground_of is not None
    page.get_by_label("Point 4 Longitude").fill("0")
    page.get_by_label("Point 4 Longitude").press("Tab")
    _button(page, "Save").click()
    expect(page.locator("aside .error")).to_be_visible()
    _button(page, "Discard").click()
    expect(page.locator(".saving")).to_contain_text("Everything is saved")
    page.close()


def test_cameras_come_and_go_and_who_may_only_look_draws_nothing(one: Desk, browser: Browser):
    page = one.open(browser, "cameras")
    _button(page, "Add a camera").click()
    page.get_by_label("Name").fill("yard")
    page.get_by_label("Source").fill("none.mp4")
    _button(page, "Try the address").click()
    expect(page.get_by_role("alert")).to_contain_text("none.mp4")
    page.get_by_label("Source").fill("yard.mp4")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_count(0)
    page.get_by_role("dialog").get_by_role("button", name="Add a camera").click()
    expect(page.get_by_role("heading", name="yard")).to_be_visible()
    expect(page.locator("aside")).to_contain_text("No zone is drawn")
    assert [camera.id for camera in load_site(one.file).cameras] == ["market", "yard"]
    page.get_by_role("link", name="Settings").click()
    _button(page, "Remove this camera…").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove this camera").click()
    expect(page.locator(".tile")).to_have_count(1)
    assert [camera.id for camera in load_site(one.file).cameras] == ["market"]
    page.close()
    page = one.open(browser, "cameras", Role.VIEWER)
    expect(page.locator(".tile")).to_have_count(1)
    expect(_button(page, "Add a camera")).to_have_count(0)
    page.locator(".tile").click()
    page.get_by_role("link", name="Zones").click()
    expect(page.locator("aside")).to_contain_text("you may not see it")
    expect(_button(page, "Draw a zone")).to_have_count(0)
    page.close()
