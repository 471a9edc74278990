"""`streetwarden watch`: the pipeline without the API; a line per episode."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from threading import Event, Lock
from typing import IO, TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from scripts.console import LogFormatOption, count, err, log_to_stderr, out
from vision.durations import parse_duration
from vision.errors import StreetwardenError
from vision.printable import printable, to_json

if TYPE_CHECKING:
    from vision.episodes import Episode, EpisodeEvent
    from vision.evidence import EvidenceItem
    from vision.pipeline import Pipeline
    from vision.workers import Workers

_COLOUR = {
    "opened": "yellow",
    "confirmed": "bold red",
    "supplemented": "dim",
    "cleared": "green",
    "ended": "blue",
    "dropped": "dim",
}
_LASTING = {"confirmed", "supplemented", "cleared", "ended"}
"""Stages of what has become a violation."""


def watch(
    site: Annotated[Path | None, typer.Argument(help="A site file.")] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="A stream, file, folder or device; may be repeated.")
    ] = None,
    cases: Annotated[
        Path | None,
        typer.Option(help="Append every confirmed, cleared and ended episode as JSON lines."),
    ] = None,
    for_: Annotated[
        str | None, typer.Option("--for", help="Stop after this long, for example 60s.")
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="Read recordings as fast as possible.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print episodes as JSON lines.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens.")] = False,
    log_format: LogFormatOption = None,
) -> None:
    """Watch cameras and print what is found, until the sources end or Ctrl-C."""
    from models.catalogue import find
    from scripts.watching import choose_site, make_pipeline, make_workers
    from vision.engines import open_engine
    from vision.evidence import open_store
    from vision.workers import workers_for

    logs = log_to_stderr(verbose=verbose, form=log_format)
    limit = _limit(for_)
    chosen = choose_site(site, source or [], pace="fast" if fast else "realtime")
    file = _open(cases)
    stop = Event()
    printer = _Printer(file, stop, as_json=json_)
    # Not that of `serve`: what was printed is not stored.
    quarantine, processes = "quarantine-watch", workers_for(chosen)
    pipeline: Pipeline | Workers
    if processes == 1:
        engine = open_engine(chosen.model)
        model, where = engine.model, engine.name
        pipeline = make_pipeline(chosen, engine, [printer], quarantine=quarantine)
    else:
        model, where = find(chosen.model.name), count(processes, "camera worker")
        pipeline = make_workers(
            chosen, model, printer, count=processes, quarantine=quarantine, logs=logs
        )
    err.print(f"model {escape(model.name)} {model.version} on {where}")
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    evidence = open_store(chosen.storage)
    evidence.start()
    pipeline.start()
    try:
        waited = 0.0
        while not stop.is_set() and not pipeline.wait(timeout=0.5):
            waited += 0.5
            if limit is not None and waited >= limit.total_seconds():
                break
    except KeyboardInterrupt:
        pass
    finally:
        pipeline.stop()
        evidence.stop()
        if file is not None:
            file.close()
    broken = [s for s in pipeline.status() if s.error]
    if printer.left:
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
    if not json_:
        _summary(pipeline.status(), printer)
    if broken and all(s.read == 0 for s in pipeline.status()):
        raise StreetwardenError("\n".join(f"{s.camera}: {s.error}" for s in broken))


class _Printer:
    """A sink that prints; may be called from the writer's thread.

    `left`: who read stdout has ended, as `head` does; `stop` is set then, and nothing more printed.
    """

    def __init__(self, file: IO[str] | None, stop: Event, *, as_json: bool) -> None:
        from pydantic import TypeAdapter

        from vision.episodes import Episode

        self._file, self._stop, self._as_json, self._lock = file, stop, as_json, Lock()
        self._episode = TypeAdapter(Episode)
        self.confirmed = 0
        self.left = False

    def __call__(self, event: EpisodeEvent, items: Sequence[EvidenceItem]) -> None:
        from vision.episodes import EpisodeStage

        episode = event.episode
        record = self._episode.dump_python(episode, mode="json")
        record["evidence"] = [
            {"sha256": i.sha256, "role": i.role.value, "moment": i.moment} for i in items
        ]
        line = to_json(record)
        with self._lock:
            self.confirmed += episode.stage is EpisodeStage.CONFIRMED
            if self._file is not None and episode.stage.value in _LASTING:
                self._file.write(line + "\n")
                self._file.flush()
            self._print(line if self._as_json else _in_words(episode))

    def _print(self, line: str) -> None:
        if self.left:
            return
        try:
            if self._as_json:
                print(line, flush=True)
            else:
                out.print(line)
        except BrokenPipeError:
            self.left = True
            self._stop.set()


def _in_words(episode: Episode) -> str:
    from vision.kinds import catalogue

    stage = episode.stage.value
    by = f" ({episode.ended_by.value.replace('_', ' ')})" if episode.ended_by else ""
    kind = catalogue().kind(episode.kind)
    subtype = kind.subtype(episode.subtype)
    return (
        f"{episode.last_seen_at:%H:%M:%S} [{_COLOUR[stage]}]{stage:<9}[/]{by} {kind.en} "
        f"({subtype.en} {subtype.zh}) at {escape(episode.camera)} / "
        f"{escape(printable(episode.zone))}, score {episode.score:.2f}: "
        f"{'; '.join(r.en for r in episode.why)}"
    )


def _summary(statuses: Sequence[object], printer: _Printer) -> None:
    from vision.sources.status import CameraStatus

    for status in statuses:
        assert isinstance(status, CameraStatus)
        dropped = sum(status.dropped.values())
        error = f"; {status.error}" if status.error else ""
        out.print(
            f"{escape(status.camera)}: {status.state.value}, {status.read} frames read, "
            f"{status.analysed} looked at, {dropped} dropped{escape(error)}"
        )
    out.print(f"{count(printer.confirmed, 'episode')} confirmed")


def _limit(text: str | None) -> timedelta | None:
    try:
        return parse_duration(text) if text else None
    except ValueError as error:
        raise StreetwardenError(f"--for: {error}") from None


def _open(path: Path | None) -> IO[str] | None:
    if path is None:
        return None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a", encoding="utf-8")
    except OSError as error:
        raise StreetwardenError(
            f"{path}: cannot be written ({error.strerror}); choose another file for --cases"
        ) from error
