"""kill -9 at random points of a scenario: the same episodes as of an undisturbed run."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

from pydantic import TypeAdapter

from tests.vision.rules.busy_street import undisturbed
from vision.episodes import Episode
from vision.frames import Clock

WORKER = Path(__file__).with_name("rules_worker.py")
ROOT = WORKER.parents[3]
LOOKS, KILLS = 80, 4


def run(folder: Path, until: int | None, delay_s: float) -> bool:
    """Start the worker and give it all looks; kill it in the middle of one. Whether it got through.

    Args:
        until: the look to kill it at; none to let it end.
        delay_s: how long after this look was sent, which is no time to do much.
    """
    with subprocess.Popen(
        [sys.executable, WORKER, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        for number in range(LOOKS):
            worker.stdin.write("\n")
            worker.stdin.flush()
            if number == until:
                end = time.perf_counter() + delay_s
                while time.perf_counter() < end:
                    pass
                worker.kill()
                return False
            assert worker.stdout.readline() == f"{number}\n"
    return True


def test_a_killed_process_neither_forgets_nor_doubles(tmp_path: Path) -> None:
    rng = random.Random(0)
    for at in sorted(rng.sample(range(3, LOOKS), KILLS)):
        assert not run(tmp_path, at, rng.uniform(0, 0.004))
    assert run(tmp_path, None, 0)

    lines = (tmp_path / "events.jsonl").read_text("utf-8").splitlines()
    # Told twice is allowed, and recognised by episode and stage: a case intake does so too.
    stored = {(e["id"], e["stage"]): e for e in map(json.loads, lines)}
    expected = [
        TypeAdapter(Episode).dump_python(e.episode, mode="json") for e in undisturbed(Clock.MEDIA)
    ]
    assert sorted(map(_facts, stored.values())) == sorted(map(_facts, expected))


def _facts(episode: dict[str, object]) -> str:
    return json.dumps({name: value for name, value in episode.items() if name != "id"})
