"""A process that gives a scenario to a camera's rules, a look for each line it is sent.

    python rules_worker.py FOLDER

It reads its recording from the beginning, as a restarted program would. Events are appended to
`FOLDER/events.jsonl`, as a sink would store them, and every look is acknowledged.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pydantic import TypeAdapter

from tests.vision.rules.busy_street import look, rules, scenario
from vision.episodes import Episode
from vision.frames import Clock


def main(folder: Path) -> None:
    watch = rules(folder)
    with (folder / "events.jsonl").open("a", encoding="utf-8") as stored:
        for second, _ in enumerate(sys.stdin):
            for event in look(watch, second, scenario(second), clock=Clock.MEDIA):
                stored.write(
                    json.dumps(TypeAdapter(Episode).dump_python(event.episode, mode="json")) + "\n"
                )
                stored.flush()
                watch.stored(event.episode)
            print(second, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
