"""ModelChoice: which weights, on which engine, device and input size."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from vision.engine_registry import AUTO, NAMES
from vision.fields import Part
from vision.mistakes.wrong import wrong


def _known(name: str) -> str:
    if name not in NAMES:
        raise ValueError(wrong("engine_unknown", engine=name, known=list(NAMES)))
    return name


class ModelChoice(Part):
    """Which weights, on which engine and device, at which input size (pixels, longer side)."""

    name: str = "streetwarden-n"
    engine: Annotated[str, AfterValidator(_known)] = AUTO
    device: str = "auto"
    image_size: Annotated[int, Field(ge=160, le=1920, multiple_of=32)] = 640
