"""Whatever is sent, the API answers as its OpenAPI document says."""

from __future__ import annotations

import httpx
import pytest

from api.access.roles import Role
from api.http.way_in import WayIn
from api.setup.site_file import SiteFile
from tests.api.http.fuzzed import example_site, fuzz
from tests.api.world import make_world
from vision.site.file import load_site

CHECKS = dict.fromkeys(("authentic", "clear", "complete", "accurate"), True)
SITE = """\
site: {name: here, language: en}   # who we are
storage: {database: sqlite:///cases.db, evidence: evidence}
cameras:
  - {id: market-gate, source: gate.mp4, zones: [{name: north pavement, watch: [street_vending]}]}
"""
CONFIRM = {"decision": "confirm", "checks": CHECKS}


@pytest.mark.parametrize("by_session", [False, True], ids=["key", "session"])
def test_the_api_keeps_its_promises_on_sqlite(tmp_path, by_session):
    world = make_world(example_site(tmp_path))
    try:
        # What differs is who asks: the examples and the coverage phase show that.
        examples = 2 if by_session else 10
        found = fuzz(world, tmp_path, seed=1, examples=examples, by_session=by_session)
    finally:
        world.database.close()
    assert not found, found


def test_call_backs_keep_their_promises(tmp_path):
    world = make_world(example_site(tmp_path))
    try:
        found = fuzz(world, tmp_path, seed=3, examples=25, operation="callBack")
        case = world.read("SW-01J9ZK3V5Q8T6W2Y4B7N0C1D2E")
    finally:
        world.database.close()
    assert not found, found
    assert {"filed", "callback_waiting"} <= {entry.action for entry in case.log}


def test_the_setup_keeps_its_promises_and_the_file_its_form(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text(SITE)
    world = make_world(load_site(path))
    try:
        found = fuzz(world, tmp_path, seed=5, examples=4, file=SiteFile(path))
    finally:
        world.database.close()
    assert not found, found
    assert load_site(path).site.name == "here"
    assert "# who we are" in path.read_text()


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        (
            "cases",
            {"since": "0001-01-01T00:00:00+08:00", "until": "9999-12-31T23:59:59-08:00"},
            200,
        ),
        ("cases", {"since": "1"}, 422),
        ("cases", {"since": "2026-05-01T00:00:00"}, 422),
        ("cases", {"near": "180,90,999999"}, 200),
        ("cases", {"near": "999,99,1"}, 200),
        ("cases", {"near": "\u0661,\u0661,\u0661"}, 422),
        ("cases", {"kind": "\0"}, 422),
        ("cases", {"camera": "\0"}, 422),
        ("cases", {"cursor": "\0"}, 422),
        ("cases", {"camera": "x" * 65}, 422),
        ("cases/%00", {}, 422),
        ("cameras/%00/snapshot", {}, 422),
        ("webhooks/%00/deliveries", {}, 422),
        ("webhooks/none/deliveries", {"cursor": 2**63}, 422),
        ("webhooks/none/deliveries", {"cursor": 2**31}, 422),
        (f"media/{'0' * 64}", {"reason": "why\0 not"}, 422),
        (f"media/{'0' * 64}", {"reason": "     "}, 422),
        (f"media/{'0' * 64}", {"reason": " a complaint "}, 404),
    ],
)
def test_what_no_database_takes_is_refused_or_means_something(client, path, query, status):
    answer = client(Role.ADMIN).get(f"/v1/{path}", params=query)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    "content",
    [
        b'{"decision": "reject", "reason": "duplicate", "note": "\\ud800"}',
        b'{"decision": "reject", "reason": "duplicate", "note": "\\u0000"}',
        b'{"decision": "reject", "reason": "duplicate", "\\ud800": 1}',
        b'{"decision": "\\udfff"}',
        b'{"decision": 1e999}',
        b"[" * 20_000,
        b"\xff",
    ],
)
def test_what_no_text_can_hold_is_refused_and_changes_nothing(world, client, content):
    case_id = world.case()
    http = client(Role.REVIEWER)
    answer = http.post(
        f"/v1/cases/{case_id}/review",
        content=content,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code in {400, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert http.get(f"/v1/cases/{case_id}").json()["stage"] == "pending_review"


def test_every_operation_says_what_it_may_answer_and_shows_how_to_ask(client):
    document = client().get("/openapi.json", timeout=60).json()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            answers = set(operation["responses"])
            if path.startswith("/v1/"):
                of_nobody = operation.get("x-way-in") == WayIn.NOBODY
                guarded = {"401", "429"} if of_nobody else {"401", "403", "429", "503"}
                assert guarded <= answers, (method, path)
            if method == "post":
                assert {"400", "408", "413", "422"} <= answers, (method, path)
            for parameter in operation.get("parameters", []):
                shown = parameter.get("examples") or parameter["schema"].get("examples")
                bounded = {"enum", "default", "$ref"} & set(str(parameter["schema"]).split("'"))
                optional = not parameter["required"]
                assert shown or bounded or optional, (path, parameter["name"])


def test_a_picture_names_itself_under_any_prefix(world, client):
    picture = client(Role.VIEWER).get(f"/v1/cases/{world.case()}").json()["evidence"][1]
    http = client(Role.VIEWER)
    answer = http.get(picture["href"])
    shown = httpx.URL(f"https://city.example/streetwarden{picture['href']}")
    assert shown.join(answer.headers["content-location"]) == shown
