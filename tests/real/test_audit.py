"""An audit of real photos through the real engine, and its report in a real browser."""

from __future__ import annotations

import csv
import json
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from scripts.bench.audit import bench_audit
from vision.audit import AuditFolder, Auditor, compose, publish, take_in
from vision.engines import open_engine
from vision.errors import SourceBroken
from vision.site import ModelChoice

CHROMIUM = Path("/usr/bin/chromium")
PICTURES = 12


@pytest.fixture(scope="module")
def audited(shared_data, tmp_path_factory):
    """A dozen photos, a hostile name and a broken file, audited with the shipped weights."""
    folder = tmp_path_factory.mktemp("audit")
    photos = sorted((shared_data / "bins_cn/val/images").iterdir())[:PICTURES]
    (folder / "in").mkdir()
    for photo in photos[1:]:
        shutil.copy(photo, folder / "in")
    shutil.copy(photos[0], folder / "in" / "<img src=x onerror=alert(1)>.webp")
    (folder / "in/cut.webp").write_bytes(photos[0].read_bytes()[:2000])
    engine = open_engine(ModelChoice())
    try:
        with AuditFolder(folder / "out") as claimed:
            auditor = Auditor(claimed, engine, "en")
            pictures, problems = auditor.run(take_in([folder / "in"], folder / "out"))
            report = compose(auditor.started_at, auditor.settings, pictures, problems, claimed)
            publish(report, claimed)
    finally:
        engine.close()
    return folder / "out", report


def test_it_finds_something_and_its_forms_agree(audited):
    out, report = audited
    tree = json.loads((out / "report.json").read_text(encoding="utf-8"))
    with (out / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert report.counts.pictures == PICTURES
    assert [p.name for p in report.problems] == ["in/cut.webp"]
    assert len(rows) == tree["counts"]["findings"] == report.counts.findings
    # Bins and garbage are in every one of these photos; a model that sees none is broken.
    assert report.counts.with_findings >= 3
    assert set(report.counts.seen) & {"bin", "overflowing_bin", "garbage"}


@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}")
def test_the_report_filters_in_a_browser_and_asks_nobody(audited):
    out, report = audited
    complaints, asked = [], []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        page.goto((out / "report.html").as_uri())
        cards, choices = page.locator(".card:visible"), page.locator(".filter")
        assert cards.count() == report.counts.with_findings
        assert page.locator("#count-pictures").inner_text() == str(PICTURES)

        choices.get_by_text("all", exact=True).click()
        assert cards.count() == PICTURES
        choices.get_by_text("without findings", exact=True).click()
        assert cards.count() == PICTURES - report.counts.with_findings

        choices.get_by_text("overflowing bin", exact=True).click()
        score = page.locator("input[type=range]")
        scores = [
            [f.score for f in p.record.findings if f.kind == "overflowing_bin"]
            for p in report.pictures
            if p.record
        ]
        for least in (0, 50, 80):
            score.fill(str(least))
            expected = sum(any(s * 100 >= least for s in found) for found in scores)
            assert cards.count() == expected
            assert page.locator("#shown").inner_text() == str(expected)
        score.fill("100")
        assert page.locator(".nothing").is_visible()

        score.fill("0")
        choices.get_by_text("all", exact=True).click()
        page.locator("footer").scroll_into_view_if_needed()
        loaded = page.eval_on_selector_all(
            ".card img",
            "all => Promise.all(all.map(i => (i.loading = 'has_candidates', i.decode())))",
        )
        assert len(loaded) == PICTURES
        browser.close()
    assert complaints == []
    assert all(url.startswith((out.as_uri(), "data:")) for url in asked)


def test_bench_measures_an_audit_beside_its_parts_and_the_stock_way(shared_data: Path) -> None:
    chosen = ModelChoice(engine="torch", device="cpu", image_size=160)
    told: list[str] = []
    with closing(open_engine(chosen)) as engine:
        result = bench_audit(shared_data / "plates" / "val", engine, progress=told.append)
    assert told == ["decoding alone", "engine alone", "audit, round 1", "stock, round 1"]
    assert result.photos == 30
    paces = (result.decode, result.bare, *result.ours, *result.stock)
    assert len(paces) == 4
    assert min(pace.rate for pace in paces) > 0
    assert result.limit * (result.decode.cpu_ms + result.bare.cpu_ms) == pytest.approx(
        1e3 * int(result.machine["cores"])
    )


def test_bench_wants_photos_enough_to_measure(shared_data: Path, tmp_path: Path) -> None:
    photo = next((shared_data / "plates" / "val" / "images").iterdir())
    shutil.copy(photo, tmp_path)
    (tmp_path / "broken.jpg").write_bytes(b"no photo")
    chosen = ModelChoice(engine="torch", device="cpu", image_size=160)
    with (
        closing(open_engine(chosen)) as engine,
        pytest.raises(SourceBroken, match="only 1 photos"),
    ):
        bench_audit(tmp_path, engine)
