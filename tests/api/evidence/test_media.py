"""Pictures: masked by default, originals for a reason, and never without a record."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from api.access.roles import Role
from api.storage.tables import AccessRow


@pytest.fixture
def pictures(world, client):
    case = client(Role.ADMIN).get(f"/v1/cases/{world.case()}").json()
    return {item["role"]: item["sha256"] for item in case["evidence"]}


def looks(world):
    with world.database.read() as session:
        return list(session.scalars(select(AccessRow)))


def digest(answer):
    assert answer.status_code == 200, answer.text
    return hashlib.sha256(answer.content).hexdigest()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OFFICER, Role.AUDITOR])
def test_everybody_gets_the_masked_picture_by_default(world, client, pictures, role):
    http = client(role)
    answer = http.get(f"/v1/media/{pictures['original']}")
    assert digest(answer) == pictures["masked"]
    served = answer.url.join(answer.headers["content-location"])
    assert served.path == f"/v1/media/{pictures['masked']}"
    assert answer.headers["content-type"] == "image/jpeg"
    for kind in ("masked", "annotated"):
        assert digest(http.get(f"/v1/media/{pictures[kind]}")) == pictures[kind]
    assert looks(world) == []


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ADMIN])
def test_an_original_needs_a_right_and_a_reason_and_is_logged(world, client, pictures, role):
    http = client(role)
    path = f"/v1/media/{pictures['original']}"
    answer = http.get(path, params={"reason": "complaint 4711"})
    assert digest(answer) == pictures["original"]
    assert answer.headers["cache-control"] == "no-store"
    (look,) = looks(world)
    assert (look.actor, look.role, look.reason) == (f"a {role}", role, "complaint 4711")
    assert look.sha256 == pictures["original"]
    for empty in ("", "   ", "x"):
        assert http.get(path, params={"reason": empty}).status_code == 422
    assert len(looks(world)) == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER, Role.AUDITOR])
def test_a_reason_alone_opens_no_original(world, client, pictures, role):
    path = f"/v1/media/{pictures['original']}"
    assert client(role).get(path, params={"reason": "curious"}).status_code == 403
    assert looks(world) == []


def test_an_altered_picture_is_not_served(world, client, pictures):
    path = world.evidence.path(pictures["masked"])
    path.write_bytes(b"something else")
    answer = client(Role.VIEWER).get(f"/v1/media/{pictures['masked']}")
    assert answer.status_code == 503
    assert str(path) not in answer.text


def test_the_record_of_looks_only_grows(world, client, pictures):
    client(Role.ADMIN).get(f"/v1/media/{pictures['original']}", params={"reason": "for a test"})
    with pytest.raises(DatabaseError, match="append-only"), world.database.write() as session:
        session.execute(text("DELETE FROM access_log"))
