"""The page of a report as Chromium prints it: on A4, within its margins, asking for nothing."""

from __future__ import annotations

from contextlib import closing
from zoneinfo import ZoneInfo

import pytest

from api.access.roles import Principal, Role
from api.reports.desk import ReportDesk
from api.reports.files import as_page
from api.reports.tables import sheets
from tests.api.reports.ledger import write_case
from tests.api.world import make_site, make_world
from tests.real.console import HOSTILE, browser

__all__ = ["browser"]
ANYONE = Principal("0", "all", Role.VIEWER)
LONG = "解放路与人民路交叉口西北角市场大门外人行道" * 5 + "x" * 200
WIDTH = 277 * 96 / 25.4
"""Pixels between the margins of an A4 sheet on its side."""


@pytest.fixture
def world(tmp_path):
    made = make_world(make_site(tmp_path))
    yield made
    made.database.close()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("what", ["report", "rates", "devices", "precision"])
def test_a_page_fits_its_sheet_whatever_things_are_called(world, browser, what, language):
    for place, name in enumerate((HOSTILE, LONG)):
        for number in range(2):
            log = [(action, f"2026-05-{20 + number}T12:00:00+08:00") for action in EVERYTHING]
            write_case(world.database, f"C{place}{number}", log, zone=name, address=name)
    desk = ReportDesk(world.database, world.site)
    made = getattr(desk, what)(ANYONE, desk.period("2026-05"))
    assert made.period.timezone == ZoneInfo("Asia/Shanghai").key
    html = as_page(sheets(made, world.site.reports.rates, language)).decode()
    asked: list[str] = []
    with closing(browser.new_page(viewport={"width": round(WIDTH), "height": 700})) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.emulate_media(media="print")
        page.set_content(html, wait_until="load")
        assert page.title().startswith(page.locator("h1").inner_text())
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert page.locator("img, script, a").count() == 0
        assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    assert wide <= WIDTH + 1
    assert asked == []


EVERYTHING = (
    *("opened", "confirmed", "emitted", "filed", "dispatched", "handled", "verified", "returned"),
    *("noticed", "grace", "reobserved", "accepted", "transferred", "closed", "overturned"),
)
"""Every column there is, but the one of rejections."""
