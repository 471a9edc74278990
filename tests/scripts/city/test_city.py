"""When the head of a city gives up: shards that end one look apart, on a stand-in for a cluster."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from scripts.city.city import City
from scripts.city.lease import Held
from scripts.city.machines import Machine, Need
from scripts.city.shard import Ended, Order
from vision.errors import StreetwardenError
from vision.logs import LogFormat, Logs
from vision.site import Site


class Started:
    """A shard that ends when the test says so."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.end: Ended | None = None

    def ended(self) -> Ended | None:
        return self.end

    def stop(self) -> None:
        self.end = Ended()

    def kill(self) -> None:
        """It is over."""

    def holds(self, **told: object) -> dict[str, Held]:
        """The leases that it has."""
        return {camera: Held(self.order.holder, "one", told) for camera in self.order.cameras}


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


@pytest.fixture
def machines() -> Machines:
    return Machines()


@pytest.fixture
def city(machines: Machines, tmp_path: Path) -> City:
    cameras = [{"id": name, "source": f"rtsp://10.0.0.5/{name}"} for name in ("gate", "bridge")]
    site = Site.model_validate(
        {"site": {"name": "city"}, "storage": {"data": str(tmp_path)}, "cameras": cameras}
    )
    made = City(
        site,
        create_engine("sqlite://"),  # not asked: the test says which leases are held
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
