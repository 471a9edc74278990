import csv
import json
import re
from html.parser import HTMLParser

import pytest
from PIL import ExifTags, Image

from vision.audit.report.report import FILES
from vision.spreadsheet import inert

FULL = ("overflowing_bin", (20, 20, 80, 120))
STALL = ("stall", (200, 20, 280, 120))
HOSTILE = (
    "<script>alert(1)<",
    "=cmd|' calc'!A1.png",
    '"><img src=x onerror=alert(1)>.png',
    "街道\u202egpj.png",
)


class Page(HTMLParser):
    """Counts what the page shows and gathers what it would load or run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.kinds, self.cards, self.scripts, self.loads, self.handlers = [], 0, 0, [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.cards += given.get("class") == "card"
        self.scripts += tag == "script"
        self.kinds += [given["data-kind"]] if "data-kind" in given else []
        self.loads += [v for k, v in attributes if k in ("src", "href")]
        self.handlers += [k for k in given if k.startswith("on")]


@pytest.fixture
def audited(tmp_path, save, run):
    save("in/1.png", FULL)
    save("in/2.png", FULL, STALL, shade=80)
    save("in/3.png", shade=70)
    (tmp_path / "in/zero.jpg").write_bytes(b"")
    for n, name in enumerate(HOSTILE):
        save(f"in/{name.replace('/', '_')}", FULL, shade=20 + n)
    (tmp_path / "in" / HOSTILE[0]).rename(tmp_path / "in" / f"{HOSTILE[0]}.png")
    report, _ = run([tmp_path / "in"], tmp_path / "out")
    return tmp_path / "out", report


def rows(out):
    with (out / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_html_json_and_csv_agree(audited):
    out, report = audited
    tree = json.loads((out / "report.json").read_text(encoding="utf-8"))
    html = (out / "report.html").read_text(encoding="utf-8")
    page, table = Page(html), rows(out)
    for kind, count in tree["counts"]["by_kind"].items():
        assert page.kinds.count(kind) == count
        assert [r["kind"] for r in table].count(kind) == count
        if kind != "illegal_structure":
            assert int(re.search(rf'data-count="{kind}">(\d+)<', html)[1]) == count
    assert tree["counts"]["by_kind"] == {
        "street_vending": 1,
        "illegal_structure": 0,
        "overflowing_bin": 6,
        "dirty_truck": 0,
    }
    assert page.cards == tree["counts"]["pictures"] == 7
    assert tree["counts"]["with_findings"] == len({r["picture"] for r in table}) == 6
    assert tree["counts"]["not_audited"] == len(tree["problems"]) == 1
    assert tree["schema_version"] == "streetwarden.audit/1"
    assert tree["settings"]["sha256"] == "c0" * 32
    assert all((out / r["annotated"]).is_file() for r in table)
    assert report.counts.findings == len(table)


def test_hostile_names_stay_names(audited):
    out, _ = audited
    html = (out / "report.html").read_text(encoding="utf-8")
    page = Page(html)
    assert page.scripts == 1
    assert page.handlers == []
    assert "in/&lt;script&gt;alert(1)&lt;.png" in html
    data = r"data:,$|data:(image/jpeg|text/markdown);base64,[\w+/=]+$"
    fine = rf"pictures/[0-9a-f-]+\.jpg$|[\w.-]+$|{data}|#v-[0-9a-f]+$"
    assert all(re.match(fine, load) for load in page.loads)
    assert "default-src &#39;none&#39;" in html
    assert any(r["picture"] == "in/=cmd|' calc'!A1.png" for r in rows(out))


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "＝1", "\t=1", "\r\n"])
def test_no_text_cell_is_a_formula(cell):
    assert inert(cell) == f"'{cell}"


def test_plain_cells_stay_as_they_are():
    assert [inert(c) for c in ("a=b.jpg", "街道.jpg", "", -1.5, None)] == [
        "a=b.jpg",
        "街道.jpg",
        "",
        -1.5,
        None,
    ]


def test_a_picture_named_like_a_formula_is_inert_in_the_csv(tmp_path, save, run):
    path = save("=cmd.png", FULL)
    run([path], tmp_path / "out")
    assert (tmp_path / "out/findings.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert rows(tmp_path / "out")[0]["picture"] == "'=cmd.png"


def test_both_languages_say_that_it_is_only_suspected(tmp_path, save, run):
    path = save("a.png", FULL)
    for language, word in (("en", "suspected"), ("zh", "疑似")):
        run([path], tmp_path / language, language=language)
        assert word in (tmp_path / language / "report.html").read_text(encoding="utf-8")
        assert word in rows(tmp_path / language)[0]["basis"]
        assert all((tmp_path / language / name).is_file() for name in FILES)


def test_coco_holds_the_boxes_of_the_originals(tmp_path, save, run):
    run([save("a.png", FULL, STALL)], tmp_path / "out")
    tree = json.loads((tmp_path / "out/annotations.coco.json").read_text())
    assert [(i["file_name"], i["width"], i["height"]) for i in tree["images"]] == [
        ("a.png", 320, 240)
    ]
    names = {c["id"]: c["name"] for c in tree["categories"]}
    found = {names[a["category_id"]]: a["bbox"] for a in tree["annotations"]}
    assert found == {"overflowing_bin": [20, 20, 60, 100], "stall": [200, 20, 80, 100]}


def test_geojson_holds_pictures_that_say_where_they_were_taken(tmp_path, save, run):
    save("in/nowhere.png", FULL)
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: (31.0, 42.0, 36.0),
            ExifTags.GPS.GPSLongitudeRef: "E",
            ExifTags.GPS.GPSLongitude: (113.0, 22.0, 48.0),
            ExifTags.GPS.GPSHPositioningError: 4.5,
        }
    )
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:03:01 08:30:00"
    Image.new("RGB", (64, 48), "grey").save(tmp_path / "in/here.jpg", exif=exif)
    report, _ = run([tmp_path / "in"], tmp_path / "out")
    (feature,) = json.loads((tmp_path / "out/map.geojson").read_text())["features"]
    assert feature["geometry"]["coordinates"] == [113.38, 31.71]
    assert feature["properties"]["accuracy_m"] == 4.5
    assert feature["properties"]["picture"] == "in/here.jpg"
    assert report.pictures[0].record.taken_at == "2026-03-01T08:30:00"


def test_trucks_whose_state_was_not_read_are_said_to_be_only_counted(tmp_path, save, run):
    note = "their load and dirt were not read"
    run([save("a.png", ("truck", (20, 20, 200, 120)))], tmp_path / "trucks")
    assert note in (tmp_path / "trucks/report.html").read_text(encoding="utf-8")
    run([save("b.png", FULL)], tmp_path / "bins")
    assert note not in (tmp_path / "bins/report.html").read_text(encoding="utf-8")
