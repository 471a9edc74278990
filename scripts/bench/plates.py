"""Plates: how many of a folder's number plates are read without a mistake, by kind."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from api.reports.interval import wilson
from vision.detections import class_names
from vision.engines import Engine
from vision.errors import StreetwardenError
from vision.evidence.masking import MASKED_FROM
from vision.frames import Pixels, crop
from vision.plates import normal
from vision.plates.cuts import CUTS, Cut
from vision.plates.network import PaddleNetworks, opened
from vision.plates.reader import PlateReader

Read = Callable[[Pixels], str | None]
WAYS: Mapping[str, tuple[Cut, ...] | None] = {
    "RapidOCR by itself": None,
    "straight, by the grammar": ("straight",),
    "straight or rows": ("straight", "rows"),
    "straight or rectified": ("straight", "rectified"),
    "all three (what is shipped)": CUTS,
}


@dataclass(frozen=True, slots=True)
class Share:
    """Of a kind's plates: all, those found, read right, read as something else; 95 % interval."""

    way: str
    kind: str
    plates: int
    found: int
    right: int
    wrong: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PlatesResult:
    """What was measured, and how long a plate took."""

    shares: tuple[Share, ...]
    ms: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    kind: str
    text: str
    crop: Pixels | None


def bench_plates(
    folder: Path, engine: Engine, progress: Callable[[str], object] = lambda _: None
) -> PlatesResult:
    """Read the plates whose text is known, each in every way; where they are, the detector says.

    Args:
        folder: holds, at any depth, `plates.csv` (columns `file`, `plate_colour`, `text`) beside
            `images/`.
        engine: the detector; of the plates that it finds in a picture the largest is read.
        progress: told what is being done.

    Raises:
        StreetwardenError: no plate is known there, or a picture cannot be read.
        EngineError: the extra `plates` is not installed.
    """
    progress("finding plates")
    known = list(_known(folder, engine))
    if not known:
        raise StreetwardenError(
            f"{folder}: holds no plates.csv with texts; write one with the columns file, "
            "plate_colour and text beside images/"
        )
    networks = PaddleNetworks()
    shares, ms = list[Share](), dict[str, float]()
    for way, cuts in WAYS.items():
        progress(way)
        read = _plain() if cuts is None else _by(PlateReader(networks, cuts))
        begun = time.perf_counter()
        said = [None if one.crop is None else read(one.crop) for one in known]
        found = sum(one.crop is not None for one in known)
        ms[way] = 1000 * (time.perf_counter() - begun) / max(1, found)
        pairs = list(zip(known, said, strict=True))
        for kind in sorted({one.kind for one in known}):
            shares.append(_share(way, kind, [pair for pair in pairs if pair[0].kind == kind]))
    return PlatesResult(tuple(shares), ms)


def _share(way: str, kind: str, pairs: list[tuple[_Known, str | None]]) -> Share:
    right = sum(one.text == said for one, said in pairs)
    wrong = sum(said is not None and one.text != said for one, said in pairs)
    found = sum(one.crop is not None for one, _ in pairs)
    return Share(way, kind, len(pairs), found, right, wrong, *wilson(right, len(pairs)))


def _by(reader: PlateReader) -> Read:
    def read(plate: Pixels) -> str | None:
        found = reader.read(plate)
        return found.text if found is not None else None

    return read


def _plain() -> Read:
    """As the library reads: its lines found, their texts put together."""
    ocr = opened()

    def read(plate: Pixels) -> str | None:
        texts = ocr(plate, use_det=True, use_cls=False, use_rec=True).txts
        return normal("".join(texts)) if texts else None

    return read


def _known(folder: Path, engine: Engine) -> Iterator[_Known]:
    for listed in sorted(folder.rglob("plates.csv")):
        with listed.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["text"]]
        for row in rows:
            path = listed.parent / "images" / row["file"]
            picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if picture is None:
                raise StreetwardenError(f"{path}: cannot be read as a picture")
            yield _Known(row["plate_colour"], row["text"], _largest(engine, np.asarray(picture)))


def _largest(engine: Engine, picture: Pixels) -> Pixels | None:
    """The crop of the largest plate that would be masked, and so is shown as a subject's."""
    found = engine.infer([picture])[0]
    likely = (class_names(found) == "plate") & (np.asarray(found.confidence) >= MASKED_FROM)
    boxes = np.asarray(found.xyxy)[likely]
    if not len(boxes):
        return None
    return crop(picture, boxes[(boxes[:, 2:] - boxes[:, :2]).prod(axis=1).argmax()])
