"""Signing in at the console with a user name and a password, in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import delete, select

from api.access.roles import Role
from api.access.users import UserStore
from api.http.app import create_app
from api.storage.tables import SessionRow
from tests.api.access.identity_provider import CLIENT, SECRET, identity_provider
from tests.api.world import World, make_site, make_world, served
from tests.ports import free_port
from tests.real.prefix_proxy import proxied

PASSWORD = "korrekt horse battery"


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
def world(tmp_path) -> Iterator[World]:
    made = make_world(make_site(tmp_path))
    UserStore(made.database).add("li.wei", Role.REVIEWER, PASSWORD)
    yield made
    made.database.close()


def sign_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("User name").fill("Li.Wei")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_person_signs_in_decides_and_comes_back_to_where_they_were(world, browser):
    case = world.case()
    app = create_app(world.site, world.database, world.evidence)
    with served(app) as address, closing(browser.new_context(locale="en-GB")) as context:
        page = context.new_page()
        page.goto(f"{address}/#/review/{case}")
        sign_in(page, "not this one at all")
        expect(page.get_by_role("alert")).to_have_text("User name or password is wrong.")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator(".case")).to_have_attribute("data-case", case)
        expect(page.locator(".me")).to_have_text("li.wei")
        assert page.evaluate("document.cookie") == "", "no script reads the session"
        assert page.evaluate("sessionStorage.length") == 0
        page.reload()
        expect(page.locator(".case")).to_have_attribute("data-case", case)

        # The session ends elsewhere: the form comes up, and leads back to the case.
        with world.database.write() as session:
            session.execute(delete(SessionRow))
        expect(page.get_by_role("alert")).to_have_text(
            "Your session has ended. Sign in again.",
            timeout=15_000,  # a stream ends within five
        )
        sign_in(page)
        expect(page.locator(".case")).to_have_attribute("data-case", case)
        page.get_by_role("button", name="Reject").click()
        page.get_by_role("button", name="False positive").click()
        expect(page.get_by_role("heading", name="Nothing waits for review")).to_be_visible()
        expect(page.locator(".happened")).to_have_attribute("data-open", "0")
        assert world.read(case).log[-1].actor == "li.wei"

        page.locator(".me").click()
        with page.expect_response("**/v1/session") as ended:
            page.get_by_role("button", name="Sign out", exact=True).click()
        assert ended.value.status == 204
        expect(page.get_by_label("User name")).to_be_visible()
        with world.database.read() as session:
            assert session.scalars(select(SessionRow)).all() == []


@pytest.mark.parametrize("strips", [True, False], ids=["proxy strips", "proxy passes on"])
def test_a_person_signs_in_at_the_provider_behind_a_path(tmp_path, browser, strips):
    """Away to another origin and back, to the place that was open."""
    port = free_port()
    site = {"name": "t", "url": f"http://127.0.0.1:{port}/streetwarden"}
    with identity_provider() as provider:
        oidc = {
            "issuer": provider.address,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "roles": {"sw": "reviewer"},
        }
        world = make_world(make_site(tmp_path, site=site, access={"oidc": oidc}))
        provider.claims = {"sub": "4711", "preferred_username": "li", "roles": "sw"}
        case = world.case()
        app = create_app(world.site, world.database, world.evidence)
        with (
            served(app) as direct,
            proxied(direct, "/streetwarden", strips=strips, port=port) as address,
            closing(browser.new_context(locale="zh-CN")) as context,
        ):
            page = context.new_page()
            page.goto(f"{address}/#/review/{case}")
            page.get_by_role("link", name="统一身份认证登录").click()
            expect(page.locator(".case")).to_have_attribute("data-case", case)
            expect(page.locator(".me")).to_have_text("li")
            (cookie,) = page.context.cookies()
            assert (cookie["name"], cookie["path"]) == ("streetwarden", "/streetwarden/")
            assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        world.database.close()
