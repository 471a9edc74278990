"""The door for call-backs: a receiver's key or signature, or the same 401 whatever is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from api.access.rate_limit import Rate, RateLimits
from api.access.roles import Role
from api.http import app as http_app
from api.http.app import create_app
from tests.api.callbacks.calling import HOOK, OTHER, post, sent, signed, told
from tests.api.http.test_webhook_routes import Asleep
from tests.api.world import World, make_site, make_world, served

OLD = "whsec_" + "b2xkb2xk" * 4
ROTATING = {**HOOK, "secret": [HOOK["secret"], OLD]}


@pytest.fixture
def world(tmp_path) -> Iterator[World]:
    made = make_world(make_site(tmp_path, ROTATING, OTHER))
    yield made
    made.database.close()


@pytest.fixture
def address(world: World) -> Iterator[str]:
    asleep = Asleep(world.database, world.site)
    with served(create_app(world.site, world.database, world.evidence, outbox=asleep)) as where:
        yield where


@pytest.fixture
def http(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, trust_env=False, timeout=60) as made:
        yield made


def key(world: World, role: Role = Role.RECEIVER, **scope: list[str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.key(role, **scope)}"}


@pytest.mark.parametrize("secret", [HOOK["secret"], OLD])
def test_each_secret_of_a_receiver_that_was_sent_the_case_opens(world, http, secret):
    case_id = sent(world)
    said = told("filed", 1, case_id=case_id)
    first = post(http, case_id, signed(said, secret))
    assert (first.status_code, first.json()["state"]) == (200, "applied"), first.text
    assert first.json()["receiver"] == "main"
    again = post(http, case_id, signed(said, secret))  # signed anew, as each retry is
    assert (again.status_code, again.json()) == (200, first.json())
    unnamed = signed(told("dispatched", 2))
    assert post(http, case_id, unnamed).json()["said"]["id"] == "dispatched-2"
    conflict = post(http, case_id, signed({**said, "task_no": "RW-2"}, secret))
    assert conflict.status_code == 409
    assert "said something else" in conflict.json()["detail"]


def wrong_requests() -> dict[str, dict[str, object]]:
    """What no receiver has signed: by what is wrong with it."""
    good, now = signed(told("filed", 1)), datetime.now(UTC)

    def but(**headers: str | bytes) -> dict[str, object]:
        return {**good, "headers": {**good["headers"], **headers}}

    return {
        "forged": {**good, "content": good["content"].replace("RW-1", "RW-2")},
        "another's secret": signed(told("filed", 1), "whsec_" + "c3RyYW5nZXI" * 4),
        "stale": signed(told("filed", 1), at=now - timedelta(minutes=6)),
        "early": signed(told("filed", 1), at=now + timedelta(minutes=6)),
        "another id": but(**{"webhook-id": "other"}),
        "another time": but(**{"webhook-timestamp": str(int(now.timestamp()) - 60)}),
        "no time": but(**{"webhook-timestamp": "nan"}),
        "nonsense": but(**{"webhook-signature": "v1,=,,é v1".encode("latin-1")}),
        "empty": but(**{"webhook-signature": ""}),
        "no text": {**good, "content": b"\xff\xfe"},
        "a wrong key": but(Authorization="Bearer sw_abc_def"),
        "a wrong key, rightly signed": but(Authorization="Bearer sw_0123456789ab_" + "x" * 43),
        "nothing": {"json": told("filed", 1)},
    }


@pytest.mark.parametrize("wrong", list(wrong_requests()))
def test_what_nobody_signed_is_the_same_401_for_any_case(world, http, wrong):
    case_id = sent(world)
    answers = [post(http, of, wrong_requests()[wrong]) for of in (case_id, "SW-none")]
    assert {answer.status_code for answer in answers} == {401}
    told_of = [answer.json() for answer in answers]
    assert len({one.pop("request_id") for one in told_of}) == 2
    assert told_of[0] == told_of[1]
    assert world.read(case_id).stage == "confirmed"
    shown = http.get(f"/v1/cases/{case_id}/callbacks", headers=key(world, Role.VIEWER))
    assert shown.json()["items"] == []


def test_a_session_signs_nothing(world, http):
    case_id = sent(world)
    for role in (Role.ADMIN, Role.OFFICER):
        request = {"json": told("filed", 1), "headers": world.signed_in(role)}
        answers = [post(http, of, request) for of in (case_id, "SW-none")]
        assert [answer.status_code for answer in answers] == [401, 401]
        assert answers[0].json()["detail"] == answers[1].json()["detail"]


def test_wrong_signatures_make_their_address_wait_and_right_ones_pass(world, http):
    case_id = sent(world)
    forged = wrong_requests()["forged"]
    statuses = [post(http, case_id, forged).status_code for _ in range(8)]
    assert statuses[:5] == [401] * 5
    assert statuses[-1] == 429
    assert "Retry-After" in post(http, case_id, forged).headers
    assert post(http, case_id, signed(told("filed", 1))).status_code == 200


def test_a_receiver_that_signs_without_end_waits_and_another_does_not(world, monkeypatch):
    few = RateLimits(Rate(burst=2, per_s=1e-6), Rate(burst=99, per_s=1e-6))
    monkeypatch.setattr(http_app, "RateLimits", lambda: few)
    app = create_app(world.site, world.database, world.evidence)
    with (
        served(app) as where,
        httpx.Client(base_url=where, trust_env=False, timeout=60) as http,
    ):

        def said(secret: str) -> int:
            return post(http, "SW-none", signed(told("filed", 1), secret)).status_code

        assert [said(HOOK["secret"]) for _ in range(3)] == [404, 404, 429]
        assert said(OLD) == 429, "the same receiver's"
        assert said(OTHER["secret"]) == 404


def test_a_key_or_reader_of_another_division_finds_nothing(world, http):
    """The gate and its case are in 421303, the site's."""
    case_id = sent(world)
    there = key(world, divisions=["421302"])
    assert post(http, case_id, {"json": told("filed", 1), "headers": there}).status_code == 404
    here = key(world, divisions=["421303"])
    assert post(http, case_id, {"json": told("filed", 1), "headers": here}).status_code == 200
    waits = {"json": told("verified", 3), "headers": here}
    assert post(http, case_id, waits).json()["state"] == "waiting"
    for divisions, found in ((["421302"], 0), (["421303"], 1), (["4213"], 1), ([], 1)):
        reader = key(world, Role.AUDITOR, divisions=divisions)
        listed = http.get("/v1/cases", params={"number": "RW-1"}, headers=reader).json()["items"]
        assert len(listed) == found, divisions
        assert len(http.get("/v1/callbacks", headers=reader).json()["items"]) == found
        of_case = http.get(f"/v1/cases/{case_id}/callbacks", headers=reader)
        assert of_case.status_code == (200 if found else 404)
    # The number of one division's case, looked for by a key of the other in the same list.
    both = key(world, Role.VIEWER, divisions=["421302", "421304"])
    assert http.get("/v1/cases", params={"number": "RW-1"}, headers=both).json()["items"] == []


def test_who_was_never_sent_the_case_and_other_roles_get_nowhere(world, http):
    case_id = sent(world)
    waiting = post(http, case_id, signed(told("filed", 1), OTHER["secret"]))
    assert waiting.status_code == 404
    assert post(http, "SW-none", signed(told("filed", 1))).status_code == 404
    for role in set(Role) - {Role.RECEIVER}:
        request = {"json": told("filed", 1), "headers": key(world, role)}
        assert post(http, case_id, request).status_code == 403, role
    scoped = {"json": told("filed", 1), "headers": key(world, cameras=["yard"])}
    assert post(http, case_id, scoped).status_code == 404
    # A signature opens this one door.
    for path in ("steps", "review", "callbacks/"):
        request = signed(told("filed", 1))
        assert http.post(f"/v1/cases/{case_id}/{path}", **request).status_code == 401
    headers = signed(told("filed", 1))["headers"]
    assert http.get(f"/v1/cases/{case_id}/callbacks", headers=headers).status_code == 401


def test_a_key_calls_back_with_the_id_in_the_body(world, http):
    case_id, headers = sent(world), key(world)
    without = {name: said for name, said in told("filed", 1).items() if name != "id"}
    assert post(http, case_id, {"json": without, "headers": headers}).status_code == 422
    good = {"json": told("filed", 1, media=[{"href": "http://10.0.0.1/a.jpg"}])}
    answer = post(http, case_id, {**good, "headers": headers})
    assert (answer.status_code, answer.json()["state"]) == (200, "applied")
    for bad in (
        {**told("filed", 2), "event": "confirmed"},
        {**told("filed", 2), "task_no": None},
        {**told("filed", 2), "at": "2026-05-21 12:00:00"},
        {**told("handled", 2), "media": [{"href": "javascript:alert(1)"}]},
        {**told("handled", 2), "media": [{"href": "https://a.example/x"}] * 11},
        {**told("handled", 2), "note": "x" * 2001},
        {**told("closed", 2), "outcome": "withdrawn"},
    ):
        refused = post(http, case_id, {"json": bad, "headers": headers})
        assert refused.status_code == 422, bad
    other_id = signed({**told("dispatched", 2), "id": "one"})
    other_id["content"] = other_id["content"].replace('"one"', '"two"')
    assert post(http, case_id, other_id).status_code == 401
    large = {"content": b'"' + b"x" * 70_000, "headers": signed(told("filed", 1))["headers"]}
    assert post(http, case_id, large).status_code == 413


def test_lists_show_what_was_not_applied_and_why_page_by_page(world, http):
    case_id, another = sent(world), sent(world)
    for said in (told("handled", 3), told("verified", 4), told("filed", 1)):
        assert post(http, case_id, signed(said)).status_code == 200
    assert post(http, another, signed({**told("closed", 5), "id": "x"})).status_code == 200
    admin = key(world, Role.ADMIN)

    def listed(path: str, **query: object) -> list[tuple[str, str]]:
        answer = http.get(path, params=query, headers=admin)
        assert answer.status_code == 200, answer.text
        return [(one["said"]["event"], one["state"]) for one in answer.json()["items"]]

    waits = [("verified", "waiting"), ("handled", "waiting")]
    assert listed(f"/v1/cases/{case_id}/callbacks") == [("filed", "applied"), *waits]
    assert listed("/v1/callbacks") == [("closed", "waiting"), *waits]
    assert listed("/v1/callbacks", state="applied") == [("filed", "applied")]
    page = http.get("/v1/callbacks", params={"limit": 1}, headers=admin).json()
    assert listed("/v1/callbacks", limit=5, cursor=page["next"]) == waits
    assert "waits until the case is emitted" not in page["items"][0]["reason"]
    yard = key(world, Role.AUDITOR, cameras=["yard"])
    assert http.get("/v1/callbacks", headers=yard).json()["items"] == []
    found = http.get("/v1/cases", params={"number": "RW-1"}, headers=admin).json()["items"]
    assert [case["case_id"] for case in found] == [case_id]
