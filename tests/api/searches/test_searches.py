"""Saved searches: everybody's own, bounded, gone with who kept them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from api.access.keys import KeyStore
from api.access.roles import Role
from api.access.users import Change, UserStore
from api.searches import desk
from api.searches.desk import SearchDesk, rules
from api.storage.pruning import prune

WAITS = {"stage": ["pending_review", "second_review"], "text": "解放路", "order": "oldest"}


def test_a_search_is_kept_replaced_and_deleted(client):
    http = client(Role.VIEWER)
    made = http.post("/v1/searches", json={"name": " 解放路 ", "query": WAITS}).json()
    assert (made["name"], made["query"]) == ("解放路", WAITS)
    again = http.post("/v1/searches", json={"name": "解放路", "query": {"due": "today"}}).json()
    assert again["id"] == made["id"]
    (listed,) = http.get("/v1/searches").json()["items"]
    assert listed == again
    # It is a list's own parameters.
    assert http.get("/v1/cases", params=listed["query"]).status_code == 200
    assert http.get("/v1/cases", params=WAITS).status_code == 200
    assert http.delete(f"/v1/searches/{made['id']}").status_code == 204
    assert http.delete(f"/v1/searches/{made['id']}").status_code == 404
    assert http.get("/v1/searches").json() == {"items": []}


def test_a_search_is_nobody_elses(client):
    mine, others = client(Role.VIEWER), client(Role.ADMIN)
    kept = mine.post("/v1/searches", json={"name": "mine", "query": {}}).json()
    assert others.get("/v1/searches").json() == {"items": []}
    assert others.delete(f"/v1/searches/{kept['id']}").status_code == 404
    assert others.post("/v1/searches", json={"name": "mine", "query": {}}).status_code == 200
    assert len(mine.get("/v1/searches").json()["items"]) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "  ", "query": {}},
        {"name": "x" * 101, "query": {}},
        {"name": "x", "query": {"stage": ["nowhere"]}},
        {"name": "x", "query": {"cursor": "SW-1"}},
        {"name": "x"},
    ],
)
def test_what_is_no_search_is_refused(client, wrong):
    assert client(Role.VIEWER).post("/v1/searches", json=wrong).status_code == 422


def test_so_many_and_no_more(client, monkeypatch):
    monkeypatch.setattr(desk, "MOST", 2)
    http = client(Role.VIEWER)
    for name in ("a", "b", "a"):
        assert http.post("/v1/searches", json={"name": name, "query": {}}).status_code == 200
    refused = http.post("/v1/searches", json={"name": "c", "query": {}})
    assert refused.status_code == 409
    assert "delete one first" in refused.json()["detail"]


def test_searches_go_with_the_key_and_stay_with_the_user(world):
    searches, keys = SearchDesk(world.database), KeyStore(world.database)
    gone, stays = (keys.verify(keys.create(name, Role.VIEWER).key) for name in ("gone", "stays"))
    for who in (gone, stays):
        searches.save(who, "mine", {})
    keys.revoke(gone.key_id)
    user = UserStore(world.database).add("li", Role.VIEWER, "four words of one's own")
    from api.access.sessions import SessionStore

    sessions = SessionStore(world.database, world.site.access)
    person = sessions.verify(sessions.begin(user.id, "127.0.0.1").secret)
    searches.save(person, "mine", {})
    UserStore(world.database).change(user.id, Change(disabled=True))
    assert prune(world.database, rules(), datetime.now(UTC)) == {"saved searches": 1}
    assert searches.list(gone) == []
    assert [len(searches.list(who)) for who in (stays, person)] == [1, 1]
