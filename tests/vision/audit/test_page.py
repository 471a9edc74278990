"""The report's page: its words, its map, its forms for maps and labelling tools."""

from __future__ import annotations

import math
import re
from xml.etree.ElementTree import fromstring

import pytest
from typer.testing import CliRunner

from models.catalogue import find
from scripts.commands.data import data
from tests.vision.audit.reporting import HEAP, HOME, STALL, finding, picture, place, report
from vision.audit.exif import Position
from vision.audit.intake.items import Problem, take_in
from vision.audit.report.areas import CELL_M, EVERYWHERE, cell
from vision.audit.report.causes import in_chinese
from vision.audit.report.geojson import features
from vision.audit.report.kml import kml
from vision.audit.report.limits import limits
from vision.audit.report.page import render
from vision.audit.report.plan import HIGH, WIDE, plan
from vision.audit.report.summary import summary
from vision.audit.report.tally import tally
from vision.audit.sheet import Recall
from vision.errors import PictureError
from vision.geo import LocalPlane
from vision.sources.picture import read_raster

FULL = ("overflowing_bin", (20, 20, 80, 120))
STAND = ("stall", (200, 20, 280, 120))
KML = "{http://www.opengis.net/kml/2.2}"


def street(**how):
    """Three heaps on one spot, one 200 m off, a stall by its camera, one far away, one nowhere."""
    return report(
        picture("1.jpg", finding(HEAP, place(0, 0)), finding(HEAP, place(0, 4)),
                finding(HEAP, place(4, 0)), taken_at="2026-03-01T08:00:00"),
        picture("2.jpg", finding(HEAP, place(200, 0, radius=20)),
                taken_at="2026-03-02T08:00:00+08:00"),
        picture("3.jpg", finding(STALL, place(0, 100, "exif", 50)),
                position=Position(lon=HOME.lon, lat=HOME.lat)),
        picture("4.jpg", finding(STALL, place(80_000, 0))),
        picture("5.jpg", finding(STALL)),
        picture("6.jpg"),
        **how,
    )  # fmt: skip


def test_the_summary_says_what_a_chief_asks() -> None:
    of = street()
    said = " ".join(summary(of, tally(of, EVERYWHERE), None, {}))
    assert "6 photos looked at" in said
    assert "7 suspected violations found: street vending 3 and overflowing bin 4" in said
    assert "from 2026-03-01 to 2026-03-02" in said
    assert "1 item could not be looked at" in said
    assert "not known: nobody has checked" in said
    asked = Recall(
        share=0.8, interval=(0.61, 0.95), unflagged=1, checked=1, missed=0, missed_by_kind={},
        flagged=4, judged=0, right=0, unsure=0, misses=0.0,
    )  # fmt: skip
    said = " ".join(summary(of, tally(of, EVERYWHERE), asked, {}))
    assert "found 80 % of the photos with a violation (95 % interval: 61 to 95 %)" in said
    chinese = street(language="zh")
    said = "".join(summary(chinese, tally(chinese, EVERYWHERE), None, {}))
    assert "发现疑似问题7处：占道经营3处、垃圾满溢4处" in said
    assert not re.search(r"[a-z]{3}", said)


def test_the_tables_add_up_and_are_honest_about_time() -> None:
    of = street()
    found = tally(of, EVERYWHERE)
    for rows in (found.days, found.areas, found.subtypes):
        assert sum(row.total for row in rows) == of.counts.violations == 7
    assert [row.name for row in found.days] == ["2026-03-01", "2026-03-02", ""]
    assert (found.dated, found.zoned) == (2, 1)
    assert found.areas[-1].name == ""


def test_the_map_is_true_to_scale() -> None:
    (near, far), undrawn = plan(street(), EVERYWHERE, {})
    assert (near.count, far.count, undrawn) == (5, 1, 1)
    heaps = sorted((m for m in near.marks if m.kind == "overflowing_bin"), key=lambda m: m.x)
    assert [len(m.ids) for m in heaps] == [3, 1], "what lies at one spot is one mark"
    units, metres = near.bar
    across = heaps[1].x - heaps[0].x
    assert across * metres / units == pytest.approx(200, abs=5), "the first of three is one of them"
    (stall,) = (m for m in near.marks if m.kind == "street_vending")
    assert not stall.certain
    assert stall.y < heaps[0].y, "north is up"
    big = max((s for s in near.shapes if s.certain), key=lambda s: s.ry)
    assert big.ry * metres / units == pytest.approx(20, rel=0.02)
    assert all(0 <= m.x <= WIDE and 0 <= m.y <= HIGH for m in near.marks)
    gaps = [math.dist((a.x, a.y), (b.x, b.y)) for a in near.marks for b in near.marks if a is not b]
    assert min(gaps) > 20


def test_a_cell_of_the_lattice_is_as_large_as_it_says() -> None:
    for lat in (0.1, 31.7, -54.2, 68.4):
        west, south, east, north = cell(113.38, lat)
        across, along = LocalPlane(west, south).metres(east, north)
        assert (across, along) == (pytest.approx(CELL_M, rel=0.01), pytest.approx(CELL_M, rel=0.01))
        assert west <= 113.38 < east
        assert south <= lat < north


def test_kml_holds_the_same_features_and_any_name() -> None:
    of = street()
    hostile = of.pictures[0].model_copy(update={"name": 'a&b<"\x01街道".jpg'})
    named = of.model_copy(update={"pictures": (hostile, *of.pictures[1:])})
    made = features(named)
    root = fromstring(kml(made, "<&>", {}))
    marks = root.findall(f".//{KML}Placemark")
    assert len(marks) == len(made) > 10
    assert root.findtext(f".//{KML}Document/{KML}name") == "<&>"
    for mark, feature in zip(marks, sorted(made, key=_folder(made)), strict=True):
        point = mark.findtext(f"{KML}Point/{KML}coordinates")
        if feature["geometry"]["type"] == "Point":
            assert [float(n) for n in point.split(",")] == pytest.approx(
                feature["geometry"]["coordinates"], abs=1e-7
            )
        else:
            ring = mark.findtext(f".//{KML}LinearRing/{KML}coordinates").split()
            assert ring[0] == ring[-1]


def _folder(made):
    order = list(dict.fromkeys(feature["properties"]["feature"] for feature in made))
    return lambda feature: order.index(feature["properties"]["feature"])


def test_a_page_alone_has_its_violations_pictures_within_the_budget(
    tmp_path, save, run, monkeypatch
):
    for n in range(3):
        save(f"in/{n}.png", FULL, shade=40 + 30 * n)
    out = tmp_path / "out"
    made, _ = run([tmp_path / "in"], out)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count('<img src="data:image/jpeg') == made.counts.violations == 3
    assert "not known" in page
    monkeypatch.setattr("vision.audit.report.thumbnails.BUDGET", 0)
    monkeypatch.setattr("vision.audit.report.thumbnails.Thumbnails.__init__.__defaults__", (0,))
    assert "data:image/jpeg" not in render(made, out)
    assert "those left out" in render(made, out)


def test_coco_can_be_corrected_and_taken_back(tmp_path, save, run) -> None:
    save("in/a.png", FULL, STAND)
    save("in/deep/b.png", FULL, shade=60)
    save("in/c.png", shade=70)
    run([tmp_path / "in"], tmp_path / "out")
    tool = tmp_path / "tool"
    tool.mkdir()
    (tmp_path / "out/annotations.coco.json").rename(tool / "annotations.json")
    (tmp_path / "in").rename(tool / "in")
    told = CliRunner().invoke(
        data, ["import", str(tool), "--format", "coco", "--out", str(tmp_path / "yolo")]
    )
    assert told.exit_code == 0, told.output
    assert "3 pictures, 2 overflowing_bin, 1 stall; 0 broken" in told.output.replace("\n", " ")


def test_every_cause_of_a_wild_folder_is_said_in_chinese(tmp_path) -> None:
    folder = tmp_path / "in"
    (folder / ".hidden").mkdir(parents=True)
    (folder / ".hidden/a.jpg").write_bytes(b"")
    for name in ("a.pdf", "b.rar", "c.cr2", "d.psd", "e.txt", "f.xyz", "g.zip", ".h.jpg", "i.LRV"):
        (folder / name).write_bytes(b"words")
    (folder / "j.zip").write_bytes(b"PK\5\6" + bytes(18))
    (folder / "gone.jpg").symlink_to(tmp_path / "nowhere")
    (folder / "up").symlink_to(folder)
    given = [folder, tmp_path / "no", tmp_path / "*.q"]
    problems = [one for one in take_in(given, tmp_path / "out") if isinstance(one, Problem)]
    assert len(problems) >= 12
    for name, content in (
        ("a.jpg", b""),
        ("b.jpg", b"%PDF-1.4"),
        ("c.jpg", b"words"),
        ("d.jpg", b"<html>"),
        ("e.png", b"\x89PNG\r\n\x1a\n" + bytes(40)),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(PictureError) as refused:
            read_raster(tmp_path / name)
        why = str(refused.value).removeprefix(f"{tmp_path / name}: ")
        problems.append(Problem(name=name, cause=why))  # fmt: skip
    for problem in problems:
        assert re.search("[\u4e00-\u9fff]", in_chinese(problem.cause)), problem
    assert in_chinese("is odd in a new way") == "is odd in a new way"


def test_what_the_model_cannot_see_is_of_its_card_alone() -> None:
    shipped = find("streetwarden-n")
    settings = street().settings.model_copy(
        update={"model": "streetwarden-n", "sha256": shipped.sha256}
    )
    known = limits(settings)
    assert known is not None
    assert {"overflowing_bin", "stall"} <= {one.name for one in known.measured}
    assert all(0 < one.recall <= 1 for one in known.measured)
    assert len(known.fails) >= 5
    assert limits(settings.model_copy(update={"sha256": "00" * 32})) is None
    assert limits(settings.model_copy(update={"model": "../card"})) is None


def test_the_chinese_page_is_chinese(tmp_path) -> None:
    page = render(street(language="zh", name="竟陵街道"), tmp_path)
    assert "<h1>竟陵街道</h1>" in page
    assert "是文档，请将其中图片导出为JPEG" in page
    names = r"\b[0-9a-f]{12}\b|<(style|script|code|bdi)>.*?</\1>|<[^>]+>"  # ids, too
    words = set(re.findall(r"[A-Za-z]{3,}", re.sub(names, " ", page, flags=re.DOTALL)))
    known = "Streetwarden WGS SHA CSV JSON COCO GeoJSON KML JPEG checked"
    assert words <= set(known.split())
