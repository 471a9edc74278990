"""Reasons of a decision: a code and data, and the sentences that they make (zh, en).

`TEMPLATES` is the one home of these words. A case keeps the sentence as it was said then, beside
the code and data from which it can be said anew. To add one: a code, its template and a function.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from vision.episodes import Datum, Reason
from vision.kinds import Reliability
from vision.registers.assets import Asset
from vision.sentence import Sentence


class ReasonCode(StrEnum):
    """What a reason says; never renamed, for cases keep it."""

    UNPERMITTED = "unpermitted"
    AT_ASSET = "at_asset"
    NOT_KNOWN = "not_known"
    COVERS = "covers"
    STAYED = "stayed"
    ALONG = "along"
    BETWEEN_VISITS = "between_visits"
    BY_TURNS = "by_turns"
    SEEN_IN = "seen_in"
    ATTENDED = "attended"
    SCORED = "scored"
    OPEN_LOAD = "open_load"
    MUDDY = "muddy"
    WEAK_READING = "weak_reading"
    SPILT = "spilt"
    # Of single pictures, in an audit.
    STALLS_THERE = "stalls_there"
    BINS_FULL = "bins_full"
    GARBAGE_AT_BIN = "garbage_at_bin"
    GARBAGE_ALONE = "garbage_alone"
    PICTURED_OPEN_LOAD = "pictured_open_load"
    PICTURED_MUDDY = "pictured_muddy"
    # Of single pictures of a video, in an audit: what the rule lacks.
    DWELL_LACKS = "dwell_lacks"
    DRIVE_LACKS = "drive_lacks"


_WEAK = Sentence(
    "此项识别把握有限：测试图片中属此情形的{test_such}张识别出{test_found}张，"
    "不属此情形的{test_others}张误判{test_wrong}张；须人工仔细核对",
    "such a reading is weak: of {test_such} test pictures that are so it found {test_found}, "
    "and read {test_wrong} of {test_others} others so; needs a close look by a person",
)


TEMPLATES: Final[Mapping[str, Sentence]] = {
    ReasonCode.UNPERMITTED: Sentence(
        "当前无有效许可（已核对：{names}）",
        "no permit covers it now (looked at: {names})",
    ),
    ReasonCode.AT_ASSET: Sentence(
        "位于登记部件{asset}[（{name}）]",
        "at the registered asset {asset}[ {name}]",
    ),
    ReasonCode.NOT_KNOWN: Sentence(
        "疑似新增：不在{baseline_date}画面基线记录的{baseline_size}处建筑内",
        "suspected: not among the {baseline_size} structures known on {baseline_date}",
    ),
    ReasonCode.COVERS: Sentence(
        "图上占地约{area_m2:.0f}平方米（±{area_error_m2:.0f}平方米）",
        "covers about {area_m2:.0f} m² in the picture (± {area_error_m2:.0f} m²)",
    ),
    ReasonCode.STAYED: Sentence(
        "同一位置持续{dwell_s:duration}（判定标准：{dwell_needed_s:duration}）",
        "stayed {dwell_s:duration} at one place (rule: {dwell_needed_s:duration})",
    ),
    ReasonCode.ALONG: Sentence(
        "移动拍摄：行进途中最近{steps_of}段（每段{step_m:.0f}米）中有{steps}段检出"
        "（判定标准：不少于{steps_needed}段）",
        "seen along the moving camera's way, at {steps} of the last {steps_of} steps of "
        "{step_m:.0f} m (rule: {steps_needed})",
    ),
    ReasonCode.BETWEEN_VISITS: Sentence(
        "其中{between_s:duration}摄像机转向他处，转走前后均检出",
        "{between_s:duration} of this the camera looked elsewhere, seen before and after",
    ),
    ReasonCode.BY_TURNS: Sentence(
        "在区域内多处停留，累计{occupied_s:duration}（判定标准：{dwell_needed_s:duration}）",
        "stopped at several spots of the zone, {occupied_s:duration} together "
        "(rule: {dwell_needed_s:duration})",
    ),
    ReasonCode.SEEN_IN: Sentence(
        "共检测{chances}次，{looks}次检出（判定标准：不少于{looks_needed}次）"
        "[，其中{unchanged}次画面无变化]",
        "seen in {looks} of {chances} looks (rule: {looks_needed})"
        "[, {unchanged} of them at an unchanged scene]",
    ),
    ReasonCode.ATTENDED: Sentence(
        "检出的{looks}次中，{attended}次旁边有人",
        "people seen with it on {attended} of {looks} looks",
    ),
    ReasonCode.SCORED: Sentence(
        "置信度中位数{score:.2f}（阈值{threshold:.2f}）",
        "median score {score:.2f} (threshold {threshold:.2f})",
    ),
    ReasonCode.OPEN_LOAD: Sentence(
        "车辆经过时共判读{reads}帧，其中{frames}帧见载货未密闭覆盖"
        "（判定标准：不少于{frames_needed}帧；置信度中位数{score:.2f}）",
        "load carried open on {frames} of {reads} frames of one pass (rule: {frames_needed}), "
        "median score {score:.2f}",
    ),
    ReasonCode.MUDDY: Sentence(
        "车辆经过时共判读{reads}帧，其中{frames}帧见车轮或车身带泥"
        "（判定标准：不少于{frames_needed}帧；置信度中位数{score:.2f}）",
        "mud on wheels or body on {frames} of {reads} frames of one pass (rule: {frames_needed}), "
        "median score {score:.2f}",
    ),
    ReasonCode.WEAK_READING: _WEAK,
    ReasonCode.SPILT: Sentence(
        "车辆驶过{after_s:.1f}秒后路面可见遗撒物：共检测{chances}帧，{frames}帧检出"
        "（置信度中位数{score:.2f}）；驶来前的{clean_looks_before}次检测中该处路面干净",
        "garbage on the road {after_s:.1f} s after it drove there, on {frames} of {chances} "
        "frames, median score {score:.2f}; the spot was clean on {clean_looks_before} looks before "
        "it came",
    ),
    ReasonCode.STALLS_THERE: Sentence(
        "摊位或摊贩遮阳伞{places}处（最高置信度{score:.2f}）",
        "stalls or vendors' parasols, places: {places} (best score {score:.2f})",
    ),
    ReasonCode.BINS_FULL: Sentence(
        "满溢垃圾桶{overflowing_bins}个（最高置信度{score:.2f}）[，旁有垃圾{heaps}处]",
        "overflowing bins: {overflowing_bins} (best score {score:.2f})"
        "[, with garbage beside, places: {heaps}]",
    ),
    ReasonCode.GARBAGE_AT_BIN: Sentence(
        "垃圾桶旁有垃圾{heaps}处（最高置信度{score:.2f}），未见桶体满溢",
        "garbage at a bin, places: {heaps} (best score {score:.2f}); the bin is not seen to be "
        "full",
    ),
    ReasonCode.GARBAGE_ALONE: Sentence(
        "暴露垃圾{heaps}处，旁边未见容器（最高置信度{score:.2f}）",
        "garbage with no container beside it, places: {heaps} (best score {score:.2f})",
    ),
    ReasonCode.PICTURED_OPEN_LOAD: Sentence(
        f"装载敞开，未覆盖（状态置信度{{state_score:.2f}}，车辆置信度{{truck:.2f}}）[；{_WEAK.zh}]",
        "the load is open, not covered (score {state_score:.2f}, truck {truck:.2f})"
        f"[; {_WEAK.en}]",
    ),
    ReasonCode.PICTURED_MUDDY: Sentence(
        "车身或车轮带泥（状态置信度{state_score:.2f}，车辆置信度{truck:.2f}）" + f"[；{_WEAK.zh}]",
        "the truck is muddy (score {state_score:.2f}, truck {truck:.2f})" + f"[; {_WEAK.en}]",
    ),
    ReasonCode.DWELL_LACKS: Sentence(
        "视频中可见{seen_s:duration}，共检测{chances}次，{looks}次检出；"
        "视频不足以判定同一位置持续{dwell_needed_s:duration}",
        "in view for {seen_s:duration} of the video, on {looks} of {chances} looks; that it stayed "
        "{dwell_needed_s:duration} at one place, as the rule wants, the video does not show",
    ),
    ReasonCode.DRIVE_LACKS: Sentence(
        "视频中可见{seen_s:duration}，共检测{chances}次，{looks}次如此判读；"
        "视频不足以判定车辆行驶经过时多帧如此（判定标准：不少于{looks_needed}帧）",
        "in view for {seen_s:duration} of the video, read so on {looks} of {chances} looks; that "
        "it drove by and was so on {looks_needed} of them, as the rule wants, the video does not "
        "show",
    ),
}


def render(code: ReasonCode, data: dict[str, Datum]) -> Reason:
    """Return the reason with its sentences.

    Raises:
        KeyError: the data lack a value of its template.
    """
    template = TEMPLATES[code]
    return Reason(en=template.say("en", data), zh=template.say("zh", data), data=data, code=code)


def unpermitted(names: Sequence[str]) -> Reason:
    """Reason: none of these permits covers it now."""
    return render(ReasonCode.UNPERMITTED, {"permits": len(names), "names": list(names)})


def at_asset(asset: Asset) -> Reason:
    """Reason: which registered asset it is about."""
    named: dict[str, Datum] = {"name": asset.name} if asset.name else {}
    return render(ReasonCode.AT_ASSET, {"asset": asset.id} | named)


def not_known(known: int, until: datetime | None) -> Reason:
    """Reason: it is none of the structures in the baseline of a moment."""
    day = until.date().isoformat() if until else "?"
    return render(ReasonCode.NOT_KNOWN, {"baseline_size": known, "baseline_date": day})


def covers(size: float, error: float) -> Reason:
    """Reason: the ground area in square metres, with its error."""
    return render(ReasonCode.COVERS, {"area_m2": round(size, 1), "area_error_m2": round(error, 1)})


def stayed(dwell: timedelta, least: timedelta) -> Reason:
    """Reason: the dwell at one place."""
    return render(
        ReasonCode.STAYED,
        {
            "dwell_s": round(dwell.total_seconds(), 1),
            "dwell_needed_s": least.total_seconds(),
        },
    )


def along(steps: int, needed: int, of: int, step_m: float) -> Reason:
    """Reason: at how many of the last steps of its camera's way, so many metres each, it was."""
    told: dict[str, Datum] = {"steps": steps, "steps_needed": needed}
    return render(ReasonCode.ALONG, told | {"steps_of": of, "step_m": round(step_m, 1)})


def between_visits(length: timedelta) -> Reason:
    """Reason: how much of the stay was unwatched, with the camera at another preset."""
    return render(ReasonCode.BETWEEN_VISITS, {"between_s": round(length.total_seconds(), 1)})


def by_turns(occupied: timedelta, least: timedelta) -> Reason:
    """Reason: the occupancy of the zone, at one spot after the other."""
    return render(
        ReasonCode.BY_TURNS,
        {
            "occupied_s": round(occupied.total_seconds(), 1),
            "dwell_needed_s": least.total_seconds(),
        },
    )


def seen_in(looks: int, chances: int, least: int, reused: int) -> Reason:
    """Reason: how many looks showed it; `reused` of them reused an earlier look's detections."""
    return render(
        ReasonCode.SEEN_IN,
        {"looks": looks, "chances": chances, "looks_needed": least, "unchanged": reused},
    )


def attended(times: int, looks: int) -> Reason:
    """Reason: on how many of the looks that showed it people were with it."""
    return render(ReasonCode.ATTENDED, {"attended": times, "looks": looks})


def scored(score: float, threshold: float) -> Reason:
    """Reason: the model's score."""
    return render(ReasonCode.SCORED, {"score": round(score, 4), "threshold": threshold})


def on_frames(code: ReasonCode, frames: int, reads: int, *, score: float, needed: int) -> Reason:
    """Reason: on how many frames of one pass a violation was read; `needed` is the rule's."""
    return render(
        code,
        {
            "frames": frames,
            "reads": reads,
            "frames_needed": needed,
            "score": round(score, 4),
        },
    )


def measured(read: Reliability) -> Reason:
    """Reason: how far such readings can be trusted, from what was measured of the reader."""
    return render(
        ReasonCode.WEAK_READING,
        {
            "test_such": read.such,
            "test_found": read.found,
            "test_others": read.others,
            "test_wrong": read.wrong,
        },
    )


def spilt(frames: int, chances: int, score: float, since: timedelta, free: int) -> Reason:
    """Reason: garbage lies where it drove `since` before, and `free` looks before showed none."""
    return render(
        ReasonCode.SPILT,
        {
            "frames": frames,
            "chances": chances,
            "score": round(score, 4),
            "after_s": round(since.total_seconds(), 1),
            "clean_looks_before": free,
        },
    )
