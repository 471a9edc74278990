"""Rate limits: nobody takes all, the console never meets them, health is always told."""

from __future__ import annotations

import httpx

from api.access import rate_limit
from api.access.rate_limit import PER_HOLDER, Rate, RateLimit, RateLimits
from api.access.roles import Role
from api.http import app as http_app
from api.http.app import create_app
from tests.api.world import World, served


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_gives_its_burst_and_then_its_rate():
    clock = Clock()
    limit = RateLimit(Rate(burst=3, per_s=0.5), clock)
    assert [limit.wait_s("a") for _ in range(5)] == [0, 0, 0, 2, 2]
    assert limit.wait_s("b") == 0, "another's is full"
    clock.now = 1.9
    assert limit.wait_s("a") == 1
    clock.now = 2.0
    assert [limit.wait_s("a") for _ in range(2)] == [0, 2]
    clock.now = 1e6
    assert [limit.wait_s("a") for _ in range(4)] == [0, 0, 0, 2], "no more than the burst"


def test_few_buckets_are_kept(monkeypatch):
    monkeypatch.setattr(rate_limit, "MOST_BUCKETS", 10)
    limit = RateLimit(Rate(burst=1, per_s=1e-9), Clock())
    for n in range(11):
        assert limit.wait_s(str(n)) == 0
    assert limit.wait_s("10") > 0
    assert limit.wait_s("0") == 0, "forgotten, so full again"


def test_the_consoles_polling_never_meets_the_limit():
    """A day of the camera view with 500 cameras in one tab, 4 s between its rounds."""
    clock = Clock()
    limit = RateLimit(PER_HOLDER, clock)
    for _ in range(24 * 3600 // 4 // 50):  # each bucket is full again after every round
        assert [limit.wait_s("li") for _ in range(502)] == [0] * 502
        clock.now += 4


def test_who_asks_too_much_waits_and_others_do_not(world: World, monkeypatch):
    few = RateLimits(Rate(burst=3, per_s=1e-6), Rate(burst=9, per_s=1e-6))
    monkeypatch.setattr(http_app, "RateLimits", lambda: few)
    app = create_app(world.site, world.database, world.evidence)
    with (
        served(app) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=60) as http,
    ):

        def said(headers: dict[str, str], path: str = "/v1/kinds") -> int:
            return http.get(path, headers=headers).status_code

        keys = [{"Authorization": f"Bearer {world.key(Role.VIEWER)}"} for _ in range(2)]
        assert [said(keys[0]) for _ in range(4)] == [200, 200, 200, 429]
        answer = http.get("/v1/kinds", headers=keys[0])
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["content-type"] == "application/problem+json"
        assert said(keys[1]) == 200
        user = world.signed_in(Role.VIEWER)
        assert said(user) == 200
        # The address has had its nine: the page, sign-ins and keys wait, supervisors do not.
        assert said({}, "/") == 200
        assert said({}, "/openapi.json") == 200
        assert [said({}, "/"), said(keys[1]), said(user)] == [429] * 3
        assert http.post("/v1/session", json={"name": "a", "password": "b"}).status_code == 429
        assert [said({}, path) for path in ("/healthz", "/metrics")] == [200, 200]
        assert said({}, "/readyz") in {200, 503}
