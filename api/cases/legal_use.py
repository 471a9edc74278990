"""Legal use: what the pictures of a case may be used for, decided once, for when they were taken.

A lead for an officer, unless the device's admissibility file was complete on each day on which it
saw the violation, and the jurisdiction lists the matter for evidence by devices. What it was
decided on is kept with the case, so that a file that is completed or lapses later changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from api.words.legal_reasons import LEGAL_REASONS
from vision.episodes import Episode
from vision.frames import Clock
from vision.registers.admissibility import Admissibility
from vision.registers.matters import Matter, matter_of
from vision.site import Camera, Site

LEAD_ONLY, PENALTY_EVIDENCE = "lead_only", "penalty_evidence"
_LIVE = frozenset({Clock.STREAM, Clock.ARRIVAL})


@dataclass(frozen=True, slots=True)
class LegalUse:
    """What a case may be used for.

    Attributes:
        use: `lead_only` or `penalty_evidence`.
        why: reasons, each a code with its sentence in English and Chinese.
        basis: the matter and the device's file as they were, JSON; the file's documents by SHA-256.
    """

    use: str
    why: Sequence[dict[str, str]]
    basis: dict[str, Any]


def legal_use(site: Site, camera: Camera, episode: Episode) -> LegalUse:
    """Decide what the pictures of an episode may be used for."""
    matter = matter_of(site.matters, episode.kind, episode.subtype)
    zone = ZoneInfo(site.site.timezone)
    seen = (episode.opened_at, episode.confirmed_at or episode.last_seen_at)
    days = [moment.astimezone(zone).date() for moment in seen]
    against = [
        *_of_matter(matter),
        *of_device(camera.admissibility, days),
        *_of_clock(episode.clock),
    ]
    basis = {"matter": _listed(matter), "device": filed(camera.admissibility)}
    if against:
        return LegalUse(LEAD_ONLY, against, basis)
    return LegalUse(PENALTY_EVIDENCE, [_words("admissible")], basis)


def _of_matter(matter: Matter | None) -> list[dict[str, str]]:
    if matter is not None and matter.penalty_evidence:
        return []
    return [_words("matter_not_listed")]


def of_device(file: Admissibility | None, days: Sequence[date]) -> list[dict[str, str]]:
    """What speaks against a device's pictures of these local days, in both languages."""
    if file is None:
        return [_words("device_not_filed")]
    lacks = dict.fromkeys(name for day in days for name in file.missing(day))
    return [_words(f"lacks_{name}") for name in lacks]


def _of_clock(clock: Clock) -> list[dict[str, str]]:
    if clock in _LIVE:
        return []
    return [_words("file_time")]


def _words(code: str) -> dict[str, str]:
    """A code with its sentences as they are said today, which the case keeps."""
    said = LEGAL_REASONS[code]
    return {"code": code, "en": said.en, "zh": said.zh}


def _listed(matter: Matter | None) -> dict[str, Any] | None:
    return matter.model_dump(mode="json") if matter is not None else None


def filed(file: Admissibility | None) -> dict[str, Any] | None:
    """The file; its documents by name and hash, for where they lie here concerns no receiver."""
    if file is None:
        return None
    acts = file.model_dump(mode="json")
    for act, path in file.documents.items():
        acts[act] |= {"document": Path(path).name, "sha256": _digest(Path(path))}
    return acts


def _digest(path: Path) -> str | None:
    """SHA-256 of a document; None where it cannot be read now."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
