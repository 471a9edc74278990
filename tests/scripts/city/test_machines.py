"""Where shards go, by what machines have."""

from __future__ import annotations

import pytest

from scripts.city.machines import Machine, Need, machine_for, shards_for


def machine(name: str, cores: float = 4, gpus: float = 0) -> Machine:
    return Machine(name, f"10.0.0.{name}", cores, gpus)


@pytest.mark.parametrize(
    ("has", "need", "rooms"),
    [
        ((4, 0), Need(cores=1), 4),
        ((4, 0), Need(cores=1.5), 2),
        ((0.5, 0), Need(cores=1), 0),
        ((1, 0), Need(cores=0.1), 10),  # of which a binary tenth would leave nine
        ((16, 2), Need(cores=1, gpus=0.25), 8),
        ((4, 2), Need(cores=1, gpus=0.25), 4),
        ((16, 0), Need(cores=1, gpus=0.25), 0),
    ],
)
def test_a_machine_has_room_by_cores_and_gpus(
    has: tuple[float, float], need: Need, rooms: int
) -> None:
    assert machine("1", *has).rooms(need) == rooms


def test_the_largest_machine_may_be_lost() -> None:
    need = Need(cores=1)
    assert shards_for([machine("1"), machine("2", 8), machine("3")], need) == 8
    assert shards_for([machine("1")], need) == 4
    assert shards_for([machine("1", 0)], need) == 1  # it waits for a machine that has room


def test_shards_go_where_most_room_is_and_not_where_one_fell_silent() -> None:
    need, machines = Need(cores=1), [machine("1"), machine("2"), machine("3")]
    placed: list[str] = []
    for _ in range(12):
        found = machine_for(machines, need, placed, ())
        assert found is not None
        placed.append(found.id)
    assert sorted(placed) == ["1"] * 4 + ["2"] * 4 + ["3"] * 4
    assert placed[:3] == ["1", "2", "3"]
    assert machine_for(machines, need, placed, ()) is None
    found = machine_for(machines, need, ["2", "2"], {"1"})
    assert found is not None
    assert found.id == "3"
    found = machine_for(machines, need, ["2"] * 4 + ["3"] * 4, {"1"})
    assert found is not None  # it may be there after all
    assert found.id == "1"
