"""Two flights over real roofs and real pairs of years, through the shipped weights; the page."""

from __future__ import annotations

import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import sync_playwright
from pypdf import PdfReader
from typer.testing import CliRunner

from scripts.streetwarden import app
from tests.vision.compare.surveys import Survey

CHROMIUM = Path("/usr/bin/chromium")
ROOF, ROAD = (746, 550, 819, 622), (857, 364, 930, 436)
"""A roof, and the road where the same one is built between the flights; pixels of the ground."""
RED = (1048, 722, 1126, 800)
"""A red roof; one like it stands on the highway, and twice as large on the second flight."""
SMALL, LARGE = (200, 650, 278, 728), (200, 650, 278, 806)
SHED, YARD = (183, 114, 300, 196), (10, 20, 127, 102)
"""A shed that goes, and bare ground that takes its place."""
PAIRS = ("levir_test_102_0512_0000", "levir_train_36_0512_0512", "levir_test_121_0768_0256")


def cut(picture: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    return picture[box[1] : box[3], box[0] : box[2]]


@pytest.fixture(scope="module")
def compared(shared_data: Path, tmp_path_factory):
    """The report's folder, of two flights of four photos with telemetry as a drone writes it."""
    root = tmp_path_factory.mktemp("compare")
    tiles = sorted((shared_data / "roofs_banepa" / "val" / "images").iterdir())[:6]
    shown = [cv2.resize(cv2.imread(str(tile)), (512, 512)) for tile in tiles]
    ground = np.vstack([np.hstack(shown[:3]), np.hstack(shown[3:])]).astype(np.uint8)
    red = cut(ground, RED).copy()
    cut(ground, SMALL)[:] = red
    built = ground.copy()
    cut(built, ROAD)[:] = cut(ground, ROOF)
    cut(built, LARGE)[:] = np.vstack([red, red[::-1]])
    cut(built, SHED)[:] = cut(ground, YARD)
    over = [(512, 320, 0), (1024, 320, 0), (512, 704, 0), (1024, 704, 0)]
    Survey().fly(ground, root / "may", over, seed=1)
    over = [(540, 340, 4), (1010, 330, 3), (520, 690, 2), (1000, 680, 5)]
    duller = (built * 0.9 + 6).astype(np.uint8)
    Survey(scale=1.03).fly(duller, root / "june", over, seed=2)
    run(root / "may", root / "june", "--out", root / "out", "--language", "en")
    return root / "out"


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, ["compare", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_flight_finds_what_was_built_extended_and_pulled_down_and_only_that(compared) -> None:
    tree = json.loads((compared / "compare.json").read_text("utf-8"))
    found = {change["what"]: change for change in tree["changes"]}
    print({what: (c["box"], c["size_m2"], c["size_error_m2"]) for what, c in found.items()})
    assert [change["what"] for change in tree["changes"]] == ["appeared", "grown", "gone"]
    for what, (x1, y1, x2, y2) in (("appeared", ROAD), ("grown", LARGE), ("gone", SHED)):
        lon, lat = Survey().place((x1 + x2) / 2, (y1 + y2) / 2)
        place = found[what]["place"]
        off = np.hypot((place["lon"] - lon) * 94_600, (place["lat"] - lat) * 110_900)
        assert off < place["accuracy_m"] < 15
        assert found[what]["size_m2"] == pytest.approx((x2 - x1) * (y2 - y1) * 0.04, rel=0.25)
    assert tree["counts"]["unchanged"] > 30
    assert tree["counts"]["share"] > 0.95
    features = json.loads((compared / "compare.geojson").read_text("utf-8"))["features"]
    assert [f["properties"]["what"] for f in features] == ["appeared", "grown", "gone"]


@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}")
def test_the_slider_moves_by_key_and_pointer_and_prints_as_pairs(compared) -> None:
    complaints, asked = [], []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto((compared / "compare.html").as_uri())
        pair = page.locator(".card .pair").first
        slider, stack, before = (pair.locator(s) for s in ("input", ".stack", ".before"))

        def clip() -> str:
            return before.evaluate("one => getComputedStyle(one).clipPath")

        assert "50%" in clip()
        slider.focus()
        for key, value in (("ArrowRight", "51"), ("End", "100"), ("Home", "0")):
            page.keyboard.press(key)
            assert slider.input_value() == value
        assert "100%" in clip()
        box = stack.bounding_box()
        assert box is not None
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] * 0.2, middle)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.75, middle, steps=4)
        page.mouse.up()
        assert abs(int(slider.input_value()) - 75) <= 1
        page.mouse.move(box["x"] + 5, middle)
        assert abs(int(slider.input_value()) - 75) <= 1
        page.set_viewport_size({"width": 375, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == 375

        page.emulate_media(media="print")
        left, right = before.bounding_box(), pair.locator(".after").bounding_box()
        assert left is not None
        assert right is not None
        assert left["x"] + left["width"] <= right["x"]
        assert left["y"] == right["y"]
        assert left["width"] == pytest.approx(right["width"], abs=2)
        assert clip() == "none"
        printed = PdfReader(io.BytesIO(page.pdf(format="A4")))
        text = "".join(one.extract_text() for one in printed.pages)
        assert "suspected new structure" in text
        assert sum(len(one.images) for one in printed.pages) >= 6
        browser.close()
    assert complaints == []
    assert all(url.startswith(("file:", "data:")) for url in asked)
    assert [url for url in asked if url.startswith("file:")] == [
        (compared / "compare.html").as_uri()
    ]


def test_houses_that_satellites_saw_appear(shared_data: Path, tmp_path: Path) -> None:
    """Half a metre a pixel, years apart: it finds houses, and hardly anything that is none."""
    source = shared_data / "change_pairs"
    (tmp_path / "in").mkdir()
    for name in PAIRS:
        for side in "AB":
            file = f"{name}_{side}.png"
            (tmp_path / "in" / file).write_bytes((source / "images" / file).read_bytes())
    told = run(tmp_path / "in", tmp_path / "in", "--aligned", "--out", tmp_path / "out", "--json")
    assert json.loads(told)["compared"] == len(PAIRS)
    tree = json.loads((tmp_path / "out" / "compare.json").read_text("utf-8"))
    found = wrong = 0
    for name in PAIRS:
        mask = cv2.imread(str(source / "masks" / f"{name}.png"), cv2.IMREAD_GRAYSCALE) > 127
        for change in tree["changes"]:
            if change["picture"] == f"in/{name}_B.png" and change["what"] == "appeared":
                x1, y1, x2, y2 = (round(v) for v in change["box"])
                built = mask[y1:y2, x1:x2].mean() > 0.3
                found, wrong = found + built, wrong + (not built)
    print(f"{found} boxes on what was built, {wrong} beside it")
    assert found >= 8
    assert wrong <= found / 4
