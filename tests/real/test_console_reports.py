"""The console's reports in a real browser: what they count, and what lies on paper."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from api.access.roles import Role
from api.http.app import create_app
from api.storage.tables import AccessRow
from tests.api.world import BIN, CONFIRM, REJECT, World, make_site, make_world, served
from tests.real.console import chromium, findings, opened

TODAY = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Iterator[World]:
    """Three stalls, two of which are confirmed and one is a false alarm; a bin that waits.

    The stalls are in a street of the district, the bin is nowhere more exact than in the district.
    """
    names = [
        {"code": "4213", "zh": "随州市", "en": "Suizhou"},
        {"code": "421303", "zh": "曾都区", "en": "Zengdu"},
        {"code": "421303001", "zh": "西城街道", "en": "Xicheng"},
        {"code": "421321", "zh": "随县", "en": "Suixian"},
    ]
    root = tmp_path_factory.mktemp("reports")
    made = make_world(make_site(root, division="421303001", divisions=names))
    now = datetime.now(UTC)
    for number, said in enumerate((CONFIRM, CONFIRM, REJECT)):
        made.review(made.case(at=now - timedelta(days=3 - number)), said)
    made.case(at=now - timedelta(hours=1), camera="yard", zone="whole picture", **BIN)
    yield made
    made.database.close()


@pytest.fixture
def page(world: World, browser: Browser) -> Iterator[Page]:
    with (
        served(create_app(world.site, world.database, world.evidence)) as address,
        opened(browser, f"{address}/#key={world.key(Role.VIEWER)}") as shown,
    ):
        expect(shown.locator(".bar")).to_be_visible()
        yield shown


def show(page: Page, name: str) -> None:
    page.evaluate("hash => { location.hash = hash }", f"#/reports/{name}")
    expect(page.locator(".report-sheet")).to_be_visible()


def figure(page: Page, name: str) -> str:
    return page.locator(".figures > div").filter(has_text=name).locator("dd").inner_text()


def test_the_day_counts_what_was_done_and_precision_is_that_of_the_verdicts(page):
    show(page, "daily")
    told = {name: figure(page, name) for name in ("Lead raised", "Confirmed", "Rejected")}
    assert told == {"Lead raised": "4", "Confirmed": "2", "Rejected": "1"}
    expect(page.get_by_role("img", name="By kind")).to_be_visible()
    kinds = page.get_by_role("table", name="By kind")
    expect(kinds.get_by_role("row").filter(has_text="Street vending")).to_contain_text("3")
    page.get_by_role("link", name="Precision").click()
    row = page.get_by_role("table", name="Verdicts").get_by_role("row")
    of_gate = row.filter(has_text="gate").filter(has_text="any")
    expect(of_gate.get_by_role("cell")).to_contain_text(
        ["Street vending", "any", "2", "1", "0", "66.7%"]
    )
    advice = page.get_by_role("table", name="Advice on thresholds")
    expect(advice).to_contain_text("Too few verdicts to say")
    page.get_by_role("button", name="切换到中文").click()
    expect(page.get_by_role("table", name="阈值建议")).to_contain_text("审核数量不足")


def test_sums_go_down_the_tree_of_divisions(page, tmp_path):
    show(page, "levels?level=city")
    sums = page.get_by_role("table", name="By division").get_by_role("row")
    expect(sums.filter(has_text="Suizhou").get_by_role("cell").first).to_have_text("4")
    sums.get_by_role("link", name="Suizhou").click()
    expect(page.get_by_label("Level")).to_have_value("district")
    expect(page.get_by_role("combobox", name="Division")).to_have_value("4213")
    sums.get_by_role("link", name="Suizhou › Zengdu").click()
    expect(sums.filter(has_text="Xicheng").get_by_role("cell").first).to_have_text("3")
    expect(sums).to_have_count(4)  # with the head, what is of no street, and the sum
    expect(sums.filter(has_text="nothing more exact is known")).to_contain_text("Zengdu")
    page.screenshot(path=tmp_path / "levels-en.png", full_page=True)
    assert findings(page) == []
    page.get_by_role("combobox", name="Division").select_option("421303001")
    expect(sums).to_have_count(3)
    expect(page.locator(".report-sheet header")).to_contain_text("Suizhou › Zengdu › Xicheng")
    with page.expect_download() as taken:
        page.get_by_role("button", name="CSV").click()
    assert taken.value.suggested_filename.endswith("-421303001.csv")
    page.get_by_role("link", name="Daily report").click()
    expect(page.locator(".figures")).to_contain_text("3")
    page.get_by_role("combobox", name="Division").select_option("421321")
    expect(page.locator(".figures")).to_contain_text("0")
    page.get_by_role("button", name="切换到中文").click()
    show(page, "levels?level=street")
    page.get_by_label("所属区划").select_option("421303")
    expect(page.locator(".report-sheet header")).to_contain_text("随州市 › 曾都区")
    page.screenshot(path=tmp_path / "levels-zh.png", full_page=True)


def test_the_period_stands_in_the_address(page):
    show(page, "daily")
    page.get_by_role("button", name="The period before").click()
    expect(page.get_by_text("Nothing in this period").first).to_be_visible()
    page.go_back()
    expect(page.locator(".figures")).to_contain_text("4")
    page.get_by_role("link", name="Weekly report").click()
    expect(page.get_by_role("img", name="By day")).to_be_visible()
    show(page, "rates?span=year")
    expect(page.locator(".report-sheet header")).to_contain_text(f"{TODAY[:4]}-12-31")


def test_a_report_is_printed_light_on_one_page_and_taken_as_a_file(page, world):
    page.get_by_role("button", name="Switch to dark").click()
    show(page, "daily")
    expect(page.locator(".figures")).to_contain_text("4")
    paper = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    text = paper.pages[0].extract_text()
    assert len(paper.pages) == 1
    for said in ("Zengdu test", "Daily report", TODAY, "Handled rates", "Street vending"):
        assert said in text, said
    assert "Cases" not in text.split("Zengdu test")[0], "the menu is not on paper"
    width, height = (round(float(side)) for side in paper.pages[0].mediabox[2:])
    assert (width, height) == (595, 842)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    with page.expect_download() as taken:
        page.get_by_role("button", name="CSV").click()
    assert taken.value.suggested_filename == f"report-{TODAY}.csv"
    assert "street vending" in Path(taken.value.path()).read_text("utf-8-sig").lower()
    with world.database.read() as session:
        newest = session.query(AccessRow).order_by(AccessRow.id.desc()).first()
        assert newest is not None
        assert (newest.what, newest.detail) == ("export", f"report-{TODAY}.csv")
