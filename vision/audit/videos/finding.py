"""What is written down of a matter: by the rules, or as a suspicion from single pictures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from vision.audit.findings import rounded
from vision.audit.video_records import ReasonRecord, VideoFinding, VideoPicture
from vision.audit.videos.matter import Matter, Shown
from vision.episodes import Episode, Reason
from vision.kinds import catalogue
from vision.rules.reasons import ReasonCode, render
from vision.site.rule_settings import RuleSettings

Words = dict[Literal["zh", "en"], str]

CONFIRMED: Words = {
    "en": "confirmed by the rules for cameras, over the whole picture and at any hour; no permit "
    "check",
    "zh": "按摄像机规则判定（全画面、全时段）；未核查许可",
}
SUSPECTED: Words = {
    "en": "suspected, from single pictures of a video: the rules for cameras did not confirm it; "
    "no permit check",
    "zh": "疑似，凭视频中的单帧画面判定：未达到摄像机规则的判定标准；未核查许可",
}


def video_finding(
    matter: Matter, settings: RuleSettings, offset_s: Callable[[datetime], float]
) -> VideoFinding:
    """A matter as it is written down.

    Args:
        matter: at the end of its video.
        settings: of its kind's rule.
        offset_s: from a moment (UTC) to seconds since the video began.
    """
    episodes = sorted(matter.episodes.values(), key=lambda episode: episode.opened_at)
    best = matter.best
    told = _confirmed(episodes, offset_s) if episodes else _suspected(matter, settings)
    kind, subtype = best.finding.kind, str(told["subtype"])
    shown = sorted(matter.shown.values(), key=lambda one: one.offset_s)
    return VideoFinding.model_validate(
        {
            "kind": kind,
            "objects": best.finding.objects,
            "codes": catalogue().kind(kind).subtype(subtype).codes,
            "seen_s": round(matter.seen_s, 1),
            "offset_s": best.offset_s,
            "box": rounded(best.finding.box),
            "place": _place(matter),
            "pictures": tuple(
                VideoPicture(offset_s=one.offset_s, annotated=one.annotated) for one in shown
            ),
            **told,
        }
    )


def _confirmed(episodes: list[Episode], offset_s: Callable[[datetime], float]) -> dict[str, object]:
    surest = max(episodes, key=lambda episode: episode.score)
    return {
        "state": "confirmed",
        "subtype": episodes[0].subtype,
        "score": surest.score,
        "from_s": offset_s(episodes[0].opened_at),
        "until_s": offset_s(max(episode.last_seen_at for episode in episodes)),
        "why": tuple(map(_reason, surest.why)),
        "basis": CONFIRMED,
    }


def _suspected(matter: Matter, settings: RuleSettings) -> dict[str, object]:
    finding = matter.best.finding
    seen = {
        "seen_s": round(matter.seen_s, 1),
        "looks": len(matter.looks),
        "chances": max(matter.chances, len(matter.looks)),
    }
    if matter.passes:
        subtype = catalogue().kind(finding.kind).subtype(finding.subtype)
        needed = subtype.looks(settings.looks or 1)
        lacks = render(ReasonCode.DRIVE_LACKS, {**seen, "looks_needed": needed})
    else:
        dwell = (settings.dwell or timedelta(0)).total_seconds()
        lacks = render(ReasonCode.DWELL_LACKS, {**seen, "dwell_needed_s": dwell})
    return {
        "state": "suspected",
        "subtype": finding.subtype,
        "score": round(matter.score, 4),
        "from_s": matter.first_s,
        "until_s": matter.last_s,
        "why": (_reason(finding.why), _reason(lacks)),
        "basis": SUSPECTED,
    }


def _place(matter: Matter) -> object:
    """Where it is by its best picture, or by another one where that has no pose."""
    shown: list[Shown] = [matter.best, *matter.shown.values()]
    return next((one.place for one in shown if one.place is not None), None)


def _reason(reason: Reason) -> ReasonRecord:
    return ReasonRecord(zh=reason.zh, en=reason.en, data=reason.data, code=reason.code)
