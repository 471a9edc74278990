"""Lists as files: CSV that is safe to open, GeoJSON; who takes one is logged."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import select, update

from api.access.roles import Role
from api.storage.tables import AccessRow, CaseRow
from tests.api.world import REJECT

SPILL = {"kind": "dirty_truck", "subtype": "spill"}


def rows(answer) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_a_list_is_a_file_of_all_its_pages_in_one_language(world, client, monkeypatch):
    monkeypatch.setattr("api.cases.store._PAGE", 2)
    cases = [world.case(**SPILL) for _ in range(5)]
    world.review(cases[0], REJECT)
    http = client(Role.VIEWER)
    english = rows(http.get("/v1/cases.csv?order=oldest&reason=weekly+meeting"))
    assert [row["case"] for row in english] == cases
    assert (english[0]["stage"], english[0]["reason"]) == ("rejected", "false positive")
    assert english[1]["first seen"] == "2026-05-21 12:00:00"  # the site's time
    chinese = rows(http.get("/v1/cases.csv?stage=rejected&language=zh"))
    assert [(row["案件编号"], row["状态"]) for row in chinese] == [(cases[0], "不予采纳")]
    with world.database.read() as session:
        logged = session.scalars(select(AccessRow).order_by(AccessRow.id)).all()
    assert [(row.what, row.detail, row.reason) for row in logged] == [
        ("export", "cases.csv", "weekly meeting"),
        ("export", "cases.csv", ""),
    ]


@pytest.mark.parametrize("evil", ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(world, client, evil):
    case = world.case(**SPILL)
    with world.database.write() as session:
        change = update(CaseRow).where(CaseRow.id == case)
        session.execute(change.values(address=evil, zone=evil, grid=evil[:15]))
    (row,) = rows(client(Role.VIEWER).get("/v1/cases.csv"))
    for name in ("address", "zone", "grid"):
        assert row[name].startswith("'") or row[name].startswith("\\x"), row[name]


def test_a_file_holds_what_the_key_sees(world, client):
    world.case()
    yard = world.case(camera="yard", zone="whole picture", **SPILL)
    limited = client(Role.VIEWER, cameras=["yard"])
    assert [row["case"] for row in rows(limited.get("/v1/cases.csv"))] == [yard]
    assert limited.get("/v1/cases.geojson").json()["features"] == []


def test_a_map_holds_the_cases_that_have_a_place(world, client):
    gate, other = world.case(), world.case(**SPILL)
    world.case(camera="yard", zone="whole picture", **SPILL)
    http = client(Role.VIEWER)
    found = http.get("/v1/cases.geojson").json()
    assert (found["type"], found["more"]) == ("FeatureCollection", False)
    assert [feature["id"] for feature in found["features"]] == [other, gate]
    assert found["features"][1] == {
        "type": "Feature",
        "id": gate,
        "geometry": {"type": "Point", "coordinates": [113.38, 31.71]},
        "properties": {
            "kind": "street_vending",
            "subtype": "stall",
            "stage": "pending_review",
            "camera": "gate",
            "address": "Market gate",
            "first_seen": "2026-05-21T04:00:00Z",
            "deadline": None,
            "method": "camera_registered",
            "accuracy_m": None,
        },
    }
    some = http.get("/v1/cases.geojson?limit=1&kind=street_vending").json()
    assert (len(some["features"]), some["more"]) == (1, False)
    assert http.get("/v1/cases.geojson?limit=1").json()["more"] is True
