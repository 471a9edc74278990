"""Deductions: the points that a site takes off for each violation, by its own table."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from vision.errors import StreetwardenError
from vision.files import read_file
from vision.kinds import catalogue

_MOST_BYTES = 2**20


class DeductionError(StreetwardenError):
    """A table of points that cannot be used."""


class Deductions(BaseModel):
    """A site's own table; no standard has one.

    Attributes:
        points: by kind (`street_vending`) or sub-type (`overflowing_bin.exposed_garbage`, which
            counts before its kind), for each violation. What is not listed costs nothing.
        cap: the most that one area loses in one period; without it there is no end.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    points: dict[str, float] = Field(min_length=1)
    cap: float | None = Field(default=None, gt=0)

    @classmethod
    def read(cls, path: Path) -> Self:
        """From YAML (`points`, `cap`), or CSV of the columns `matter` and `points`.

        In the CSV a row with the matter `cap` is the cap.

        Raises:
            DeductionError: it cannot be read, or names what is no kind of violation.
        """
        try:
            text = read_file(path, _MOST_BYTES).decode("utf-8-sig")
            tree = _from_csv(text) if path.suffix.lower() == ".csv" else YAML(typ="safe").load(text)
            table = cls.model_validate(tree)
        except (OSError, UnicodeDecodeError, YAMLError, KeyError, ValueError) as error:
            told = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
            raise DeductionError(
                f"{path}: is no table of points ({told}); give YAML with `points` by kind, or CSV "
                "with the columns matter and points"
            ) from error
        known = {k.name for k in catalogue().kinds}
        known |= {f"{k.name}.{s.name}" for k in catalogue().kinds for s in k.subtypes}
        if wrong := sorted(table.points.keys() - known):
            raise DeductionError(
                f"{path}: {', '.join(wrong)}: no such kind or sub-type; there are "
                f"{', '.join(sorted(known))}"
            )
        return table

    def of(self, kind: str, subtype: str) -> float:
        """Points for one violation."""
        return self.points.get(f"{kind}.{subtype}", self.points.get(kind, 0.0))

    def capped(self, points: float) -> float:
        """What an area loses in a period."""
        return points if self.cap is None else min(points, self.cap)


def _from_csv(text: str) -> dict[str, object]:
    rows = {row["matter"].strip(): row["points"] for row in csv.DictReader(io.StringIO(text))}
    cap = rows.pop("cap", None)
    return {"points": rows, "cap": cap}
