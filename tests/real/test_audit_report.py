"""An audit's pages in a real browser: sent on alone, on a phone, printed, the sheet filled in."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import pytest
from playwright.sync_api import sync_playwright

from tests.vision.audit import colour_engine
from vision.audit import AuditFolder, Auditor, compose, publish, take_in
from vision.audit.report.checking import draw, read_sheet
from vision.audit.rollup.rollup import read_report

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}")
CLEAN, FULL = 6, 4


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """Ten photos, four with a full bin, and what compose needs to do it again."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "in").mkdir()
    for n in range(CLEAN + FULL):
        shapes = [("overflowing_bin", (20, 20, 80, 120))] if n >= CLEAN else []
        pixels = colour_engine.picture(*shapes, shade=40 + 12 * n)
        cv2.imwrite(str(folder / "in" / f"{n}.png"), pixels)
    with AuditFolder(folder / "out") as claimed:
        auditor = Auditor(claimed, colour_engine.ColourEngine(), "en")
        pictures, problems = auditor.run(take_in([folder / "in"], folder / "out"))
        what = auditor.started_at, auditor.settings, pictures, problems, claimed
        publish(compose(*what, name="<Round> 1"), claimed)
        yield folder, claimed, lambda sheet: compose(*what, checked=sheet)


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as play:
        yield play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


def opened(browser, path: Path, **how):
    complaints = list[str]()
    page = browser.new_page(**how)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    return page, complaints


def test_sent_on_alone_it_shows_its_violations_and_says_what_is_lost(audited, browser, tmp_path):
    folder, _, _ = audited
    alone = tmp_path / "report.html"
    alone.write_bytes((folder / "out/report.html").read_bytes())
    page, _ = opened(browser, alone)
    page.locator(".alone:visible").wait_for()
    widths = page.eval_on_selector_all(".violation img", "all => all.map(i => i.naturalWidth)")
    assert len(widths) == FULL
    assert min(widths) > 100
    beside, complaints = opened(browser, folder / "out/report.html")
    assert beside.locator(".alone:visible").count() == 0
    assert complaints == []
    page.close()
    beside.close()


def test_it_fits_a_phone_and_paper_and_the_dark(audited, browser):
    folder, _, _ = audited
    phone = {"width": 390, "height": 800}
    page, complaints = opened(
        browser, folder / "out/report.html", viewport=phone, color_scheme="dark"
    )
    for name in ("report.html", "sampling.html"):
        page.goto((folder / "out" / name).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == phone["width"]
    page.goto((folder / "out/report.html").as_uri())
    colour = "getComputedStyle(document.body).backgroundColor"
    assert sum(map(int, re.findall(r"\d+", page.evaluate(colour)))) < 150
    paper = page.pdf(prefer_css_page_size=True)
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", paper)) <= 4
    page.emulate_media(media="print")
    assert page.evaluate(colour) == "rgb(255, 255, 255)"
    assert page.locator("main:visible, .filter:visible").count() == 0
    assert page.locator(".violation:visible").count() == FULL
    assert complaints == []
    page.close()


def test_a_kind_is_chosen_for_violations_too(audited, browser):
    folder, _, _ = audited
    page, _ = opened(browser, folder / "out/report.html")
    shown = page.locator(".violation:visible")
    assert shown.count() == FULL
    page.locator(".filter").get_by_text("without findings", exact=True).click()
    assert shown.count() == 0
    page.close()


def test_the_sheet_that_a_person_fills_in_comes_back_as_recall(audited, browser, tmp_path):
    folder, claimed, again = audited
    page, complaints = opened(browser, folder / "out/sampling.html", accept_downloads=True)
    sample = draw(read_report(folder / "out"))
    for n, picture in enumerate((*sample.unflagged, *sample.flagged)):
        asked = page.locator(f'[data-sha256="{picture.record.sha256}"]')
        answer = "yes" if n >= CLEAN else "street vending" if n == 0 else "none"
        asked.get_by_text(answer, exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button").click()
    download.value.save_as(tmp_path / "checked.json")
    assert complaints == []
    page.close()
    report = again(read_sheet(tmp_path / "checked.json"))
    assert report.recall is not None
    assert (report.recall.missed, report.recall.right) == (1, FULL)
    assert report.recall.share == FULL / (FULL + 1)
    publish(report, claimed)
    text = (folder / "out/report.html").read_text(encoding="utf-8")
    assert "80 % of the photos with a violation were found" in text
