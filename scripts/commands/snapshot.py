"""`streetwarden snapshot`: a clean picture of each camera, to draw zones and presets on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from scripts.console import count, err, log_to_stderr, out
from vision.errors import SiteError, SourceError

if TYPE_CHECKING:
    from vision.fields import Polygon
    from vision.site import Camera, Site


def snapshot(
    site: Annotated[Path | None, typer.Argument(help="A site file.")] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="A stream, file, folder or device; may be repeated.")
    ] = None,
    camera: Annotated[
        list[str] | None, typer.Option(help="Only this camera of SITE; may be repeated.")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help="What the one --camera shows now is this preset: save it where SITE says."
        ),
    ] = None,
    folder: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where the pictures go.")
    ] = Path("var/snapshots"),
) -> None:
    """Save one clean picture of each camera: no boxes or zones, people and plates pixelated.

    Privacy zones are painted out, those of presets only in a picture of their preset. The pictures
    of presets need not be there yet. Exit code 1 when a camera gives no picture.
    """
    from scripts.looking import clean, first_frames, save
    from scripts.watching import choose_site
    from vision.engines import open_engine

    log_to_stderr()
    chosen = choose_site(site, source or [], pictures=False)
    targets = _targets(chosen, camera or [], preset, folder)
    err.print(f"looking at {count(len(targets), 'camera')}, 5 s at most each")
    engine = open_engine(chosen.model)
    missing = 0
    for (one, path), seen in zip(targets, first_frames([c for c, _ in targets]), strict=True):
        if isinstance(seen, SourceError):
            missing += 1
            err.print(f"{one.id}: {escape(str(seen))}")
            continue
        detections = engine.infer([seen.frame.pixels])[0]
        save(path, clean(seen.frame, detections, _hidden(one, preset)))
        out.print(f"{one.id}: {seen.frame.width}×{seen.frame.height}: {escape(str(path))}")
    engine.close()
    if missing:
        raise typer.Exit(1)


def _hidden(camera: Camera, preset: str | None) -> tuple[Polygon, ...]:
    """What is painted out: of a preset as it was drawn, for this picture says where that lies."""
    if preset is not None:
        return next(shown.privacy for shown in camera.presets if shown.name == preset)
    hidden = camera.at(None).privacy
    if camera.presets and hidden:
        err.print(f"{camera.id}: its presets have privacy zones; name the one it shows (--preset)")
    return hidden


def _targets(
    site: Site, wanted: list[str], preset: str | None, folder: Path
) -> list[tuple[Camera, Path]]:
    """Each camera that is asked for, and where its picture goes."""
    known = {camera.id: camera for camera in site.cameras}
    for name in wanted:
        if name not in known:
            raise SiteError(f"no camera is called {name!r}; choose from {', '.join(known)}")
    chosen = [known[name] for name in wanted or known]
    if preset is None:
        return [(camera, folder / f"{camera.id}.jpg") for camera in chosen]
    if len(chosen) != 1:
        raise SiteError("a preset is one camera's: name it with --camera")
    pictures = {shown.name: Path(shown.picture) for shown in chosen[0].presets}
    if preset not in pictures:
        names = ", ".join(pictures) or "it has none"
        raise SiteError(f"{chosen[0].id}: no preset is called {preset!r}; choose from {names}")
    return [(chosen[0], pictures[preset])]
