"""A trial in a process apart answers as one here does; whatever it does is told, or ends."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE, Popen, run

import numpy as np
import pytest

from vision.detections import make_detections
from vision.frames import Clock, Frame
from vision.kinds import catalogue
from vision.look import Look
from vision.mistakes.wrong import said_of
from vision.pipeline.recent_looks import BLOCK, RecentLooks
from vision.site import Camera, Site, SiteInfo, Zone
from vision.trial.apart import NICER, Process, _heard, tried_apart
from vision.trial.order import Answer, Order
from vision.trial.trial import Trial, try_out

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def site_of(dwell: str) -> Site:
    settings = {"street_vending": {"dwell": dwell, "looks": 3, "clear": "3s"}}
    zone = Zone(name="street", watch=("street_vending",), settings=settings)
    return Site(site=SiteInfo(name="t"), cameras=(Camera(id="cam", source="x", zones=(zone,)),))


@pytest.fixture(scope="module")
def order() -> Order:
    """A stall that comes and goes three times."""
    recent, names = RecentLooks(), catalogue().class_names
    for n in range(2 * BLOCK + 7):
        there = n % 24 < 12
        boxes = np.array([(10, 20, 30, 60)] if there else [], np.float32).reshape(-1, 4)
        ones = len(boxes)
        found = make_detections(
            boxes,
            np.full(ones, 0.9, np.float32),
            np.full(ones, names.index("stall"), np.int64),
            names,
        )
        found = replace(found, tracker_id=np.arange(ones))
        at = START + timedelta(seconds=n)
        frame = Frame(np.zeros((100, 100, 3), np.uint8), "cam", at, n, Clock.MEDIA)
        recent.add(None, frame, Look().on(found))
    return Order(recent.all(), "cam", site_of("5s"), site_of("1h"), 0.4, {None: None})


def test_it_answers_as_here_in_a_nicer_process_that_is_gone_then(order: Order) -> None:
    seen: list[tuple[int, int]] = []

    def started(process: Process) -> None:
        seen.append((process.pid, os.getpriority(os.PRIO_PROCESS, process.pid)))

    trial = tried_apart(order, started)
    here = try_out(
        order.looks.unpacked(),
        "cam",
        proposed=order.proposed,
        in_force=order.in_force,
        threshold=0.4,
        folders=order.folders,
    )
    assert len(here.found) == 3
    assert here.now == ()

    def facts(one: object) -> object:
        return replace(
            one, took_s=0, found=tuple(replace(e, id="") for e in one.found), now=one.now
        )

    assert facts(trial) == facts(here)
    [(pid, niceness)] = seen
    assert niceness == min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICER)
    assert not Path(f"/proc/{pid}").exists()


def test_what_is_wrong_comes_back_as_itself(order: Order, tmp_path: Path) -> None:
    lacks = order.proposed.model_copy(update={"baseline": str(tmp_path / "gone.geojson")})
    with pytest.raises(Exception, match="cannot read the baseline") as error:
        tried_apart(replace(order, proposed=lacks))
    assert type(error.value).__name__ == "PlaceError"
    assert said_of(error.value).code == "geojson_unreadable"


def test_one_that_is_killed_before_it_has_said_anything_is_late(order: Order) -> None:
    with pytest.raises(TimeoutError):
        tried_apart(order, lambda process: process.kill())


def test_one_that_hangs_is_ended_and_its_time_is_kept(order: Order) -> None:
    """A rule that never comes back cannot answer in time; the process is stopped to be one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vision.trial.apart.START_S", 0.5)
        with pytest.raises(TimeoutError):
            tried_apart(
                replace(order, longest_s=0.0),
                lambda process: os.kill(process.pid, signal.SIGSTOP),
            )


def test_what_it_had_come_to_counts_where_it_is_ended(
    order: Order, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Trial] = []
    monkeypatch.setattr("vision.trial.trial.TOLD_EVERY_S", -1.0)
    looks = order.looks.unpacked()
    sites = {"proposed": order.proposed, "in_force": order.in_force}
    whole = try_out(looks, "cam", **sites, threshold=0.4, folders={}, tell=told.append)
    assert [one.looks for one in told] == list(range(len(looks)))
    assert len(told[-1].found) == len(whole.found) == 3
    said = tmp_path / "said"  # by one that was killed within its second message
    first, second = (pickle.dumps(Answer(one, whole=False)) for one in told[-2:])
    said.write_bytes(first + second[: len(second) // 2])
    with Popen(["/bin/cat", said], stdin=PIPE, stdout=PIPE) as process:
        last = _heard(process, order)
    assert isinstance(last, Answer)
    assert last.trial == told[-2]


def test_it_loads_no_network() -> None:
    see = "import sys, vision.trial.child; sys.exit('torch' in sys.modules)"
    assert run([sys.executable, "-c", see], check=False).returncode == 0
