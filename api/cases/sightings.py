"""Sightings: the episodes of a case, how each updates it, and when all of them have cleared."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from api.storage.tables import CaseRow, EvidenceRow, SightingRow
from vision.episodes import Episode
from vision.evidence import EvidenceItem

CLEARED = "cleared"
"""End of a sighting by clean looks; the other values are those of `vision.episodes.EndedBy`."""


def sighting(episode: Episode) -> SightingRow:
    """Make a sighting of a confirmed episode."""
    return SightingRow(
        episode_id=episode.id,
        camera=episode.camera,
        zone=episode.zone,
        box=list(episode.box),
        opened_at=episode.opened_at,
        confirmed_at=episode.confirmed_at or episode.last_seen_at,
        last_seen_at=episode.last_seen_at,
        looks=episode.looks,
        score=episode.score,
    )


def summarise(case: CaseRow, fixed: Collection[str]) -> None:
    """Set the case's times and numbers from its sightings.

    Args:
        fixed: the fixed cameras. A fixed camera reports itself when its sighting is gone; a camera
            that flies or drives does not, so another camera's clean look ends its sighting too. The
            same holds for a sighting that ended without being seen gone.
    """
    seen = case.sightings
    case.first_seen_at = min(s.opened_at for s in seen)
    case.confirmed_at = min(s.confirmed_at for s in seen)
    case.last_seen_at = max(s.last_seen_at for s in seen)
    held = [s for s in seen if not _cleared(s, seen, moved_on=s.camera not in fixed)]
    case.cleared_at = None if held else max(s.cleared_at for s in seen if s.cleared_at)
    case.ended_at, case.ended_by = case.cleared_at, None if held else CLEARED
    if held and all(s.ended_at is not None for s in held):
        last = max(held, key=lambda s: s.ended_at or s.last_seen_at)
        case.ended_at, case.ended_by = last.ended_at, last.ended_by
    # Dwell is the longest sighting, not first to last: between sightings it was not seen.
    case.dwell_s = max((s.last_seen_at - s.opened_at).total_seconds() for s in seen)
    case.looks = sum(s.looks for s in seen)
    case.score = max(s.score for s in seen)


def end(
    one: SightingRow, at: datetime, by: str, *, last_seen_at: datetime, episode: Episode | None
) -> None:
    """Record when and how a sighting ended, with its final episode if that is given."""
    one.ended_at, one.ended_by, one.last_seen_at = at, by, last_seen_at
    one.cleared_at = at if by == CLEARED else None
    if episode is None:
        return
    one.looks, one.score = episode.looks, episode.score
    # The camera's clock may have been set back since it was reported.
    one.opened_at = min(one.opened_at, episode.opened_at)
    one.confirmed_at = min(one.confirmed_at, episode.confirmed_at or one.confirmed_at)


def _cleared(one: SightingRow, seen: Sequence[SightingRow], *, moved_on: bool) -> bool:
    if one.cleared_at is not None:
        return True
    # What a fixed camera still holds has not gone, whatever others report; what no rule holds any
    # more is ended at the start (`CaseIntake.end_unwatched`).
    if one.ended_at is None and not moved_on:
        return False
    return any(o.cleared_at is not None and o.cleared_at > one.last_seen_at for o in seen)


def attach(case: CaseRow, episode_id: str, items: Sequence[EvidenceItem]) -> None:
    """Add stored pictures to the case; those it has already are left out."""
    known = {(row.sha256, row.moment) for row in case.evidence}
    for item in items:
        if (item.sha256, item.moment) in known:
            continue
        known.add((item.sha256, item.moment))
        case.evidence.append(
            EvidenceRow(
                episode_id=episode_id,
                sha256=item.sha256,
                role=item.role.value,
                of=item.of,
                media_type=item.media_type,
                size=item.size,
                camera=item.camera,
                captured_at=item.captured_at,
                moment=item.moment,
                boxes=[list(box) for box in item.boxes],
            )
        )
