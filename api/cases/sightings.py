"""Sightings of a case: what each adds to it, and when it has cleared for all of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from api.storage.tables import CaseRow, EvidenceRow, SightingRow
from vision.episodes import Episode
from vision.evidence import EvidenceItem


def sighting(episode: Episode) -> SightingRow:
    """An episode that was confirmed, as a sighting."""
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
        fixed: the cameras that stay where they are. One of those says itself when what it saw is
            gone; a camera that flies or drives on does not, so another's clean look ends its
            sighting too.
    """
    seen = case.sightings
    case.first_seen_at = min(s.opened_at for s in seen)
    case.confirmed_at = min(s.confirmed_at for s in seen)
    case.last_seen_at = max(s.last_seen_at for s in seen)
    holds = any(not _over(s, seen, moved_on=s.camera not in fixed) for s in seen)
    case.cleared_at = None if holds else max(s.cleared_at for s in seen if s.cleared_at)
    # The longest stay, not first to last: between two sightings nobody saw it.
    case.dwell_s = max((s.last_seen_at - s.opened_at).total_seconds() for s in seen)
    case.looks = sum(s.looks for s in seen)
    case.score = max(s.score for s in seen)


def _over(one: SightingRow, seen: Sequence[SightingRow], *, moved_on: bool) -> bool:
    if one.cleared_at is not None:
        return True
    return any(
        other.cleared_at is not None
        and other.cleared_at > one.last_seen_at
        # An earlier episode of the same camera that never ended was cut off by a restart.
        and (moved_on or (other.camera == one.camera and other.opened_at > one.opened_at))
        for other in seen
    )


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
            )
        )
