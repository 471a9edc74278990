"""`report.html`: one sheet about a case, as it is printed on A4 and filed; Chinese and English."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import cv2
import numpy as np

from api.evidence import words
from api.evidence.manifest import Item, Sheet
from api.evidence.scope import Scope
from api.evidence.sketch import sketch
from api.storage.tables import CaseRow
from vision.evidence import EvidenceRole
from vision.geo import PlaceError, Position
from vision.pages.templates import templates

_TICKS = ("authentic", "clear", "complete", "accurate")
_WIDE = 900
"""Pixels across of a picture: about 300 dots per inch where it is printed."""
_PICTURES, _REASONS, _CODES, _LISTED = 3, 3, 3, 12


def render(
    case: CaseRow, items: Sequence[Item], sheet: Sheet, read: Callable[[str], bytes]
) -> bytes:
    """The page, with no script and no resource from anywhere; all text in it is escaped.

    Args:
        items: the case's evidence, in its order.
        read: the bytes of a piece of evidence that is in the package.
    """
    where = _position(case)
    listed = sorted(items, key=lambda item: item.role != EvidenceRole.ORIGINAL.value)
    text = templates("api.evidence").get_template("report.html").render(
        case=case,
        sheet=sheet,
        public=sheet.scope is Scope.PUBLIC,
        at=lambda moment: _at(moment, sheet.timezone),
        both=words.both,
        moment=words.moment,
        matter=words.matter(case.kind, case.subtype),
        dwell="" if words.passes(case.kind) else words.lasting(case.dwell_s),
        sketch=sketch(where, sheet.camera_place),
        pictures=[
            (item, picture)
            for item in chosen(items, sheet.scope)
            if (picture := _embedded(read(item.sha256))) is not None
        ],
        codes=case.codes[:_CODES],
        reasons=case.why[:_REASONS],
        ticks=_TICKS,
        reviewed_at=_reviewed_at(case, sheet.timezone),
        sightings=len(case.sightings),
        cameras=list(dict.fromkeys(seen.camera for seen in case.sightings)),
        listed=listed[:_LISTED],
        more=len(listed) - len(listed[:_LISTED]),
        wrong=[item for item in items if item.absent in {"missing", "altered"}],
    )  # fmt: skip
    return text.encode()


def chosen(items: Sequence[Item], scope: Scope) -> list[Item]:
    """The pictures to print: the first, the one of the confirmation, the last; each moment once."""
    derived = {item.of for item in items}
    roles = {Scope.OFFICER: ("original", "annotated"), Scope.RECEIVER: ("annotated", "masked")}
    for role in roles.get(scope, ("masked",)):
        there = [
            item
            for item in items
            if item.role == role and item.file and item.media_type.startswith("image/")
        ]
        # A crop of a plate has no derivative; it says nothing without the whole picture.
        whole = [i for i in there if i.role != "original" or i.sha256 in derived] or there
        if whole:
            confirmed = [item for item in whole if item.moment in {"confirmed", "best"}]
            picked = [whole[0], *confirmed[:1], whole[-1]]
            return list({item.sha256: item for item in picked}.values())[:_PICTURES]
    return []


def _position(case: CaseRow) -> Position | None:
    if case.lon is None or case.lat is None or case.crs is None:
        return None
    try:
        return Position(case.lon, case.lat, case.crs, case.accuracy_m, case.method)  # type: ignore[arg-type]
    except PlaceError:
        return None


def _at(moment: datetime | None, timezone: ZoneInfo) -> str:
    if moment is None:
        return "–"
    local = moment.astimezone(timezone)
    return local.isoformat(" ", "seconds")


def _reviewed_at(case: CaseRow, timezone: ZoneInfo) -> str:
    return _at(datetime.fromisoformat(case.review["at"]), timezone) if case.review else ""


def _embedded(content: bytes) -> str | None:
    """A picture small enough for print, as a data address; None for what is no picture."""
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        return None
    height, width = pixels.shape[:2]
    scale = _WIDE / max(width, height)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    done, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return (
        f"data:image/jpeg;base64,{base64.b64encode(encoded.tobytes()).decode()}" if done else None
    )
