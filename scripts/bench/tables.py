"""What `streetwarden bench` prints."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from scripts.console import err, out

if TYPE_CHECKING:
    from scripts.bench.audit import AuditBench, Pace
    from scripts.bench.console import ConsoleBench
    from scripts.bench.gpu import GpuBench
    from scripts.bench.levels import CamerasBench
    from scripts.bench.lists import ListBench
    from scripts.bench.loop import LoopBench
    from scripts.bench.reports import ReportBench
    from scripts.bench.rules import RulesBench
    from scripts.bench.served import ServedBench
    from scripts.bench.soak import Soak
    from scripts.bench.webhook import WebhookBench

_ROWS = (
    ("decode", "decoder and scaling alone, one core"),
    ("engine", "engine alone on ready tensors"),
    ("limit", "limit of these parts"),
    ("stock", "ultralytics track(stream=True), .pt"),
    ("stock_openvino", "the same, its own OpenVINO export"),
)


_LOOP = "our loop, every frame"
_TRANSPORTS = {"rtsp": "RTSP", "http": "HTTP (MPEG-TS)"}


def _caption(result: LoopBench | CamerasBench) -> str:
    """What tells tables of different machines apart."""
    device = result.engine.rpartition("-")[2]
    told = {"engine": result.engine, "device": device, "model": result.model, **result.machine}
    return escape(", ".join(f"{name} {value}" for name, value in told.items()))


def show_loop(result: LoopBench) -> None:
    """The loop against its parts."""
    table = Table(
        title=f"{escape(str(result.clip))} {result.width}×{result.height} at {result.input_width}×"
        f"{result.input_height}, batch {result.batch}",
        caption=_caption(result),
    )
    table.add_column(
        f"median of {len(result.rounds)} rounds of {result.frames} frames"
        + (f" of each of {result.streams} recordings at once" if result.streams > 1 else "")
    )
    many = len(result.workers) > 1
    for name in ("frames/s", *(f"÷ it, {_by(n)}" if many else "loop ÷ it" for n in result.workers)):
        table.add_column(name, justify="right")
    for name in ("ms of a core", "MB"):
        table.add_column(name, justify="right")
    for part, words in _ROWS:
        fps = result.fps(part)
        if fps is not None:
            ratios = (result.loop_over(part, workers) or 0.0 for workers in result.workers)
            table.add_row(words, f"{fps:.1f}", *(f"{ratio:.2f}" for ratio in ratios))
    for workers in result.workers:
        whole, blank = result.loop(workers), [""] * len(result.workers)
        costs = f"{whole.processor_ms:.1f}", f"{whole.memory_mb:.0f}"
        name = f"{_LOOP}, {_by(workers)}" if many else _LOOP
        table.add_row(name, f"{whole.fps:.1f}", *blank, *costs)
        if result.streams > 1:
            table.add_row("  of each recording", f"{whole.fps / result.streams:.1f}")
    out.print(table)
    load, cores = result.machine["load"], result.machine["cores"]
    if load != "unknown" and float(load) > int(cores) / 2:
        err.print(
            f"[yellow]The machine was busy at the start (load {load} on {cores} cores): trust the "
            "ratios a little and the frames/s not at all; measure again when it is idle.[/]"
        )


def _by(workers: int) -> str:
    return "1 process" if workers == 1 else f"{workers} workers"


def show_audit(result: AuditBench) -> None:
    """An audit against its parts."""
    table = Table(
        title=f"{result.photos} photos of {result.megapixels:.1f} MP on average, "
        f"{escape(result.model)} on {result.engine}",
        caption=", ".join(f"{name} {value}" for name, value in result.machine.items()),
    )
    table.add_column("")
    table.add_column("photos/s", justify="right")
    table.add_column("audit ÷ this", justify="right")
    table.add_column("processor, ms a photo", justify="right")
    own, peer, times = result.own, result.peer, result.times
    table.add_row("decoding alone, one core", *_pace(result.decode, own))
    table.add_row("engine alone on ready tensors", *_pace(result.bare, own))
    limit = f"{own.rate / result.limit:.2f}"
    table.add_row("limit of these parts on all cores", f"{result.limit:.1f}", limit, "")
    table.add_row("our audit, decided, masked and stored", *_pace(own, None))
    if peer is not None and times is not None:
        rate, _, cpu = _pace(peer, own)
        ratio = f"{times.rate:.2f}, by processor {times.cpu_ms:.2f}"
        table.add_row("ultralytics predict(stream=True, save=True), .pt", rate, ratio, cpu)
    out.print(table)


def _pace(of: Pace, ours: Pace | None) -> tuple[str, str, str]:
    """Photos per second, the audit's share of it, and what it takes of the processor."""
    ratio = "" if ours is None else f"{ours.rate / of.rate:.2f}"
    return f"{of.rate:.1f}", ratio, f"{of.cpu_ms:.0f}"


def show_cameras(result: CamerasBench) -> None:
    """A row per number of cameras."""
    table = Table(
        title=f"{escape(result.clip)} {result.width}×{result.height} over "
        f"{_TRANSPORTS.get(result.transport, result.transport)}, {result.looks_each:g} looks/s "
        f"each{', tracked and decided on' if result.decided else ''}; "
        f"{result.seconds:g} s a row, ages in seconds",
        caption=_caption(result),
        box=SIMPLE_HEAD,
        padding=0,
    )
    timing = ("looks/s", "reused", "engine", "÷ it", "÷ limit", "p95 age")
    for name in ("cameras", "by", "held", *timing, "lost", "cores", "server", "MB"):
        table.add_column(name, justify="right")
    for level in result.levels:
        table.add_row(
            str(level.cameras),
            str(level.workers),
            "yes" if level.held else "no",
            f"{level.looks:.1f}",
            f"{level.reused:.1f}",
            f"{level.engine_fps:.1f}",
            f"{level.looks / level.engine_fps:.2f}",
            f"{level.looks / level.limit:.2f}" if level.limit else "",
            f"{level.age_p95_s:.1f}",
            str(level.dropped),
            f"{level.cores:.2f}",
            "" if level.server_cores is None else f"{level.server_cores:.2f}",
            f"{level.memory_mb:.0f}",
        )
    out.print(table)
    out.print(
        "engine: it alone, frames/s; limit: what its work and the readers' "
        f"({result.reading_ms:.1f} ms a look) allow on the cores that the server leaves"
    )
    for workers in result.workers:
        more = result.mb_per_camera(workers)
        if more is not None:
            out.print(f"by {_by(workers)}: {more:.1f} MB for each further camera")
    for peer in result.stock:
        out.print(
            f"ultralytics' multi-stream loader, {peer.cameras} cameras: "
            f"{peer.looks_each:.2f} looks/s each, "
            + ("held" if peer.holds(result.looks_each) else "not held")
        )


def show_clips(results: Sequence[CamerasBench]) -> None:
    """How many cameras are held of each clip, against the first, by so many workers."""
    first = results[0]
    for workers in first.workers:
        held = [level.cameras if (level := r.held(workers)) else 0 for r in results]
        for result, cameras in list(zip(results, held, strict=True))[1:]:
            share = f"{cameras / held[0]:.2f} of" if held[0] else "not to be held against"
            out.print(
                f"{escape(result.clip)}: {cameras} cameras held by {_by(workers)}, {share} the "
                f"{held[0]} of {escape(first.clip)}"
            )


def show_rules(result: RulesBench) -> None:
    """A look at each scene, step by step."""
    table = Table(
        title="processor time of one look in the loop's thread, ms",
        caption=f"median of {result.looks} looks; "
        + ", ".join(f"{name} {value}" for name, value in result.machine.items()),
    )
    table.add_column("")
    for scene in result.scenes:
        table.add_column(scene, justify="right")
    for step in dict.fromkeys(step for steps in result.scenes.values() for step in steps):
        table.add_row(step, *(f"{steps.get(step, 0):.2f}" for steps in result.scenes.values()))
    table.add_row("together", *(f"{result.together(scene):.2f}" for scene in result.scenes))
    table.add_row("÷ empty", *(f"{result.over_empty(scene):.1f}" for scene in result.scenes))
    out.print(table)


def show_soak(result: Soak) -> None:
    """What leaked and what adds up."""
    first, last = result.samples[0], result.samples[-1]
    dropped = ", ".join(f"{count} {reason}" for reason, count in result.dropped.items()) or "none"
    out.print(
        f"{result.minutes:g} min, {result.cameras} cameras at {result.looks_each:g} looks/s: "
        f"{result.deaths} deaths of a server, {result.reconnects} cameras came back"
    )
    out.print(
        f"{result.read} frames read = {result.analysed} analysed + dropped ({dropped}): "
        f"{'adds up' if result.adds_up else 'DOES NOT ADD UP'}"
    )
    if result.age_p95_s is not None:
        out.print(f"age of the latest looks, 95th percentile: {result.age_p95_s:.1f} s")
    for what, unit in (("resident_mb", "MB"), ("threads", "threads"), ("files", "open files")):
        out.print(
            f"{unit}: {getattr(first, what):g} at first, {getattr(last, what):g} at last, "
            f"{result.trend(what):+.1f} an hour after the first third"
        )
    out.print(f"left behind: {result.left_threads} threads, {result.left_files} open files")


def show_lists(result: ListBench) -> None:
    """A row per question, a column per database."""
    title = f"a page of 50 of {result.cases} cases; the queue; ms, median of {result.rounds}"
    table = Table(title=title)
    table.add_column("asked for")
    for name in result.ms:
        table.add_column(name, justify="right")
    for asked in next(iter(result.ms.values())):
        table.add_row(asked, *(f"{times[asked]:.1f}" for times in result.ms.values()))
    out.print(table)


def show_reports(result: ReportBench) -> None:
    """A row per report; a column per database, and one for a key of forty of 201 cameras."""
    table = Table(title=f"reports of {result.cases} cases of a year, s, median of {result.rounds}")
    table.add_column("asked for")
    for name in result.seconds:
        table.add_column(name, justify="right")
        table.add_column("40 cameras", justify="right")
    for asked in next(iter(result.seconds.values())):
        cells = (
            f"{of[name][asked]:.2f}"
            for name in result.seconds
            for of in (result.seconds, result.limited)
        )
        table.add_row(asked, *cells)
    out.print(table)


def show_webhook(result: WebhookBench) -> None:
    """A row for each database and for the bare client."""
    words = ", ".join(f"{name} {value}" for name, value in result.machine.items())
    title = (
        f"{result.cases} webhooks of {result.body_bytes} bytes, up to {result.at_once} at once, "
        f"median of {result.rounds}"
    )
    table = Table(title=title, caption=words)
    table.add_column("from confirmation to receipt")
    for name in ("all at once, per s", "one by one, median ms", "99th percentile ms"):
        table.add_column(name, justify="right")
    for name, sent in result.sent.items():
        table.add_row(name, f"{sent.per_s:.1f}", f"{sent.p50_ms:.2f}", f"{sent.p99_ms:.2f}")
    out.print(table)


def show_console(result: ConsoleBench) -> None:
    """One row: the first page, and the case after a decision."""
    words = ", ".join(f"{name} {value}" for name, value in result.machine.items())
    table = Table(title=f"The review queue with {result.cases} cases", caption=words)
    for name in ("first case, s", "next case, median ms", "worst ms", "of"):
        table.add_column(name, justify="right")
    table.add_row(
        f"{result.first_s:.2f}",
        f"{result.next_ms:.0f}",
        f"{result.next_worst_ms:.0f}",
        str(result.rounds),
    )
    out.print(table)


def show_gpu(result: GpuBench) -> None:
    """A table by pictures at once, and one by streams where a recording was measured."""
    words = ", ".join(f"{name} {value}" for name, value in result.machine.items())
    title = f"{escape(result.model)} on {result.device} at {result.size} px, frames/s"
    over = {"engine ÷ network, the quicker way": result.engine_over_network}
    _by_count(f"{title}, by pictures at once", words, result.by_batch, over)
    if result.by_streams:
        title = f"{escape(str(result.clip))}, frames/s, by streams at once"
        _by_count(title, words, result.by_streams, {})


def _by_count(
    title: str,
    caption: str,
    rows: dict[str, dict[int, float]],
    ratios: dict[str, dict[int, float]],
) -> None:
    counts = sorted({count for values in rows.values() for count in values})
    table = Table(title=title, caption=caption)
    for name in ("", *map(str, counts)):
        table.add_column(name, justify="right" if name else "left")
    for shown, places in ((rows, 1), (ratios, 2)):
        for name, values in shown.items():
            cells = (f"{values[n]:,.{places}f}" if n in values else "" for n in counts)
            table.add_row(name, *cells)
    out.print(table)


def show_served(result: ServedBench) -> None:
    """The engine itself, and served to so many processes."""
    for engine, rounds in result.rounds.items():
        table = Table(
            title=f"{escape(engine)}, {escape(result.model)} at {result.size} px, 640×360 pictures",
            caption=", ".join(f"{name} {value}" for name, value in result.machine.items()),
        )
        table.add_column(f"median of {len(rounds)} rounds of {result.seconds:g} s")
        for name in ("pictures/s", "÷ itself (least, most)", "ms of a core", "who asks", "server"):
            table.add_column(name, justify="right")
        for clients in rounds[0]:
            speed, ratios = result.speed(engine, clients), result.ratios(engine, clients)
            spread = f"{median(ratios):.2f} ({min(ratios):.2f}, {max(ratios):.2f})"
            table.add_row(
                f"served to {clients}" if clients else "the engine itself",
                f"{speed.fps:,.1f}",
                spread if clients else "",
                f"{speed.asking_ms + speed.server_ms:.2f}",
                f"{speed.asking_ms:.2f}" if clients else "",
                f"{speed.server_ms:.2f}" if clients else "",
            )
        out.print(table)
