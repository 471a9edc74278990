"""Wrong keys: counted, logged and slowed down by address; right ones of that address are not."""

from __future__ import annotations

import logging

import httpx
import pytest

from api.access.roles import Role
from api.access.wrong_keys import FREE, LONGEST_WAIT_S, MOST_ADDRESSES, WrongKeys
from api.http.app import create_app
from tests.api.world import served

WRONG = "sw_0123456789ab_wrong"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_wait_doubles_up_to_its_bound_and_is_forgotten():
    clock = Clock()
    wrong = WrongKeys(clock)
    waits = []
    for _ in range(FREE + 12):
        wrong.count("192.0.2.7")
        waits.append(wrong.wait_s("192.0.2.7"))
        clock.now += waits[-1]
    assert waits[:FREE] == [0] * FREE
    assert waits[FREE : FREE + 4] == [1, 2, 4, 8]
    assert waits[-1] == LONGEST_WAIT_S
    assert wrong.wait_s("192.0.2.8") == 0
    clock.now += 3600
    wrong.count("192.0.2.7")
    assert wrong.wait_s("192.0.2.7") == 0


def test_a_subscriber_is_one_address_and_memory_is_bounded():
    wrong = WrongKeys(Clock())
    for n in range(FREE + 1):
        wrong.count(f"2001:db8:1:2::{n:x}")
    assert wrong.wait_s("2001:db8:1:2:ffff::1") > 0
    assert wrong.wait_s("2001:db8:1:3::1") == 0
    for n in range(FREE + 1):
        wrong.count("::ffff:192.0.2.1" if n % 2 else "192.0.2.1")
    assert wrong.wait_s("192.0.2.1") > 0
    for n in range(MOST_ADDRESSES + 5):
        wrong.count(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
    assert len(wrong._records) == MOST_ADDRESSES
    wrong.count("no address\x1b[2J")


@pytest.fixture
def app(world):
    """An app for whose counting no time passes."""
    made = create_app(world.site, world.database, world.evidence)
    made.state.context.doors.wrong._clock = Clock()
    return made


@pytest.fixture
def address(app):
    with served(app) as where:
        yield where


def get(address: str, key: str, **headers: str) -> httpx.Response:
    sent = {"Authorization": f"Bearer {key}"} | {k.replace("_", "-"): v for k, v in headers.items()}
    return httpx.get(f"{address}/v1/site", headers=sent, trust_env=False)


def test_guessing_is_slowed_down_and_logged_without_the_guess(world, app, address, caplog):
    caplog.set_level(logging.WARNING, "streetwarden.api")
    old = world.key(Role.VIEWER)
    answers = [get(address, f"{WRONG}{n}") for n in range(FREE + 3)]
    assert [a.status_code for a in answers] == [401] * (FREE + 1) + [429] * 2
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= LONGEST_WAIT_S
    assert "127.0.0.1" in caplog.text
    assert "wrong0" not in caplog.text
    # A whole bureau may be behind one address: who has a right key is let in, a new one too.
    assert get(address, old).status_code == 200
    made = world.keys.create("new", Role.VIEWER)
    keys = app.state.context.keys
    keys._learnt_at = float("-inf")  # a second has passed
    assert get(address, made.key).status_code == 200
    world.keys.revoke(made.id)
    keys._learnt_at = float("-inf")
    assert get(address, made.key).status_code == 429


def test_only_a_trusted_proxy_says_who_asks(world, monkeypatch):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "127.0.0.1")
    with served(create_app(world.site, world.database, world.evidence)) as address:
        for n in range(FREE + 2):
            last = get(address, f"{WRONG}{n}", X_Forwarded_For="192.0.2.1")
        assert last.status_code == 429
        assert get(address, WRONG, X_Forwarded_For="192.0.2.2").status_code == 401
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "192.0.2.99")
    with served(create_app(world.site, world.database, world.evidence)) as address:
        for n in range(FREE + 2):
            last = get(address, f"{WRONG}{n}", X_Forwarded_For=f"192.0.2.{n}")
        assert last.status_code == 429, "what a stranger says of itself counts for nothing"


def test_without_a_key_nothing_is_counted(address):
    path = f"{address}/v1/site"
    answers = {httpx.get(path, trust_env=False).status_code for _ in range(FREE + 5)}
    assert answers == {401}
