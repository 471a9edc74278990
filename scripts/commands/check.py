"""`streetwarden check`: validate a site file, look once at every source, show what was seen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Annotated

import cv2
import typer
from rich.markup import escape

from scripts.console import log_to_stderr, out
from vision.errors import SourceError, StreetwardenError
from vision.frames import Frame
from vision.printable import to_json
from vision.site import Camera
from vision.site.file import load_site
from vision.view.preset_finder import PresetFinder


def check(
    site: Annotated[Path, typer.Argument(help="The site file.")],
    out_dir: Annotated[Path, typer.Option("--out", help="Where the annotated frames go.")] = Path(
        "var/check"
    ),
    json_: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Validate SITE, probe every source and write one annotated frame of each.

    Exit code 1 when the file is wrong or a source does not answer.
    """
    from vision.engines import open_engine
    from vision.evidence import annotate, mask, paint_privacy

    log_to_stderr()
    chosen = load_site(site)
    engine = open_engine(chosen.model)
    # Sources may each take seconds to time out; none waits for another.
    with ThreadPoolExecutor(max_workers=16) as pool:
        probes = list(pool.map(_probe, chosen.cameras))
    rows = []
    for camera, probe in zip(chosen.cameras, probes, strict=True):
        if isinstance(probe, str):
            rows.append({"camera": camera.id, "ok": False, "report": probe})
            continue
        detections = engine.infer([probe.pixels])[0]
        preset = PresetFinder(camera.presets).look(probe) if camera.presets else None
        shown = camera.at(preset)
        picture = mask(paint_privacy(probe.pixels, shown.privacy), detections)
        for zone in shown.zones:
            picture = annotate(picture, detections, (), (), zone.polygon)
        path = out_dir / f"{camera.id}.jpg"
        _write(path, cv2.imencode(".jpg", picture)[1].tobytes())
        names = [str(n) for n in detections.data["class_name"]]
        seen = ", ".join(f"{names.count(n)} {n}" for n in sorted(set(names))) or "nothing"
        size = f"{probe.width}×{probe.height}"
        where = f", at {f'preset {preset}' if preset else 'none of its presets'}"
        stands = where if camera.presets else ""
        report = f"{size}, clock {probe.clock.value}{stands}, sees {seen}: {path}"
        rows.append({"camera": camera.id, "ok": True, "report": report})
    if json_:
        print(to_json({"site": chosen.site.name, "cameras": rows}, indent=2))
    else:
        out.print(f"{escape(str(site))}: valid, {len(chosen.cameras)} cameras")
        for row in rows:
            mark = "[green]ok[/]" if row["ok"] else "[red]no[/]"
            out.print(f"{mark} {escape(str(row['camera']))}: {escape(str(row['report']))}")
    if not all(row["ok"] for row in rows):
        raise typer.Exit(1)


def _probe(camera: Camera) -> Frame | str:
    """The first frame of a camera, or why there is none."""
    from vision.sources.source import open_source

    try:
        source = open_source(camera)
        try:
            frame = next(islice(iter(source), 1), None)
        finally:
            source.close()
    except SourceError as error:
        return str(error)
    return frame or "opened, but gave no frame within its time; check what it sends"


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise StreetwardenError(
            f"{path}: cannot be written ({error.strerror}); choose another folder with --out"
        ) from error
