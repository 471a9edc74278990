"""How far an audit is: bars on a terminal, plain lines now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from scripts.console import err

if TYPE_CHECKING:
    from vision.audit import Progress as Done
    from vision.audit import VideoProgress as Watched

# A line this often where no bar can be drawn: a log of an hour's audit stays readable.
_LINE_EVERY_S = 5.0


@contextmanager
def progress(total: int) -> Iterator[Callable[[Done], None]]:
    """A bar with rate and time left on a terminal, else a plain line now and then."""
    if not total:
        yield lambda _: None
        return
    if not err.is_terminal:
        yield _lines(time.monotonic)
        return
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err) as bar:
        task = bar.add_task("audit", total=total, note="")

        def show(done: Done) -> None:
            speed = bar.tasks[0].speed
            rate = f"{speed:.1f}/s" if speed else ""
            bar.update(task, completed=done.done, note=f"{rate}{_note(done)}")

        yield show


@contextmanager
def watching() -> Iterator[Callable[[Watched], None]]:
    """A bar of each video's seconds on a terminal, else a plain line now and then."""
    if not err.is_terminal:
        yield _video_lines(time.monotonic)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f} of {task.fields[seconds]} s"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err) as bar:
        tasks = dict[int, TaskID]()

        def show(watched: Watched) -> None:
            number, seconds = watched.number, watched.seconds
            if number not in tasks:
                named = f"video {number} of {watched.of} {escape(watched.name)}"
                shown = f"{seconds:.0f}" if seconds else "?"
                tasks[number] = bar.add_task(named, total=seconds or None, seconds=shown)
            bar.update(tasks[number], completed=watched.done_s)

        yield show


def _video_lines(clock: Callable[[], float]) -> Callable[[Watched], None]:
    last = float("-inf")

    def show(watched: Watched) -> None:
        nonlocal last
        now = clock()
        if now - last < _LINE_EVERY_S:
            return
        last = now
        of = f" of {watched.seconds:.0f}" if watched.seconds else ""
        err.print(
            f"video {watched.number} of {watched.of}, {escape(watched.name)}: "
            f"{watched.done_s:.0f}{of} s"
        )

    return show


def _lines(clock: Callable[[], float]) -> Callable[[Done], None]:
    started, last, said = clock(), 0.0, -1

    def show(done: Done) -> None:
        nonlocal last, said
        now = clock() - started
        if done.done == said or (now - last < _LINE_EVERY_S and done.done < done.total):
            return
        last, said = now, done.done
        fresh = done.done - done.reused
        left = now / fresh * (done.total - done.done) if fresh else 0.0
        err.print(
            f"done {done.done} of {done.total}, {fresh / max(now, 1e-9):.1f}/s, "
            f"about {left:.0f} s left{_note(done)}"
        )

    return show


def _note(done: Done) -> str:
    reused = f", {done.reused} from an earlier run" if done.reused else ""
    return reused + (f", {done.not_audited} not audited" if done.not_audited else "")
