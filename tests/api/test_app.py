"""The first light of the API: an episode becomes a reviewed case."""

from __future__ import annotations

from api.roles import Role

CHECKS = {"authentic": True, "clear": True, "complete": True, "accurate": True}


def test_an_episode_becomes_a_case_that_a_person_confirms(world, client):
    case_id = world.case()
    http = client(Role.REVIEWER)
    page = http.get("/v1/cases").raise_for_status().json()
    assert [item["case_id"] for item in page["items"]] == [case_id]
    answer = http.post(
        f"/v1/cases/{case_id}/review", json={"decision": "confirm", "checks": CHECKS}
    )
    assert answer.status_code == 200, answer.text
    case = answer.json()
    assert case["stage"] == "confirmed"
    assert [entry["action"] for entry in case["log"]] == ["opened", "confirmed"]
    assert case["log"][1]["actor"] == "a reviewer"
    assert case["codes"][0]["code"] == "09006"
    assert case["where"]["department"]["code"] == "11421303MB1234567X"
    assert case["legal_use"] == "lead_only"
    assert http.get("/readyz").json()["ready"]
    assert 'streetwarden_cases{stage="confirmed"} 1.0' in http.get("/metrics").text
