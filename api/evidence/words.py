"""Words of the sheet that are values of a case: each in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from vision.kinds import catalogue

WORDS: Mapping[str, tuple[str, str]] = {
    "officer": ("执法卷宗，含原始证据", "Officer's file, with originals"),
    "receiver": ("移送副本，脱敏", "Receiver's copy, masked"),
    "public": ("公开副本，脱敏", "Public copy, masked"),
    "pending_review": ("待审核", "pending review"),
    "silenced": ("免审（已屏蔽）", "silenced"),
    "inhibited": ("已并入关联案件", "inhibited"),
    "rejected": ("不予采纳", "rejected"),
    "confirmed": ("已确认属实", "confirmed"),
    "emitted": ("已推送", "emitted"),
    "second_review": ("待复审", "second review"),
    "filed": ("已立案", "filed"),
    "dispatched": ("已派遣", "dispatched"),
    "handled": ("已处置", "handled"),
    "verified": ("已核查", "verified"),
    "returned": ("已退回", "returned"),
    "noticed": ("已告知", "noticed"),
    "grace": ("整改期内", "in grace"),
    "reobserved": ("已复查", "re-observed"),
    "accepted": ("证据已采纳", "evidence accepted"),
    "transferred": ("已移送", "transferred"),
    "closed": ("已结案", "closed"),
    "corrected": ("已整改", "corrected"),
    "persuaded": ("经劝导已改正", "persuaded"),
    "decided": ("已作决定", "decided"),
    "withdrawn": ("已撤回", "withdrawn"),
    "overturned": ("已撤销", "overturned"),
    "confirm": ("确认属实", "confirmed"),
    "reject": ("不予采纳", "rejected"),
    "false_positive": ("误报", "false positive"),
    "permitted": ("已获许可", "permitted"),
    "not_visible": ("画面不清，无法认定", "not visible"),
    "duplicate": ("重复上报", "duplicate"),
    "no_legal_basis": ("不属违法或不属本部门职责", "no legal basis"),
    "lead_only": ("仅作线索", "lead only"),
    "penalty_evidence": ("可作处罚证据", "penalty evidence"),
    "stream": ("视频流时钟", "stream clock"),
    "media": ("录像时间", "recording time"),
    "arrival": ("到达时间", "arrival time"),
    "photo": ("照片时间", "photo time"),
    "camera_registered": ("摄像机登记位置", "where the camera stands"),
    "homography": ("画面标定推算", "by calibration of the picture"),
    "drone_pose": ("无人机姿态推算", "by the drone's telemetry"),
    "manual": ("人工标注", "set by hand"),
    "opened": ("首次出现", "first seen"),
    "first": ("首帧", "first"),
    "best": ("最清晰帧", "best"),
    "last": ("末帧", "last"),
    "cleared": ("恢复后", "after"),
    "hours_over": ("监控时段结束，未确认消除", "its hours are over; nobody saw it gone"),
    "permit": ("许可已生效，未确认消除", "a permit lets it stand; nobody saw it gone"),
    "unwatched": ("已无摄像机监控，未确认消除", "no camera watches it; nobody saw it gone"),
    "original": ("原始证据", "original"),
    "masked": ("脱敏图", "masked"),
    "annotated": ("标注图", "annotated"),
    "subject": ("脱敏图（保留当事车牌）", "masked but for the subject's plate"),
    "record": ("判定记录", "decision record"),
    "unknown": ("不详", "unknown"),
    "scope": ("仅列哈希值", "hash only"),
    "camera": ("仅列哈希值", "hash only"),
    "purged": ("已按保存期限清除", "purged by retention"),
    "replaced": ("已由进一步脱敏件替代", "replaced: more is masked"),
    "missing": ("缺失！", "MISSING!"),
    "altered": ("已被改动！", "ALTERED!"),
    "authentic": ("真实", "authentic"),
    "clear": ("清晰", "clear"),
    "complete": ("完整", "complete"),
    "accurate": ("准确", "accurate"),
}
TRIGGERED = ("触发时", "when confirmed")
"""The moment `confirmed` of a picture; of a case it is a person's decision."""


def both(word: str) -> str:
    """Chinese and English in one; an unknown word as it is."""
    return " ".join(WORDS.get(word, (word,)))


def moment(name: str) -> str:
    """What a picture shows, in both."""
    return " ".join(TRIGGERED) if name == "confirmed" else both(name)


def matter(kind: str, subtype: str) -> str:
    """The names of a kind and its sub-type in both, said once where they are the same."""
    try:
        known = catalogue().kind(kind)
        part = known.subtype(subtype)
    except KeyError:  # of a package of kinds that is not installed any more
        return f"{kind} {subtype}"
    zh = "·".join(dict.fromkeys((known.zh, part.zh)))
    return f"{zh} {known.en}: {part.en}"


def lasting(seconds: float) -> str:
    """A duration in its two largest units, in both."""
    units = ((86400, "天", "d"), (3600, "小时", "h"), (60, "分", "min"), (1, "秒", "s"))
    left, zh, en = round(seconds), "", ""
    for size, long, short in units:
        amount, left = divmod(left, size)
        if amount and (not zh or en.count(" ") < 2):
            zh, en = f"{zh}{amount}{long}", f"{en}{amount} {short} "
    return f"{zh} {en}".strip() or "0秒 0 s"
