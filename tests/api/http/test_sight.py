"""What is seen, over HTTP: a real clip through a real pipeline that looks when a test lets it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event, Semaphore
from typing import Any
from unittest import mock

import cv2
import httpx
import numpy as np
import pytest
from pydantic import TypeAdapter

from api.access.roles import Role
from api.http.app import create_app
from tests.api.world import World, make_world, served
from tests.vision.workers.bins import (
    CLIP_S,
    FPS,
    FULL_S,
    SIDE,
    Collected,
    SeesBins,
    build,
    make,
    make_site,
    open_slow_eyes,
)
from vision.detections import Detections
from vision.episodes import EpisodeStage
from vision.evidence import EvidenceStore
from vision.frames import Pixels
from vision.pipeline import Pipeline, live_view, trials
from vision.pipeline.live_view import Picture
from vision.site import Site
from vision.trial import Trial
from vision.workers import Workers

CAMERA = "bin-00"
LOOKS = CLIP_S * FPS
FULL = FULL_S[0][0] * FPS
"""The first look at an overflowing bin, from 0."""
CORNER = [[0, 0], [0.5, 0], [0.5, 0.5], [0, 0.5]]
ELSEWHERE = [[0.5, 0.5], [0.9, 0.5], [0.9, 0.8]]
CROSSED = [[0, 0], [1, 1], [1, 0], [0, 1]]
ZONE = {"name": "corner", "polygon": ELSEWHERE, "watch": ["overflowing_bin"]}
PERMIT = {"name": "p", "kinds": ["overflowing_bin"], "camera": CAMERA, "polygon": CORNER}


class Held(SeesBins):
    """Looks when it is let."""

    batch = 1

    def __init__(self) -> None:
        super().__init__()
        self.may = Semaphore(0)

    def see(self, image: Pixels) -> Detections:
        self.may.acquire()
        return super().see(image)


class Asked:
    """A pipeline that says when it was asked for a picture."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self.asked = Semaphore(0)

    def picture(self, *given: Any, **named: Any) -> Future[Picture | None]:
        answer = self._pipeline.picture(*given, **named)
        self.asked.release()
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pipeline, name)


@dataclass
class Served:
    """A served site, whose pipeline looks when it is let."""

    http: httpx.Client
    world: World
    app: Any
    watch: Asked
    engine: Held
    found: Collected
    seen: int = 0

    def let(self, until: int) -> int:
        """Let it look until so many looks are done; the number of the last."""
        self.engine.may.release(until - self.seen)
        self.seen = until
        look = 0
        while look < until:
            look = int(self.get(after=look, wait=20).headers["X-Look"])
        return look

    def get(self, **query: Any) -> httpx.Response:
        return self.http.get(f"/v1/cameras/{CAMERA}/snapshot", params=query)

    def sight(self) -> dict[str, Any]:
        answer = self.http.get(f"/v1/cameras/{CAMERA}/sight")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def test(self, **given: Any) -> httpx.Response:
        return self.http.post(f"/v1/cameras/{CAMERA}/test", json=given, timeout=60)


def bins_site(root: Path, cameras: int = 1) -> Site:
    site = make_site(root, cameras)
    storage = site.storage.model_copy(update={"database": f"sqlite:///{root / 'cases.db'}"})
    return site.model_copy(update={"storage": storage})


@contextmanager
def client(world: World, app: Any, role: Role = Role.ADMIN) -> Iterator[httpx.Client]:
    with served(app) as address:
        headers = {"Authorization": f"Bearer {world.key(role)}"}
        with httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=60) as http:
            yield http


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Served]:
    site, engine, found = bins_site(tmp_path), Held(), Collected()
    world = make_world(site)
    pipeline = make(site, engine, found)
    watch = Asked(pipeline)
    app = create_app(site, world.database, EvidenceStore(tmp_path / "evidence"), watch=watch)
    pipeline.start()
    try:
        with client(world, app) as http:
            yield Served(http, world, app, watch, engine, found)
    finally:
        engine.may.release(LOOKS)
        pipeline.stop()
        world.database.close()


def test_two_who_wait_get_the_next_look_which_is_encoded_once(house: Served) -> None:
    assert house.get().status_code == 404
    assert house.get(wait=0.01).status_code == 204
    with mock.patch.object(live_view, "_jpeg", wraps=live_view._jpeg) as encode:
        first = house.let(FULL + 2)
        drawn = encode.call_count
        while house.watch.asked.acquire(blocking=False):
            """What was asked until now."""
        with ThreadPoolExecutor(3) as waiting:
            coming = [
                waiting.submit(house.get, after=first, wait=20, clean=clean)
                for clean in (False, False, True)
            ]
            for _ in coming:
                assert house.watch.asked.acquire(timeout=20)
            house.engine.may.release(1)
            house.seen += 1
            one, other, clean = (answer.result(30) for answer in coming)
        assert encode.call_count == drawn + 2, "once with boxes, once without"
        assert {a.headers["X-Look"] for a in (one, other, clean)} == {str(first + 1)}
        assert one.content == other.content != clean.content
        assert house.get(after=first + 1).status_code == 204
        assert house.get(after=first).content == one.content
        assert encode.call_count == drawn + 2
        # Those of another life of the process are none that this one has given.
        assert house.get(after=10**9).headers["X-Look"] == str(first + 1)
    boxed, bare = (
        np.asarray(cv2.imdecode(np.frombuffer(a.content, np.uint8), cv2.IMREAD_GRAYSCALE), int)
        for a in (one, clean)
    )
    assert bare[4 : SIDE - 4, 4 : SIDE - 4].min() > 200, "the bin that is full"
    differs = np.abs(boxed - bare)
    assert differs[8:24, SIDE - 2 : SIDE + 2].max(axis=1).min() > 20, "its box's right edge"
    assert differs[: SIDE * 3, SIDE * 2 :].max() < 10


def test_looks_that_nobody_asks_for_are_not_encoded(house: Served) -> None:
    with mock.patch.object(live_view, "_jpeg", wraps=live_view._jpeg) as encode:
        house.engine.may.release(LOOKS)
        assert house.watch.wait(60)
        assert encode.call_count == 0
        assert house.get().headers["X-Look"] == str(LOOKS)
        assert encode.call_count == 1


def test_what_is_under_way_is_told_with_its_clock(house: Served) -> None:
    house.let(FULL)
    assert house.sight()["places"] == []
    house.let(FULL + 1 + FPS)  # seen for a second
    seen = house.sight()
    assert seen["look"] == FULL + 1 + FPS
    assert (seen["width"], seen["height"], seen["view"], seen["preset"]) == (
        320,
        192,
        "clear",
        None,
    )
    assert seen["load"]["analyse_fps"] == FPS
    [thing] = seen["objects"]
    assert (thing["class"], thing["track"]) == ("overflowing_bin", 0)
    assert thing["box"] == pytest.approx([0, 0, 0.1, 1 / 6], abs=0.01)
    [place] = seen["places"]
    assert place["box"] == pytest.approx(thing["box"])
    assert {k: place[k] for k in ("kind", "zone", "state", "looks", "looks_needed")} == {
        "kind": "overflowing_bin",
        "zone": "street",
        "state": "candidate",
        "looks": FPS + 1,
        "looks_needed": 2,
    }
    assert (place["dwell_s"], place["dwell_needed_s"]) == (pytest.approx(1), 2)
    house.let(FULL + 1 + 3 * FPS)
    [place] = house.sight()["places"]
    assert (place["state"], place["dwell_s"]) == ("confirmed", pytest.approx(3))
    house.let(FULL_S[0][1] * FPS + 2)  # gone, but not for long enough
    seen = house.sight()
    assert seen["objects"] == []
    assert [p["state"] for p in seen["places"]] == ["clearing"]
    house.let(FULL_S[0][1] * FPS + 3 * FPS)
    assert house.sight()["places"] == []
    key = house.world.key(Role.VIEWER, kinds=["dirty_truck"])
    house.let((FULL_S[1][0] + 2) * FPS)
    assert house.sight()["places"]
    other = house.http.get(
        f"/v1/cameras/{CAMERA}/sight", headers={"Authorization": f"Bearer {key}"}
    )
    assert other.json()["places"] == [], "of a kind that this key does not see"


def told(found: list[dict[str, Any]]) -> list[tuple[str, str, str, str | None]]:
    return [(f["zone"], f["opened_at"], f["confirmed_at"], f["cleared_at"]) for f in found]


def told_by(found: Collected) -> list[tuple[str, str, str, str | None]]:
    """What a sink was given, as the API writes it."""
    episodes = [e for e in found.episodes if e.stage is EpisodeStage.CLEARED]
    times = TypeAdapter(datetime).dump_python
    return [
        (e.zone, *(times(at, mode="json") for at in (e.opened_at, e.confirmed_at, e.cleared_at)))
        for e in episodes
    ]


def test_a_setup_is_tried_on_the_kept_looks_beside_the_one_in_force(house: Served) -> None:
    house.engine.may.release(LOOKS)
    assert house.watch.wait(60)
    same = house.test().json()
    assert (same["looks"], same["kept"]) == (LOOKS, LOOKS)
    assert told(same["found"]) == told(same["now"])
    assert len(same["found"]) == len(FULL_S)
    assert same["took_s"] > 0
    house.watch.stop()  # all that it found is told
    assert told(same["now"]) == told_by(house.found)
    for given, finds in (
        ({"zones": [ZONE]}, 0),
        ({"zones": [ZONE | {"polygon": CORNER}]}, 2),
        ({"settings": {"overflowing_bin": {"dwell": "20s", "looks": 2, "clear": "2s"}}}, 0),
        ({"permits": [PERMIT]}, 0),
    ):
        answer = house.test(**given)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert (len(body["found"]), told(body["now"])) == (finds, told(same["now"])), given
        assert {f["zone"] for f in body["found"]} <= {"corner"}
        assert all(f["why"][0].keys() >= {"en", "zh", "data"} for f in body["found"])
    assert told(house.test(zones=[], ground=None, privacy=[]).json()["now"]) == told(same["now"])


def test_what_no_site_file_may_say_is_refused_with_its_place(house: Served) -> None:
    crossed = {"zones": [ZONE | {"polygon": CROSSED}]}
    for given, at, code, says in (
        (crossed, "/zones/0/polygon", "outline_crosses_mend", "crosses itself"),
        ({"zones": [ZONE, ZONE]}, "", "zones_share_name", "share a name"),
        ({"preset": "gate"}, "/preset", "preset_unknown", "no preset"),
        ({"source": "rtsp://10.0.0.1/"}, "/source", "extra_forbidden", "not permitted"),
    ):
        answer = house.test(**given)
        assert answer.status_code == 422, answer.text
        assert "rtsp://" not in answer.text
        [mistake] = answer.json()["errors"]
        assert (mistake["pointer"], mistake["code"]) == (f"/body{at}", code)
        assert says in mistake["detail"]


def test_numbers_that_are_none_and_bodies_too_large_are_refused(house: Served) -> None:
    at = f"/v1/cameras/{CAMERA}/test"
    ground = b'{"ground": [[NaN, 0, 113, 31], [1, 0, 113, 31], [0, 1, 113, 31], [1, 1, 113, 32]]}'
    assert house.http.post(at, content=ground).status_code == 422
    assert house.test(permits=[PERMIT] * 20_000).status_code == 413
    for path, query in (("snapshot", {"wait": 21}), ("snapshot", {"after": -1})):
        answer = house.http.get(f"/v1/cameras/{CAMERA}/{path}", params=query)
        assert answer.status_code == 422, answer.text


def test_one_test_of_a_camera_at_a_time(house: Served) -> None:
    house.let(2)
    entered, leave = Event(), Event()

    def slowly(*given: Any, **named: Any) -> Trial:
        entered.set()
        assert leave.wait(30)
        return tried(*given, **named)

    tried = trials.tried_apart
    with mock.patch.object(trials, "tried_apart", slowly), ThreadPoolExecutor(1) as asking:
        first = asking.submit(house.test)
        assert entered.wait(30)
        second = house.test()
        leave.set()
        assert first.result(30).json()["looks"] == 2
    assert second.status_code == 409, second.text
    assert second.json()["code"] == "trial_runs"
    assert house.test().status_code == 200


def test_more_than_may_wait_are_sent_away(house: Served) -> None:
    house.app.state.context.viewers._most = 1
    look = house.let(1)
    while house.watch.asked.acquire(blocking=False):
        """What was asked until now."""
    with ThreadPoolExecutor(1) as waiting:
        first = waiting.submit(house.get, after=look, wait=20)
        assert house.watch.asked.acquire(timeout=20)
        second = house.get(after=look, wait=20)
        house.engine.may.release(1)
        house.seen += 1
        assert first.result(30).headers["X-Look"] == str(look + 1)
    assert (second.status_code, second.headers["Retry-After"]) == (503, "1")
    assert house.get().status_code == 200


def test_who_waits_is_let_go_when_the_server_ends(house: Served) -> None:
    look = house.let(1)
    while house.watch.asked.acquire(blocking=False):
        """What was asked until now."""
    viewers, ends = house.app.state.context.viewers, Event()
    wait = viewers._wait

    async def waits(coming: Any, seconds: float) -> Any:
        asyncio.get_running_loop().call_soon(viewers.end)
        ends.set()
        return await wait(coming, 10**6)

    viewers._wait = waits
    assert house.get(after=look, wait=20).status_code == 204
    assert ends.is_set()


def test_camera_workers_show_and_try_out_what_they_saw(tmp_path: Path) -> None:
    site, found = bins_site(tmp_path), Collected()
    world = make_world(site)
    watch = Workers(
        site,
        SeesBins.model,
        count=1,
        build=build,
        sink=found,
        opener=open_slow_eyes,
        **{name: tmp_path / name for name in ("leases", "memory", "quarantine")},
    )
    app = create_app(site, world.database, EvidenceStore(tmp_path / "evidence"), watch=watch)
    try:
        with client(world, app) as http:
            at = f"/v1/cameras/{CAMERA}"
            assert http.get(f"{at}/snapshot").status_code == 404
            assert http.get(f"{at}/sight").status_code == 404
            assert http.post(f"{at}/test", json={}).status_code == 409
            watch.start()
            with watch._changed:  # asked while it starts, nobody would be told
                assert watch._changed.wait_for(lambda: all(p.up for p in watch.processes), 120)
            looks = [0]
            while looks[-1] < LOOKS // 2:
                answer = http.get(f"{at}/snapshot", params={"after": looks[-1], "wait": 20})
                assert answer.status_code == 200, answer.text
                looks.append(int(answer.headers["X-Look"]))
                sight = http.get(f"{at}/sight").json()
                assert sight["look"] >= looks[-1]
            assert looks == sorted(set(looks)), "each another one, and later"
            assert watch.wait(120)
            last = http.get(f"{at}/snapshot", params={"clean": True})
            assert last.headers["X-Look"] == str(LOOKS)
            assert cv2.imdecode(np.frombuffer(last.content, np.uint8), 1) is not None
            assert http.get(f"{at}/snapshot", params={"after": LOOKS}).status_code == 204
            assert http.get(f"{at}/sight").json()["look"] == LOOKS
            tried = http.post(f"{at}/test", json={"zones": [ZONE]}).json()
            assert (tried["looks"], tried["found"], len(tried["now"])) == (LOOKS, [], len(FULL_S))
            bad = http.post(f"{at}/test", json={"zones": [ZONE, ZONE]})
            assert bad.status_code == 422
    finally:
        watch.stop()
        world.database.close()
    assert told(tried["now"]) == told_by(found)
