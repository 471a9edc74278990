"""Order: what the process of a trial is asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from vision.site import Site
from vision.trial.packed_looks import PackedLooks
from vision.trial.trial import LONGEST_S, Folders, Trial


@dataclass(frozen=True, slots=True)
class Order:
    """A trial; see `vision.trial.trial.try_out`.

    `preset`: only the looks that show it; all where it is None.
    """

    looks: PackedLooks
    camera: str
    proposed: Site
    in_force: Site
    threshold: float
    folders: Folders
    preset: str | None = None
    longest_s: float = LONGEST_S


@dataclass(frozen=True, slots=True)
class Answer:
    """What it has come to; `whole` where that is all."""

    trial: Trial
    whole: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """It ended on an error, which is told to who asked."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Logged:
    """A line for the log of who asked, which hides what is secret."""

    level: int
    line: str


Message = Answer | Failed | Logged
