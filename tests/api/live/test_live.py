"""Live events: who is told what, in which order, from where on, and when it ends."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import event, select, update

from api.access.keys import KeyStore
from api.access.roles import Role
from api.access.users import Change, UserStore
from api.cases.bulk_rejection import reject_all
from api.cases.case_filter import CaseFilter
from api.cases.stages import Stage
from api.http.app import create_app
from api.http.connections import REQUEST_S
from api.live import feed, listener
from api.live.event import COMMENT, RETRY, LiveEvent, Name
from api.records.site_chain import SiteChain
from api.storage.database import Database
from api.storage.tables import SessionRow
from tests.api.world import CONFIRM, REJECT, World, make_site, make_world, review_desk, served
from vision.evidence import SecondLook
from vision.site import Site
from vision.sources.status import CameraState, CameraStatus

SPILL = {"kind": "dirty_truck", "subtype": "spill"}
PATIENT = httpx.Timeout(60)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PERIOD_S",):
        monkeypatch.setattr(feed, name, 0.02)
    monkeypatch.setattr(feed, "_EVERY", tuple((look, 0.02) for look, _ in feed._EVERY))


class Stream:
    """A stream that is being read: event by event."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()
        self.last: str | None = None

    def __iter__(self) -> Iterator[tuple[str, dict]]:
        event: dict[str, str] = {}
        for line in self._lines:
            if not line and "event" in event:
                self.last = event.get("id", self.last)
                yield event["event"], json.loads(event["data"])
            field, _, value = line.partition(": ")
            event = event | {field: value} if line else {}

    def next(self) -> tuple[str, dict]:
        """The next event; raises StopIteration at the end."""
        return next(iter(self))

    def until(self, name: str) -> dict:
        """The next event of this name."""
        return next(data for kind, data in self if kind == name)


@contextmanager
def listening(
    address: str, headers: dict[str, str], last: str | int | None = None
) -> Iterator[Stream]:
    more = {} if last is None else {"Last-Event-ID": str(last)}
    with httpx.stream(
        "GET", f"{address}/v1/events", headers=headers | more, timeout=PATIENT, trust_env=False
    ) as response:
        assert response.status_code == 200, response.read()
        yield Stream(response)


def bearer(world: World, role: Role = Role.REVIEWER, **scope: list[str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.key(role, **scope)}"}


@pytest.fixture
def address(world: World) -> Iterator[str]:
    with served(create_app(world.site, world.database, world.evidence)) as found:
        yield found


def test_a_listener_is_told_how_many_wait_and_what_becomes_of_cases(world, address):
    first = world.case(**SPILL)
    with listening(address, bearer(world)) as stream:
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        assert stream.response.headers["x-accel-buffering"] == "no"
        assert stream.response.headers["cache-control"] == "no-store"
        assert stream.next() == ("queue", {"total": 1})
        second = world.case(**SPILL)
        opened = {"id": second, "stage": "pending_review", "kind": "dirty_truck"}
        assert stream.until("case") == opened | {"camera": "gate", "entry": "opened"}
        assert stream.until("queue") == {"total": 2}
        world.review(first, CONFIRM)
        told = stream.until("case")
        assert (told["id"], told["stage"], told["entry"]) == (first, "confirmed", "confirmed")
        assert stream.until("queue") == {"total": 1}


def test_who_comes_back_goes_on_where_they_were(world, address):
    headers = bearer(world)
    with listening(address, headers) as stream:
        stream.next()
        one = world.case(**SPILL)
        assert stream.until("case")["id"] == one
        last = stream.last
    two, three = world.case(**SPILL), world.case(**SPILL)
    with listening(address, headers, last) as stream:
        found = [stream.next() for _ in range(3)]
        assert [data.get("id") for _, data in found] == [two, three, None]
        assert found[-1] == ("queue", {"total": 3})
        # From here on it goes on as ever, and nothing is told twice.
        world.review(one, CONFIRM)
        assert stream.until("case") == {
            "id": one,
            "stage": "confirmed",
            "kind": "dirty_truck",
            "camera": "gate",
            "entry": "confirmed",
        }


@pytest.mark.parametrize("last", [0, 10**6])
def test_who_missed_too_much_is_told_to_read_lists_anew(world, address, monkeypatch, last):
    """Too much, or what only a database knew that a backup has replaced."""
    monkeypatch.setattr(feed, "MOST_MISSED", 3)
    for _ in range(4):
        world.case(**SPILL)
    with listening(address, bearer(world), last) as stream:
        assert [stream.next(), stream.next()] == [("missed", {}), ("queue", {"total": 4})]


@pytest.mark.parametrize("last", ["-1", "x", "99999999999999999999"])
def test_a_number_that_is_none_is_refused(world, address, last):
    headers = bearer(world) | {"Last-Event-ID": last}
    answer = httpx.get(f"{address}/v1/events", headers=headers, trust_env=False, timeout=60)
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    ("scope", "sees"),
    [
        ({}, {"stall", "truck"}),
        ({"cameras": ["yard"]}, {"truck"}),
        ({"kinds": ["street_vending"]}, {"stall"}),
        ({"divisions": ["421303001"]}, {"stall"}),
        ({"divisions": ["99"]}, set()),
        ({"cameras": ["gate"], "kinds": ["dirty_truck"]}, set()),
    ],
)
def test_a_listener_is_told_of_what_their_scope_holds(tmp_path, scope, sees):
    world = make_world(make_site(tmp_path, division="421303001"))
    with served(create_app(world.site, world.database, world.evidence)) as address:
        with (
            listening(address, bearer(world, **scope)) as limited,
            listening(address, bearer(world)) as other,
        ):
            limited.next()
            cases = {
                "stall": world.case(),
                "truck": world.case(camera="yard", zone="whole picture", **SPILL),
            }
            for _ in cases:
                other.until("case")
            last = other.last
        with listening(address, bearer(world, **scope), 0) as again:
            told = [again.next() for _ in range(len(sees) + 1)]
            assert again.last == last
    names = {case: name for name, case in cases.items()}
    assert {names[data["id"]] for kind, data in told if kind == "case"} == sees
    assert told[-1] == ("queue", {"total": len(sees)})
    world.database.close()


def test_every_process_tells_what_any_of_them_did(world, address):
    """Another process on the same database; its listeners hear of it, and ours do."""
    elsewhere = Database.open(world.site.storage.database)
    SiteChain.open(elsewhere, world.site.storage.key_file)
    with (
        served(create_app(world.site, elsewhere, world.evidence)) as other,
        listening(address, bearer(world)) as here,
        listening(other, bearer(world)) as there,
    ):
        case = world.case(**SPILL)
        assert here.until("case")["id"] == there.until("case")["id"] == case
        answer = httpx.post(
            f"{other}/v1/cases/{case}/review",
            headers=bearer(world),
            json=REJECT.model_dump(mode="json"),
            trust_env=False,
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        assert here.until("case")["stage"] == there.until("case")["stage"] == "rejected"
    elsewhere.close()


def test_a_bulk_rejection_is_told_case_by_case(world, address):
    cases = [world.case(**SPILL) for _ in range(20)]
    with listening(address, bearer(world)) as stream:
        assert stream.next() == ("queue", {"total": 20})
        wanted = CaseFilter(stages=[Stage.PENDING_REVIEW], camera="gate")
        desk = review_desk(world.database, world.site)
        reject_all(world.database, desk, world.officer, wanted, REJECT, limit=200)
        told = {stream.until("case")["id"] for _ in cases}
        assert told == set(cases)
        assert stream.until("queue") == {"total": 0}


def test_a_stream_ends_with_its_key(world, address):
    keys = KeyStore(world.database)
    new = keys.create("a reviewer", Role.REVIEWER)
    with listening(address, {"Authorization": f"Bearer {new.key}"}) as stream:
        stream.next()
        keys.revoke(new.id)
        assert list(stream) == []


@pytest.mark.parametrize("how", ["signed out", "idle", "narrowed", "disabled"])
def test_a_stream_ends_with_its_session_and_what_it_opened(world, address, how):
    headers = world.signed_in(Role.REVIEWER)
    with httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=60) as http:
        user = http.get("/v1/session").json()["id"] if how in {"narrowed", "disabled"} else ""
        with listening(address, headers) as stream:
            stream.next()
            if how == "signed out":
                assert http.delete("/v1/session").status_code == 204
            elif how == "idle":
                long_ago = datetime.now(UTC) - timedelta(days=1)
                with world.database.write() as session:
                    session.execute(update(SessionRow).values(last_seen_at=long_ago))
            else:
                _change(world, user, how)
            assert list(stream) == []


def test_a_stream_keeps_no_session_alive(world, address):
    headers = world.signed_in(Role.REVIEWER)
    almost = datetime.now(UTC) - timedelta(minutes=2)
    with world.database.write() as session:
        session.execute(update(SessionRow).values(last_seen_at=almost))
    with listening(address, headers) as stream:
        stream.next()
    with world.database.read() as session:
        assert session.scalars(select(SessionRow.last_seen_at)).all() == [almost]


def _change(world: World, user: str, how: str) -> None:
    users = UserStore(world.database)
    users.change(
        user, Change(disabled=True) if how == "disabled" else Change(kinds=["dirty_truck"])
    )


class Watching:
    """A pipeline whose cameras' states a test sets."""

    def __init__(self) -> None:
        self.states = dict.fromkeys(("gate", "yard"), CameraState.ALIVE)
        self.looked = threading.Semaphore(0)

    def apply(self, site: Site) -> None:
        """The site stays as it is."""

    def look_again(self, camera: str, episode: str, after: datetime) -> SecondLook:
        return SecondLook(why="nothing is looked at here")

    def status(self) -> list[CameraStatus]:
        found = [CameraStatus(name, "x", state) for name, state in self.states.items()]
        self.looked.release()
        return found


def test_cameras_that_do_otherwise_are_told_to_who_sees_them(world):
    watch = Watching()
    app = create_app(world.site, world.database, world.evidence, watch=watch)
    with (
        served(app) as address,
        listening(address, bearer(world)) as stream,
        listening(address, bearer(world, cameras=["gate"])) as limited,
    ):
        stream.next()
        limited.next()
        watch.looked.acquire(timeout=60)  # what they were doing is known now
        watch.states["yard"] = CameraState.RETRYING
        assert stream.next() == ("cameras", {"changed": ["yard"]})
        watch.states["gate"] = CameraState.BROKEN
        assert stream.next() == limited.next() == ("cameras", {"changed": ["gate"]})


def test_another_version_of_the_site_file_is_told_to_everybody(world):
    app = create_app(world.site, world.database, world.evidence)
    with served(app) as address, listening(address, bearer(world, cameras=["yard"])) as stream:
        stream.next()
        app.state.context.live.announce_site()
        assert stream.next() == ("site", {})


def test_who_is_too_slow_is_cut_off_and_goes_on_where_they_were(world, address, monkeypatch):
    """The stream is opened and not read; what is sent fills the connection, then the backlog."""
    monkeypatch.setattr(listener, "BACKLOG", 3)
    headers = bearer(world)

    async def run() -> tuple[list[str], list[str]]:
        slow = listener.Listener(world.principal(Role.REVIEWER))
        said = slow.stream()
        first = [await anext(said)]
        kept = [slow.give(LiveEvent(Name.CASE, {"id": str(n)}, n)) for n in range(1, 6)]
        assert kept == [True, True, True, False, False]
        return first, [one async for one in said]

    first, rest = asyncio.run(run())
    assert (first, rest) == ([RETRY], [])
    one = world.case(**SPILL)
    with listening(address, headers, 0) as stream:
        assert stream.until("case")["id"] == one


def test_a_quiet_stream_is_kept_alive_and_over_in_time(world, address, monkeypatch):
    assert listener.LASTS_S + 10 < REQUEST_S
    monkeypatch.setattr(listener, "COMMENT_S", 0.02)
    monkeypatch.setattr(listener, "LASTS_S", 0.5)
    with listening(address, bearer(world)) as stream:
        text = stream.response.read().decode()
    assert text.startswith(RETRY + "event: queue")
    assert text.count(COMMENT) > 2


def test_so_many_listen_and_no_more_and_places_are_given_back(world, monkeypatch):
    monkeypatch.setattr(feed, "MOST_OF_ONE", 2)
    monkeypatch.setattr(feed, "MOST", 3)
    app = create_app(world.site, world.database, world.evidence)
    mine, others = bearer(world), bearer(world)

    def refused(address: str, headers: dict[str, str]) -> bool:
        with httpx.stream(
            "GET", f"{address}/v1/events", headers=headers, trust_env=False, timeout=60
        ) as found:
            assert found.status_code in {200, 429}
            return found.status_code == 429

    with served(app) as address:
        with listening(address, mine), listening(address, mine) as second:
            second.next()
            assert refused(address, mine)
            with listening(address, others):
                assert refused(address, bearer(world))
        live = app.state.context.live
        while live.listening:  # until each end is noticed
            threading.Event().wait(0.01)
        with listening(address, mine) as again:
            assert again.next() == ("queue", {"total": 0})


def test_nothing_is_read_while_nobody_listens(world):
    app = create_app(world.site, world.database, world.evidence)
    asked: list[str] = []
    event.listen(world.database.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    with served(app) as address:
        with listening(address, bearer(world)) as stream:
            stream.next()
            world.case(**SPILL)
            stream.until("case")
        assert any("records.site_no >" in statement for statement in asked)
        while app.state.context.live.listening:
            threading.Event().wait(0.01)
        asked.clear()
        world.case(**SPILL)
        assert not [one for one in asked if "records.site_no >" in one]


def test_the_end_of_the_server_waits_for_no_listener(world):
    """Streams end at once and in order; see also tests/real/test_graceful_stop.py."""
    app = create_app(world.site, world.database, world.evidence)
    found: list[list] = []
    told = threading.Event()
    with served(app) as address:
        headers = bearer(world)

        def listen() -> None:
            with listening(address, headers) as stream:
                stream.next()
                told.set()
                found.append(list(stream))

        thread = threading.Thread(target=listen)
        thread.start()
        assert told.wait(60)
    thread.join()
    assert found == [[]]
