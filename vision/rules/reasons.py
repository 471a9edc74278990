"""Reasons of a decision, in words (en, zh) and as the numbers behind them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from vision.episodes import Reason
from vision.kinds import Reliability
from vision.registers.assets import Asset


def unpermitted(names: Sequence[str]) -> Reason:
    """Reason: none of these permits covers it now."""
    return Reason(
        en=f"no permit covers it now (looked at: {', '.join(names)})",
        zh=f"当前无有效许可（已核对：{'、'.join(names)}）",
        data={"permits": len(names)},
    )


def at_asset(asset: Asset) -> Reason:
    """Reason: which registered asset it is about."""
    called = " ".join(word for word in (asset.id, asset.name) if word)
    return Reason(
        en=f"at the registered asset {called}", zh=f"位于登记部件{called}", data={"asset": asset.id}
    )


def not_known(known: int, until: datetime | None) -> Reason:
    """Reason: it is none of the structures in the baseline of a moment."""
    day = until.date().isoformat() if until else "?"
    return Reason(
        en=f"suspected: not among the {known} structures known on {day}",
        zh=f"疑似：不在{day}已登记的{known}处建筑中",
        data={"baseline_size": known, "baseline_date": day},
    )


def covers(size: float, error: float) -> Reason:
    """Reason: the ground area in square metres, with its error."""
    return Reason(
        en=f"covers about {size:.0f} m² in the picture (± {error:.0f} m²)",
        zh=f"图上占地约{size:.0f}平方米（±{error:.0f}平方米）",
        data={"area_m2": round(size, 1), "area_error_m2": round(error, 1)},
    )


def stayed(dwell: timedelta, least: timedelta) -> Reason:
    """Reason: the dwell at one place."""
    return Reason(
        en=f"stayed {_words(dwell, 'en')} at one place (rule: {_words(least, 'en')})",
        zh=f"在同一位置停留{_words(dwell, 'zh')}（规则：{_words(least, 'zh')}）",
        data={
            "dwell_s": round(dwell.total_seconds(), 1),
            "dwell_needed_s": least.total_seconds(),
        },
    )


def between_visits(length: timedelta) -> Reason:
    """Reason: how much of the stay was unwatched, with the camera at another preset."""
    return Reason(
        en=f"{_words(length, 'en')} of this the camera looked elsewhere, seen before and after",
        zh=f"其中{_words(length, 'zh')}摄像机转向别处，前后均可见",
        data={"between_s": round(length.total_seconds(), 1)},
    )


def by_turns(occupied: timedelta, least: timedelta) -> Reason:
    """Reason: the occupancy of the zone, at one spot after the other."""
    return Reason(
        en=f"stopped at several spots of the zone, {_words(occupied, 'en')} together "
        f"(rule: {_words(least, 'en')})",
        zh=f"在区域内多处停留，累计{_words(occupied, 'zh')}（规则：{_words(least, 'zh')}）",
        data={
            "occupied_s": round(occupied.total_seconds(), 1),
            "dwell_needed_s": least.total_seconds(),
        },
    )


def seen_in(looks: int, chances: int, least: int, reused: int) -> Reason:
    """Reason: how many looks showed it; `reused` of them reused an earlier look's detections."""
    return Reason(
        en=f"seen in {looks} of {chances} looks (rule: {least})"
        + (f", {reused} of them at an unchanged scene" if reused else ""),
        zh=f"{chances}次查看中{looks}次可见（规则：{least}次）"
        + (f"，其中{reused}次画面无变化" if reused else ""),
        data={"looks": looks, "chances": chances, "looks_needed": least, "unchanged": reused},
    )


def attended(times: int, looks: int) -> Reason:
    """Reason: on how many of the looks that showed it people were with it."""
    return Reason(
        en=f"people seen with it on {times} of {looks} looks",
        zh=f"可见的{looks}次查看中{times}次有人在旁",
        data={"attended": times, "looks": looks},
    )


def scored(score: float, threshold: float) -> Reason:
    """Reason: the model's score."""
    return Reason(
        en=f"median score {score:.2f} (threshold {threshold:.2f})",
        zh=f"置信度中位数{score:.2f}（阈值{threshold:.2f}）",
        data={"score": round(score, 4), "threshold": threshold},
    )


def on_frames(en: str, zh: str, frames: int, reads: int, *, score: float, needed: int) -> Reason:
    """Reason: on how many frames of one pass the violation was read; `needed` is the rule's."""
    return Reason(
        en=f"{en} on {frames} of {reads} frames of one pass (rule: {needed}), "
        f"median score {score:.2f}",
        zh=f"一次通过的{reads}帧中{frames}帧{zh}（规则：{needed}帧），置信度中位数{score:.2f}",
        data={
            "frames": frames,
            "reads": reads,
            "frames_needed": needed,
            "score": round(score, 4),
        },
    )


def measured(read: Reliability) -> Reason:
    """Reason: how far such readings can be trusted, from what was measured of the reader."""
    return Reason(
        en=f"such a reading is weak: of {read.such} test pictures that are so it found "
        f"{read.found}, and read {read.wrong} of {read.others} others so; needs a close look by "
        "a person",
        zh=f"此项识别把握有限：测试图片中属此情形的{read.such}张识别出{read.found}张，"
        f"不属此情形的{read.others}张误判{read.wrong}张；须人工仔细核对",
        data={
            "test_such": read.such,
            "test_found": read.found,
            "test_others": read.others,
            "test_wrong": read.wrong,
        },
    )


def spilt(frames: int, chances: int, score: float, since: timedelta, free: int) -> Reason:
    """Reason: garbage lies where it drove `since` before, and `free` looks before showed none."""
    after = since.total_seconds()
    return Reason(
        en=f"garbage on the road {after:.1f} s after it drove there, on {frames} of {chances} "
        f"frames, median score {score:.2f}; the spot was clean on {free} looks before it came",
        zh=f"驶过{after:.1f}秒后路面可见遗撒物，{chances}帧中{frames}帧可见，"
        f"置信度中位数{score:.2f}；驶来之前{free}次查看该处路面干净",
        data={
            "frames": frames,
            "chances": chances,
            "score": round(score, 4),
            "after_s": round(after, 1),
            "clean_looks_before": free,
        },
    )


def _words(length: timedelta, language: str) -> str:
    """A duration in its largest fitting unit: `42 s`, `5.0 min`, `7.0 d`."""
    zh, seconds = language == "zh", length.total_seconds()
    for size, en_unit, zh_unit in ((86400, "d", "天"), (3600, "h", "小时"), (60, "min", "分钟")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f}{'' if zh else ' '}{zh_unit if zh else en_unit}"
    return f"{seconds:.0f}{'秒' if zh else ' s'}"
