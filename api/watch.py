"""Watch: what the API asks of the running pipeline, which implements it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vision.sources.status import CameraStatus


class Watch(Protocol):
    """A running pipeline as the console and the metrics read it; called from any thread."""

    def status(self) -> Sequence[CameraStatus]:
        """How each camera is doing now."""

    def snapshot(self, camera: str) -> bytes | None:
        """The camera's latest picture, masked, as JPEG; None before the first."""

    @property
    def problem(self) -> str | None:
        """What keeps it from looking or storing, in plain words; None while all is well."""
