"""The site file through the API: read, changed, its history, undo; nothing is lost or told."""

from __future__ import annotations

import json
import re
import stat
from datetime import UTC, datetime, timedelta
from math import cos, pi, sin
from zoneinfo import ZoneInfo

import httpx
import numpy as np
import pytest
from sqlalchemy import update

from api.access.roles import Role
from api.http.app import create_app
from api.setup.pruning import KEPT
from api.setup.pruning import rules as of_setup
from api.storage.pruning import prune
from api.storage.tables import SiteChangeRow
from api.words.invalid import INVALID
from api.words.said import LISTS
from tests.api.setup.conftest import PASSWORD, SECRET, TEXT, Changeable
from tests.api.world import make_event, served
from vision.frames import Clock, Frame
from vision.pipeline.memory import memory_of
from vision.redaction import REDACTION
from vision.rules.context import Context
from vision.rules.known import Known
from vision.rules.sight import Sight
from vision.site.file import load_site
from vision.site.rule_settings import RuleSettings

ZONE = {"name": "south", "polygon": [[0, 0], [1, 0], [1, 1]], "watch": ["street_vending"]}
PERMIT = {"name": "night market", "camera": "gate", "polygon": [[0, 0], [1, 0], [1, 1]]}
SILENCE = {
    "name": "fair",
    "cameras": ["gate"],
    "from": "2026-02-16 06:00",
    "until": "2026-02-23 00:00",
    "reason": "by the town",
    "by": "Li",
}


def setup(http: httpx.Client, camera: str = "gate") -> dict:
    answer = http.get(f"/v1/cameras/{camera}/setup")
    assert answer.status_code == 200, answer.text
    assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
    return answer.json()


def put(http: httpx.Client, given: dict, version: str, camera: str = "gate") -> httpx.Response:
    return http.put(f"/v1/cameras/{camera}/setup", json=given, headers={"If-Match": f'"{version}"'})


def history(http: httpx.Client) -> list[dict]:
    return http.get("/v1/site/changes").json()["items"]


def test_a_zone_is_drawn_and_counts_at_once_is_in_the_file_and_can_be_undone(found):
    town = found(watch=Changeable())
    http = town.client(Role.OFFICER)
    before = setup(http)
    assert before["source"] == {"kind": "rtsp"}
    assert before["place"]["address"] == "${GATE_ADDRESS}"
    assert (before["size"], before["analyse_fps"], before["clip"]) == (None, 1, "10.0s")

    zones = [*before["zones"], ZONE]
    answer = put(http, {"zones": zones, "ground": before["ground"]}, before["version"])
    assert answer.status_code == 200, answer.text
    assert answer.json()["restart_needed"] == []
    assert setup(http)["version"] == answer.json()["version"] != before["version"]
    # In the file, and nothing else there has changed.
    line = "      - {name: south, polygon: [[0, 0], [1, 0], [1, 1]], watch: [street_vending]}\n"
    assert town.text == TEXT.replace("  - {id: yard", f"{line}  - {{id: yard")
    # In force: for the pipeline, and for what reads the site here.
    assert [z.name for z in town.watch.applied[-1].cameras[0].zones] == ["north", "south"]
    assert http.get("/v1/cameras").json()["items"][0]["zones"] == ["north", "south"]

    change, was = history(http)
    assert (change["by"], change["what"], change["camera"]) == ("a officer", "setup", "gate")
    assert (change["parts"], change["summary"]) == (["zones"], "gate: zones")
    assert was["what"] == "found"
    diff = http.get(f"/v1/site/changes/{change['id']}").json()["diff"]
    assert f"+{line}".rstrip() in diff.splitlines()

    undone = http.post(f"/v1/site/changes/{change['id']}/undo")
    assert undone.status_code == 200, undone.text
    assert town.text == TEXT
    assert [z.name for z in town.watch.applied[-1].cameras[0].zones] == ["north"]
    again, change, _ = history(http)
    assert (again["undoes"], again["what"], change["undone"]) == (change["id"], "setup", True)
    assert http.post(f"/v1/site/changes/{change['id']}/undo").status_code == 409
    # And what was undone is there again.
    assert http.post(f"/v1/site/changes/{again['id']}/undo").status_code == 200
    assert line in town.text
    assert [c["undone"] for c in history(http)] == [False, True, False, False]


def test_how_well_ground_points_fit_is_told_and_the_wrong_one_stands_out(found):
    http = found(watch=Changeable()).client()
    places = [(0.1, 0.9), (0.9, 0.9), (0.25, 0.5), (0.75, 0.5), (0.5, 0.7), (0.4, 0.6)]

    def on_map(u: float, v: float) -> list[float]:
        w = v - 0.2  # the horizon lies at a fifth of the picture
        return [u, v, 113.38 + (u - 0.5) / w * 2e-4, 31.71 + (1 / w) * 2e-4]

    def fit(points: list[list[float]]) -> dict:
        answer = put(http, {"ground": points}, setup(http)["version"])
        assert answer.status_code == 200, answer.text
        told = setup(http)
        [found] = told["ground_fits"]
        assert found["preset"] is None
        assert told["ground_error_m"] == found["error_m"]
        return found

    good = fit([on_map(u, v) for u, v in places])
    assert max(good["missed_m"]) < 0.05
    assert good["error_m"] < 0.1
    points = [on_map(u, v) for u, v in places]
    points[4][2] += 2e-5  # nearly two metres
    bad = fit(points)
    assert bad["error_m"] > 1
    assert bad["missed_m"].index(max(bad["missed_m"])) == 4
    assert bad["left_out_m"][4] == pytest.approx(1.9, abs=0.1)
    assert len(bad["missed_m"]) == len(bad["left_out_m"]) == 6
    four = fit(points[:4])
    assert (four["error_m"], four["left_out_m"]) == (None, [None] * 4)
    assert put(http, {"ground": []}, setup(http)["version"]).status_code == 200
    assert (setup(http)["ground_error_m"], setup(http)["ground_fits"]) == (None, [])


def test_of_two_who_change_the_same_the_second_is_told(found):
    town = found(watch=Changeable())
    li, wang = town.client(Role.OFFICER), town.client(Role.ADMIN)
    version = setup(li)["version"]
    other = setup(wang, "yard")["version"]
    assert put(li, {"analyse_fps": 2}, version).status_code == 200
    text = town.text
    told = put(wang, {"analyse_fps": 3}, version)
    assert (told.status_code, town.text) == (412, text)
    # Another camera is nobody's business.
    assert put(wang, {"analyse_fps": 3}, other, "yard").status_code == 200
    assert put(wang, {"analyse_fps": 3}, "0" * 32, "yard").status_code == 412
    assert li.put("/v1/cameras/gate/setup", json={}).status_code == 422
    # Between a change and its undo stands the other.
    yard, gate = history(li)[:2]
    told = li.post(f"/v1/site/changes/{gate['id']}/undo")
    assert (told.status_code, told.json()["code"]) == (409, "changed_since")
    assert "a admin" in told.json()["detail"]
    assert li.post(f"/v1/site/changes/{yard['id']}/undo").status_code == 200
    assert li.post(f"/v1/site/changes/{gate['id']}/undo").status_code == 200
    assert town.text == TEXT


MISTAKES = [
    ({"zones": [{**ZONE, "watch": ["flying"]}]}, "/body/zones/0/watch/0", "choose from"),
    ({"zones": [{**ZONE, "polygon": [[0, 0], [2, 0], [1, 1]]}]}, "/body/zones/0", "fraction"),
    ({"zones": [ZONE, ZONE]}, "/body", "rename one"),
    ({"zones": [{**ZONE, "name": "\x00"}]}, "", "control character"),
    ({"zones": [{**ZONE, "name": "\ud800"}]}, "", ""),
    ({"zones": [{**ZONE, "colour": "red"}]}, "/body/zones/0/colour", "no such setting"),
    ({"analyse_fps": 0}, "/body/analyse_fps", "greater than 0"),
    ({"analyse_fps": 10**400}, "/body/analyse_fps", ""),
    ({"analyse_fps": {"a": [1]}}, "/body/analyse_fps", "number"),
    ({"place": {"lon": 999, "lat": 0}}, "/body/place/lon", "180"),
    ({"ground": [[0, 0, 1, 1]]}, "/body/ground", "at least 4"),
    ({"zones": [{**ZONE, "name": "${HOME}"}]}, "/zones/0/name", "by hand"),
    ({"zones": [{**ZONE, "${HOME}": 1}]}, "/zones/0/${HOME}", "by hand"),
    ({"place": {"lon": 1, "lat": 1, "address": "${file:/etc/passwd}"}}, "/place/address", ""),
    ({"admissibility": {"valid": "2026-01-01/2026-12-31", "sign": {"by": "x", "on":
        "2026-01-01", "document": "/etc/passwd"}}}, "/admissibility/sign/document", "file"),
]  # fmt: skip


def test_what_would_be_a_mistake_is_told_with_its_mend_and_nothing_is_written(found):
    town = found(watch=Changeable())
    http = town.client()
    version, many = setup(http)["version"], len(history(http))
    for given, pointer, mend in MISTAKES:
        answer = http.put(
            "/v1/cameras/gate/setup",
            content=json.dumps(given).encode(),
            headers={"If-Match": f'"{version}"', "Content-Type": "application/json"},
        )
        assert answer.status_code == 422, (given, answer.text)
        assert mend in answer.text, given
        if pointer:
            errors = answer.json()["errors"]
            assert any(e["pointer"].startswith(pointer) for e in errors), (given, errors)
            assert all(e["code"] in INVALID for e in errors), errors
            assert any(e["code"] != "value_error" for e in errors), errors
            for e in errors:  # what the console shows, in Chinese
                assert re.search(
                    "[\u4e00-\u9fff]", INVALID[e["code"]].say("zh", e["params"], LISTS)
                )
        assert str(town.path.parent) not in answer.text
    assert town.text == TEXT
    assert len(history(http)) == many
    assert town.watch.applied == []


def test_what_stands_in_a_source_or_names_no_file_cannot_be_moved_to_where_it_is_shown(found):
    variable = "${GATE_ADDRESS}"
    town = found(TEXT.replace("source: yard.mp4", f'source: "{variable}"'))
    http = town.client()
    given = {"place": {"lon": 1, "lat": 1, "address": variable}}
    answer = put(http, given, setup(http, "yard")["version"], "yard")
    assert answer.status_code == 422, answer.text
    # Nor can a path that was written as a name be made one of a file.
    zone = {**ZONE, "name": "/etc/passwd"}
    assert put(http, {"zones": [zone]}, setup(http)["version"]).status_code == 200
    sign = {"by": "x", "on": "2026-01-01", "document": "/etc/passwd"}
    given = {"admissibility": {"valid": "2026-01-01/2026-12-31", "sign": sign}}
    assert put(http, given, setup(http)["version"]).status_code == 422
    # What the key's holder sees may stay where it was.
    place = {"lon": 113, "lat": 31, "address": variable}
    assert put(http, {"place": place}, setup(http)["version"]).status_code == 200


def test_a_value_that_nests_too_deep_is_refused(found):
    town = found()
    http = town.client()
    deep: object = 1
    for _ in range(60):
        deep = [deep]
    answer = put(http, {"zones": [deep]}, setup(http)["version"])
    assert answer.status_code == 422, answer.text


def test_a_zone_of_thousands_of_points_is_taken_and_more_than_a_mebibyte_is_not(found):
    town = found()
    http = town.client()
    ring = [
        [round(0.5 + 0.4 * cos(2 * pi * n / 1500), 6), round(0.5 + 0.4 * sin(2 * pi * n / 1500), 6)]
        for n in range(1500)
    ]
    answer = put(http, {"zones": [{**ZONE, "polygon": ring}]}, setup(http)["version"])
    assert answer.status_code == 200, answer.text
    assert len(load_site(town.path).cameras[0].zones[0].polygon) == 1500
    huge = [{**ZONE, "name": "x" * 2**20}]
    assert put(http, {"zones": huge}, setup(http)["version"]).status_code == 413


def test_a_camera_is_added_watched_and_removed(found):
    town = found(watch=Changeable())
    http = town.client()
    answer = http.post(
        "/v1/cameras",
        json={"id": "bins", "source": "rtsp://u:geheim99@10.0.0.7/1", "zones": [ZONE]},
    )
    assert answer.status_code == 201, answer.text
    assert [c.id for c in town.watch.applied[-1].cameras] == ["gate", "yard", "bins"]
    assert [c["id"] for c in http.get("/v1/cameras").json()["items"]] == ["gate", "yard", "bins"]
    assert '    source: "rtsp://u:geheim99@10.0.0.7/1"\n' in town.text
    assert setup(http, "bins")["zones"] == [ZONE]
    # Its episodes become cases.
    town.world.take(make_event(camera="bins", zone="south"))
    assert http.post("/v1/cameras", json={"id": "bins", "source": "a"}).status_code == 422
    added = history(http)[0]
    assert "geheim99" not in http.get(f"/v1/site/changes/{added['id']}").text

    answer = http.delete("/v1/cameras/bins")
    assert answer.status_code == 200, answer.text
    assert town.text == TEXT
    assert http.get("/v1/cameras/bins/setup").status_code == 404
    # What it saw last may still arrive.
    event = make_event(camera="bins", zone="south", box=(0.7, 0.7, 0.8, 0.8))
    assert town.world.take(event)
    assert http.delete("/v1/cameras/bins").status_code == 404


def test_a_camera_that_something_names_is_not_removed(found):
    town = found(TEXT + "permits:\n  - {name: p, camera: yard, polygon: [[0,0],[1,0],[1,1]]}\n")
    http = town.client()
    answer = http.delete("/v1/cameras/yard")
    assert answer.status_code == 422
    assert "permit 'p': no camera is called 'yard'" in answer.json()["detail"]
    assert "id: yard" in town.text


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("permits", PERMIT),
        ("silences", SILENCE),
        ("assets", {"id": "b-1", "at_wgs84": [113.38, 31.71]}),
    ],
)
def test_a_register_is_read_and_changed(found, name, entry):
    town = found(watch=Changeable())
    http = town.client(Role.OFFICER)
    path = f"/v1/registers/{name}"
    empty = http.get(path).json()
    assert empty["items"] == []
    match = {"If-Match": f'"{empty["version"]}"'}
    answer = http.put(path, json={"items": [entry]}, headers=match)
    assert answer.status_code == 200, answer.text
    assert http.get(path).json() == {"items": [entry], "version": answer.json()["version"]}
    assert len(getattr(town.watch.applied[-1], name)) == 1
    assert town.text.startswith(TEXT)
    assert http.put(path, json={"items": []}, headers=match).status_code == 412
    wrong = {"items": [{**entry, "kinds": ["flying"]}]}
    answer = http.put(path, json=wrong, headers={"If-Match": "*"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/body/items/0/kinds")
    answer = http.put(path, json={"items": []}, headers={"If-Match": "*"})
    assert answer.status_code == 200
    assert http.get(path).json()["items"] == []


def test_a_silence_that_is_written_suppresses_the_next_case(found):
    town = found()
    http = town.client()
    silence = {**SILENCE, "from": "2026-01-01 00:00", "until": "2026-12-31 00:00"}
    event = make_event(zone="north", at=datetime(2026, 5, 21, 4, 0, tzinfo=UTC))
    http.put("/v1/registers/silences", json={"items": [silence]}, headers={"If-Match": "*"})
    case = town.world.take(event)
    assert town.world.read(case).stage.value == "silenced"


def test_roles_and_scopes(found):
    town = found()
    version = setup(town.client())["version"]
    officer = town.client(Role.OFFICER)
    for key in ("source", "allow", "type", "decoder", "pace"):
        value = [] if key == "allow" else "x"
        answer = put(officer, {key: value}, version)
        assert answer.status_code == 403, (key, answer.text)
    assert officer.post("/v1/cameras", json={"id": "a", "source": "b"}).status_code == 403
    assert officer.delete("/v1/cameras/yard").status_code == 403
    for role in (Role.VIEWER, Role.REVIEWER):
        assert town.client(role).get("/v1/cameras/gate/setup").status_code == 403
    auditor = town.client(Role.AUDITOR)
    assert auditor.get("/v1/cameras/gate/setup").status_code == 200
    assert put(auditor, {"tiles": True}, version).status_code == 403

    near = town.client(Role.OFFICER, divisions=["421303001"])
    assert near.get("/v1/cameras/yard/setup").status_code == 404
    away = {"place": {"lon": 1, "lat": 1, "division": "9999"}}
    assert put(near, away, version).status_code == 403
    only = town.client(Role.OFFICER, kinds=["dirty_truck"])
    assert put(only, {"zones": []}, version).status_code == 403
    limited = town.client(Role.ADMIN, cameras=["yard"])
    assert limited.post("/v1/cameras", json={"id": "a", "source": "b"}).status_code == 403
    answer = limited.put("/v1/registers/permits", json={"items": []}, headers={"If-Match": "*"})
    assert answer.status_code == 403
    assert town.text == TEXT
    # Those of others' cameras are not shown.
    http = town.client()
    http.put("/v1/registers/permits", json={"items": [PERMIT]}, headers={"If-Match": "*"})
    assert put(http, {"tiles": True}, setup(http)["version"]).status_code == 200
    assert limited.get("/v1/registers/permits").json()["items"] == []
    assert limited.get("/v1/site/changes").json()["items"] == []
    number = history(http)[0]["id"]
    assert limited.get(f"/v1/site/changes/{number}").status_code == 404
    assert limited.post(f"/v1/site/changes/{number}/undo").status_code == 404
    assert [c["camera"] for c in near.get("/v1/site/changes").json()["items"]] == ["gate"]
    # An officer undoes no change of a source.
    source = put(http, {"source": "rtsp://10.0.0.9/2"}, setup(http)["version"]).json()["change"]
    assert officer.post(f"/v1/site/changes/{source}/undo").status_code == 403


def test_no_secret_leaves(found):
    comment = "# before: rtsp://admin:Old4711@10.0.0.4/1, secret: whsec_b2xkLXNlY3JldC1vbGQtc2Vj"
    town = found(TEXT + comment + "\n")
    http = town.client()
    put(http, {"source": "rtsp://admin:New-4712@10.0.0.5/1"}, setup(http)["version"])
    http.post("/v1/cameras", json={"id": "a", "source": "http://b/?token=New-4713"})
    town.edit(town.text.replace(SECRET, "whsec_bmV3LXNlY3JldC1uZXctc2VjcmV0LW5ldy1zZQ=="))
    http.delete("/v1/cameras/a")
    texts = [http.get(f"/v1/cameras/{c}/setup").text for c in ("gate", "yard")]
    texts += [http.get(p).text for p in ("/v1/site/file", "/v1/site/changes", "/readyz")]
    changes = history(http)
    assert [c["what"] for c in changes] == [
        *("camera_removed", "file", "camera_added", "source", "found")
    ]
    texts += [http.get(f"/v1/site/changes/{c['id']}").text for c in changes]
    for text in texts:
        for secret in (PASSWORD, "whsec_", "Old4711", "New-4712", "New-4713", "10.0.0", "s3cret"):
            assert secret not in text.replace("whsec_***", ""), text
    assert "secret" not in "".join(texts).replace("secret: ***", "")
    assert "source: ***" in "".join(texts)


def test_what_the_file_keeps_to_itself(found):
    """Mode, owner and the link that leads to it stay."""
    town = found()
    real = town.path.parent / "real" / "site.yaml"
    real.parent.mkdir()
    real.write_text(TEXT.replace("sqlite:///cases.db", "sqlite:///../cases.db"))
    real.chmod(0o640)
    town.path.unlink()
    town.path.symlink_to("real/site.yaml")
    http = town.client()
    version = setup(http)["version"]
    assert put(http, {"analyse_fps": 2}, version).status_code == 200
    assert town.path.is_symlink()
    assert "analyse_fps: 2" in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert list(real.parent.iterdir()) == [real]


def test_crlf_and_a_byte_order_mark_stay(found, tmp_path):
    path = tmp_path / "site.yaml"
    raw = b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode()
    path.write_bytes(raw)
    town = found("", path=path)
    http = town.client()
    answer = put(http, {"zones": [ZONE]}, setup(http)["version"])
    assert answer.status_code == 200, answer.text
    after = path.read_bytes()
    assert after.startswith(b"\xef\xbb\xbf# East")
    assert after.count(b"\n") == after.count(b"\r\n")
    http.post(f"/v1/site/changes/{answer.json()['change']}/undo")
    assert path.read_bytes() == raw


def test_without_a_file_nothing_can_be_changed_and_it_says_so(world):
    app = create_app(world.site, world.database, world.evidence)
    headers = {"Authorization": f"Bearer {world.key(Role.ADMIN)}", "If-Match": "*"}
    with (
        served(app) as address,
        httpx.Client(base_url=address, headers=headers, trust_env=False) as http,
    ):
        for answer in (
            http.get("/v1/cameras/gate/setup"),
            http.put("/v1/cameras/gate/setup", json={}),
            http.post("/v1/cameras", json={"id": "a", "source": "b"}),
            http.delete("/v1/cameras/gate"),
            http.get("/v1/registers/permits"),
            http.put("/v1/registers/permits", json={"items": []}),
        ):
            assert answer.status_code == 409
            assert "without a site file" in answer.json()["detail"]
        assert http.get("/v1/site/file").json()["present"] is False
        assert http.get("/v1/site/changes").json() == {"items": [], "next": None}


def test_a_part_that_is_shared_by_an_alias_is_not_changed_behind_ones_back(found):
    shared = TEXT.replace("yard.mp4}", "yard.mp4, privacy: &p [[[0,0],[1,0],[1,1]]]}").replace(
        "webhooks:", "  - {id: third, source: t.mp4, privacy: *p}\nwebhooks:"
    )
    town = found(shared)
    http = town.client()
    answer = put(http, {"privacy": []}, setup(http, "yard")["version"], "yard")
    assert answer.status_code == 422
    assert town.text == shared
    # Where the alias stands it can be replaced.
    assert put(http, {"privacy": []}, setup(http, "third")["version"], "third").status_code == 200
    assert len(load_site(town.path).cameras[1].privacy) == 1


def test_history_is_paged(found):
    town = found()
    http = town.client()
    for fps in (2, 3, 4):
        put(http, {"analyse_fps": fps}, setup(http)["version"])
    first = http.get("/v1/site/changes?limit=2").json()
    second = http.get(f"/v1/site/changes?limit=2&cursor={first['next']}").json()
    ids = [c["id"] for c in (*first["items"], *second["items"])]
    assert len(ids) == 4
    assert ids == sorted(ids, reverse=True)
    assert second["next"] is None
    assert http.get("/v1/site/file").json()["newest_change"] == ids[0]


def test_what_says_the_same_is_no_change(found):
    town = found(watch=Changeable())
    http = town.client()
    now = setup(http)
    told = {"camera", "size", "source", "version", "ground_error_m", "ground_fits"}
    same = {k: now[k] for k in now if k not in told}
    answer = put(http, same, now["version"])
    assert answer.json() == {"change": None, "version": now["version"], "restart_needed": []}
    assert town.text == TEXT
    assert town.watch.applied == []


def test_secrets_of_a_new_source_are_hidden_in_logs(found):
    town = found()
    http = town.client()
    http.post("/v1/cameras", json={"id": "a", "source": "rtsp://u:Pa55-unheard@10.0.0.7/1"})
    assert "Pa55-unheard" not in REDACTION("the camera said Pa55-unheard")


def test_what_rules_have_learnt_is_shown_to_who_sees_the_camera(found):
    watched = TEXT.replace(
        "yard.mp4}", "yard.mp4, zones: [{name: 屋顶, watch: [illegal_structure]}]}"
    )
    town = found(watched)
    http = town.client()
    assert http.get("/v1/baseline").json() == {"items": []}
    site = load_site(town.path)
    yard = site.cameras[1]
    folder = memory_of(yard, site.storage.folder / "memory")
    assert folder is not None
    at, looks = datetime(2026, 5, 21, 4, 0, tzinfo=UTC), 3
    context = Context(
        yard,
        yard.zones[0],
        RuleSettings(learn="2s").over(site.kind_settings("illegal_structure")),
        0.3,
        ZoneInfo("Asia/Shanghai"),
        memory=folder,
    )
    known = Known(context)
    box = (0.1, 0.2, 0.3, 0.4)
    for n in range(looks):
        frame = Frame(
            np.zeros((90, 160, 3), np.uint8), "yard", at + timedelta(seconds=n), n, Clock.STREAM
        )
        if known.learns(frame):
            known.learn(frame.captured_at, [Sight(box, 0.9, frozenset({"structure"}), (0,))])
    (item,) = http.get("/v1/baseline").json()["items"]
    assert (item["camera"], item["zone"]) == ("yard", "屋顶")
    assert item["known"] == [{"box": list(box)}]
    near = town.client(Role.OFFICER, cameras=["gate"])
    assert near.get("/v1/baseline").json() == {"items": []}


def test_another_baseline_under_the_same_path_is_noticed_and_a_broken_one_is_told(found):
    def structures(count: int) -> str:
        roofs = [
            {
                "type": "Feature",
                "properties": {"as_of": "2026-03-01"},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[n, 0], [n + 0.5, 0], [n, 0.5], [n, 0]]],
                },
            }
            for n in range(count)
        ]
        return json.dumps({"type": "FeatureCollection", "features": roofs})

    town = found(watch=Changeable())
    file = town.path.parent / "known.geojson"
    file.write_text(structures(1))
    town.edit(TEXT + "baseline: known.geojson\n")
    known, many = len(town.watch.applied), len(history(town.client()))
    for _ in range(3):
        town.following.look()
    assert len(town.watch.applied) == known, "nothing has changed"

    file.write_text(structures(2))
    for _ in range(3):
        town.following.look()
    assert len(town.watch.applied) == known + 1
    assert town.following.problem is None

    file.write_text("{}")
    for _ in range(3):
        town.following.look()
    told = town.client().get("/v1/site/file").json()
    assert "known.geojson" in told["problem"]
    [mistake] = told["mistakes"]
    assert (mistake["code"], mistake["pointer"]) == ("geojson_empty", "/file/baseline")
    assert mistake["params"]["path"] == "known.geojson"
    assert len(town.watch.applied) == known + 1, "what it was is in force"

    file.write_text(structures(3))
    for _ in range(3):
        town.following.look()
    assert (len(town.watch.applied), town.following.problem) == (known + 2, None)
    assert len(history(town.client())) == many, "the site file says what it said"


def test_the_history_is_bounded_and_the_newest_can_be_undone(found, monkeypatch):
    monkeypatch.setattr("api.setup.pruning.LAST", 3)
    town = found(watch=Changeable())
    http = town.client()
    for fps in (2, 3, 4, 5, 6, 7):
        assert put(http, {"analyse_fps": fps}, setup(http)["version"]).status_code == 200
    numbers = [change["id"] for change in history(http)]
    database, now = town.world.database, datetime.now(UTC)
    assert prune(database, of_setup(), now) == {"changes of the site file": 0}
    with database.write() as session:
        session.execute(update(SiteChangeRow).values(at=now - KEPT - timedelta(days=1)))
    assert prune(database, of_setup(), now) == {"changes of the site file": 4}
    assert [change["id"] for change in history(http)] == numbers[:3]
    assert http.post(f"/v1/site/changes/{numbers[0]}/undo").status_code == 200
    assert setup(http)["analyse_fps"] == 6
    town.following.look()
    town.following.look()
    assert history(http)[0]["what"] == "setup", "nobody has edited the file by hand"
    monkeypatch.setattr("api.setup.pruning.MOST", 2)
    assert prune(database, of_setup(), now) == {"changes of the site file": 2}
