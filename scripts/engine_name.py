"""The option with which a command asks for an engine."""

from __future__ import annotations

from typing import Annotated

import typer

from vision.engine_registry import NAMES


def _known(name: str) -> str:
    if name not in NAMES:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(NAMES)}")
    return name


EngineName = Annotated[
    str, typer.Option(metavar="|".join(NAMES), callback=_known, help="What runs the model.")
]
