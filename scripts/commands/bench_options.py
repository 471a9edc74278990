"""Options of `streetwarden bench`'s commands, and what some of them stand for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.status import Status

from scripts.bench.serving import Transport
from vision.errors import SiteError

if TYPE_CHECKING:
    from vision.engines import Engine, ModelChoice

_DEMO_CLIP = "market-street.mp4"

Model = Annotated[str, typer.Option(help="Weights by name, or a .pt file.")]
Device = Annotated[str, typer.Option(help="cpu, cuda, cuda:0 …")]
Size = Annotated[int, typer.Option(help="Longer side of the input, pixels.")]
WithStock = Annotated[bool, typer.Option(help="Measure the stock alternative too.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Clip = Annotated[
    Path | None, typer.Option(help="A video of 30 frames or more; the demo's market by default.")
]
Clips = Annotated[
    list[Path] | None,
    typer.Option(
        "--clip",
        help="A video of 30 frames or more; the demo's market by default. Given again, the clips"
        " are measured in turns.",
    ),
]
HowServed = Annotated[
    Transport,
    typer.Option(
        "--transport",
        help="How a clip is served: rtsp needs GStreamer, http does not; auto takes what is there.",
    ),
]

Workers = Annotated[
    list[int] | None,
    typer.Option(
        min=1,
        help="Processes that share what is watched, with an engine server from 2 on; 1 by default."
        " Given again, they are measured in turns.",
    ),
]
EmptyPostgresql = Annotated[
    str | None, typer.Option(help="An empty database to measure too: postgresql://…")
]
Rounds = Annotated[int, typer.Option(min=1, help="Rounds; medians are shown.")]


def chosen(model: str, engine: str, device: str, size: int) -> ModelChoice:
    """What these options ask for.

    Raises:
        SiteError: no network takes this size.
    """
    from vision.engines import ModelChoice

    if size % 32 or not 160 <= size <= 1920:
        raise SiteError(f"--size {size}: give a multiple of 32 from 160 to 1920")
    return ModelChoice(name=model, engine=engine, device=device, image_size=size)


@contextmanager
def opened(choice: ModelChoice) -> Iterator[Engine]:
    """The engine, until it is not needed any more."""
    from vision.engines import open_engine

    engine = open_engine(choice)
    try:
        yield engine
    finally:
        engine.close()


def demo_clip(status: Status) -> Path:
    """The demo's market, rendered if it is not there."""
    from datasets.demo import build_demo
    from scripts.watching import HOME

    status.update("rendering the demo site, once")
    return build_demo(HOME / "demo").with_name(_DEMO_CLIP)
