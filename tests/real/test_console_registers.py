"""The console's registers in a real browser: keys, users, permits, receivers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from werkzeug.wrappers import Response

from api.access.roles import Role
from api.access.users import UserStore
from tests.api.delivery.stand_in import stand_in
from tests.api.setup.conftest import TEXT, found  # noqa: F401 - a fixture
from tests.real.console import chromium, opened
from vision.site.file import load_site

PERMIT = """\
permits:
  # by decree 17
  - name: night market
    camera: gate
    polygon: [[0.1, 0.6], [0.5, 0.6], [0.5, 0.95]]
    hours: ["Fri-Sun 18:00-23:30"]
"""
FAIR = """\
  # by decree 18
  - {name: fair, camera: yard, polygon: [[0, 0], [1, 0], [1, 1]]}"""
PASSWORD = "korrekt horse battery"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def registers(browser: Browser, town, role: Role = Role.ADMIN, book: str = "permits"):
    key = town.world.key(role)
    return opened(browser, f"{town.address}/#key={key}"), f"#/registers/{book}"


def show(page, hash_: str) -> None:
    expect(page.locator(".bar")).to_be_visible()
    page.evaluate("hash => { location.hash = hash }", hash_)
    expect(page.get_by_role("navigation", name="Registers")).to_be_visible()


def test_a_key_is_made_shown_once_and_revoked(browser, found):  # noqa: F811
    town = found()
    session, hash_ = registers(browser, town, book="keys")
    with session as page:
        show(page, hash_)
        page.get_by_role("button", name="New key").click()
        sheet = page.get_by_role("dialog")
        sheet.get_by_label("Holder").fill("case system")
        sheet.get_by_label(re.compile("^Role")).select_option("auditor")
        sheet.get_by_text("Sees", exact=True).click()
        sheet.get_by_role("checkbox", name="gate").check()
        sheet.get_by_role("button", name="Make it").click()
        shown = page.get_by_role("textbox", name="Access key")
        key = shown.input_value()
        who = town.world.keys.verify(key)
        assert who is not None
        assert (who.label, who.role, who.cameras) == ("case system", Role.AUDITOR, {"gate"})
        page.get_by_role("button", name="I have it").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert key not in page.content()
        row = page.get_by_role("row").filter(has_text="case system")
        row.get_by_role("button", name="Revoke").click()
        page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        expect(row).to_have_count(0)
        assert town.world.keys.verify(key) is None
        page.get_by_role("checkbox", name="Show revoked").check()
        expect(row).to_contain_text("Revoked")


def test_a_user_is_added_gets_a_password_and_is_disabled(browser, found):  # noqa: F811
    town = found()
    UserStore(town.world.database).add("zhang.min", Role.OFFICER, PASSWORD)
    session, hash_ = registers(browser, town, book="users")
    with session as page:
        show(page, hash_)
        page.get_by_role("button", name="New user").click()
        sheet = page.get_by_role("dialog")
        sheet.get_by_label("User name").fill("zhang.min")
        sheet.get_by_label("Unit").fill("East squad")
        sheet.get_by_label(re.compile("^Password")).fill(PASSWORD)
        sheet.get_by_role("button", name="Add").click()
        # That name is taken; what was typed stays.
        expect(sheet.get_by_role("alert")).to_be_visible()
        expect(sheet.get_by_label("Unit")).to_have_value("East squad")
        sheet.get_by_label("User name").fill("li.wei")
        sheet.get_by_role("button", name="Add").click()
        row = page.get_by_role("row").filter(has_text="li.wei")
        expect(row).to_contain_text("East squad")
        row.get_by_role("button", name="Disable").click()
        page.get_by_role("dialog").get_by_role("button", name="Disable").click()
        expect(row).to_contain_text("Disabled")
    user = next(one for one in UserStore(town.world.database).list() if one.name == "li.wei")
    assert user.disabled_at is not None
    assert user.role is Role.REVIEWER


def test_a_permit_is_changed_in_the_site_file_and_nobody_elses_change_is_lost(
    browser,
    found,  # noqa: F811
):
    town = found(TEXT + PERMIT)
    session, hash_ = registers(browser, town, Role.OFFICER)
    with session as page:
        show(page, hash_)
        row = page.get_by_role("row").filter(has_text="night market")
        expect(row).to_contain_text("18:00")
        row.get_by_role("button", name="Edit").click()
        page.get_by_label("Name", exact=True).fill("night market, east")
        page.get_by_label("Last day").last.fill("2099-12-31")
        town.edit(town.text.replace("  # by decree 17", FAIR))
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert")).to_be_visible()  # another change came between
        expect(page.get_by_role("row").filter(has_text="fair")).to_be_visible()
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".entry-editor")).to_have_count(0)
        expect(page.get_by_role("row").filter(has_text="night market, east")).to_be_visible()
    permits = load_site(town.path).permits
    assert {permit.name for permit in permits} == {"fair", "night market, east"}
    assert str(next(p for p in permits if "east" in p.name).valid).endswith("2099-12-31")
    assert "# by decree 18" in town.text


def test_who_may_only_read_sees_what_a_device_lacks_and_no_more(browser, found):  # noqa: F811
    town = found(TEXT + PERMIT)
    session, hash_ = registers(browser, town, Role.VIEWER)
    with session as page:
        show(page, hash_)
        tabs = page.get_by_role("navigation", name="Registers").get_by_role("link")
        expect(tabs).to_have_text(["Admissibility"])
        row = page.get_by_role("row").filter(has_text="gate")
        expect(row).to_contain_text("Lead only")
        expect(row).to_contain_text("admissibility file")
    session, hash_ = registers(browser, town, Role.AUDITOR)
    with session as page:
        show(page, hash_)
        row = page.get_by_role("row").filter(has_text="night market")
        row.get_by_role("button", name="Look").click()
        expect(page.get_by_label("Name", exact=True)).to_be_disabled()
        expect(page.get_by_role("button", name="Save")).to_have_count(0)
        page.get_by_role("link", name="Receivers").click()
        receiver = page.get_by_role("article", name="main")
        expect(receiver).to_contain_text("Waiting")
        expect(receiver.get_by_role("button", name="Send a test event")).to_have_count(0)
        page.get_by_role("link", name="Access log").click()
        expect(page.get_by_text("No entry matches")).to_be_visible()


def test_an_admin_sends_a_receiver_a_test_event_and_sees_how_it_ended(browser, found):  # noqa: F811
    with stand_in(lambda _: Response(status=204)) as server:
        hook = f"url: {server.url}\n    allow: [127.0.0.0/8]"
        town = found(TEXT.replace("url: http://127.0.0.1:9/in", hook))
        session, hash_ = registers(browser, town, book="receivers")
        with session as page:
            show(page, hash_)
            receiver = page.get_by_role("article", name="main")
            receiver.get_by_role("button", name="Send a test event").click()
            expect(receiver.get_by_role("status")).to_contain_text("Accepted (204, ")
    assert server.asked == ["POST /in"]
