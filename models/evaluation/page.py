"""The page of an evaluation: one HTML file that needs nothing beside it."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from models.evaluation.bootstrap import Interval

SHEET_WIDTH, SHEET_QUALITY = 900, 70
"""Width and JPEG quality of a sheet inside the page; the PNG beside it is the better one to see."""


def write_page(
    report: Mapping[str, Any], curves: Path, sheets: Mapping[str, Path], file: Path
) -> None:
    """Writes the page.

    Args:
        report: What `evaluation.json` holds.
        curves: The curves' PNG; left out where it does not exist.
        sheets: Error sheets by class name.
        file: Where to.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = figure
    page = environment.get_template("page.html").render(
        report=report,
        curves=_inline(curves, "png") if curves.is_file() else None,
        sheets={name: _inline(sheet, "jpeg") for name, sheet in sheets.items()},
    )
    file.write_text(page, encoding="utf-8")


def figure(value: Interval) -> str:
    """Writes a figure with its interval: `0.86 (0.81–0.90)`."""
    middle, low, high = value
    if middle is None:
        return "–"
    if low is None or high is None:
        return f"{middle:.2f}"
    between = "–" if low >= 0 else " to "
    return f"{middle:.2f} ({low:.2f}{between}{high:.2f})"


def _inline(picture: Path, kind: str) -> str:
    data = picture.read_bytes()
    if kind == "jpeg":
        quality = [cv2.IMWRITE_JPEG_QUALITY, SHEET_QUALITY]
        pixels: Any = cv2.imread(str(picture))
        scale = SHEET_WIDTH / pixels.shape[1]
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        data = cv2.imencode(".jpg", pixels, quality)[1].tobytes()
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
