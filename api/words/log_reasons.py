"""Log reasons: what this program gives as the reason of an entry of a case's log.

An entry keeps the English sentence as its `reason`, and codes and values as its `data.said`. A
person's reason is their own words and has neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vision.pipeline.unseen import UNSEEN
from vision.sentence import Sentence

LOG_REASONS: Final[Mapping[str, Sentence]] = {
    **{
        code: Sentence(zh, en)
        for code, (zh, en) in {
            "accepted_by": ("{receiver}已接收", "accepted by {receiver}"),
            "told_to": ("{receiver}已接收", "{receiver} took it"),
            "not_told_to": ("{receiver}未接收：{result}", "{receiver} did not take it: {result}"),
            "filed_under": (
                "{receiver}以任务号{task_no}立案[，本案任务号仍为{kept}]",
                "{receiver} files it under {task_no}[; its number stays {kept}]",
            ),
            "silence_holds": (
                "免审时段“{silence}”（{by}）：{reason}",
                "silence '{silence}' by {by}: {reason}",
            ),
            "inhibitor_open": (
                "同一地点的关联案件{case}尚未办结",
                "{kind} of case {case} is open at this place",
            ),
            "nothing_mutes": (
                "已无免审时段或关联案件",
                "no silence and no open case mutes it any more",
            ),
            "seen_gone": ("摄像机画面显示已恢复", "a camera has seen that it is gone"),
            "seen_after_grace": ("整改期满后画面显示仍存在", "a camera shows it after the grace"),
            "nobody_watches": ("已无摄像机监控该处", "no camera watches its place any more"),
            "kept_until_now": ("保存期限已到（{rules}）", "its time is over by {rules}"),
            "newer_applied": (
                "{at}的较新信息已办理，此回调已过时",
                "what was at {at} is applied already, and is newer",
            ),
            "was_before": (
                "此前已办理过“{event:stages}”，现为“{stage:stages}”",
                "it was {event} before, and is {stage}",
            ),
            "over_already": (
                "案件已为“{stage:stages}”[（{outcome:outcomes}）]，不能再办理“{event:stages}”",
                "the case is {stage}[ as {outcome}]: it cannot be {event} any more",
            ),
            "waits_until": (
                "待案件为“{needed:stages}”时办理，现为“{stage:stages}”",
                "waits until the case is {needed}; it is {stage}",
            ),
            "id_used": (
                "该编号已于{at}收到过，且内容不同",
                "its id came at {at} with another content",
            ),
        }.items()
    },
    **UNSEEN,
}
