"""The console's audits in a real browser, at a real server that runs the shipped weights."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from api.access.roles import Role
from api.access.users import UserStore
from api.http.app import create_app
from api.storage.tables import AccessRow, CaseRow
from tests.api.world import World, make_site, make_world, served
from tests.real.console import browser, findings, opened

__all__ = ["browser"]

PASSWORD = "korrekt horse battery"
PIECE = 8 * 2**20
"""Bytes that the page sends at a time."""
PHOTOS = 2


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_world(make_site(tmp_path_factory.mktemp("audits")))
    UserStore(made.database).add("li.wei", Role.OFFICER, PASSWORD)
    yield made
    made.database.close()


@pytest.fixture(scope="module")
def address(world: World) -> Iterator[str]:
    with served(create_app(world.site, world.database, world.evidence)) as at:
        yield at


@pytest.fixture
def walk(shared_data: Path, tmp_path: Path) -> Path:
    """A folder of photos, with what a system leaves in it."""
    folder = tmp_path / "解放路"
    folder.mkdir()
    for photo in sorted((shared_data / "bins_cn/val/images").iterdir())[:PHOTOS]:
        shutil.copy(photo, folder)
    (folder / ".DS_Store").write_bytes(b"no photo")
    return folder


@pytest.fixture
def page(address: str, browser: Browser) -> Iterator[Page]:
    """An officer who has signed in, at the audits."""
    with opened(browser, f"{address}/#/audits") as shown:
        shown.get_by_label("User name").fill("li.wei")
        shown.get_by_label("Password").fill(PASSWORD)
        shown.keyboard.press("Enter")
        expect(shown.get_by_role("heading", name="Audits")).to_be_visible()
        yield shown


def make(page: Page, name: str) -> None:
    page.get_by_role("button", name="New audit").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def drop(page: Page, path: Path) -> None:
    """Drop a file or folder as a person does who drags it from the desktop."""
    room = page.locator(".au-drop").bounding_box()
    assert room is not None
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
        where = {"x": room["x"] + 20, "y": room["y"] + 20}
        session.send("Input.dispatchDragEvent", {"type": kind, "data": data, **where})


def test_a_folder_is_uploaded_audited_reported_and_put_to_review(
    page, address, browser, world, walk
):
    make(page, "a walk")
    expect(page.get_by_role("button", name="Start the audit")).to_be_disabled()
    drop(page, walk)
    expect(page.get_by_text(f"{PHOTOS} of {PHOTOS} files are here")).to_be_visible()
    page.locator("input[name=folder]").set_input_files(walk)  # they are there already
    expect(page.get_by_text(f"{PHOTOS} of {PHOTOS} files are here")).to_be_visible()
    page.get_by_text(f"Here ({PHOTOS})").click()
    names = page.locator(".au-files li span").all_inner_texts()
    assert names == [f"{walk.name}/{photo.name}" for photo in sorted(walk.glob("*.webp"))]
    page.get_by_role("button", name="Start the audit").click()
    page.get_by_role("link", name="All audits").click()
    row = page.get_by_role("listitem").filter(has_text="a walk")
    # Its process takes seconds to start, so that it is seen to run, however fast the machine is.
    expect(row).to_contain_text(re.compile("Running.*(Getting ready|Photos)", re.DOTALL))
    expect(row).to_contain_text("Done", timeout=60_000)
    expect(row).to_contain_text("Overflowing bin")
    row.get_by_role("link").click()

    with page.expect_popup() as popup:
        page.get_by_role("link", name="Open the report").click()
    report = popup.value
    expect(report.get_by_role("heading", name="a walk")).to_be_visible()
    report.locator("img").first.scroll_into_view_if_needed()
    report.wait_for_function("document.images[0].naturalWidth > 0")
    with page.expect_download() as taken:
        page.get_by_role("button", name="GeoJSON").click()
    assert taken.value.suggested_filename.endswith("-map.geojson")

    page.get_by_role("button", name="Choose some").click()
    first = page.locator(".au-violations li").first
    expect(first.locator("img")).to_be_visible()
    count = page.locator(".au-violations li").count()
    assert findings(page) == []
    first.get_by_role("checkbox").check()
    page.get_by_role("button", name="Put those chosen to review (1)").click()
    expect(page.get_by_text("1 put to review now, 0 were cases already.")).to_be_visible()
    expect(first.get_by_role("link")).to_have_attribute("href", "#/cases/" + only_case(world))
    page.reload()
    page.get_by_role("button", name=f"Put all to review ({count})").click()
    expect(
        page.get_by_text(f"{count - 1} put to review now, 1 were cases already.")
    ).to_be_visible()
    with world.database.read() as session:
        assert session.query(CaseRow).count() == count
        taken_away = [(row.what, row.reason) for row in session.query(AccessRow)]
    assert taken_away == [("export", ""), ("export", "choosing what to put to review")]
    seen_by_readers(browser, address, world)


def seen_by_readers(browser: Browser, address: str, world: World) -> None:
    """A reader, on a phone, sees results alone; whose key is limited to cameras, no audits."""
    phone = {"viewport": {"width": 390, "height": 844}}
    with opened(browser, f"{address}/#key={world.key(Role.VIEWER)}", **phone) as reader:
        reader.get_by_role("link", name="Audits").click()
        expect(reader.get_by_role("link", name="Audits")).to_be_in_viewport(ratio=1)
        assert reader.evaluate("document.documentElement.scrollWidth") == 390
        reader.get_by_role("link", name="a walk").click()
        expect(reader.get_by_role("heading", name="Results")).to_be_visible()
        expect(reader.get_by_text("open report.html of the zip")).to_be_visible()
        for name in ("Put all to review", "Delete the audit"):
            expect(reader.get_by_text(name)).to_have_count(0)
        expect(reader.get_by_role("link", name="Open the report")).to_have_count(0)
    limited = world.key(Role.OFFICER, cameras=["gate"])
    with opened(browser, f"{address}/#key={limited}") as officer:
        expect(officer.get_by_role("link", name="Cases")).to_be_visible()
        expect(officer.get_by_role("link", name="Audits")).to_have_count(0)


def only_case(world: World) -> str:
    with world.database.read() as session:
        return session.query(CaseRow.id).scalar()


def test_an_upload_goes_on_after_a_broken_line_and_after_the_page_was_closed(page, tmp_path):
    make(page, "a large file")
    large = tmp_path / "flight.zip"
    large.write_bytes(bytes(PIECE + 1000))
    sent: list[str] = []

    def broken(route: Route) -> None:
        """The line is down once before the first piece, and for good after it."""
        sent.append(route.request.headers["upload-offset"])
        if sent.count("0") == 2 and len(sent) == 2:
            route.continue_()
        else:
            route.abort()

    page.route(
        "**/files/*",
        lambda route: broken(route) if route.request.method == "PATCH" else route.continue_(),
    )
    page.locator("input[name=files]").set_input_files(large)
    expect(page.get_by_text("no connection; it goes on by itself")).to_be_visible()
    expect(page.get_by_text("0 of 1 files are here, 8 MiB of 8 MiB")).to_be_visible()
    assert sent[:2] == ["0", "0"]
    page.unroute_all(behavior="ignoreErrors")
    page.route("**/files/*", lambda route: route.abort())
    page.reload()
    expect(page.get_by_text("Not wholly here (1)")).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")
    page.locator("input[name=files]").set_input_files(large)
    expect(page.get_by_text("1 of 1 files are here")).to_be_visible()
    page.get_by_role("button", name="Delete the audit").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete the audit").click()
    expect(page.get_by_text("a large file")).to_have_count(0)
