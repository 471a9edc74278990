"""Matters: the things that a video shows, each once.

A look's findings are those of a picture (`findings.find`). They are one thing over many looks where
the tracker says so, or where what stands is seen again at the spot to which the camera's own motion
has carried it. What the rules confirm is joined to the thing that it is about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from vision.audit.derivative import sure
from vision.audit.findings import Finding
from vision.audit.videos.matter import GAP_S, Matter, Save, Shot
from vision.audit.videos.motion import Matrix
from vision.clarity import clarity
from vision.detections import Detections
from vision.episodes import Episode, EpisodeEvent, EpisodeStage, NormBox
from vision.frames import Frame
from vision.rules.sight import hull_of
from vision.view.registration import moved

_LINGERS_S = 10.0
"""Unseen for so long a thing has left: its pictures are drawn, or it was a flicker and dropped."""
_LOOKS = 2, 5  # for which the same holds where looks are farther apart, as in a time lapse


class Matters:
    """The matters of one video; every look in turn.

    Args:
        threshold: of the model.
        interval_s: seconds from look to look.
        needed: least looks that show a thing of a kind, for it to be one.
        save: draws a shot and stores it.
    """

    def __init__(
        self, threshold: float, interval_s: float, needed: Callable[[str], int], save: Save
    ) -> None:
        self._gap_s = max(GAP_S, _LOOKS[0] * interval_s)
        self._lingers_s = max(_LINGERS_S, _LOOKS[1] * interval_s)
        self._threshold = threshold
        self._needed = needed
        self._save = save
        self._known: list[Matter] = []
        self._now_s = 0.0

    def look(
        self,
        offset_s: float,
        frame: Frame,
        detections: Detections,
        findings: Sequence[Finding],
        step: Matrix | None,
    ) -> None:
        """Take in a look.

        Args:
            offset_s: its moment.
            detections: all of them, tracked; `findings` index those that reach the threshold.
            step: the camera's own motion since the look before; None where it is not known.
        """
        self._now_s = offset_s
        for known in self._known:
            known.spot = _carried(known.spot, step)
        tracks = _tracks(sure(detections, self._threshold))
        there = set(tracks)
        seen = list[Matter]()
        for finding in findings:
            ids = {tracks[n] for n in finding.focus if tracks[n] >= 0}
            spot = _normal(finding.box, frame)
            matter = self._matter(finding, spot, ids, seen)
            matter.see(Shot(offset_s, frame, detections, finding, clarity(frame, spot)), spot, ids)
            seen.append(matter)
        for known in self._known:
            known.chances += known in seen or bool(known.tracks & there) or known.in_view
        self._part(offset_s)

    def told(self, event: EpisodeEvent) -> None:
        """Take in what a rule says in the latest look."""
        episode = event.episode
        for known in self._known:
            if episode.id in known.episodes:
                known.episodes[episode.id] = episode
                return
        if episode.stage is not EpisodeStage.CONFIRMED:
            return
        tracks = _tracks(event.detections)
        ids = {tracks[n] for n in event.focus if tracks[n] >= 0}
        finding = self._as_finding(event)
        matter = self._matter(finding, episode.box, ids, ())
        if not matter.looks:
            clear = clarity(event.frame, episode.box)
            shot = Shot(self._now_s, event.frame, event.detections, finding, clear)
            matter.see(shot, episode.box, ids)
        matter.episodes[episode.id] = episode

    def update(self, episodes: Sequence[Episode]) -> None:
        """Take in what became of the episodes that still go on."""
        for episode in episodes:
            for known in self._known:
                if episode.id in known.episodes:
                    known.episodes[episode.id] = episode

    def all(self, looks: int) -> list[Matter]:
        """The matters of the whole video, in order of time; call it once, at the end.

        Args:
            looks: at the video; one of fewer than a kind needs has to do with those.
        """
        found = [m for m in self._known if self._counts(m, looks)]
        for matter in found:
            matter.put_by(self._save)
        return sorted(found, key=lambda m: (m.first_s, m.kind, m.subtype))

    def _matter(
        self, finding: Finding, spot: NormBox, ids: set[int], seen: Sequence[Matter]
    ) -> Matter:
        """The thing that a finding is of, in which those that turn out to be one are joined."""
        same = [
            known
            for known in self._known
            if known.is_of(finding)
            and known not in seen
            and (known.tracks & ids or known.at(spot, self._now_s))
        ]
        if not same:
            now = self._now_s
            new = Matter(finding.kind, finding.subtype, now, spot, ids, gap_s=self._gap_s)
            self._known.append(new)
            return new
        first, *others = same
        for other in others:
            first.absorb(other)
            self._known.remove(other)
        return first

    def _as_finding(self, event: EpisodeEvent) -> Finding:
        """What a rule confirmed, where no single picture said so: a truck's spill."""
        episode, wide, high = event.episode, event.frame.width, event.frame.height
        x1, y1, x2, y2 = episode.box
        strong = np.asarray(event.detections.confidence) >= self._threshold
        return Finding(
            kind=episode.kind,
            subtype=episode.subtype,
            box=(x1 * wide, y1 * high, x2 * wide, y2 * high),
            score=episode.score,
            objects=episode.objects,
            focus=tuple(int(strong[:n].sum()) for n in event.focus if strong[n]),
            why=episode.why[0],
        )

    def _part(self, now_s: float) -> None:
        """Draw what has left, and drop what was no more than a flicker."""
        left = [m for m in self._known if m.shots and now_s - m.last_s > self._lingers_s]
        for matter in left:
            if self._counts(matter):
                matter.put_by(self._save)
            else:
                self._known.remove(matter)

    def _counts(self, matter: Matter, most: int | None = None) -> bool:
        needed = self._needed(matter.kind)
        enough = len(matter.looks) >= (needed if most is None else min(needed, most))
        return bool(matter.episodes or matter.shown) or (enough and not matter.flickers)


def _carried(spot: NormBox | None, step: Matrix | None) -> NormBox | None:
    if spot is None or step is None:
        return None
    x1, y1, x2, y2 = (float(v) for v in moved(np.array([spot], np.float64), step)[0])
    return x1, y1, x2, y2


def _normal(box: NormBox, frame: Frame) -> NormBox:
    x1, y1, x2, y2 = box
    wide, high = frame.width, frame.height
    return hull_of([(x1 / wide, y1 / high, x2 / wide, y2 / high)])


def _tracks(detections: Detections) -> list[int]:
    ids = detections.tracker_id
    return [int(n) for n in ids] if ids is not None else [-1] * len(detections)
