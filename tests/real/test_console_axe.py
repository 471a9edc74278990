"""Every page of the console, in both themes, by axe: no serious and no critical finding."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from api.access.roles import Role
from api.http.app import create_app
from tests.api.world import NOON, SECRET, cleared, make_event, make_site, make_world, served
from tests.real.console import chromium, findings, opened

HOOK = {"name": "case-system", "url": "https://127.0.0.1:9/in", "secret": SECRET}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    world = make_world(make_site(tmp_path_factory.mktemp("site"), HOOK))
    gone = make_event()
    world.take(gone)
    world.take(cleared(gone))
    for number in range(3):
        world.case(at=NOON + timedelta(minutes=number), kind="dirty_truck", subtype="spill")
    with served(create_app(world.site, world.database, world.evidence)) as at:
        yield f"{at}/#key={world.key(Role.ADMIN)}"
    world.database.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_serious_finding(browser, address, theme):
    with opened(browser, address, color_scheme=theme) as page:
        expect(page.locator(".case")).to_be_visible()
        expect(page.locator(".facts-side .map")).to_be_visible()
        assert findings(page) == []
        page.keyboard.press("l")
        expect(page.locator(".queued").first).to_be_visible()
        page.keyboard.press("r")
        assert findings(page) == []
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        assert findings(page) == []
        page.keyboard.press("Escape")
        page.keyboard.press("m")
        page.keyboard.press("n")
        expect(page.get_by_role("button", name="Box 1")).to_be_focused()
        assert findings(page) == []
        page.keyboard.press("Escape")
        for name in ("Cases", "Cameras", "Registers", "Reports", "Audits"):
            page.get_by_role("link", name=name).click()
            expect(page.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
            expect(page.locator("main.view > *").first).to_be_visible()
            assert findings(page) == [], name
        page.get_by_role("button", name="New audit").click()
        page.get_by_label("Name").fill("a walk")
        assert findings(page) == []
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Choose a folder")).to_be_visible()
        assert findings(page) == []
        page.locator(".me").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert findings(page) == []
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("User name")).to_be_visible()
        assert findings(page) == []
