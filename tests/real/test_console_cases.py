"""The console's cases in a real browser: list, map, searches, one with its steps and deliveries."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect
from sqlalchemy import update
from werkzeug.wrappers import Response

from api.access.roles import Role
from api.delivery.events import DeliveryState
from api.http.app import create_app
from api.storage.tables import AccessRow, DeliveryRow
from tests.api.delivery.stand_in import stand_in
from tests.api.world import (
    BIN,
    CONFIRM,
    NOON,
    REJECT,
    SECRET,
    World,
    cleared,
    make_event,
    make_site,
    make_world,
    on_map,
    served,
)
from tests.real.console import chromium, findings, opened

TRUCK: dict[str, Any] = {"kind": "dirty_truck", "subtype": "spill"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


NAMES = [
    {"code": "4213", "zh": "随州市", "en": "Suizhou"},
    {"code": "421303", "zh": "曾都区", "en": "Zengdu"},
    {"code": "421303001", "zh": "西城街道", "en": "Xicheng"},
    {"code": "421321", "zh": "随县", "en": "Suixian"},
]


GATE_ID = "42130300001310000001"
"""The gate's by GB/T 28181."""


@pytest.fixture
def world(tmp_path) -> Iterator[World]:
    site = make_site(tmp_path, divisions=NAMES)
    gate, *others = site.cameras
    named = gate.model_copy(update={"device_id": GATE_ID})
    made = make_world(site.model_copy(update={"cameras": (named, *others)}))
    yield made
    made.database.close()


@pytest.fixture
def address(world: World) -> Iterator[str]:
    with served(create_app(world.site, world.database, world.evidence)) as at:
        yield at


def cases(browser: Browser, world: World, address: str, **options: Any):
    """The list as an admin sees it."""
    return opened(browser, f"{address}/#key={world.key(Role.ADMIN)}", **options)


def show(page: Page, hash_: str) -> None:
    expect(page.locator(".bar")).to_be_visible()
    page.evaluate("hash => { location.hash = hash }", hash_)


def rows(page: Page):
    return page.locator("tbody tr[data-case]")


def some(world: World) -> dict[str, str]:
    """A stall that was confirmed, a bin that was rejected and a truck that waits."""
    stall = world.case(where=on_map(40))
    gone = world.case(at=NOON + timedelta(hours=1), **BIN)
    truck = world.case(at=NOON + timedelta(days=2), **TRUCK)
    world.review(stall, CONFIRM)
    world.review(gone, REJECT)
    return {"stall": stall, "bin": gone, "truck": truck}


def test_filters_stand_in_the_address_and_back_leads_to_those_before(
    browser, world, address, tmp_path
):
    made = some(world)
    with cases(browser, world, address) as page:
        show(page, "#/cases")
        expect(rows(page)).to_have_count(3)
        page.get_by_label("Kind").select_option("street_vending")
        expect(rows(page)).to_have_count(1)
        page.get_by_label("Kind").select_option("")
        page.get_by_text("Stage", exact=True).first.locator("xpath=..").locator("summary").click()
        page.get_by_role("checkbox", name="Rejected").check()
        page.get_by_role("checkbox", name="Pending review").check()
        expect(rows(page)).to_have_count(2)
        assert "stage=pending_review%2Crejected" in page.url
        page.get_by_label("Find").fill(made["truck"])
        page.keyboard.press("Enter")
        expect(rows(page)).to_have_count(1)
        rows(page).get_by_role("link").click()
        expect(page.get_by_role("heading", name="Dirty truck")).to_be_visible()
        page.go_back()
        expect(rows(page)).to_have_count(1)
        page.go_back()
        expect(rows(page)).to_have_count(2)
        page.reload()
        expect(rows(page)).to_have_count(2)
        page.get_by_role("button", name="Clear").click()
        expect(rows(page)).to_have_count(3)
        page.get_by_label("From").fill("2026-05-23")
        expect(rows(page)).to_have_count(1)
        passed = {"reason": "across the river", "data": {"division": "421321"}}
        world.step(made["stall"], {"step": "reassign", **passed})
        show(page, "#/cases")
        division = page.get_by_role("combobox", name="Division")
        division.select_option("421303")
        expect(rows(page)).to_have_count(2)
        assert "division=421303" in page.url
        assert division.locator("option").all_inner_texts() == [
            *("All", "42 (Province)", "\u2003Suizhou", "\u2003\u2003Zengdu"),
            *("\u2003\u2003\u2003Xicheng", "\u2003\u2003Suixian"),
        ]
        page.screenshot(path=tmp_path / "list-en.png")
        assert findings(page) == []
        division.select_option("4213")
        expect(rows(page)).to_have_count(3)
        page.get_by_role("button", name="切换到中文").click()
        chosen = page.get_by_role("combobox", name="所属区划").locator("option:checked")
        expect(chosen).to_have_text("随州市")
        page.screenshot(path=tmp_path / "list-zh.png")


def test_a_search_is_saved_and_a_list_is_taken_as_a_file(browser, world, address):
    made = some(world)
    with cases(browser, world, address) as page:
        show(page, "#/cases?stage=rejected&since=2026-05-01")
        expect(rows(page)).to_have_count(1)
        with page.expect_download() as taken:
            page.get_by_role("button", name="CSV").click()
        written = Path(taken.value.path()).read_text("utf-8-sig")
        lines = list(csv.reader(io.StringIO(written)))
        assert [made["bin"] in line for line in lines] == [False, True]
        with world.database.read() as session:
            assert [one.detail for one in session.query(AccessRow)] == ["cases.csv"]
        page.get_by_text("Searches").click()
        page.get_by_label("Name", exact=True).fill("what was not taken")
        page.get_by_role("button", name="Save these filters").click()
        expect(page.get_by_text("Saved", exact=True)).to_be_visible()
        show(page, "#/cases")
        expect(rows(page)).to_have_count(3)
        page.reload()
        page.get_by_text("Searches").click()
        page.get_by_role("link", name="what was not taken").click()
        expect(rows(page)).to_have_count(1)
        expect(page.get_by_label("From")).to_have_value("2026-05-01")
        page.get_by_role("button", name="Delete “what was not taken”").click()
        expect(page.get_by_text("None is saved yet")).to_be_visible()


def test_a_long_list_is_drawn_where_it_is_seen_and_read_to_its_end(browser, world, address):
    first = ""
    for minute in range(205):
        event = make_event(at=NOON + timedelta(days=1, hours=minute), camera="yard", **TRUCK)
        made = world.intake.take(event, [])
        first = first or str(made)
    with cases(browser, world, address) as page:
        asked: list[str] = []
        page.on("request", lambda one: asked.append(one.url) if "/v1/cases?" in one.url else None)
        show(page, "#/cases")
        expect(rows(page).first).to_be_visible()
        assert rows(page).count() < 60
        scroller = page.locator(".scroller")
        last = page.locator(f"tr[data-case={first}]")
        for _ in range(2):  # a page of the list each
            with page.expect_response(lambda one: "cursor=" in one.url):
                scroller.evaluate("one => { one.scrollTop = one.scrollHeight }")
            expect(page.get_by_text("Loading…")).to_have_count(0)
        expect(page.locator("table.cases-table")).to_have_attribute("aria-rowcount", "206")
        scroller.evaluate("one => { one.scrollTop = one.scrollHeight }")
        expect(last).to_be_visible()
        assert rows(page).count() < 60
        assert len({url for url in asked if "cursor=" in url}) == 2
        last.get_by_role("link").click()
        page.go_back()
        expect(last).to_be_visible()


@pytest.mark.parametrize("background", [True, False], ids=["background", "none"])
def test_the_map_shows_the_cases_and_asks_no_other_server(tmp_path, browser, background):
    drawn = tmp_path / "map.geojson"
    drawn.write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"kind": '
        '"road", "name": "解放路"}, "geometry": {"type": "LineString", "coordinates": '
        "[[113.379, 31.71], [113.381, 31.71]]}}]}"
    )
    console = {"map": {"background": str(drawn)}} if background else {}
    world = make_world(make_site(tmp_path, console=console))
    for east in (-300, 300):
        world.case(where=on_map(east), **(BIN if east > 0 else {}))
    with (
        served(create_app(world.site, world.database, world.evidence)) as address,
        cases(browser, world, address) as page,
    ):
        asked: list[Request] = []
        page.on("request", lambda one: asked.append(one))  # noqa: PLW0108 - no method of C
        show(page, "#/cases?view=map")
        expect(page.get_by_text("2 on the map")).to_be_visible()
        if background:
            expect(page.get_by_text("解放路")).to_be_visible()
        else:
            expect(page.locator(".map-tick span").first).to_be_visible()
        box = page.locator(".map-ground").bounding_box()
        assert box is not None
        middle = box["y"] + box["height"] / 2
        for x in range(int(box["x"]) + 20, int(box["x"] + box["width"] / 2) - 40, 8):
            page.mouse.click(x, middle)  # the western one lies somewhere on this line
            if page.locator(".chosen").count():
                break
        expect(page.locator(".chosen")).to_contain_text("Street vending")
        page.get_by_role("button", name="Search near a place").click()
        page.locator(".map-ground").press("Enter")  # the middle: neither is within 100 m
        expect(page.get_by_label("Near", exact=True)).to_be_visible()
        page.get_by_label("Near", exact=True).select_option("100")
        expect(page.get_by_text("Nothing here has a place on the map")).to_be_visible()
        page.get_by_label("Near", exact=True).select_option("1000")
        expect(page.get_by_text("2 on the map")).to_be_visible()
        hosts = {urlsplit(one.url).netloc for one in asked if not one.url.startswith("blob:")}
        assert hosts == {urlsplit(address).netloc}
    world.database.close()


def test_a_dead_letter_is_sent_again_from_the_page_of_its_case(tmp_path, browser):
    broken = True

    def answer(_request: Any) -> Response:
        return Response(status=500 if broken else 204)

    with stand_in(answer) as server:
        hook = {"name": "case-system", "url": server.url, "secret": SECRET}
        world = make_world(make_site(tmp_path, hook | {"allow": ["127.0.0.0/8"]}))
        case = world.case()
        world.review(case, CONFIRM)
        with world.database.write() as session:  # its schedule would take days
            dead = {"state": DeliveryState.DEAD.value, "attempts": 8, "last_result": "500"}
            session.execute(update(DeliveryRow).values(**dead))
        with (
            served(create_app(world.site, world.database, world.evidence)) as address,
            cases(browser, world, address) as page,
        ):
            show(page, f"#/cases/{case}")
            sent = page.get_by_role("region", name="Deliveries")
            expect(sent).to_contain_text("Dead letter")
            assert server.asked == []
            broken = False
            sent.get_by_role("button", name="Send again").click()
            expect(sent).to_contain_text("Delivered")
            expect(page.locator(".case-head .pill")).to_have_text("Emitted")
            assert server.asked == ["POST /in"]
        world.database.close()


def test_the_legal_next_steps_are_taken_and_a_refusal_says_what_is_missing(browser, world, address):
    case = some(world)["stall"]
    with cases(browser, world, address) as page:
        show(page, f"#/cases/{case}")
        steps = page.get_by_role("region", name="Next step")

        def take(step: str, fields: dict[str, str]) -> None:
            steps.get_by_role("button", name=step, exact=True).click()
            for label, value in fields.items():
                page.get_by_role("dialog").get_by_label(label).fill(value)
            page.get_by_role("dialog").get_by_role("button", name=step, exact=True).click()

        take("Hand over", {"To": "the city's desk"})
        expect(page.locator(".case-head .pill")).to_have_text("Emitted")
        steps.get_by_role("button", name="File", exact=True).click()
        page.get_by_role("dialog").get_by_label("Task number").fill("RW-2026-004711")
        world.step(case, {"step": "transfer", "reason": "theirs", "data": {"to": "planning"}})
        page.get_by_role("dialog").get_by_role("button", name="File", exact=True).click()
        refused = page.get_by_role("dialog").get_by_role("alert")
        expect(refused).to_contain_text("Possible now: Return")
        expect(page.get_by_role("dialog").get_by_label("Task number")).to_have_value(
            "RW-2026-004711"
        )
        page.keyboard.press("Escape")
        expect(page.locator(".case-head .pill")).to_have_text("Transferred")
        steps.get_by_text("Other steps").click()
        take("Return", {"Reason": "not theirs"})
        take("Dispatch", {"To": "环卫所"})
        expect(page.locator(".case-head .pill")).to_have_text("Dispatched")
        expect(page.get_by_role("region", name="Case log")).to_contain_text("环卫所")
        page.get_by_role("button", name="Legal hold").click()
        page.get_by_role("dialog").get_by_label("Reason").fill("appeal 2026-117")
        page.get_by_role("dialog").get_by_role("button", name="Legal hold").click()
        expect(page.locator(".flags")).to_contain_text("appeal 2026-117")
        assert world.read(case).hold is not None
        expect(page.locator(".about .facts")).to_contain_text("Suizhou › Zengdu")
        expect(page.locator(".about .facts")).to_contain_text(f"GB/T 28181 id{GATE_ID}")
        steps.get_by_role("button", name="Pass on to another division").click()
        dialog = page.get_by_role("dialog")
        targets = dialog.get_by_label("Division").locator("option").all_inner_texts()
        assert targets == ["Suizhou", "Suizhou › Zengdu › Xicheng", "Suizhou › Suixian"]
        dialog.get_by_label("Division").select_option("421321")
        dialog.get_by_label("Reason").fill("across the river")
        dialog.get_by_role("button", name="Pass on to another division").click()
        expect(page.locator(".about .facts")).to_contain_text("Suizhou › Suixian")
        expect(page.get_by_role("region", name="Case log")).to_contain_text("Suizhou › Suixian")
        assert world.read(case).where.division == "421321"


def test_evidence_has_its_hashes_originals_a_reason_and_the_package_a_scope(
    browser, world, address
):
    case = some(world)["stall"]
    original = next(one for one in world.read(case).evidence if one.role == "original")
    with cases(browser, world, address) as page:
        show(page, f"#/cases/{case}")
        kept = page.get_by_role("region", name="Evidence")
        expect(kept.locator(f"code[title='{original.sha256}']")).to_be_visible()
        kept.get_by_role("button", name="View original").first.click()
        page.get_by_role("dialog").get_by_label(re.compile("original")).fill("complaint 4711")
        page.get_by_role("button", name="Log and show").click()
        expect(page.locator("dialog.lightbox img")).to_be_visible()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Evidence package").click()
        page.get_by_role("radio", name="Public").check()
        with page.expect_download() as taken:
            page.get_by_role("dialog").get_by_role("button", name="Download").click()
        assert Path(taken.value.path()).read_bytes().startswith(b"PK")
        with world.database.read() as session:
            looks = [(one.what, one.reason) for one in session.query(AccessRow)]
        assert ("original", "complaint 4711") in looks


def test_a_case_links_to_the_earlier_cases_of_its_place(browser, world, address):
    event = make_event()
    first = world.take(event)
    world.take(cleared(event))
    again = world.case(at=NOON + timedelta(days=1))
    with cases(browser, world, address) as page:
        show(page, f"#/cases/{again}")
        page.locator(".prior a").first.click()
        expect(page.locator(".case-id")).to_have_text(first)
        page.reload()
        expect(page.locator(".case-id")).to_have_text(first)
        page.keyboard.press("Escape")
        expect(rows(page).first).to_be_visible()
