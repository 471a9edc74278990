"""Vocabulary: the values of a case, each in Chinese and English, by what they are values of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from api.words.setup import OBSTACLES
from vision.sentence import Lists, Sentence


def _list(words: Mapping[str, tuple[str, str]]) -> Mapping[str, Sentence]:
    return {word: Sentence(zh, en) for word, (zh, en) in words.items()}


_STAGES: Final[Mapping[str, tuple[str, str]]] = {
    "pending_review": ("待审核", "pending review"),
    "silenced": ("免审（已屏蔽）", "silenced"),
    "inhibited": ("已并入关联案件", "inhibited"),
    "second_review": ("待复审", "second review"),
    "rejected": ("不予采纳", "rejected"),
    "confirmed": ("已确认属实", "confirmed"),
    "emitted": ("已推送", "handed over"),
    "filed": ("已立案", "filed"),
    "dispatched": ("已派遣", "dispatched"),
    "handled": ("已处置", "handled"),
    "verified": ("已核查", "verified"),
    "returned": ("已退回", "returned"),
    "noticed": ("已告知", "notice given"),
    "grace": ("整改期内", "time to correct"),
    "reobserved": ("已复查", "looked at again"),
    "accepted": ("证据已采纳", "evidence accepted"),
    "transferred": ("已移送", "transferred"),
    "closed": ("已结案", "closed"),
}

VOCABULARY: Final[Lists] = {
    "stages": _list(_STAGES),
    "outcomes": _list(
        {
            "corrected": ("已整改", "corrected"),
            "persuaded": ("经劝导已改正", "corrected after persuasion"),
            "decided": ("已作决定", "decided"),
            "transferred": ("已移送", "transferred to another authority"),
            "permitted": ("已获许可", "permitted"),
            "no_legal_basis": ("不属违法或不属本部门职责", "no legal basis"),
            "withdrawn": ("已撤回", "withdrawn"),
            "overturned": ("已撤销", "overturned"),
        }
    ),
    "decisions": _list({"confirm": ("确认属实", "confirmed"), "reject": ("不予采纳", "rejected")}),
    "rejections": _list(
        {
            "false_positive": ("误报", "false positive"),
            "permitted": ("已获许可", "permitted"),
            "not_visible": ("画面不清，无法认定", "not visible"),
            "duplicate": ("重复上报", "duplicate"),
            "no_legal_basis": ("不属违法或不属本部门职责", "no legal basis"),
        }
    ),
    "checks": _list(
        {
            "authentic": ("真实", "authentic"),
            "clear": ("清晰", "clear"),
            "complete": ("完整", "complete"),
            "accurate": ("准确", "accurate"),
        }
    ),
    "steps": _list(
        {
            "silence": ("屏蔽", "silence"),
            "inhibit": ("并入关联案件", "inhibit"),
            "release": ("恢复待审核", "release"),
            "confirm": ("确认属实", "confirm"),
            "confirm_first": ("初审确认", "confirm first"),
            "reject": ("不予采纳", "reject"),
            "undo": ("撤回审核", "undo"),
            "emit": ("推送", "hand over"),
            "file": ("立案", "file"),
            "dispatch": ("派遣", "dispatch"),
            "handle": ("处置", "handle"),
            "verify": ("核查", "verify"),
            "return": ("退回", "return"),
            "notice": ("告知", "give notice"),
            "give_grace": ("责令限期改正", "give time to correct"),
            "reobserve": ("复查", "look again"),
            "permit_check": ("核查许可", "check the register of permits"),
            "legal_review": ("法制审核", "record the legal review"),
            "accept": ("采纳证据", "accept the evidence"),
            "close": ("结案", "close"),
            "reassign": ("移交其他辖区", "pass on to another division"),
            "transfer": ("移送", "transfer"),
            "withdraw": ("撤案", "withdraw"),
            "supervise": ("挂牌督办", "supervise"),
            "end_supervision": ("解除督办", "end the supervision"),
            "appeal": ("受理申诉", "record an appeal"),
            "uphold": ("维持原处理", "uphold"),
            "overturn": ("撤销原处理", "overturn"),
        }
    ),
    "roles": _list(
        {
            "viewer": ("查看人员", "viewer"),
            "reviewer": ("审核员", "reviewer"),
            "officer": ("执法人员", "officer"),
            "admin": ("管理员", "admin"),
            "receiver": ("接收系统", "receiver"),
            "auditor": ("监督人员", "auditor"),
            "streetwarden": ("本系统", "this system"),
        }
    ),
    "legal_uses": _list(
        {
            "lead_only": ("仅作线索", "lead only"),
            "penalty_evidence": ("可作处罚证据", "penalty evidence"),
        }
    ),
    "permit_checks": _list(
        {
            "not_checked": ("登记的许可中无可核对的许可", "no permit in the register to look at"),
            "none_covers": ("登记的许可均不适用", "no permit of the register covers it"),
            "no_permit": ("经核查无许可", "asked for: there is no permit"),
            "permitted": ("经核查已获许可", "asked for: it is permitted"),
        }
    ),
    "units": _list(
        {
            "natural_hour": ("小时", "hours"),
            "working_hour": ("工作小时", "working hours"),
            "natural_day": ("日（自然日）", "days"),
            "working_day": ("个工作日", "working days"),
        }
    ),
    "clocks": _list(
        {
            "stream": ("视频流时钟", "stream clock"),
            "media": ("录像时间", "recording time"),
            "arrival": ("到达时间", "arrival time"),
            "photo": ("照片时间", "photo time"),
        }
    ),
    "methods": _list(
        {
            "camera_registered": ("摄像机登记位置", "where the camera stands"),
            "homography": ("画面标定推算", "by calibration of the picture"),
            "drone_pose": ("无人机姿态推算", "by the drone's telemetry"),
            "gps_track": ("随行定位（拍摄位置）", "where the carried camera was"),
            "manual": ("人工标注", "set by hand"),
        }
    ),
    "moments": _list(
        {
            "opened": ("首次出现", "first seen"),
            "best": ("最清晰帧", "best"),
            "confirmed": ("触发时", "when raised"),
            "cleared": ("恢复后", "after"),
            "ended": ("停止监控时", "when last watched"),
            "reobserved": ("复查时", "when looked at again"),
            "origin": ("移送单位材料", "from the sending site"),
        }
    ),
    "evidence": _list(
        {
            "original": ("原始证据", "original"),
            "masked": ("脱敏图", "masked"),
            "annotated": ("标注图", "annotated"),
            "subject": ("脱敏图（保留当事车牌）", "masked but for the subject's plate"),
            "record": ("判定记录", "decision record"),
        }
    ),
    "ended_by": _list(
        {
            "cleared": ("已恢复", "seen gone"),
            "hours_over": ("监控时段结束，未确认消除", "its hours are over; nobody saw it gone"),
            "permit": ("许可已生效，未确认消除", "a permit lets it stand; nobody saw it gone"),
            "unwatched": ("已无摄像机监控，未确认消除", "no camera watches it; nobody saw it gone"),
        }
    ),
    "gaps": _list(
        {
            "offline": ("离线", "offline"),
            "out_of_hours": ("非监控时段", "outside its hours"),
            "busy": ("来不及分析", "machine too busy"),
            "not_running": ("程序未运行", "program not running"),
            "frozen": ("画面冻结", "frozen"),
            "dark": ("画面过暗", "dark"),
            "covered": ("镜头被遮挡", "covered"),
            "blurred": ("画面模糊", "blurred"),
            "moved": ("镜头偏移", "moved"),
            "unrecorded": ("无记录", "no record"),
        }
    ),
    "obstacles": _list(OBSTACLES),
    "log": _list(
        {
            **{name: words for name, words in _STAGES.items() if name != "pending_review"},
            "opened": ("生成线索", "lead raised"),
            "sighted": ("再次发现", "seen again"),
            "reopened": ("再次出现", "back again"),
            "supplemented": ("补入录像", "clip added"),
            "cleared": ("已恢复", "seen gone"),
            "ended": ("停止监控", "no longer watched"),
            "confirmed_first": ("初审通过", "confirmed first"),
            "disagreed": ("复审不予采纳，退回初审", "sent back by the second reviewer"),
            "undone": ("已撤回审核", "undone"),
            "taken_over": ("已接手审核", "taken over"),
            "released": ("恢复待审核", "back for review"),
            "numbered": ("已取得任务号", "task number received"),
            "notice": ("告知已送出", "notice sent"),
            "notice_failed": ("告知未送达", "notice not sent"),
            "permit_checked": ("已核查许可", "register of permits asked"),
            "legally_reviewed": ("已记录法制审核", "legal review recorded"),
            "withdrawn": ("已撤案", "withdrawn"),
            "overturned": ("已撤销", "overturned"),
            "reassigned": ("已移交其他辖区", "passed on to another division"),
            "received": ("其他单位移送来案", "received from another site"),
            "supervised": ("挂牌督办", "supervised"),
            "supervision_ended": ("督办解除", "supervision ended"),
            "appealed": ("已申诉", "appealed"),
            "upheld": ("申诉未成立", "upheld"),
            "unseen": ("整改期满，无画面可复查", "grace over, nothing to look at"),
            "callback_waiting": ("回调暂缓办理", "call-back waits"),
            "callback_overtaken": ("回调已过时", "call-back overtaken"),
            "callback_refused": ("回调未采纳", "call-back refused"),
            "callback_conflict": ("回调编号冲突", "call-back conflicts"),
            "held": ("已留存（不清除）", "on legal hold"),
            "hold_released": ("解除留存", "off legal hold"),
            "plate_read": ("识别号牌", "plate read"),
            "plate_confirmed": ("确认号牌", "plate confirmed"),
            "plate_corrected": ("更正号牌", "plate corrected"),
            "plate_illegible": ("号牌无法辨认", "plate not legible"),
            "masked": ("补充脱敏", "more masked by hand"),
            "purged": ("按保存期限清除", "purged by retention"),
            "opinion": ("第二意见", "second opinion"),
        }
    ),
}
