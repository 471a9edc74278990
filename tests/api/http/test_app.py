"""The HTTP face: what it lists and answers, and how it says no."""

from __future__ import annotations

import threading
from datetime import timedelta

import httpx
import pytest
from fastapi.openapi.models import OpenAPI
from sqlalchemy import text
from sqlalchemy.orm import Session

from api.access.roles import Role
from api.http.app import create_app
from api.http.guards import LARGEST_BODY
from api.http.way_in import WayIn
from tests.api.world import NOON, make_event, served

CHECKS = {"authentic": True, "clear": True, "complete": True, "accurate": True}
CONFIRM = {"decision": "confirm", "checks": CHECKS}


def test_an_episode_becomes_a_case_that_a_person_confirms(world, client):
    case_id = world.case()
    http = client(Role.REVIEWER)
    page = http.get("/v1/cases").raise_for_status().json()
    assert [item["case_id"] for item in page["items"]] == [case_id]
    answer = http.post(f"/v1/cases/{case_id}/review", json=CONFIRM | {"note": "on the kerb"})
    assert answer.status_code == 200, answer.text
    case = answer.json()
    assert case["stage"] == "confirmed"
    assert [entry["action"] for entry in case["log"]] == ["opened", "confirmed"]
    entry = case["log"][1]
    assert (entry["actor"], entry["data"]["note"]) == ("a reviewer", "on the kerb")
    assert entry["data"]["checks"] == CHECKS
    again = http.post(f"/v1/cases/{case_id}/review", json=CONFIRM)
    assert again.status_code == 409
    assert again.headers["content-type"] == "application/problem+json"
    assert "confirmed cannot confirm" in again.json()["detail"]
    assert 'streetwarden_cases{stage="confirmed"} 1.0' in http.get("/metrics").text


@pytest.mark.parametrize(
    "body",
    [
        {"decision": "confirm"},
        {"decision": "confirm", "checks": CHECKS | {"clear": False}},
        CONFIRM | {"reason": "permitted"},
        {"decision": "reject"},
        {"decision": "reject", "reason": "because"},
        {"decision": "fine"},
        CONFIRM | {"extra": 1},
        CONFIRM | {"note": "x" * 2001},
        [],
    ],
)
def test_an_incomplete_review_is_refused_and_changes_nothing(world, client, body):
    case_id = world.case()
    http = client(Role.REVIEWER)
    answer = http.post(f"/v1/cases/{case_id}/review", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/body")
    assert "xxxx" not in answer.text, "what was sent is not repeated"
    assert http.get(f"/v1/cases/{case_id}").json()["stage"] == "pending_review"


def test_of_reviewers_at_the_same_time_exactly_one_wins(world, client):
    case_id = world.case()
    clients = [client(Role.REVIEWER) for _ in range(8)]
    barrier, answers = threading.Barrier(8), []

    def review(n: int) -> None:
        body = CONFIRM if n % 2 else {"decision": "reject", "reason": "duplicate"}
        barrier.wait()
        answers.append(clients[n].post(f"/v1/cases/{case_id}/review", json=body).status_code)

    threads = [threading.Thread(target=review, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] + [409] * 7
    assert len(clients[0].get(f"/v1/cases/{case_id}").json()["log"]) == 2


def test_cases_are_paged_and_filtered(world, client):
    made = [
        world.case(kind="dirty_truck", subtype="spill", at=NOON + timedelta(hours=n))
        for n in range(5)
    ]
    stall = world.case()
    http = client(Role.VIEWER)
    seen, cursor = [], ""
    while cursor is not None:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = http.get("/v1/cases", params=query).json()
        seen += [item["case_id"] for item in page["items"]]
        cursor = page["next"]
    assert len(seen) == 6
    assert set(seen) == {*made, stall}

    def listed(**query: str) -> set[str]:
        answer = http.get("/v1/cases", params=query)
        return {item["case_id"] for item in answer.json()["items"]}

    assert listed(kind="street_vending") == {stall}
    assert listed(stage="confirmed") == set()
    assert listed(camera="yard") == set()
    since, until = (NOON + timedelta(hours=1)).isoformat(), "2026-05-21T07:00:00Z"
    assert listed(since=since, until=until) == set(made[1:3])
    assert listed(near="113.381,31.71,200") == {*made, stall}
    assert listed(near="113.39,31.71,200") == set()
    for wrong in ({"since": "2026-05-21T07:00:00"}, {"limit": "0"}, {"near": "x"}, {"sort": "id"}):
        assert http.get("/v1/cases", params=wrong).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/cases/SW-none", 404),
        ("GET", "/v1/nothing", 404),
        ("DELETE", "/v1/cases", 405),
        ("GET", "/v1/media/" + "0" * 64, 404),
        ("GET", "/v1/media/..%2f..%2fetc", 404),
        ("GET", "/v1/media/ABC", 422),
        ("GET", "/v1/cameras/none/snapshot", 404),
        ("GET", "/v1/cameras/gate/snapshot", 404),
        ("GET", "/v1/webhooks/none/deliveries", 404),
        ("GET", "/static/../index.html", 404),
        ("GET", "/static/none.js", 404),
    ],
)
def test_every_refusal_is_problem_details(client, method, path, status):
    answer = client(Role.ADMIN).request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["detail"]


def test_a_large_body_is_refused_with_and_without_its_length(world, client):
    path = f"/v1/cases/{world.case()}/review"
    http = client(Role.ADMIN)
    big = b" " * (LARGEST_BODY + 1)
    for content in (big, iter([big[:40_000], big[40_000:]])):
        answer = http.post(path, content=content)
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_fault_tells_nothing_of_the_inside(world, monkeypatch, caplog):
    app = create_app(world.site, world.database, world.evidence)
    secret = "postgresql://user:password@host"

    def fail(*_: object) -> None:
        raise RuntimeError(secret)

    monkeypatch.setattr("api.cases.store.CaseStore.page", fail)
    with served(app) as address:
        key = world.key(Role.ADMIN)
        headers = {"Authorization": f"Bearer {key}"}
        answer = httpx.get(f"{address}/v1/cases", headers=headers, trust_env=False)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "password" not in answer.text
    incident = answer.json()["detail"].split()[-1]
    assert incident in caplog.text


def test_the_page_is_served_under_a_strict_policy(client):
    http = client()
    page = http.get("/")
    assert '<html lang="en">' in page.text
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert http.get("/static/app.js").headers["content-type"].startswith("text/javascript")


def test_the_openapi_document_is_valid_and_complete(client):
    document = client().get("/openapi.json", timeout=60).json()
    parsed = OpenAPI.model_validate(document)
    assert document["openapi"].startswith("3.1")
    assert "case" in document["webhooks"]
    schemas = document["components"]["schemas"]
    assert set(_references(document)) <= {f"#/components/schemas/{name}" for name in schemas}
    ids = []
    open_paths = {"/healthz", "/readyz", "/metrics"}
    assert parsed.paths is not None
    for path, item in document["paths"].items():
        for method, operation in item.items():
            ids.append(operation["operationId"])
            assert operation["summary"], path
            # GeoReport v2 has its key among the parameters, and 403 where others have 401.
            georeport = path.startswith("/open311/")
            without = operation.get("x-way-in") in {WayIn.PASSWORD, WayIn.NOBODY}
            own_way = path in open_paths or georeport or without
            assert ("security" in operation) != own_way, path
            if path not in open_paths and operation.get("x-way-in") != WayIn.NOBODY:
                refused = {"403"} if georeport else {"401", "403"}
                assert refused <= set(operation["responses"]), (method, path)
    assert len(ids) == len(set(ids))
    assert document["components"]["securitySchemes"]["AccessKey"]["scheme"] == "bearer"
    examples = schemas["ReviewRequest"]["examples"]
    assert [example["decision"] for example in examples] == ["confirm", "reject"]


def _references(node: object):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def test_a_hostile_name_is_only_data(world, client):
    name = "<script>alert(1)</script>"
    case_id = world.take(make_event(zone=name))
    assert client(Role.VIEWER).get(f"/v1/cases/{case_id}").json()["zone"] == name


def test_a_question_that_takes_too_long_is_stopped_with_what_to_do(world, client, monkeypatch):
    """Nobody's question keeps the others from being served."""

    def endless(session: Session, *_: object, **_more: object) -> list[str]:
        rows = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
        )
        return list(session.scalars(text(rows)))

    monkeypatch.setattr("api.cases.store.find", endless)
    monkeypatch.setattr("api.storage.engine.LONGEST_S", 0.1)
    answer = client(Role.VIEWER).get("/v1/cases")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert "ask for less" in answer.json()["detail"]
    monkeypatch.undo()
    assert client(Role.VIEWER).get("/v1/cases").status_code == 200
