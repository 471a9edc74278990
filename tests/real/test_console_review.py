"""The review queue in a real browser: by keyboard, by two at once, and while the network fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import delete

from api.access.roles import Role
from api.access.users import UserStore
from api.cases.opinion import Answer, Opinion
from api.http.app import create_app
from api.opinions.queue import OpinionQueue
from api.storage.tables import AccessRow, SessionRow
from tests.api.world import NOON, World, cleared, make_event, make_site, make_world, served
from tests.real.console import chromium, findings, opened
from tests.real.prefix_proxy import proxied

HOSTILE = "<img src=x onerror=document.title='owned'>"
BLOB = re.compile("^blob:")
PASSWORD = "korrekt horse battery"
REASONS = ("false_positive", "permitted", "not_visible", "duplicate", "no_legal_basis")
TRUCK: dict[str, Any] = {"kind": "dirty_truck", "subtype": "spill"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def world(tmp_path) -> Iterator[World]:
    made = make_world(make_site(tmp_path, zone=HOSTILE, review={"undo": "60s"}))
    UserStore(made.database).add("li.wei", Role.REVIEWER, PASSWORD)
    UserStore(made.database).add("zhang.min", Role.REVIEWER, PASSWORD)
    yield made
    made.database.close()


@pytest.fixture
def address(world: World) -> Iterator[str]:
    with served(create_app(world.site, world.database, world.evidence)) as at:
        yield at


@pytest.fixture
def desk(world: World, browser: Browser, address: str) -> Iterator[Page]:
    """The queue with a truck and, older, a stall that has gone, as an officer sees it."""
    event = make_event(zone=HOSTILE)
    world.made["stall"] = world.take(event)
    world.take(cleared(event))
    world.made["truck"] = world.case(zone=HOSTILE, at=NOON + timedelta(minutes=1), **TRUCK)
    key = world.key(Role.OFFICER)
    with opened(browser, f"{address}/#key={key}") as page:
        expect(page.locator(".case")).to_be_visible()
        yield page


def shown(page: Page) -> str:
    """The id of the open case."""
    found = page.locator(".case").get_attribute("data-case")
    assert found is not None
    return found


def expect_case(page: Page, case_id: str) -> None:
    expect(page.locator(".case")).to_have_attribute("data-case", case_id)


def expect_pictures(page: Page) -> None:
    expect(page.locator(".look .picture-stage image")).to_have_attribute("href", BLOB)


def expect_sent(page: Page) -> None:
    """The server has every decision that was taken here."""
    expect(page.locator(".happened")).to_have_attribute("data-open", "0")


def sign_in(page: Page, name: str = "li.wei") -> None:
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def stage(world: World, case_id: str) -> str:
    return world.read(case_id).stage.value


def other(world: World, case_id: str) -> str:
    return next(found for found in world.made.values() if found != case_id)


def test_a_models_opinion_comes_to_the_open_case_as_text(desk, world):
    case = shown(desk)
    expect(desk.locator(".facts-side .why")).to_be_visible()
    expect(desk.locator(".opinion")).to_have_count(0)
    asks = OpinionQueue(world.database, "test", ["dirty_truck"], timedelta(seconds=30))
    asks.fill()
    claim = asks.take()
    assert claim is not None
    assert claim.case_id == case
    opinion = Opinion(
        answer=Answer.NO,
        why=f"nothing lies there {HOSTILE}",
        model=HOSTILE,
        host="10.0.0.9:8000",
        picture="ab" * 32,
        prompt_sha256="cd" * 32,
        ms=812,
        at=NOON,
    )
    assert asks.answered(claim, opinion, {})
    told = desk.locator(".facts-side .opinion")
    expect(told).to_contain_text(f"No nothing lies there {HOSTILE}")
    expect(told).to_contain_text(f"Vision-language model {HOSTILE}")
    desk.goto(f"{desk.url.partition('#')[0]}#/cases/{case}")
    expect(desk.locator(".trail")).to_contain_text(f"No nothing lies there {HOSTILE}")
    assert desk.title() != "owned"
    assert findings(desk) == []


def test_twenty_cases_by_keyboard_alone(world, browser, address):
    """A clear case takes two keys; each reason has its digit."""
    cases = {world.case(at=NOON + timedelta(minutes=n), **TRUCK) for n in range(20)}
    with opened(browser, f"{address}/#key={world.key(Role.REVIEWER)}") as page:
        seen: list[str] = []
        for number in range(20):
            expect(page.locator(".case .desk fieldset")).to_be_visible()
            seen.append(shown(page))
            if number % 4 == 3:
                page.keyboard.press("r")
                page.keyboard.press(str(number // 4 + 1))
            else:
                page.keyboard.press("a")
                page.keyboard.press("c")
            if number < 19:
                expect(page.locator(".case")).not_to_have_attribute("data-case", seen[-1])
        expect(page.get_by_role("heading", name="Nothing waits for review")).to_be_visible()
        expect(page.locator(".last")).to_be_visible()
        expect_sent(page)
    assert set(seen) == cases
    for number, case_id in enumerate(seen):
        case = world.read(case_id)
        assert case.review is not None
        wanted = ("reject", REASONS[number // 4]) if number % 4 == 3 else ("confirm", None)
        assert (case.review.decision, case.review.reason) == wanted
        assert [entry.action for entry in case.log][-1] in {"confirmed", "rejected"}


def test_single_ticks_a_note_a_missing_tick_and_undo(desk, world):
    first = shown(desk)
    for key in ("1", "2", "3", "c"):
        desk.keyboard.press(key)
    expect(desk.get_by_role("alert")).to_have_text("Tick all four checks first (A ticks them).")
    assert stage(world, first) == "pending_review"
    desk.keyboard.press("n")
    desk.keyboard.type("on the paving r1")
    desk.keyboard.press("Escape")
    desk.keyboard.press("4")
    desk.keyboard.press("c")
    expect_case(desk, other(world, first))
    expect(desk.locator(".last")).to_contain_text("Confirmed")
    expect(desk.get_by_role("checkbox", name="Authentic")).not_to_be_checked()
    desk.keyboard.press("z")
    expect_case(desk, first)
    expect(desk.get_by_label("Note (optional)")).to_have_value("on the paving r1")
    expect(desk.get_by_role("checkbox", name="Accurate")).to_be_checked()
    assert [entry.action for entry in world.read(first).log[-2:]] == ["confirmed", "undone"]
    desk.keyboard.press("r")
    desk.keyboard.press("Escape")
    desk.keyboard.press("r")
    desk.keyboard.press("2")
    expect_case(desk, other(world, first))
    expect(desk.locator(".last")).to_contain_text("Rejected · Permitted")
    expect_sent(desk)
    assert world.read(first).review.reason == "permitted"
    assert desk.title() == "(1) Streetwarden", "a hostile name must stay text"


def test_a_key_that_is_held_or_a_double_click_decides_one_case(desk, world):
    first = shown(desk)
    desk.keyboard.press("a")
    for _ in range(4):  # the browser repeats a key that is down
        desk.keyboard.down("c")
    desk.keyboard.up("c")
    second = other(world, first)
    expect_case(desk, second)
    desk.keyboard.press("a")
    desk.get_by_role("button", name="Confirm").dblclick()
    expect(desk.get_by_role("heading", name="Nothing waits for review")).to_be_visible()
    expect_sent(desk)
    for case_id in (first, second):
        assert [entry.action for entry in world.read(case_id).log].count("confirmed") == 1


def test_a_mask_is_placed_moved_and_sized_by_keyboard(desk):
    """And the zone's outline is a key away."""
    expect_pictures(desk)
    desk.keyboard.press("g")
    expect(desk.locator(".look .zone-name")).to_be_visible()
    desk.keyboard.press("g")
    expect(desk.locator(".look .zone-name")).to_have_count(0)
    desk.keyboard.press("m")
    desk.keyboard.press("n")
    placed = desk.get_by_role("button", name="Box 1")
    expect(placed).to_be_focused()
    left, width = desk.get_by_label("Left"), desk.get_by_label("Width")
    expect(left).to_have_value("45")
    for key in ("ArrowRight", "Alt+ArrowLeft", "Shift+Alt+ArrowRight", "Shift+ArrowLeft"):
        desk.keyboard.press(key)
    expect(left).to_have_value("40.5")
    expect(width).to_have_value("14.5")
    left.fill("120")
    left.press("Tab")
    expect(left).to_have_value("85.5")  # it stays in the picture
    placed.focus()
    desk.keyboard.press("Delete")
    expect(placed).to_have_count(0)
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("button", name="Mask more")).to_be_visible()


def test_pictures_before_and_after_close_up_marks_and_masks(desk, world):
    if shown(desk) != world.made["stall"]:
        desk.keyboard.press("j")
    expect_case(desk, world.made["stall"])
    expect_pictures(desk)
    large = desk.locator(".look .picture-stage > svg")
    box = large.bounding_box()
    assert box is not None
    assert box["width"] * box["height"] > 0.5 * 1366 * 768, "the picture is what the page is for"
    expect(desk.locator(".look .found")).to_have_count(1)
    expect(desk.locator(".look .named")).to_have_text("stall on public way")
    expect(desk.locator(".closer .found")).to_have_count(1)
    whole = large.get_attribute("viewBox")
    desk.keyboard.press("x")
    expect(large).not_to_have_attribute("viewBox", whole or "")
    desk.keyboard.press("x")
    expect(large).to_have_attribute("viewBox", whole or "")
    desk.keyboard.press("o")
    expect(desk.locator(".look .found")).to_have_count(0)
    desk.keyboard.press("o")
    desk.keyboard.press("b")
    expect(large).to_have_attribute("aria-label", re.compile("After · "))
    expect(desk.locator(".look .found")).to_have_count(0)
    desk.keyboard.press("b")
    expect(desk.locator(".look .found")).to_have_count(1)
    desk.get_by_role("button", name="Mask more").click()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    desk.mouse.move(x, y)
    desk.mouse.down()
    desk.mouse.move(x + 80, y + 60, steps=3)
    desk.mouse.up()
    expect(desk.locator(".mask")).to_have_count(1)
    before = {item.sha256 for item in world.read(world.made["stall"]).evidence}
    desk.get_by_role("button", name="Hide 1").click()
    expect(desk.locator(".mask")).to_have_count(0)
    expect_pictures(desk)
    case = world.read(world.made["stall"])
    assert case.log[-1].action == "masked"
    new = [item for item in case.evidence if item.sha256 not in before]
    assert [item.role.value for item in new] == ["masked", "annotated"]
    assert all(item.boxes for item in new), "where the violation is stays known"


def test_two_reviewers_never_get_the_same_case(world, browser, address):
    for number in range(6):
        world.case(at=NOON + timedelta(minutes=number), **TRUCK)
    start = f"{address}/#/review"
    with opened(browser, start) as li, opened(browser, start) as zhang:
        sign_in(li)
        expect(li.locator(".case")).to_be_visible()
        sign_in(zhang, "zhang.min")
        expect(zhang.locator(".case")).to_be_visible()
        # What one holds the other sees, and cannot decide.
        theirs, own = shown(li), shown(zhang)
        assert theirs != own
        zhang.goto(f"{address}/#/review/{theirs}")
        expect(zhang.locator(".desk")).to_contain_text("li.wei is looking at it")
        expect(zhang.locator(".desk fieldset")).to_have_count(0)
        zhang.goto(f"{address}/#/review/{own}")
        expect_case(zhang, own)
        decided: dict[str, str] = {}
        while len(decided) < 6:
            for page, name in ((li, "li.wei"), (zhang, "zhang.min")):
                ready = page.locator(".case .desk fieldset")
                expect(ready.or_(page.locator(".nothing h2"))).to_be_visible()
                if not ready.count():  # the other holds what is left
                    continue
                case_id = shown(page)
                assert case_id not in decided
                decided[case_id] = name
                page.keyboard.press("a")
                page.keyboard.press("c")
                expect(page.locator(f'.case[data-case="{case_id}"]')).to_have_count(0)
                expect_sent(page)
    assert set(decided.values()) == {"li.wei", "zhang.min"}
    for case_id, name in decided.items():
        review = world.read(case_id).review
        assert review is not None
        assert review.reviewer == name


def test_a_lost_network_loses_no_decision_and_sends_none_twice(desk, world):
    first = shown(desk)
    second = other(world, first)
    sent: list[str] = []

    def lose_the_answer(route: Route) -> None:
        """The server decides, and its answer never arrives."""
        sent.append(route.request.url)
        if len(sent) == 1:
            route.fetch()
        route.abort("connectionreset") if len(sent) == 1 else route.continue_()

    desk.route("**/review", lose_the_answer)
    desk.keyboard.press("a")
    desk.keyboard.press("c")
    expect_case(desk, second)
    expect_sent(desk)
    assert len(sent) == 2, "it was sent again, and the server's 409 was this person's own decision"
    expect(desk.locator(".happened .bad")).to_have_count(0)

    desk.context.set_offline(offline=True)
    desk.keyboard.press("r")
    desk.keyboard.press("3")
    expect(desk.get_by_text("The server does not answer; trying again")).to_be_visible()
    expect(desk.locator(".happened .warn").first).to_be_visible()
    assert stage(world, second) == "pending_review"
    desk.context.set_offline(offline=False)
    expect_sent(desk)
    expect(desk.get_by_text("The server does not answer; trying again")).to_be_hidden()
    for case_id in (first, second):
        log = [entry.action for entry in world.read(case_id).log]
        assert len([action for action in log if action in {"confirmed", "rejected"}]) == 1


def test_a_half_done_review_outlives_language_reload_and_session(world, browser, address):
    case_id = world.case(**TRUCK)
    with opened(browser, f"{address}/#/review") as page:
        sign_in(page)
        expect_case(page, case_id)
        page.keyboard.press("1")
        page.keyboard.press("3")
        page.get_by_label("Note (optional)").fill("spill over two lanes")

        def kept(names: tuple[str, str], note: str) -> None:
            expect(page.get_by_label(note)).to_have_value("spill over two lanes")
            for name in names:
                expect(page.get_by_role("checkbox", name=name)).to_be_checked()
            assert page.get_by_role("checkbox", checked=True).count() == 2

        page.get_by_role("button", name="切换到中文").click()
        expect(page.locator("html")).to_have_attribute("lang", "zh")
        kept(("真实", "完整"), "备注（选填）")
        expect(page.get_by_role("heading", name="渣土车违规")).to_be_visible()
        page.reload()
        expect_case(page, case_id)
        kept(("真实", "完整"), "备注（选填）")
        page.get_by_role("button", name="切换到英文").click()
        # The session ends elsewhere while the review is under way; deciding brings the form up.
        with world.database.write() as session:
            session.execute(delete(SessionRow))
        page.keyboard.press("a")
        page.keyboard.press("c")
        expect(page.get_by_role("alert")).to_have_text("Your session has ended. Sign in again.")
        assert stage(world, case_id) == "pending_review"
        sign_in(page)
        expect(page.get_by_role("heading", name="Nothing waits for review")).to_be_visible()
        expect_sent(page)
    case = world.read(case_id)
    assert case.review is not None
    assert (case.review.decision, case.review.note) == ("confirm", "spill over two lanes")


def test_filters_bulk_rejection_and_what_it_would_reject(world, browser, address):
    stalls = [world.case(at=NOON + timedelta(hours=5 * n), zone=HOSTILE) for n in range(3)]
    truck = world.case(camera="yard", zone="whole picture", **TRUCK)
    with opened(browser, f"{address}/#key={world.key(Role.OFFICER)}") as page:
        expect(page.locator(".case")).to_be_visible()
        page.keyboard.press("l")
        expect(page.locator(".queued")).to_have_count(4)
        page.get_by_label("Camera").select_option("yard")
        expect(page.locator(".queued")).to_have_count(1)
        page.get_by_label("Camera").select_option("gate")
        page.get_by_label("Kind").select_option("street_vending")
        expect(page.locator(".queued")).to_have_count(3)
        assert "camera=gate" in page.url
        page.get_by_role("button", name="Reject false alarms").click()
        sheet = page.get_by_role("dialog")
        expect(sheet.locator(".bulk-cases li")).to_have_count(3)
        late = world.case(at=NOON + timedelta(days=1), zone=HOSTILE)
        sheet.get_by_role("button", name="False positive").click()
        expect(page.locator(".happened")).to_contain_text("3 rejected")
        assert {stage(world, case_id) for case_id in stalls} == {"rejected"}
        assert stage(world, late) == "pending_review", "nobody was shown it"
        assert stage(world, truck) == "pending_review"


def test_an_original_is_shown_for_a_reason_and_the_look_is_logged(desk, world):
    desk.get_by_role("button", name="View original").click()
    desk.get_by_label("Why do you look at the original?").fill("complaint 4711")
    desk.get_by_role("button", name="Log and show").click()
    expect(desk.locator("dialog.lightbox img")).to_be_visible()
    with world.database.read() as session:
        looks = list(session.query(AccessRow))
    assert [(look.actor, look.reason) for look in looks] == [("a officer", "complaint 4711")]


def test_a_phone_has_room_and_back_stays_in_the_console(desk, world):
    desk.set_viewport_size({"width": 390, "height": 844})
    desk.goto(desk.url.partition("#")[0] + "#/review")
    desk.reload()
    desk.locator(".queued").first.click()
    expect(desk.locator(".desk .primary")).to_be_in_viewport()
    for _ in range(2):
        wide = desk.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, "nothing may stick out sideways"
        desk.get_by_role("button", name="切换到").click()
    desk.go_back()
    expect(desk.locator(".queued").first).to_be_visible()
    expect(desk.locator(".case")).to_have_count(0)
    assert desk.url.endswith("#/review")


@pytest.mark.parametrize("width", [860, 950, 1050])
def test_a_laptop_at_150_per_cent_has_room(desk, width):
    desk.set_viewport_size({"width": width, "height": 700})
    expect(desk.get_by_role("button", name="Confirm")).to_be_in_viewport(ratio=1)
    assert desk.evaluate("document.documentElement.scrollWidth") <= width


def test_signing_out_forgets_the_key_and_frees_the_case(desk, world):
    first = shown(desk)
    assert world.read(first).claimed_by == "a officer"
    desk.get_by_role("button", name="a officer").click()
    with desk.expect_response("**/release"):
        desk.get_by_role("button", name="Sign out").click()
    expect(desk.get_by_label("Access key")).to_be_visible()
    assert desk.evaluate("sessionStorage.getItem('streetwarden.key')") is None
    desk.get_by_label("Access key").fill("sw_wrong_key")
    with desk.expect_response("**/v1/site") as answer:
        desk.get_by_role("button", name="Sign in").click()
    assert answer.value.status == 401


def test_a_person_changes_the_password(world, browser, address):
    with opened(browser, f"{address}/#/review") as page:
        sign_in(page)
        page.get_by_role("button", name="li.wei").click()
        page.get_by_text("Change password").first.click()
        page.get_by_label("Current password").fill(PASSWORD)
        page.get_by_label("New password", exact=True).fill("korrekt horse battery staple")
        page.get_by_label("New password again").fill("something else altogether")
        page.get_by_role("button", name="Change password").click()
        expect(page.get_by_role("alert")).to_have_text("The two new passwords differ.")
        page.get_by_label("New password again").fill("korrekt horse battery staple")
        page.get_by_role("button", name="Change password").click()
        expect(page.get_by_text("Your password has been changed")).to_be_visible()
        page.get_by_role("link", name="Cases").click()
        expect(page.get_by_role("link", name="Cases")).to_have_attribute("aria-current", "page")


@pytest.mark.parametrize("strips", [True, False], ids=["proxy strips", "proxy passes on"])
@pytest.mark.parametrize("told", [True, False], ids=["site.url", "no url"])
def test_the_console_works_behind_a_path(tmp_path, browser, strips, told):
    """`https://city.example/streetwarden/`: page, style, pictures, review, all under the path."""
    if not (strips or told):
        pytest.skip("only the site file can tell a path that the proxy passes on")
    site = {"name": "Zengdu test", "language": "en"}
    if told:
        site["url"] = "https://city.example/streetwarden/"
    world = make_world(make_site(tmp_path, site=site))
    with closing(world.database):
        cases = [world.case(at=NOON + timedelta(hours=5 * n)) for n in range(2)]
        app = create_app(world.site, world.database, world.evidence)
        with (
            served(app) as direct,
            proxied(direct, "/streetwarden", strips=strips) as at,
            opened(browser, f"{at}/#key={world.keys.session_key()}") as page,
        ):
            failed: list[str] = []
            page.on("response", lambda r: failed.append(r.url) if r.status >= 500 else None)
            expect(page.locator(".case")).to_be_visible()
            expect_pictures(page)
            first = shown(page)
            page.keyboard.press("r")
            page.keyboard.press("1")
            expect(page.locator(f'.case[data-case="{first}"]')).to_have_count(0)
            expect(page.locator(".case")).to_be_visible()
            page.goto(f"{direct}/#key={world.keys.session_key()}")  # the printed address works too
            expect(page.locator(".case")).to_be_visible()
            assert failed == []
            expect_sent(page)
            assert stage(world, first) == "rejected"
            assert len(cases) == 2
        servers = app.openapi().get("servers")
        assert servers == ([{"url": "https://city.example/streetwarden"}] if told else None)


def test_a_key_that_ends_soon_says_so_before_it_does(world, browser, address):
    soon = world.key(Role.REVIEWER, expires=timedelta(minutes=50))
    with opened(browser, f"{address}/#key={soon}") as page:
        expect(page.locator(".notice")).to_contain_text("This key ends at 20")
        page.goto(f"{address}/#key={world.keys.session_key()}")
        expect(page.locator(".me")).to_have_text("console session")
        expect(page.locator(".notice")).to_be_hidden()
        # The server starts again; who works with the key of before does not notice.
        world.keys.session_key()
        page.reload()
        expect(page.locator(".me")).to_have_text("console session")
