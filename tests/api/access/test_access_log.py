"""The access log: who got which original or export, when, why and from where; nobody changes it."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from api.access.access_log import What, note_access
from api.access.roles import Principal, Role
from api.http.app import create_app
from tests.api.world import served


def test_an_auditor_reads_who_looked_and_who_took_a_package(world):
    case = world.case()
    original = next(e.sha256 for e in world.read(case).evidence if e.role == "original")
    app = create_app(world.site, world.database, world.evidence)
    with (
        served(app) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=60) as http,
    ):
        officer = world.signed_in(Role.OFFICER)
        assert http.get(f"/v1/media/{original}", headers=officer).status_code == 200
        look = {"reason": "complaint 4711"}
        assert http.get(f"/v1/media/{original}", params=look, headers=officer).is_success
        package = {"scope": "officer", "reason": "file 0815"}
        path = f"/v1/cases/{case}/package"
        assert http.get(path, params={"scope": "officer"}, headers=officer).status_code == 403
        assert http.get(path, params=package, headers=officer).is_success
        auditor = world.signed_in(Role.AUDITOR)
        page = http.get("/v1/access-log", headers=auditor).json()
        told = [(one["what"], one["detail"], one["sha256"], one["reason"]) for one in page["items"]]
        assert told == [
            ("original", "", original, "file 0815"),
            ("package", "scope officer", None, "file 0815"),
            ("original", "", original, "complaint 4711"),
        ]
        mine = http.get("/v1/session", headers=officer).json()
        for one in page["items"]:
            assert (one["actor"], one["unit"], one["key_id"]) == (
                "a officer",
                "East squad",
                mine["id"],
            )
            assert (one["address"], one["role"], one["case_id"]) == ("127.0.0.1", "officer", case)
        first = http.get("/v1/access-log", params={"limit": 2}, headers=auditor).json()
        rest = {"limit": 2, "cursor": first["next"]}
        second = http.get("/v1/access-log", params=rest, headers=auditor).json()
        assert first["items"] + second["items"] == page["items"]
        assert second["next"] is None
        for narrowed, count in (
            ({"what": "package"}, 1),
            ({"what": "export"}, 0),
            ({"case": case}, 3),
            ({"case": "SW-other"}, 0),
            ({"by": mine["id"]}, 3),
            ({"since": page["items"][2]["at"]}, 3),
            ({"until": page["items"][2]["at"]}, 0),
        ):
            found = http.get("/v1/access-log", params=narrowed, headers=auditor).json()["items"]
            assert len(found) == count, narrowed


def test_what_is_about_many_cases_is_for_who_sees_all(world, client):
    who = Principal("command", "Zhang", Role.ADMIN)
    with world.database.write() as session:
        note_access(session, who, What.EXPORT, "annual filing", detail="cases-2026.csv")
    whole = client(Role.AUDITOR).get("/v1/access-log").json()["items"]
    assert [(one["what"], one["case_id"]) for one in whole] == [("export", None)]
    assert client(Role.AUDITOR, cameras=["gate"]).get("/v1/access-log").json()["items"] == []


@pytest.mark.parametrize("change", ["UPDATE access_log SET actor = 'me'", "DELETE FROM access_log"])
def test_nobody_changes_the_log(world, change):
    with world.database.write() as session:
        note_access(session, Principal("k", "Li", Role.OFFICER), What.EXPORT, "why not")
    with pytest.raises(DatabaseError, match="append-only"), world.database.write() as session:
        session.execute(text(change))
