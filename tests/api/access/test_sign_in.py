"""Users: signing in, who one is, how long it lasts, signing out, passwords, and locking out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import event, select, text, update

from api.access import lockout, passwords
from api.access.backoff import LONGEST_WAIT_S
from api.access.lockout import Lockout
from api.access.roles import Role
from api.access.sessions import MOST, SessionStore
from api.access.sign_in import SignInDesk
from api.access.users import Change, UserStore
from api.errors import AccountTaken, CaseError, SignInFailed, SignInWaits
from api.http.app import create_app
from api.storage.tables import SessionRow, SignInRow, UserRow
from tests.api.world import World, make_site, make_world, served

PASSWORD = "korrekt horse battery"
HERE = "192.0.2.7"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost little; how much real ones cost is asked by one test."""
    monkeypatch.setattr(
        passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    )
    monkeypatch.setattr(passwords, "_nobodys", [])


def test_a_password_costs_what_rfc_9106_recommends(monkeypatch):
    monkeypatch.undo()
    assert passwords.hashed(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.fixture
def users(world: World) -> UserStore:
    return UserStore(world.database)


@pytest.fixture
def desk(world: World) -> SignInDesk:
    return SignInDesk(world.database, SessionStore(world.database, world.site.access))


@pytest.fixture
def li(users: UserStore) -> str:
    more = Change(label="Li Wei", unit="East squad", divisions=["421303"])
    return users.add("Li.Wei", Role.OFFICER, PASSWORD, more).id


@pytest.fixture
def http(world: World, li: str) -> Iterator[httpx.Client]:
    app = create_app(world.site, world.database, world.evidence)
    with (
        served(app) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=60) as client,
    ):
        yield client


def sign_in(http: httpx.Client, name: str = "li.wei", password: str = PASSWORD) -> httpx.Response:
    answer = http.post("/v1/session", json={"name": name, "password": password})
    if answer.status_code == 201:
        http.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return answer


def test_a_user_signs_in_works_and_signs_out(world, http, li):
    assert http.get("/v1/session").status_code == 401
    answer = sign_in(http, "  LI.WEI ")
    assert answer.status_code == 201, answer.text
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("streetwarden=")
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= {c.strip() for c in cookie.split(";")}
    me = http.get("/v1/session").json()
    assert me == answer.json()
    assert (me["id"], me["label"], me["unit"]) == (li, "Li Wei", "East squad")
    assert (me["role"], me["user"], me["divisions"]) == ("officer", True, ["421303"])
    case = world.case()
    rejected = {"decision": "reject", "reason": "duplicate"}
    assert http.post(f"/v1/cases/{case}/review", json=rejected).status_code == 200
    entry = world.read(case).log[-1]
    assert (entry.actor, entry.key_id) == ("Li Wei", li)
    secret = dict(http.cookies)["streetwarden"]
    assert http.delete("/v1/session").status_code == 204
    assert "streetwarden" not in http.cookies
    http.cookies.set("streetwarden", secret)
    assert http.get("/v1/session").status_code == 401, "the session itself has ended"


def test_neither_password_nor_secret_is_stored(world, http, li):
    sign_in(http)
    secret = http.cookies["streetwarden"]
    with world.database.read() as session:
        stored = [
            repr(row)
            for table in ("users", "sessions", "failed_sign_ins")
            for row in session.execute(text(f"SELECT * FROM {table}"))
        ]
        assert session.scalars(select(UserRow.password)).one().startswith("$argon2id$")
    assert not [row for row in stored if PASSWORD in row or secret in row]
    assert any(hashlib.sha256(secret.encode()).hexdigest() in row for row in stored)


def test_a_wrong_name_and_a_wrong_password_are_answered_alike(world, http, users, li, monkeypatch):
    """In the same words, and after the same work."""
    users.change(users.add("gone", Role.ADMIN, PASSWORD).id, Change(disabled=True))
    asked: list[str] = []
    really = passwords._HASHER.verify

    class Counted:
        def verify(self, stored: str, given: bytes) -> bool:
            asked.append(stored.rpartition("$")[0].rpartition("$")[0])  # what work it takes
            return really(stored, given)

    passwords.matches(None, "the hash that is nobody's is made")
    monkeypatch.setattr(passwords, "_HASHER", Counted())
    answers = [
        sign_in(http, name, given)
        for name, given in (
            ("li.wei", "no such password"),
            ("nobody", PASSWORD),
            ("gone", PASSWORD),
            ("\ud7ff", PASSWORD),
        )
    ]
    assert {answer.status_code for answer in answers} == {401}
    told = [answer.json() for answer in answers]
    assert len({one.pop("request_id") for one in told}) == len(told)
    assert told == [told[0]] * len(told)
    assert not [answer for answer in answers if "set-cookie" in answer.headers]
    assert len(asked) == 4
    assert len(set(asked)) == 1


def test_who_guesses_waits_and_the_user_does_not(desk, li):
    for _ in range(lockout.FREE + 1):
        with pytest.raises(SignInFailed):
            desk.sign_in("li.wei", "a guess, a wrong one", "203.0.113.9")
    with pytest.raises(SignInWaits) as waits:
        desk.sign_in("li.wei", PASSWORD, "203.0.113.9")
    assert 0 < waits.value.wait_s <= LONGEST_WAIT_S
    assert desk.sign_in("li.wei", PASSWORD, HERE).secret, "from where nobody guessed"
    assert desk.sign_in("li.wei", PASSWORD, "2001:db8::1").secret


def test_the_wait_doubles_up_to_a_bound_and_ends(world, li):
    lock = Lockout(world.database)
    waits = []
    for _ in range(lockout.FREE + 11):
        assert lock.reserve("li.wei", HERE) == 0, "it may try again when its wait is over"
        with world.database.write() as session:
            rows = session.scalars(select(SignInRow).where(SignInRow.until.is_not(None))).all()
            waits += [round((row.until - row.last_at).total_seconds()) for row in rows]
            for row in rows:  # time passes
                row.until = row.last_at
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, LONGEST_WAIT_S, LONGEST_WAIT_S]


def test_an_address_that_tries_many_names_waits_whatever_the_name(world, desk, li):
    lock = Lockout(world.database)
    for n in range(lockout.FREE_ADDRESS + 1):
        assert lock.reserve(f"name-{n}", HERE) == 0
    with pytest.raises(SignInWaits):
        desk.sign_in("li.wei", PASSWORD, HERE)
    # Who has an account of their own gets no more guesses at others' by signing in between.
    lock.forget("name-1", HERE)
    for n in range(2):
        lock.reserve(f"again-{n}", HERE)
    assert lock.reserve("again", HERE) > 0


def test_a_session_ends_when_nobody_does_anything_and_in_any_case(world, http, li):
    sign_in(http)
    now = datetime.now(UTC)
    idle, longest = world.site.access.idle, world.site.access.session
    row = http.get("/v1/session").json()
    assert abs(datetime.fromisoformat(row["expires_at"]) - (now + longest)) < timedelta(minutes=1)

    def set_(**values: datetime) -> None:
        with world.database.write() as session:
            session.execute(update(SessionRow).values(**values))

    # The page that asks by itself keeps nobody signed in; a person who does something does.
    set_(last_seen_at=now - idle + timedelta(minutes=1))
    assert http.get("/v1/session", headers={"X-Idle": "1"}).status_code == 200
    set_(last_seen_at=now - idle)
    assert http.get("/v1/session", headers={"X-Idle": "1"}).status_code == 401
    set_(last_seen_at=now - idle + timedelta(minutes=1))
    assert http.get("/v1/session").status_code == 200
    set_(last_seen_at=now - idle)
    assert http.get("/v1/session", headers={"X-Idle": "1"}).status_code == 200, "a moment ago"
    set_(expires_at=now)
    assert http.get("/v1/session").status_code == 401


def test_signing_out_everywhere_and_a_new_password_end_all_sessions(world, http, desk, li):
    sessions = SessionStore(world.database, world.site.access)
    other = desk.sign_in("li.wei", PASSWORD, HERE).secret
    sign_in(http)
    assert sessions.verify(other) is not None
    assert http.delete("/v1/session", params={"everywhere": True}).status_code == 204
    assert sessions.verify(other) is None
    other = desk.sign_in("li.wei", PASSWORD, HERE).secret
    sign_in(http)
    before = http.cookies["streetwarden"]
    new = "another battery staple"
    change = {"current": "not this one at all", "new": new}
    assert http.post("/v1/session/password", json=change).status_code == 401
    assert (
        http.post("/v1/session/password", json={"current": PASSWORD, "new": "short"})
        .json()["detail"]
        .startswith("a password has 12 to 128 characters")
    )
    answer = http.post("/v1/session/password", json={"current": PASSWORD, "new": new})
    assert answer.status_code == 200, answer.text
    assert sessions.verify(other) is None
    assert sessions.verify(before) is None
    assert http.get("/v1/session").status_code == 200
    http.cookies.clear()
    assert sign_in(http).status_code == 401
    assert sign_in(http, password=new).status_code == 201


def test_a_user_has_so_many_sessions_and_the_oldest_ends(world, desk, li):
    sessions = SessionStore(world.database, world.site.access)
    made = [sessions.begin(li, HERE).secret for _ in range(MOST + 2)]
    assert [sessions.verify(one) is not None for one in made] == [False, False] + [True] * MOST


def test_admins_manage_users_and_keys_which_take_effect_at_once(world, http, users):
    users.add("root.admin", Role.ADMIN, PASSWORD)
    assert sign_in(http, "root.admin").status_code == 201
    new = {"name": "Wang", "role": "viewer", "password": PASSWORD, "cameras": ["gate"]}
    made = http.post("/v1/users", json=new)
    assert made.status_code == 201, made.text
    assert "argon2" not in made.text
    assert http.post("/v1/users", json=new | {"name": "WANG"}).status_code == 409
    for wrong, status in (
        ({"password": "Zhao is my name"}, 409),
        ({"name": "two words"}, 409),
        ({"kinds": ["littering"]}, 422),
        ({"divisions": ["%"]}, 422),
    ):
        assert http.post("/v1/users", json=new | {"name": "zhao"} | wrong).status_code == status
    wang = made.json()["id"]
    sessions = SessionStore(world.database, world.site.access)
    secret = sessions.begin(wang, HERE).secret
    assert http.patch(f"/v1/users/{wang}", json={"role": "auditor", "cameras": []}).is_success
    who = sessions.verify(secret)
    assert (who.role, who.cameras) == (Role.AUDITOR, None)
    assert http.patch(f"/v1/users/{wang}", json={"disabled": True}).json()["disabled_at"]
    assert sessions.verify(secret) is None
    mine = http.get("/v1/session").json()["id"]
    for change in ({"disabled": True}, {"role": "viewer"}):
        assert http.patch(f"/v1/users/{mine}", json=change).status_code == 409
    listed = {user["name"]: user["role"] for user in http.get("/v1/users").json()["items"]}
    assert listed == {"li.wei": "officer", "root.admin": "admin", "wang": "auditor"}

    key = http.post("/v1/keys", json={"label": "cases", "role": "receiver", "expires_days": 9})
    assert key.status_code == 201
    assert world.keys.verify(key.json()["key"]).role is Role.RECEIVER
    (row,) = http.get("/v1/keys").json()["items"]
    assert (row["active"], row["last_used_at"]) == (True, None)
    assert key.json()["key"] not in http.get("/v1/keys").text
    assert http.delete(f"/v1/keys/{row['id']}").status_code == 204
    assert world.keys.verify(key.json()["key"]) is None


def test_a_key_was_last_used_by_the_minute_and_not_by_the_request(world):
    statements: list[str] = []
    app = create_app(world.site, world.database, world.evidence)
    key = world.key(Role.VIEWER)
    with (
        served(app) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=60) as http,
    ):
        event.listen(
            world.database.engine,
            "before_cursor_execute",
            lambda *given: statements.append(given[2]),
        )
        http.headers["Authorization"] = f"Bearer {key}"
        for _ in range(20):
            assert http.get("/v1/kinds").status_code == 200
    written = [said for said in statements if said.startswith("UPDATE api_keys")]
    assert len(written) == 1, "stored once, at the latest when the server stops"
    (info,) = world.keys.list()
    assert info.last_used_at is not None
    assert datetime.now(UTC) - info.last_used_at < timedelta(minutes=5)


def test_who_signs_in_from_another_sites_page_is_refused(http):
    given = {"name": "li.wei", "password": PASSWORD}
    answer = http.post("/v1/session", json=given, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    form = "name=li.wei&password=" + PASSWORD
    kind = {"Content-Type": "text/plain"}  # what another page can send without asking first
    assert http.post("/v1/session", content=form, headers=kind).status_code == 422


@pytest.mark.parametrize(
    ("url", "name", "path"),
    [
        ("https://city.example", "__Host-streetwarden", "/"),
        ("https://city.example/streetwarden/", "__Secure-streetwarden", "/streetwarden/"),
        ("http://10.0.0.5:8000/sw", "streetwarden", "/sw/"),
    ],
)
def test_the_cookie_and_the_headers_fit_the_address_from_outside(tmp_path, url, name, path):
    world = make_world(make_site(tmp_path, site={"name": "t", "url": url}))
    UserStore(world.database).add("li.wei", Role.OFFICER, PASSWORD)
    app = create_app(world.site, world.database, world.evidence)
    with served(app) as address, httpx.Client(base_url=address, trust_env=False) as http:
        given = {"name": "li.wei", "password": PASSWORD}
        answer = http.post("/v1/session", json=given)
        parts = [part.strip() for part in answer.headers["set-cookie"].split(";")]
        assert parts[0].startswith(f"{name}=")
        assert f"Path={path}" in parts
        assert ("Secure" in parts) == url.startswith("https")
        seen = http.get("/v1/session", headers={"Cookie": parts[0]})
        assert seen.status_code == 200
        # Neither another's prefix nor none at all is taken for it.
        bare = http.get("/v1/session", headers={"Cookie": f"x-{parts[0]}"})
        assert bare.status_code == 401
        told = seen.headers.get("strict-transport-security")
        assert (told is not None) == url.startswith("https")
        assert seen.headers["cache-control"] == "no-store"
    world.database.close()


def test_senseless_users_are_refused(users, li):
    for name, password, said in (
        ("li wei", PASSWORD, "no spaces"),
        ("", PASSWORD, "no spaces"),
        ("zhao", "aaaaaaaaaaaaaa", "guessed"),
        ("zhao", "Zhao and friends", "guessed"),
        ("zhao", "x" * 129, "12 to 128"),
    ):
        with pytest.raises(CaseError, match=said):
            users.add(name, Role.VIEWER, password)
    with pytest.raises(AccountTaken):
        users.add("ＬＩ.wei", Role.VIEWER, PASSWORD)  # full-width letters are the same name
