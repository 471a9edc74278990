"""What is said over HTTP: the catalogue of words, and problems by code."""

from __future__ import annotations

import re

import httpx
import pytest

from api.access.roles import Role
from api.http.app import create_app
from api.words.catalogue import CATALOGUE
from api.words.said import LISTS
from tests.api.world import served
from vision.sentence import Sentence

CHECKS = {"authentic": True, "clear": True, "complete": True, "accurate": True}


def chinese(answer: httpx.Response, catalogue: dict[str, dict[str, dict[str, str]]]) -> str:
    """A problem as a console says it: from its code, its values and the catalogue alone."""
    problem = answer.json()
    words = catalogue["problems"][problem["code"]]
    return Sentence(words["zh"], words["en"]).say("zh", problem["params"], LISTS)


def test_the_catalogue_is_for_anybody_and_is_fetched_once(world):
    app = create_app(world.site, world.database, world.evidence)
    with served(app) as address, httpx.Client(base_url=address, trust_env=False) as http:
        first = http.get("/v1/words")
        tag = first.headers["ETag"]
        again = http.get("/v1/words", headers={"If-None-Match": f'"older", W/{tag}'})
        other = http.get("/v1/words", headers={"If-None-Match": '"older"'})
    assert first.status_code == other.status_code == 200
    assert "no-cache" in first.headers["Cache-Control"]
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert {name: set(words) for name, words in first.json().items()} == {
        name: {str(code) for code in words} for name, words in CATALOGUE.items()
    }
    assert "Zengdu" not in first.text, "nothing of the site"


def test_a_problem_can_be_said_in_chinese_from_its_code(world, client):
    case_id = world.case()
    li, wang, viewer = client(Role.REVIEWER), client(Role.REVIEWER), client(Role.VIEWER)
    words = viewer.get("/v1/words").json()
    assert li.post(f"/v1/cases/{case_id}/claim", json={}).status_code == 200
    review = {"decision": "confirm", "checks": CHECKS}

    held = wang.post(f"/v1/cases/{case_id}/review", json=review)
    assert (held.status_code, held.json()["code"]) == (409, "claimed_by_other")
    assert held.json()["params"]["by"] == "a reviewer"
    assert re.fullmatch(r"a reviewer正在审核此案，至[\d:]+ UTC；.+接手", chinese(held, words))

    forbidden = viewer.post(f"/v1/cases/{case_id}/review", json=review)
    assert chinese(forbidden, words) == "查看人员无权进行此操作；请联系管理员调整角色"

    assert li.post(f"/v1/cases/{case_id}/review", json=review).status_code == 200
    decided = li.post(f"/v1/cases/{case_id}/review", json=review)
    assert decided.json()["code"] == "step_not_possible"
    assert "file" not in decided.json()["possible"]
    assert chinese(decided, words) == (
        "案件状态为“已确认属实”，不能确认属实；请刷新案件，查看最新办理情况"
    )

    unknown = li.get("/v1/cases/SW-none")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "case_unknown")
    assert unknown.json()["params"] == {"case": "SW-none"}
    assert chinese(unknown, words) == "未找到案件SW-none，或您无权查看；请在案件列表中查找"


@pytest.mark.parametrize(
    ("body", "mistake"),
    [
        ({"decision": "confirm"}, ("/body", "checks_missing", {"needed": list(CHECKS)})),
        ({"decision": "reject"}, ("/body", "rejection_reason_missing", None)),
        ({}, ("/body/decision", "missing", {})),
        (
            {"decision": "confirm", "checks": CHECKS, "note": "secret" * 400},
            ("/body/note", "string_too_long", {"max_length": 2000}),
        ),
        ({"decision": "maybe"}, ("/body/decision", "literal_error", None)),
        (
            {"decision": "confirm", "checks": CHECKS, "more": 1},
            ("/body/more", "extra_forbidden", {}),
        ),
    ],
)
def test_each_mistake_of_a_body_has_a_code(world, client, body, mistake):
    pointer, code, params = mistake
    http = client(Role.REVIEWER)
    answer = http.post(f"/v1/cases/{world.case()}/review", json=body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid")
    (told,) = problem["errors"]
    assert (told["pointer"], told["code"]) == (pointer, code)
    assert params is None or told["params"] == params
    assert "secret" not in answer.text
    words = http.get("/v1/words").json()["invalid"][code]
    said = Sentence(words["zh"], words["en"]).say("zh", told["params"], LISTS)
    assert re.search("[\u4e00-\u9fff]", said)


def test_what_stands_at_the_door_has_codes_too(world):
    app = create_app(world.site, world.database, world.evidence)
    with served(app) as address, httpx.Client(base_url=address, trust_env=False) as http:
        told = {
            path: http.request(method, path, headers=headers).json()["code"]
            for method, path, headers in (
                ("GET", "/v1/cases", {}),
                ("GET", "/v1/site", {"Authorization": "Bearer sw_wrong"}),
                ("GET", "/nowhere", {}),
                ("DELETE", "/healthz", {}),
            )
        }
    assert told == {
        "/v1/cases": "sign_in_first",
        "/v1/site": "access_key_wrong",
        "/nowhere": "no_address",
        "/healthz": "no_method",
    }


def test_how_long_to_wait_is_a_value(world):
    app = create_app(world.site, world.database, world.evidence)
    wrong = {"name": "nobody", "password": "wrong"}
    with served(app) as address, httpx.Client(base_url=address, trust_env=False) as http:
        answers = [http.post("/v1/session", json=wrong) for _ in range(12)]
    last = answers[-1]
    assert (last.status_code, last.json()["code"]) == (429, "sign_in_waits")
    assert str(last.json()["params"]["wait_s"]) == last.headers["Retry-After"]
    assert answers[0].json()["code"] == "wrong_password"
