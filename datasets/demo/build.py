"""Renders the demo site once and keeps it."""

import hashlib
import json
import multiprocessing
import queue
import shutil
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2

from datasets.demo.bin_corner import bin_corner
from datasets.demo.market import market_street
from datasets.demo.shot import Ring, Shot
from datasets.demo.site_file import MAP, write_site
from datasets.demo.site_gate import site_gate
from datasets.demo.survey import block_survey
from datasets.errors import RenderError
from datasets.renderer.video import render_video
from datasets.renderer.worker import end_with_parent

Progress = Callable[[str, float], None]
# The longest to render first: two workers then finish together.
SHOTS: dict[str, Callable[[int, int], Shot]] = {
    "market-street": market_street,
    "site-gate": site_gate,
    "block-survey": block_survey,
    "bin-corner": bin_corner,
}
STAMP = "demo.stamp.json"
PART = ".building-"


@dataclass(frozen=True)
class Format:
    """How the demo is filmed.

    Attributes:
        width: Frame width, pixels.
        height: Frame height, pixels.
        seconds: Length of each video.
        fps: Frames per second.
    """

    width: int = 1280
    height: int = 720
    seconds: float = 100.0
    fps: float = 8.0


def build_demo(
    root: Path, *, progress: Progress | None = None, form: Format | None = None, workers: int = 2
) -> Path:
    """Render the demo site into a folder, unless it is there already.

    Each file is made in a temporary folder and renamed into place, the stamp last: a build that was
    cut short is done again. A site file's neighbours (database, evidence) are left alone.

    Args:
        root: Folder for the videos, their truth and `site.yaml`.
        progress: Called with a camera's name and the share of its video that is done.
        form: How to film; the default is what the demo ships.
        workers: Processes that render.

    Returns:
        The path of `site.yaml`.

    Raises:
        RenderError: The folder cannot be written.
    """
    root, form = Path(root), form or Format()
    site, stamp = root / "site.yaml", _stamp(form)
    if _is_built(root, stamp):
        return site
    try:
        root.mkdir(parents=True, exist_ok=True)
        (root / STAMP).unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(prefix=PART, dir=root) as folder:
            part = Path(folder)
            zones = _film(part, form, progress, workers)
            write_site(part / "site.yaml", zones)
            (part / STAMP).write_text(json.dumps(stamp), encoding="utf-8")
            made = sorted(part.iterdir(), key=lambda p: p.name == STAMP)
            for file in made:
                file.replace(root / file.name)
    except OSError as error:
        raise RenderError(
            f"The demo cannot be written to {root}: {error.strerror}. "
            "Free space or choose another folder."
        ) from error
    _sweep(root)
    return site


def _is_built(root: Path, stamp: dict[str, Any]) -> bool:
    try:
        kept = json.loads((root / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    names = [
        "site.yaml",
        MAP,
        *(f"{name}{end}" for name in SHOTS for end in (".mp4", ".truth.json")),
    ]
    return kept == stamp and all((root / name).is_file() for name in names)


def _stamp(form: Format) -> dict[str, Any]:
    """What the rendered files depend on: the format and every line of the renderer."""
    here = Path(__file__).parent
    digest = hashlib.sha256((here.parent / "kinds.yaml").read_bytes())
    for folder in (here, here.parent / "renderer"):
        for file in sorted(folder.glob("*.py")):
            digest.update(file.name.encode() + file.read_bytes())
    return {"format": asdict(form), "renderer": digest.hexdigest()}


def _sweep(root: Path) -> None:
    """Remove what earlier, killed builds left behind."""
    for left in root.glob(f"{PART}*"):
        shutil.rmtree(left, ignore_errors=True)


def _film(
    part: Path, form: Format, progress: Progress | None, workers: int
) -> dict[str, dict[str, Ring]]:
    if workers <= 1:
        return {name: _shoot(name, part, form, progress) for name in SHOTS}
    context = multiprocessing.get_context("spawn")
    news = context.Queue()
    with ProcessPoolExecutor(workers, context, initializer=_join, initargs=(news,)) as pool:
        jobs = {name: pool.submit(_shoot_apart, name, part, form) for name in SHOTS}
        _relay(news, jobs.values(), progress)
        return {name: job.result() for name, job in jobs.items()}


def _relay(news: Any, jobs: Iterable[Future[Any]], progress: Progress | None) -> None:
    """Pass the workers' progress on until all jobs are done."""
    waiting = list(jobs)
    while not all(job.done() for job in waiting):
        try:
            name, share = news.get(timeout=0.5)
        except queue.Empty:
            continue
        if progress is not None:
            progress(name, share)
    while progress is not None and not news.empty():
        progress(*news.get())


_news: Any = None


def _join(news: Any) -> None:
    """Start of a worker process: where to send progress, and one core each."""
    global _news  # noqa: PLW0603 - a process pool's initializer has no other place
    end_with_parent()
    _news = news
    cv2.setNumThreads(1)


def _shoot_apart(name: str, part: Path, form: Format) -> dict[str, Ring]:
    return _shoot(name, part, form, lambda who, share: _news.put((who, share)))


def _shoot(name: str, part: Path, form: Format, progress: Progress | None) -> dict[str, Ring]:
    """Film one camera; returns its zones."""
    shot = SHOTS[name](form.width, form.height)
    tell = None if progress is None else partial(_every_second, progress, name, form)
    render_video(shot.scene, part / f"{name}.mp4", form.seconds, form.fps, progress=tell)
    return shot.zones


def _every_second(progress: Progress, name: str, form: Format, share: float) -> None:
    """Report once per second of video and at the end."""
    frame = round(share * form.seconds * form.fps)
    if frame % round(form.fps) == 0 or share >= 1:
        progress(name, share)
