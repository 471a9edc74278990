"""A service in its own process: confirms cases until there are enough, and delivers them.

Its argument is JSON: `root`, `database`, `hooks` and how many `cases`. Ends at the end of stdin.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from api.cases.stages import Stage
from api.delivery.breaker import Pace
from api.delivery.retry import RetryPolicy
from api.delivery.worker import Outbox
from api.errors import DatabaseUnavailable
from api.storage.tables import CaseRow, DeliveryRow
from tests.api.world import CONFIRM, World, cleared, make_event, make_site, make_world
from vision.errors import CaseError

SOON = timedelta(milliseconds=10)
RETRY = RetryPolicy(waits=(SOON,) * 100_000, jitter=0.5, longest_asked=4 * SOON)
PACE = Pace(first=SOON, longest=4 * SOON, longest_asked=4 * SOON)
LEASE = timedelta(seconds=8)
ATTEMPT = timedelta(seconds=3)
"""Less than a lease by far, on a machine with other work too."""


def confirm(world: World, cases: int, ending: threading.Event) -> None:
    """Confirm cases until there are enough: first those that a killed service has left."""
    with world.database.read() as session:
        pending = select(CaseRow.id).where(CaseRow.stage == Stage.PENDING_REVIEW.value)
        left = list(session.scalars(pending))
    for case_id in left:
        _confirmed(world, case_id)
    number = 0
    while not ending.is_set() and _count(world) < cases:
        number += 1
        event = make_event(kind="dirty_truck", subtype="spill")
        case_id = world.intake.take(event, [])
        assert case_id is not None
        _confirmed(world, case_id)
        if number % 3 == 0:
            world.intake.take(cleared(event), [])


def _confirmed(world: World, case_id: str) -> None:
    try:
        world.review(case_id, CONFIRM)
    except DatabaseUnavailable:
        raise
    except CaseError:
        return  # the other service was there first


def _count(world: World) -> int:
    wanted = select(func.count()).select_from(DeliveryRow)
    confirmed = DeliveryRow.type.contains(".confirmed."), DeliveryRow.receiver == "slow"
    with world.database.read() as session:
        return session.scalar(wanted.where(*confirmed)) or 0


def keep_confirming(world: World, cases: int, ending: threading.Event) -> None:
    """Go on when the database is back."""
    while not ending.is_set():
        try:
            confirm(world, cases, ending)
            break
        except DatabaseUnavailable:
            time.sleep(0.2)
    print("confirmed", flush=True)


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    sys.stdin.readline()  # what takes long, loading, is done before the one before is killed
    made = make_world(make_site(Path(given["root"]), *given["hooks"]), given["database"])
    outbox = Outbox(made.database, made.site, retry=RETRY, pace=PACE, lease=LEASE, attempt=ATTEMPT)
    over = threading.Event()
    confirming = threading.Thread(target=keep_confirming, args=(made, given["cases"], over))
    outbox.start()
    confirming.start()
    print("ready", flush=True)
    sys.stdin.read()
    over.set()
    confirming.join()
    outbox.stop()
    made.database.close()
    print("ended", flush=True)
