"""Machines: what a city's machines have, and on which of them the next shard goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    """What one shard takes of its machine: cores, and GPUs, of which it may be a part."""

    cores: float = 1.0
    gpus: float = 0.0


@dataclass(frozen=True, slots=True)
class Machine:
    """One node of the cluster that is up."""

    id: str
    address: str
    cores: float
    gpus: float

    def rooms(self, need: Need) -> int:
        """How many shards it has room for when it does nothing else."""
        by_cores = int(self.cores / need.cores + 1e-9)
        return min(by_cores, int(self.gpus / need.gpus + 1e-9)) if need.gpus else by_cores


def shards_for(machines: Sequence[Machine], need: Need) -> int:
    """How many shards a city has at most by default: as many as fit without its largest machine.

    So the shards of a machine that is lost find room on the others. One machine is filled.
    """
    rooms = sorted(machine.rooms(need) for machine in machines)
    room = sum(rooms[:-1]) if len(rooms) > 1 else sum(rooms)
    return max(1, room)


def machine_for(
    machines: Sequence[Machine], need: Need, placed: Sequence[str], doubted: Collection[str]
) -> Machine | None:
    """The machine with the most room for another shard; None where there is none.

    Args:
        placed: the id of the machine of each shard that runs or starts.
        doubted: ids of machines that are the last choice: a shard there ended without a word, and
            Ray takes some seconds longer to notice that a machine is gone.
    """
    used = Counter(placed)
    free = {m: room for m in machines if (room := m.rooms(need) - used[m.id]) > 0}
    return max(free, key=lambda m: (m.id not in doubted, free[m]), default=None)
