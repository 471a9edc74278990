"""Several receivers: each its own cases, its own view, its own trouble; pings and handshakes."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook as Verifier
from typer.testing import CliRunner
from werkzeug.wrappers import Request, Response

from api.access.roles import Role
from api.cases.announcement import CaseEvent
from api.cases.schemas import CaseData
from api.delivery.alerts import Alerts
from api.delivery.events import DeliveryState
from api.delivery.failing import AFTER
from api.delivery.outcome import Outcome, Result
from api.delivery.queue import DeliveryQueue
from api.delivery.retry import RetryPolicy
from api.delivery.sender import Sender
from api.http.app import create_app
from api.monitoring.receivers import receivers
from api.storage.tables import DeliveryRow, FailingRow
from scripts.streetwarden import app as command
from tests.api.delivery.stand_in import deliver, stand_in
from tests.api.http.test_webhook_routes import operator
from tests.api.world import BIN, CONFIRM, SECRET, make_site, make_world, served
from vision.site import Webhook
from vision.site.webhook import ASKED_FOR, NEEDED, CaseEvents, DataField

LOOPBACK = ["127.0.0.0/8"]
TRUCK = {"kind": "dirty_truck", "subtype": "spill"}
YARD = {"camera": "yard", "zone": "whole picture"}
OLD = "whsec_b2xkIW9sZCFvbGQhb2xkIW9sZCFvbGQhb2xkIW9sZCE="


def hook(name: str, **changes):
    url = f"https://{name}.example/in"
    return {"name": name, "url": url, "secret": SECRET, "allow": LOOPBACK, **changes}


@pytest.fixture
def made(tmp_path):
    """`made(*hooks)`: a world with these receivers."""
    worlds = []

    def make(*hooks, **parts):
        worlds.append(make_world(make_site(tmp_path, *hooks, **parts)))
        return worlds[-1]

    yield make
    for world in worlds:
        world.database.close()


def rows(world) -> list[DeliveryRow]:
    with world.database.read() as session:
        return list(session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)))


def test_each_receiver_gets_the_cases_of_its_filter(made):
    world = made(
        hook("all"),
        hook("trucks", kinds=["dirty_truck"]),
        hook("gate", cameras=["gate"]),
        hook("district", divisions=["4212", "4213"]),
        hook("elsewhere", divisions=["4213", "11"], cameras=["yard"]),
        hook("rejected", stages=["rejected"]),
        hook("far", divisions=["11"]),
    )
    for changes in ({}, {**TRUCK, **YARD}):
        world.review(world.case(**changes), CONFIRM)
    told = [(row.receiver, json.loads(row.body)["data"]["camera"]) for row in rows(world)]
    assert told == [
        ("all", "gate"),
        ("gate", "gate"),
        ("district", "gate"),
        ("all", "yard"),
        ("trucks", "yard"),
        ("district", "yard"),
        ("elsewhere", "yard"),
    ]


def test_each_receiver_sees_the_fields_of_its_view_and_no_others(made):
    world = made(
        hook("all"),
        hook("where", fields=["where", "evidence"]),
        hook("least", fields=[]),
        hook("blind", media="none"),
    )
    world.review(world.case(), CONFIRM)
    seen = {row.receiver: json.loads(row.body)["data"] for row in rows(world)}
    everything = set(CaseData.model_fields) - ASKED_FOR
    assert set(seen["all"]) == everything
    assert set(seen["where"]) == {*NEEDED, "where", "evidence"}
    assert set(seen["least"]) == set(NEEDED)
    assert set(seen["blind"]) == everything - {"evidence"}
    assert {item["role"] for item in seen["where"]["evidence"]} == {"masked", "annotated"}
    assert len({row.event_id for row in rows(world)}) == 1


def test_what_a_site_file_may_name_is_what_there_is():
    assert set(DataField.__args__) | set(NEEDED) == set(CaseData.model_fields)
    assert set(CaseEvents.__args__) == {event.value for event in CaseEvent}


def fail(world, name: str, ago: timedelta) -> None:
    """One failed attempt at this receiver, so long ago."""
    work = DeliveryQueue(world.database, world.site.calendar, "test")
    claim = work.claim(name)
    bad = Outcome(Result.FAILED, status=500, error="the receiver answered 500")
    work.settle(claim, bad, RetryPolicy(waits=(timedelta(),) * 9, jitter=0))
    with world.database.write() as session:
        session.get(FailingRow, name).since -= ago


def test_a_receiver_that_fails_for_an_hour_is_told_of_once_and_so_is_that_it_answers_again(
    made, caplog
):
    came: list[tuple[str, dict]] = []

    def take(request: Request) -> Response:
        body = Verifier(SECRET).verify(request.get_data(), dict(request.headers))
        came.append((request.path, body))
        return Response(status=204)

    alerts = ["receiver_failing", "receiver_recovered"]
    with stand_in(take) as server:
        to = server.url
        world = made(
            hook("down", url=f"{to}/down", stages=["confirmed", *alerts]),
            hook("ops", url=f"{to}/ops", stages=alerts),
            hook("other", url=f"{to}/other"),
        )
        world.review(world.case(), CONFIRM)
        watch = Alerts(world.database, world.site)
        fail(world, "down", timedelta())
        watch.look()
        assert came == [], "it fails, but not for long"
        with world.database.write() as session:
            session.get(FailingRow, "down").since -= AFTER
        with caplog.at_level(logging.WARNING, "streetwarden.outbox"):
            watch.look()
            Alerts(world.database, world.site).look()  # another server, or this one restarted
        [(path, event)] = came
        assert path == "/in/ops", "not to itself, nor to who did not ask"
        assert event["type"] == "streetwarden.receiver.failing.v1"
        assert event["subject"] == event["data"]["receiver"] == "down"
        assert "500" not in json.dumps(event), "why is for this site's operators"
        [said] = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
        assert "webhook down: has failed since" in said

        [check] = receivers(world.database, ["down", "ops", "other"])
        assert (check.name, check.ready, check.required) == ("webhook down", False, False)
        assert "answered 500" in check.detail
        with operator(world, Role.AUDITOR) as http:
            ready = http.get("/readyz")
            assert ready.status_code == 200
            assert "webhook down" in [c["name"] for c in ready.json()["checks"] if not c["ready"]]
            shown = {one["name"]: one for one in http.get("/v1/webhooks").json()["items"]}
            assert shown["down"]["last_error"] == "the receiver answered 500"
            assert shown["down"]["failing_since"] < datetime.now(UTC).isoformat()
            assert shown["other"]["failing_since"] is None
            metrics = http.get("/metrics").text
            assert 'streetwarden_receiver_failing_seconds{receiver="down"} 36' in metrics

        assert deliver(world, "down").result is Result.DELIVERED
        came.clear()
        watch.look()
        watch.look()
        [(path, again)] = came
        assert (path, again["type"]) == ("/in/ops", "streetwarden.receiver.recovered.v1")
        assert again["id"] != event["id"]
    assert list(receivers(world.database, ["down", "ops", "other"])) == []
    with world.database.read() as session:
        assert session.scalars(select(FailingRow)).all() == []


def test_an_alert_that_a_receiver_does_not_take_is_sent_again_under_its_id(made):
    came: list[str] = []

    def take(request: Request) -> Response:
        came.append(request.headers["webhook-id"])
        return Response(status=503 if len(came) == 1 else 204)

    with stand_in(take) as server:
        world = made(hook("down"), hook("ops", url=server.url, stages=["receiver_failing"]))
        world.review(world.case(), CONFIRM)
        fail(world, "down", AFTER)
        watch = Alerts(world.database, world.site)
        for _ in range(3):
            watch.look()
    assert len(came) == 2
    assert len(set(came)) == 1


def test_a_form_that_we_cannot_fill_says_nothing_about_the_receiver(made):
    world = made(hook("city", adapter="digital_city"))
    world.review(world.case(**YARD, **BIN), CONFIRM)
    assert deliver(world, "city").result is Result.REFUSED
    with world.database.read() as session:
        assert session.scalars(select(FailingRow)).all() == []


def test_a_ping_is_a_signed_event_of_no_case_and_its_outcome_is_told(made):
    came: list[dict] = []

    def take(request: Request) -> Response:
        for secret in (SECRET, OLD):
            told = Verifier(secret).verify(request.get_data(), dict(request.headers))
        came.append(told | {"content-type": request.headers["content-type"]})
        return Response(status=204 if len(came) == 1 else 401)

    with stand_in(take) as server:
        url = f"http://user:pw@127.0.0.1:{server.port}/s3cret?token=t0ken"
        world = made(hook("main", url=url, secret=[SECRET, OLD]))
        with operator(world) as http:
            good = http.post("/v1/webhooks/main/ping").json()
            bad = http.post("/v1/webhooks/main/ping")
            assert http.post("/v1/webhooks/none/ping").status_code == 404
        with operator(world, Role.AUDITOR) as http:
            assert http.post("/v1/webhooks/main/ping").status_code == 403
    assert (good["accepted"], good["status"], good["said"]) == (True, 204, None)
    assert good["latency_ms"] >= 0
    assert came[0]["type"] == "streetwarden.ping.v1"
    assert came[0]["id"] == good["event_id"]
    assert came[0]["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert bad.json()["said"] == "the receiver answered 401"
    assert not any(word in bad.text for word in ("s3cret", "t0ken", "pw"))
    assert rows(world) == []


@pytest.mark.parametrize("adapter", ["digital_city", "open311", "notice_gateway"])
def test_a_ping_files_nothing_with_a_receiver_of_another_form(made, adapter):
    given = {
        "digital_city": {},
        "open311": {"stages": ["confirmed"], "settings": {"services": {"dirty_truck": "1"}}},
        "notice_gateway": {
            "stages": ["noticed"],
            "settings": {"text": {"zh": "甲", "en": "a"}},
        },
    }
    with stand_in(lambda _: Response("[]")) as server:
        world = made(hook("city", url=server.url, adapter=adapter, **given[adapter]))
        with operator(world) as http:
            assert http.post("/v1/webhooks/city/ping").json()["accepted"]
    assert server.asked == ["GET /in/services.json" if adapter == "open311" else "HEAD /in"]


def test_the_command_line_pings_and_lists(tmp_path):
    with stand_in(lambda r: Response(status=204 if r.path == "/in/good" else 500)) as server:
        path = tmp_path / "site.yaml"
        path.write_text(
            "site: {name: t}\nstorage: {database: sqlite:///c.db}\nwebhooks:\n"
            + "".join(
                f"  - {{name: {name}, url: '{server.url}/{name}', secret: {SECRET}, "
                f"allow: [{allow}]}}\n"
                for name, allow in (("good", "127.0.0.0/8"), ("bad", "127.0.0.0/8"), ("in", ""))
            )
        )
        run = CliRunner()

        def ping(name: str) -> tuple[int, str]:
            done = run.invoke(command, ["webhooks", "ping", name, str(path)])
            return done.exit_code, " ".join(done.output.split())

        code, said = ping("good")
        assert (code, "good: accepted (status 204, " in said) == (0, True)
        code, said = ping("bad")
        assert (code, "bad: the receiver answered 500 (status 500, " in said) == (1, True)
        code, said = ping("in")
        assert (code, "a private or special network" in said) == (1, True)
        assert len(server.asked) == 2
        done = run.invoke(command, ["webhooks", "ping", "none", str(path)])
        assert "no webhook is called 'none'; there are: good, bad, in" in str(done.exception)
        done = run.invoke(command, ["webhooks", "list", str(path), "--json"])
    listed = json.loads(done.output)
    assert [one["name"] for one in listed] == ["good", "bad", "in"]
    assert SECRET not in done.output


@pytest.mark.parametrize(
    ("allowed", "status", "result"),
    [
        ("cases.city.example", 200, Result.DELIVERED),
        ("*", 204, Result.DELIVERED),
        ("other.example", 200, Result.FAILED),
        (None, 200, Result.FAILED),
        ("*", 405, Result.FAILED),
    ],
)
def test_a_receiver_that_speaks_the_handshake_is_asked_once_before_the_first_event(
    made, allowed, status, result
):
    def answer(request: Request) -> Response:
        if request.method == "OPTIONS":
            assert request.headers["webhook-request-origin"] == "cases.city.example"
            headers = {"WebHook-Allowed-Origin": allowed} if allowed else {}
            return Response(status=status, headers=headers)
        return Response(status=204)

    async def send_two(one: Webhook) -> list[Outcome]:
        async with Sender(one) as sender:
            return [await sender.send(f"evt_{n}", "{}") for n in range(2)]

    with stand_in(answer) as server:
        one = Webhook.model_validate(hook("main", url=server.url, origin="cases.city.example"))
        outcomes = asyncio.run(send_two(one))
    assert {outcome.result for outcome in outcomes} == {result}
    if result is Result.DELIVERED:
        assert server.asked == ["OPTIONS /in", "POST /in", "POST /in"]
    else:
        assert server.asked == ["OPTIONS /in"] * 2
        assert "does not allow cases.city.example" in outcomes[0].error


def test_what_is_left_of_a_receiver_that_was_taken_out_is_shown_and_sent_when_it_is_back(made):
    world = made(hook("main"), hook("gone"))
    world.review(world.case(), CONFIRM)
    site = world.site
    world.site = site.model_copy(update={"webhooks": site.webhooks[:1]})
    with operator(world) as http:
        shown = {one["name"]: one for one in http.get("/v1/webhooks").json()["items"]}
        assert (shown["gone"]["removed"], shown["gone"]["pending"]) == (True, 1)
        assert shown["main"]["removed"] is False
        [waits] = http.get("/v1/webhooks/gone/deliveries").json()["items"]
        assert waits["state"] == DeliveryState.PENDING.value
        assert http.post("/v1/webhooks/gone/replay").status_code == 404
        assert http.get("/v1/webhooks/never/deliveries").status_code == 404
        checks = {c["name"]: c for c in http.get("/readyz").json()["checks"]}
        assert "put it back" in checks["webhook gone"]["detail"]
    world.site = site
    assert DeliveryQueue(world.database, site.calendar, "test").claim("gone") is not None


def test_one_receiver_that_cannot_even_be_asked_ends_nobody_elses_deliveries(made):
    """One whose package has been removed while it was configured, in the running service."""
    arrived, pictures = threading.Semaphore(0), []

    def take(request: Request) -> Response:
        pictures.extend(request.files)
        arrived.release()
        return Response(status=204)

    with stand_in(take) as server:
        names = ("main", "broken", "city")
        world = made(
            *(hook(name, url=f"{server.url}/{name}") for name in names[:2]),
            hook("city", url=f"{server.url}/city", adapter="digital_city"),
        )
        main, broken, city = world.site.webhooks
        broken = broken.model_copy(update={"adapter": "no such"})
        world.site = world.site.model_copy(update={"webhooks": (broken, main, city)})
        with served(create_app(world.site, world.database, world.evidence)):
            assert "alerts" in {thread.name for thread in threading.enumerate()}
            for changes in ({}, BIN):
                world.review(world.case(**changes), CONFIRM)
                for _ in ("main", "city"):
                    assert arrived.acquire(timeout=30)
    assert sorted(server.asked) == ["POST /in/city"] * 2 + ["POST /in/main"] * 2
    assert pictures == ["before"] * 2


@pytest.mark.parametrize("status", [204, 302, 500])
def test_no_address_secret_or_key_gets_into_a_log_or_an_error(made, caplog, status):
    key, path, token = "api-k3y", "p4th", "t0ken"
    settings = {"services": {"street_vending": "1"}, "api_key": key}
    with stand_in(lambda _: Response(status=status)) as server, caplog.at_level(logging.INFO):
        url = f"http://user:pw1@127.0.0.1:{server.port}/{path}?token={token}"
        form = {"adapter": "open311", "stages": ["confirmed"], "settings": settings}
        closed = f"http://user:pw1@127.0.0.1:1/{path}?token={token}"
        world = made(
            hook("main", url=url),
            hook("city", url=url, **form),
            hook("away", url=closed),
            hook("inside", url=url, allow=[]),
        )
        world.review(world.case(), CONFIRM)
        told = [deliver(world, name) for name in ("main", "city", "away", "inside")]
    ours = (r.getMessage() for r in caplog.records if r.name != "werkzeug")  # the stand-in's own
    said = "\n".join([*ours, repr(told), *(row.last_result or "" for row in rows(world))])
    secrets = (key, SECRET.removeprefix("whsec_"))
    assert not [word for word in (*secrets, token, path, "pw1") if word in said]
    assert not [word for word in secrets if word in repr(world.site)]
    assert len(server.asked) == 2
