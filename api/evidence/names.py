"""Names of a package's files: by role and moment; one number is one moment of one camera."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count

from api.storage.tables import EvidenceRow
from vision.evidence import EvidenceRole

_ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "video/mp4": ".mp4",
    "application/jsonl": ".jsonl",
}


def file_names(rows: Iterable[EvidenceRow]) -> dict[str, str]:
    """The file of each digest: `original/01-opened.png`, `masked/01-opened.jpg`, `decision.json`.

    A derivative has its original's number.
    """
    numbers: dict[str, int] = {}
    names: dict[str, str] = {}
    for row in rows:
        if row.sha256 in names:  # the same bytes at another moment
            continue
        if row.role == EvidenceRole.RECORD.value:
            names[row.sha256] = _free("decision", ".json", names)
            continue
        number = numbers.setdefault(row.of or row.sha256, len(numbers) + 1)
        folder = re.sub(r"[^a-z]", "", row.role) or "other"
        moment = re.sub(r"[^a-z0-9]+", "-", row.moment.lower()).strip("-") or "moment"
        ending = _ENDINGS.get(row.media_type, ".json" if "json" in row.media_type else ".bin")
        names[row.sha256] = _free(f"{folder}/{number:02d}-{moment}", ending, names)
    return names


def _free(stem: str, ending: str, taken: dict[str, str]) -> str:
    used = set(taken.values())
    tries = (f"{stem}{'' if n == 1 else f'-{n}'}{ending}" for n in count(1))
    return next(name for name in tries if name not in used)
