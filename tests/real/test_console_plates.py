"""A truck's number plate in the console: corrected by keyboard, and for reviewers alone."""

from __future__ import annotations

from dataclasses import replace

import cv2
import pytest
from playwright.sync_api import expect

from api.access.roles import Role
from api.http.app import create_app
from tests.api.world import make_event, make_site, make_world, served, store_pictures
from tests.real.console import browser, findings, opened
from tests.vision.plates.rendered import rendered
from tests.vision.rules.plug_in import installed
from vision.evidence import EvidenceRole
from vision.plates import PlateReading

__all__ = ["browser"]


@pytest.fixture
def world(tmp_path):
    register = tmp_path / "companies.csv"
    register.write_text("plate,company\n鄂A12346,宏达渣土运输有限公司\n")
    plates = {"read": True, "companies": str(register)}
    made = make_world(make_site(tmp_path, plates=plates))
    event = make_event(kind="dirty_truck", subtype="not_sealed")
    items = store_pictures(made.evidence, event)
    content = cv2.imencode(".jpg", rendered("鄂A12346", "yellow"))[1].tobytes()
    read = PlateReading("鄂A12345", (0.97, 0.95, 0.9, 0.9, 0.9, 0.9, 0.6), "yellow")
    made.made["truck"] = made.intake.take(
        event,
        [
            *items,
            replace(
                items[1],
                sha256=made.evidence.put(content),
                size=len(content),
                role=EvidenceRole.SUBJECT,
                of=items[0].sha256,
                plate=read,
            ),
        ],
    )
    yield made
    made.database.close()


@pytest.fixture
def address(world):
    with served(create_app(world.site, world.database, world.evidence)) as at:
        yield at


def test_a_reviewer_corrects_it_by_keyboard(world, address, browser, tmp_path):
    case_id = world.made["truck"]
    key = world.key(Role.REVIEWER)
    with opened(browser, f"{address}/#key={key}") as page:
        facts = page.locator(".facts-side .facts")
        expect(facts).to_contain_text("鄂A12345")
        expect(facts).to_contain_text("not confirmed")
        page.screenshot(path=tmp_path / "review.png")
        page.keyboard.press("e")
        field = page.locator("dialog input[name=text]")
        expect(field).to_be_focused()
        expect(field).to_have_value("鄂A12345")
        page.keyboard.press("Control+a")
        page.keyboard.type("A1")
        page.keyboard.press("Enter")
        expect(page.locator("dialog [role=alert]")).to_contain_text("no number plate")
        field.focus()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text("鄂a·12346")
        page.screenshot(path=tmp_path / "dialog.png")
        assert findings(page) == []
        page.keyboard.press("Enter")
        expect(page.locator("dialog")).to_have_count(0)
        expect(facts).to_contain_text("鄂A12346")
        expect(facts).to_contain_text("宏达渣土运输有限公司")
        expect(facts).to_contain_text("The machine read: 鄂A12345")
        page.evaluate("localStorage.setItem('streetwarden.language', 'zh')")
        page.goto(f"{address}/#/cases/{case_id}")
        page.reload()
        expect(page.locator(".case-side .facts")).to_contain_text("自动识别：鄂A12345")
        expect(page.locator(".trail")).to_contain_text("更正号牌")
        page.screenshot(path=tmp_path / "case.png", full_page=True)
    assert world.read(case_id).plate.said.by == "a reviewer"


MUDDY = """
kinds:
  - name: uncovered_trailer
    zh: 挂车未覆盖
    en: uncovered trailer
    seen_as: [truck]
    place: pass
    needs: [truck_state]
    settings: {dwell: 0s, looks: 3, clear: 10s, dedupe: 10m}
    subtypes: [{name: uncovered_trailer, zh: 挂车未覆盖, en: uncovered trailer, codes: {}}]
"""
"""A kind of a site's own, of trucks as the shipped one is."""


def test_a_plate_is_asked_for_of_a_kind_of_trucks_that_a_site_brings(
    world, address, browser, tmp_path
):
    package = tmp_path / "plugin" / "trailers"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "kinds.yaml").write_text(MUDDY, encoding="utf-8")
    (package.parent / "pyproject.toml").write_text(
        '[project]\nname = "trailers"\nversion = "1"\n'
        '[project.entry-points."streetwarden.kinds"]\ntrailers = "trailers:kinds.yaml"\n'
    )
    described = tmp_path / "described"
    described.mkdir()
    with installed(package.parent, described):
        own = {"kind": "uncovered_trailer", "subtype": "uncovered_trailer"}
        trailer, stall = world.case(**own), world.case(camera="yard")
        with opened(browser, f"{address}/#key={world.key(Role.REVIEWER)}") as page:
            page.goto(f"{address}/#/cases/{trailer}")
            facts = page.locator(".case-side .facts")
            facts.get_by_role("button", name="Enter").click()
            page.locator("dialog input[name=text]").fill("鄂A12346")
            page.keyboard.press("Enter")
            expect(facts).to_contain_text("鄂A12346")
            page.goto(f"{address}/#/cases/{stall}")
            expect(facts).to_contain_text("yard")
            expect(facts).not_to_contain_text("Plate")
        assert world.read(trailer).plate.said.text == "鄂A12346"


def test_a_viewer_sees_none(world, address, browser):
    with opened(browser, f"{address}/#key={world.key(Role.VIEWER)}") as page:
        page.goto(f"{address}/#/cases/{world.made['truck']}")
        expect(page.locator(".case-side .facts")).to_contain_text("gate")
        expect(page.locator("body")).not_to_contain_text("A1234")
        page.keyboard.press("e")
        expect(page.locator("dialog")).to_have_count(0)
