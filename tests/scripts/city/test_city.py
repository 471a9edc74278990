"""When the head of a city gives up, and how it follows a changed site, on stand-ins for shards."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from scripts.city.city import City
from scripts.city.lease import Held
from scripts.city.machines import Machine, Need
from scripts.city.shard import Applied, Ended, Order
from vision.errors import StreetwardenError
from vision.logs import LogFormat, Logs
from vision.site import Site, Storage


class Started:
    """A shard that ends, and answers, when the test says so."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.end: Ended | None = None
        self.asked: list[tuple[str, ...]] = []
        self.answer: Applied | None = None

    def ended(self) -> Ended | None:
        return self.end

    def apply(self, site: Site, cameras: Sequence[str]) -> None:
        assert {camera.id for camera in site.cameras} >= set(cameras)
        self.asked.append(tuple(cameras))
        self.answer = None

    def applied(self) -> Applied | None:
        return self.answer

    def stop(self) -> None:
        self.end = Ended()

    def kill(self) -> None:
        """It is over."""

    def holds(self, **told: object) -> dict[str, Held]:
        """The leases that it has, of the cameras of its order and of those it was asked to add."""
        cameras = {*self.order.cameras, *(c for asked in self.asked for c in asked)}
        return {camera: Held(self.order.holder, "one", told) for camera in cameras}


class Machines:
    """One machine with room for all."""

    def __init__(self) -> None:
        self.started: list[Started] = []

    def machines(self) -> list[Machine]:
        return [Machine("one", "10.0.0.1", 4, 0)]

    def start(self, order: Order, machine: Machine, need: Need) -> Started:
        _ = machine, need
        self.started.append(Started(order))
        return self.started[-1]


def site_of(folder: Path, *names: str, **sources: str) -> Site:
    database = "postgresql+psycopg://db/city"  # not asked: the test says which leases are held
    cameras = {name: f"rtsp://10.0.0.5/{name}" for name in names} | sources
    return Site.model_validate(
        {
            "site": {"name": "city"},
            "storage": {"data": str(folder), "database": database},
            "cameras": [{"id": name, "source": source} for name, source in cameras.items()],
        }
    )


@pytest.fixture
def machines() -> Machines:
    return Machines()


@pytest.fixture
def city(machines: Machines, tmp_path: Path) -> City:
    made = City(
        site_of(tmp_path, "gate", "bridge"),
        create_engine("sqlite://"),
        machines,
        shards=2,
        need=Need(cores=1),
        logs=Logs(logging.WARNING, LogFormat.TEXT),
    )
    made._look({}, 0)
    return made


def test_shards_that_end_one_look_apart_and_never_watched_end_the_head(
    city: City, machines: Machines
) -> None:
    first, second = machines.started
    first.end = Ended("no model of that name; correct it", mendable=True)
    city._look(second.holds(), 1)  # it has its leases, and loads
    second.end = Ended("no room on the disk; free some", mendable=True)
    with pytest.raises(StreetwardenError, match=r"correct it\nno room on the disk; free some"):
        city._look({}, 1.1)


def test_where_one_has_watched_the_head_goes_on(city: City, machines: Machines) -> None:
    first, second = machines.started
    city._look({**first.holds(), **second.holds(state="running")}, 1)
    first.end = second.end = Ended("no model of that name; correct it", mendable=True)
    city._look({}, 2)
    city._look({}, 10)
    assert len(machines.started) == 4  # both are placed again


def test_a_shard_that_ends_otherwise_the_next_time_is_not_hopeless(
    city: City, machines: Machines
) -> None:
    first, second = machines.started
    first.end = Ended("the database does not answer", mendable=True)
    city._look({}, 1)
    city._look({}, 10)
    machines.started[2].end = Ended("its process is gone", wordless=True)
    city._look({}, 11)
    second.end = Ended("no room on the disk; free some", mendable=True)
    city._look({}, 12)
    city._look({}, 100)
    assert len(machines.started) == 5


def test_a_changed_site_is_for_shards_that_watch_and_waits_for_those_that_start(
    city: City, machines: Machines, tmp_path: Path
) -> None:
    first, second = machines.started
    city.apply(site_of(tmp_path, "gate", "bridge", "yard"))
    for now in (0.5, 1):
        city._look({**first.holds(state="running"), **second.holds()}, now)
    assert (first.asked, second.asked) == ([("gate", "yard")], [])
    city.apply(site_of(tmp_path, "gate", "bridge"))  # before it has answered
    held = first.holds(state="running") | second.holds(state="running")
    city._look(held, 2)
    assert (first.asked, second.asked) == ([("gate", "yard")], [("bridge",)])
    first.answer = second.answer = Applied()
    city._look(held, 3)
    city._look(held, 4)
    assert (first.asked, second.asked) == ([("gate", "yard"), ("gate",)], [("bridge",)])
    assert len(machines.started) == 2


def test_a_shard_that_cannot_take_a_changed_site_over_is_placed_anew_with_it(
    city: City, machines: Machines, tmp_path: Path
) -> None:
    first, second = machines.started
    held = first.holds(state="running") | second.holds(state="running")
    city._look(held, 0.5)
    city.apply(site_of(tmp_path, "gate", "bridge", "yard"))
    city._look(held, 1)
    first.answer, second.answer = Applied("camera yard is watched by another"), Applied()
    city._look(held, 2)
    city._look(second.holds(state="running"), 10)
    [again] = machines.started[2:]
    assert again.order.cameras == ("gate", "yard")


def test_what_a_city_cannot_watch_is_said_and_changes_nothing(
    city: City, machines: Machines, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    city.apply(site_of(tmp_path, "gate", "bridge").model_copy(update={"storage": Storage()}))
    first, second = machines.started
    for now in (0.5, 1):
        city._look(first.holds(state="running") | second.holds(state="running"), now)
    assert not first.asked
    assert "name a PostgreSQL in storage.database" in caplog.text


def test_a_shard_without_cameras_ends_and_one_is_placed_when_they_come_back(
    city: City, machines: Machines, tmp_path: Path
) -> None:
    first, second = machines.started
    held = first.holds(state="running") | second.holds(state="running")
    city._look(held, 0.5)
    city.apply(site_of(tmp_path))
    city._look(held, 1)
    assert first.asked == second.asked == [()]
    first.end = second.end = Ended()
    city._look({}, 2)
    city._look({}, 3)
    assert not city._done, "it waits for cameras"
    city.apply(site_of(tmp_path, "gate"))
    city._look({}, 4)
    assert [started.order.cameras for started in machines.started[2:]] == [("gate",)]


def test_a_recording_that_is_over_is_not_read_again_because_a_camera_is_added(
    city: City, machines: Machines, tmp_path: Path
) -> None:
    first, second = machines.started
    first.end = second.end = Ended()
    city._look({}, 1)
    assert city._done
    city.apply(site_of(tmp_path, "gate", "bridge", "yard"))
    city._look({}, 2)
    assert [started.order.cameras for started in machines.started[2:]] == [("yard",)]
    machines.started[2].end = Ended()
    city.apply(site_of(tmp_path, "bridge", "yard", gate="rtsp://10.0.0.6/gate"))
    city._look({}, 3)
    city._look({}, 4)
    assert [started.order.cameras for started in machines.started[3:]] == [("gate",)]
