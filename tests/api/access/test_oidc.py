"""Signing in at an identity provider: the whole round, and everything that must not be let in."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import select

from api.access.roles import Role
from api.access.users import Change, UserStore
from api.http.app import create_app
from api.http.way_in import WayIn, routes_of, way_of
from api.storage.tables import OidcFlowRow, SessionRow
from tests.api.access.identity_provider import CLIENT, SECRET, Provider, identity_provider
from tests.api.world import World, make_site, make_world, served
from vision.errors import SiteError
from vision.site import Site

LI: dict[str, Any] = {
    "sub": "4711",
    "preferred_username": "Li.Wei",
    "name": "Li Wei",
    "realm": {"roles": ["staff", "sw-officer"]},
    "org": "East squad",
    "areas": ["421303001"],
}
URL = "https://city.example/streetwarden"


@pytest.fixture(scope="module")
def shared_provider() -> Iterator[Provider]:
    with identity_provider() as made:
        yield made


@pytest.fixture
def provider(shared_provider: Provider) -> Iterator[Provider]:
    shared_provider.claims = json.loads(json.dumps(LI))
    yield shared_provider
    shared_provider.change, shared_provider.unsigned = (lambda claims: claims), False
    shared_provider.signs_with = None


@pytest.fixture
def world(tmp_path, provider: Provider) -> Iterator[World]:
    oidc = {
        "issuer": provider.address,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "roles_claim": "realm.roles",
        "roles": {"sw-admin": "admin", "sw-officer": "officer"},
        "unit_claim": "org",
        "divisions_claim": "areas",
    }
    site = {"name": "t", "url": URL, "division": "421303"}
    made = make_world(make_site(tmp_path, site=site, access={"oidc": oidc}))
    yield made
    made.database.close()


@pytest.fixture
def browser(world: World) -> Iterator[Callable[[], Browser]]:
    with served(create_app(world.site, world.database, world.evidence)) as address:
        yield lambda: Browser(address)


class Browser:
    """Keeps cookies by name, whatever their path says, and goes where it is sent."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> httpx.Response:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        url = path if path.startswith("http://127") else self._address + path.removeprefix(URL)
        answer = httpx.get(url, headers={"Cookie": cookie}, trust_env=False, timeout=60)
        for given in answer.headers.get_list("set-cookie"):
            name, _, value = given.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return answer

    def leave(self) -> str:
        """Sign in at the provider; gives the address to which it sends back."""
        leaving = self.get("/v1/session/oidc")
        assert leaving.status_code == 303, leaving.text
        assert "SameSite=lax" in leaving.headers["set-cookie"]
        sent = self.get(leaving.headers["location"])
        back: str = sent.headers["location"]
        assert back.startswith(f"{URL}/v1/session/oidc/callback?")
        return back

    def me(self) -> httpx.Response:
        return self.get("/v1/session")


def test_who_signs_in_there_has_the_role_unit_and_scope_that_it_says(world, provider, browser):
    mine = browser()
    back = mine.get(mine.leave())
    assert (back.status_code, back.headers["location"]) == (303, "/streetwarden/")
    me = mine.me().json()
    assert (me["label"], me["unit"], me["role"]) == ("Li Wei", "East squad", "officer")
    assert me["divisions"] == ["421303001"]
    # The next time: the same user, as the provider says by then. Without divisions they see none.
    provider.claims |= {"realm": {"roles": ["sw-admin", "sw-officer"]}, "areas": None}
    again = browser()
    again.get(again.leave())
    assert again.me().json() | {"role": "admin", "divisions": []} == again.me().json()
    assert again.me().json()["id"] == me["id"]
    world.case()
    listed = again.get("/v1/cases")
    assert listed.json()["items"] == []
    (user,) = UserStore(world.database).list()
    assert (user.name, user.password) == ("li.wei", False)


def test_nobody_becomes_a_user_of_ours_by_their_name(world, provider, browser):
    password = "korrekt horse battery"
    ours = UserStore(world.database).add("li.wei", Role.ADMIN, password)
    mine = browser()
    mine.get(mine.leave())
    me = mine.me().json()
    assert me["id"] != ours.id
    assert me["role"] == "officer"
    names = [user.name for user in UserStore(world.database).list()]
    assert len(names) == 2
    assert names[1].startswith("li.wei-")


def _other_nonce(claims: dict[str, Any]) -> dict[str, Any]:
    return claims | {"nonce": "another"}


WRONG: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "wrong nonce": _other_nonce,
    "no nonce": lambda claims: {k: v for k, v in claims.items() if k != "nonce"},
    "wrong audience": lambda claims: claims | {"aud": "another-client"},
    "for another of several": lambda claims: claims | {"aud": [CLIENT, "b"], "azp": "b"},
    "expired": lambda claims: claims | {"exp": int(time.time()) - 3600},
    "without an end": lambda claims: {k: v for k, v in claims.items() if k != "exp"},
    "not yet": lambda claims: claims | {"nbf": int(time.time()) + 3600},
    "wrong issuer": lambda claims: claims | {"iss": "https://elsewhere.example"},
    "another's access token": lambda claims: claims | {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    "no subject": lambda claims: {k: v for k, v in claims.items() if k != "sub"},
    "no role": lambda claims: claims | {"realm": {"roles": ["staff"]}},
    "roles of another shape": lambda claims: claims | {"realm": ["sw-admin"]},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_token_that_does_not_hold_signs_nobody_in(world, provider, browser, wrong):
    provider.change = WRONG[wrong]
    _refused(world, browser())


def test_a_token_that_is_not_signed_by_the_provider_signs_nobody_in(world, provider, browser):
    provider.unsigned = True
    _refused(world, browser())
    provider.unsigned = False
    for kid in ("one", "two"):
        provider.signs_with = RSAKey.generate_key(2048, {"kid": kid})
        _refused(world, browser())
    provider.signs_with = None
    usual = provider.token
    try:
        provider.token = lambda asked: forged(provider, usual, asked)  # type: ignore[method-assign]
        _refused(world, browser())
    finally:
        del provider.token


def forged(
    provider: Provider, usual: Callable[[dict[str, str]], str], asked: dict[str, str]
) -> str:
    """HS256, with the public key that everybody has as the secret."""
    claims = jwt.decode(usual(asked), provider.key).claims

    def part(what: bytes) -> bytes:
        return base64.urlsafe_b64encode(what).rstrip(b"=")

    header = part(json.dumps({"alg": "HS256", "kid": "one"}).encode())
    said = header + b"." + part(json.dumps(claims).encode())
    secret = provider.key.as_pem(private=False)
    return (said + b"." + part(hmac.digest(secret, said, "sha256"))).decode()


def _refused(world: World, mine: Browser) -> None:
    answer = mine.get(mine.leave())
    assert answer.status_code == 401, answer.text
    assert mine.me().status_code == 401
    with world.database.read() as session:
        assert session.scalars(select(SessionRow)).all() == []


def test_the_provider_may_change_its_key(world, provider, browser):
    first = browser()
    assert first.get(first.leave()).status_code == 303
    before = provider.key
    provider.key = RSAKey.generate_key(2048, {"kid": "new"})
    try:
        second = browser()
        assert second.get(second.leave()).status_code == 303
    finally:
        provider.key = before


def test_a_state_is_good_for_one_return_of_the_browser_that_left(world, provider, browser):
    mine, other = browser(), browser()
    back = mine.leave()
    other.leave()
    assert other.get(back).status_code == 401, "another's browser did not ask for this"
    first = mine.get(back)
    assert first.status_code == 303
    # Replayed, as from the history of a browser, with the cookie put back.
    state = parse_qs(urlsplit(back).query)["state"][0]
    mine.cookies["__Secure-streetwarden-oidc"] = state
    assert mine.get(back).status_code == 401
    late = browser()
    back = late.leave()
    with world.database.write() as session:
        for row in session.scalars(select(OidcFlowRow)):
            row.expires_at = row.expires_at.replace(year=2020)
    assert late.get(back).status_code == 401
    denied = browser()
    denied.leave()
    assert denied.get("/v1/session/oidc/callback?error=access_denied").status_code == 401


def test_a_user_who_is_disabled_here_is_kept_out(world, provider, browser):
    mine = browser()
    mine.get(mine.leave())
    UserStore(world.database).change(mine.me().json()["id"], Change(disabled=True))
    _refused(world, browser())


def test_a_provider_that_does_not_answer_is_said(tmp_path, world):
    oidc = world.site.access.oidc.model_copy(update={"issuer": "http://127.0.0.1:9"})
    access = world.site.access.model_copy(update={"oidc": oidc})
    site = world.site.model_copy(update={"access": access})
    app = create_app(site, world.database, world.evidence)
    with served(app) as address:
        answer = httpx.get(f"{address}/v1/session/oidc", trust_env=False, timeout=60)
    assert answer.status_code == 503
    assert "sign in with a password" in answer.json()["detail"]
    ways = {r.path: way_of(r) for r in routes_of(app.state.routers) if "oidc" in r.path}
    assert ways == dict.fromkeys(ways, WayIn.PASSWORD)
    assert len(ways) == 2
    nothing = oidc.model_copy(update={"ca": str(tmp_path / "none.pem")})
    with pytest.raises(SiteError, match=r"access\.oidc\.ca"):
        create_app(
            site.model_copy(update={"access": access.model_copy(update={"oidc": nothing})}),
            world.database,
            world.evidence,
        )


@pytest.mark.parametrize(
    ("issuer", "url", "said"),
    [
        ("http://id.example", URL, "https://"),
        ("https://id.example", "", r"site\.url"),
    ],
)
def test_a_provider_is_asked_in_private_and_finds_back(issuer, url, said):
    oidc = {"issuer": issuer, "client_id": "a", "client_secret": "b", "roles": {"a": "viewer"}}
    with pytest.raises(ValueError, match=said):
        Site.model_validate({"site": {"name": "t", "url": url}, "access": {"oidc": oidc}})


@pytest.mark.parametrize(
    "said",
    [
        {"name": "Li\x00\ud800\u202e", "org": "\ud800", "preferred_username": "\udfff\x00"},
        {
            "areas": ["421303001", "\ud800", "4213\x00"],
            "realm": {"roles": ["\ud800", "sw-officer"]},
        },
    ],
)
def test_names_that_no_database_holds_are_written_out_or_give_nothing(
    world, provider, browser, said
):
    provider.claims |= said
    mine = browser()
    assert mine.get(mine.leave()).status_code == 303
    me = mine.me().json()
    assert (me["role"], me["divisions"]) == ("officer", ["421303001"])
    assert me["label"] == (r"Li\x00\ud800\u202e" if "name" in said else "Li Wei")


@pytest.mark.parametrize("sub", ["47\x0011", "\ud800"])
def test_a_subject_that_no_database_holds_is_nobody(world, provider, browser, sub):
    provider.claims["sub"] = sub
    _refused(world, browser())
