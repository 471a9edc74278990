"""Masks by hand: a person hides what the detector missed, in new derivatives.

The original is never touched, and neither are the derivatives that were there: they are kept, as
the log names them, but shown to nobody any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from api.access.roles import Principal
from api.cases.log import enter
from api.cases.requests import MaskRequest
from api.cases.schemas import CaseDetail
from api.cases.scope import locked
from api.cases.sightings import attach
from api.cases.view import case_detail
from api.errors import UnknownMedia
from api.storage.database import Database
from api.storage.tables import CaseRow, EvidenceRow
from api.words.said import say
from vision.errors import EvidenceError
from vision.evidence import EvidenceItem, EvidenceRole
from vision.evidence.masking import pixelate
from vision.evidence.store import EvidenceStore

_DERIVATIVES = frozenset({EvidenceRole.MASKED, EvidenceRole.ANNOTATED, EvidenceRole.SUBJECT})
_QUALITY = 90


class MaskDesk:
    """Masks more of a case's pictures."""

    def __init__(self, database: Database, evidence: EvidenceStore) -> None:
        self._database = database
        self._evidence = evidence

    def add(self, who: Principal, case_id: str, request: MaskRequest) -> CaseDetail:
        """Mask more of a picture, in all of its derivatives, and log it.

        Raises:
            UnknownCase: there is none, as far as this key may see.
            UnknownMedia: the case has no such picture, or none of it that can be masked.
            EvidenceError: a derivative is stored nowhere any more, or was altered; or the new one
                could not be stored. Nothing was changed.
        """
        with self._database.read() as session:
            before = _derivatives(locked(session, who, case_id), who, request.picture)
        made = {row.sha256: self._masked(row, request.boxes) for row in before}
        with self._database.write() as session:
            case = locked(session, who, case_id)
            now = {row.sha256: row for row in _derivatives(case, who, request.picture)}
            if now.keys() != made.keys():
                raise UnknownMedia(say("masked_meanwhile"))
            for digest, item in made.items():
                now[digest].replaced_by = item.sha256
                attach(case, now[digest].episode_id, [item])
            data = {
                "evidence": [item.sha256 for item in made.values()],
                "replaces": list(made),
                "boxes": [list(box) for box in request.boxes],
            }
            enter(session, case, "masked", by=who, reason=request.note, data=data)
            session.flush()
            session.refresh(case)
            return case_detail(case, who)

    def _masked(
        self, row: EvidenceRow, boxes: Sequence[tuple[float, float, float, float]]
    ) -> EvidenceItem:
        """Store a derivative with more of it pixelated."""
        content = np.frombuffer(self._evidence.read(row.sha256), np.uint8)
        pixels: Any = cv2.imdecode(content, cv2.IMREAD_COLOR)
        if pixels is None:
            raise EvidenceError(f"case {row.case_id}: {row.sha256} is no picture that can be read")
        height, width = pixels.shape[:2]
        corners = np.array(boxes) * (width, height, width, height)
        corners[:, 2:] += corners[:, :2]
        hidden = pixelate(pixels, corners)
        _, encoded = cv2.imencode(".jpg", hidden, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        return EvidenceItem(
            sha256=self._evidence.put(encoded.tobytes()),
            role=EvidenceRole(row.role),
            media_type="image/jpeg",
            size=len(encoded),
            camera=row.camera,
            captured_at=row.captured_at,
            moment=row.moment,
            of=row.of,
            boxes=tuple((a, b, c, d) for a, b, c, d in row.boxes or ()),
        )


def _derivatives(case: CaseRow, who: Principal, picture: str) -> list[EvidenceRow]:
    """The derivatives that are shown of the picture with this digest, or of its original."""
    rows = [row for row in case.evidence if who.sees_camera(row.camera)]
    originals = {row.of or row.sha256 for row in rows if row.sha256 == picture}
    shown = [
        row
        for row in rows
        if row.of in originals
        and row.role in _DERIVATIVES
        and row.replaced_by is None
        and row.purged_at is None
    ]
    if not shown:
        raise UnknownMedia(say("picture_not_maskable"))
    return shown
