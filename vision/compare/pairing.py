"""Pairing: which pictures of the earlier flight may show the ground of a later one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vision.compare.ground import Ground
from vision.compare.laying import Features, matches
from vision.compare.pictures import Shot

MOST = 6
"""Earlier pictures that are tried for one later picture: a survey flown with 80 % overlap along
and 60 % across needs four."""
_ROUGH = 300
"""Features by which pictures are ranked where nothing else says which belong together."""
_LEAST_SHARE = 0.05
"""Of a later picture, shown by an earlier one, to be worth trying."""


def by_ground(after: Ground, earlier: Sequence[tuple[Shot, Ground | None]]) -> list[Shot]:
    """Those whose footprint, by the poses, overlaps the later picture's, most first.

    Earlier pictures without a place are left out: they belong to somewhere else or to nowhere.
    """
    mine = after.footprint
    shares = [
        (mine.intersection(ground.footprint).area / mine.area, shot)
        for shot, ground in earlier
        if ground is not None and mine.is_valid and ground.footprint.is_valid
    ]
    ranked = sorted(shares, key=lambda pair: -pair[0])
    return [shot for share, shot in ranked[:MOST] if share >= _LEAST_SHARE]


def by_name(after: Shot, earlier: Sequence[Shot]) -> list[Shot]:
    """Those that are called alike but for `_A` and `_B`, or `-before` and `-after`."""
    return [shot for shot in earlier if shot.twin == after.twin][:MOST]


def by_features(after: Features, earlier: Sequence[tuple[Shot, Features]]) -> list[Shot]:
    """Those in which most of a few features are found again, most first."""
    few = _rough(after)
    counts = [(len(matches(_rough(known), few)[0]), shot) for shot, known in earlier]
    return [shot for count, shot in sorted(counts, key=lambda pair: -pair[0])[:MOST] if count]


def _rough(features: Features) -> Features:
    """The most marked of the features."""
    return replace(features, points=features.points[:_ROUGH], described=features.described[:_ROUGH])
