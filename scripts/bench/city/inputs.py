"""What a plan is made from: measured costs, and a city's cameras."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from vision.errors import SiteError

Stream = Literal["1080p", "360p"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def read(cls, path: Path | None, shipped: str) -> Self:
        """Of a YAML file; None for the one that is shipped under this name.

        Raises:
            SiteError: it cannot be read, or is not of this form.
        """
        try:
            if path is None:
                text = (files("scripts.bench.city") / shipped).read_text(encoding="utf-8")
            else:
                text = path.read_text(encoding="utf-8")
            return cls.model_validate(YAML(typ="safe").load(text))
        except (OSError, UnicodeDecodeError, YAMLError, ValidationError) as error:
            raise SiteError(
                f"{path or shipped}: {error}; {shipped} in scripts/bench/city shows the form"
            ) from error


class Number(_Strict):
    """A measured number and where it was measured."""

    value: float = Field(gt=0)
    source: str = Field(min_length=1)


def _of_all(numbers: Mapping[Stream, Number]) -> Mapping[Stream, Number]:
    if missing := [stream for stream in get_args(Stream) if stream not in numbers]:
        raise ValueError(f"{', '.join(missing)} is missing: give a number for each stream")
    return numbers


ByStream = Annotated[Mapping[Stream, Number], AfterValidator(_of_all)]
"""A number for every size of stream."""


class LookCosts(_Strict):
    """Processor time of one look on a machine without a GPU, milliseconds.

    Attributes:
        decode_ms: reading a camera's stream for it, by the stream's size.
        engine_ms: the network.
        loop_ms: tracker, rules and what else the loop's one thread does.
        crowd: a crowd's look by a quiet street's.
    """

    decode_ms: ByStream
    engine_ms: Number
    loop_ms: Number
    crowd: Number


class GpuCosts(_Strict):
    """The same with a GPU: what a batch takes, and the interpreter's part of a look.

    Attributes:
        batch_ms: by pictures in it; in between the next larger one counts, and none is larger than
            the largest of these.
        look_ms: what one process can do one after the other only.
    """

    batch_ms: Mapping[Annotated[int, Field(gt=0)], Number] = Field(min_length=1)
    look_ms: Number


class MemoryCosts(_Strict):
    """Resident megabytes of a process that watches, and of each camera."""

    process: Number
    camera: Number


class CaseCosts(_Strict):
    """What a case leaves and takes.

    Attributes:
        evidence_mb: its pictures, by the size of the stream they are of.
        rows: of the database, all tables.
        database_kb: what these and their indexes take.
        take_ms: the transaction that makes a case; only one is made at a time in a database.
        deliver_per_s: webhooks a second of one service.
        review_s: of a person.
    """

    evidence_mb: ByStream
    rows: Number
    database_kb: Number
    take_ms: Number
    deliver_per_s: Number
    review_s: Number


class Measured(_Strict):
    """All of them."""

    machine: str
    look: LookCosts
    gpu: GpuCosts
    memory_mb: MemoryCosts
    stream_mbit_s: ByStream
    case: CaseCosts


class Box(_Strict):
    """A machine that watches cameras.

    Attributes:
        cores: of the kind that was measured.
        gpus: of the kind that was measured; 0 for none.
        workers: processes that share its cameras.
        memory_gb: in all.
        link_gbit_s: what comes in.
    """

    cores: int = Field(gt=0)
    gpus: int = Field(ge=0, le=1)
    workers: int = Field(gt=0)
    memory_gb: float = Field(gt=0)
    link_gbit_s: float = Field(gt=0)


class Group(_Strict):
    """Cameras that are alike.

    Attributes:
        looks_s: looks a second at each.
        crowded: share of them that see a crowd.
        cases_day: that each makes in a day; an assumption until a city has counted its own.
    """

    name: str
    cameras: int = Field(gt=0)
    stream: Stream
    looks_s: float = Field(gt=0)
    crowded: float = Field(ge=0, le=1)
    cases_day: float = Field(gt=0)


class City(_Strict):
    """What is planned for.

    Attributes:
        box: what cameras are watched by.
        spare: share of a box's cameras that it gives up, so that the others can take a dead one's.
        peak: cases in the busiest hour by the mean of the hours in which there are any.
        hours: hours of a day in which there are any.
        reviewer_hours: of a day that one person reviews.
        clip_s: seconds of the stream that are kept of a case (`clip` and `clip_after`).
        kept_days: days that evidence is kept.
    """

    box: Box
    groups: tuple[Group, ...] = Field(min_length=1)
    spare: float = Field(ge=0, lt=1)
    peak: float = Field(ge=1)
    hours: float = Field(gt=0, le=24)
    reviewer_hours: float = Field(gt=0, le=24)
    clip_s: float = Field(ge=0)
    kept_days: float = Field(gt=0)

    @property
    def cameras(self) -> int:
        """All of them."""
        return sum(group.cameras for group in self.groups)

    @property
    def cases_day(self) -> float:
        """Of all cameras."""
        return sum(group.cameras * group.cases_day for group in self.groups)

    def scaled(self, times: float) -> City:
        """As many times the cameras, in the same proportions."""
        groups = tuple(
            group.model_copy(update={"cameras": max(1, round(group.cameras * times))})
            for group in self.groups
        )
        return self.model_copy(update={"groups": groups})
