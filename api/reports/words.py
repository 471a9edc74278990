"""Words of a report that people read, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from vision.kinds import catalogue

Language = Literal["zh", "en"]

WORDS: Mapping[str, tuple[str, str]] = {
    "day": ("日报", "Daily report"),
    "week": ("周报", "Weekly report"),
    "month": ("月报", "Monthly report"),
    "rates": ("处置率", "Handled rates"),
    "devices": ("设备采集异常", "Device outliers"),
    "precision": ("识别准确率", "Precision"),
    "summary": ("合计", "Sums"),
    "handling": ("处置率与用时", "Rates and times"),
    "by_day": ("逐日", "By day"),
    "places": ("屡发点位", "Repeat places"),
    "captures": ("采集量", "Captures"),
    "outliers": ("采集量异常日", "Days far above a camera's own history"),
    "advice": ("阈值建议", "Advice on thresholds"),
    "levels": ("分级汇总", "Sums by division"),
    "code": ("区划代码", "code"),
    "province": ("省", "province"),
    "city": ("市", "city"),
    "district": ("区县", "district"),
    "street": ("街道乡镇", "street"),
    "community": ("社区（村）", "community"),
    "by": ("统计口径", "by"),
    "key": ("名称", "name"),
    "all": ("全部", "all"),
    "division": ("区划", "division"),
    "grid": ("单元网格", "grid"),
    "kind": ("类别", "kind"),
    "camera": ("摄像机", "camera"),
    "company": ("企业", "company"),
    "date": ("日期", "day"),
    "opened": ("生成线索", "raised"),
    "confirmed": ("确认属实", "confirmed"),
    "rejected": ("不予采纳", "rejected"),
    "emitted": ("推送", "handed over"),
    "filed": ("立案", "filed"),
    "dispatched": ("派遣", "dispatched"),
    "handled": ("处置", "handled"),
    "verified": ("核查", "verified"),
    "returned": ("退回", "returned"),
    "noticed": ("告知", "noticed"),
    "grace": ("限期整改", "given grace"),
    "reobserved": ("复查", "re-observed"),
    "accepted": ("证据采纳", "accepted"),
    "transferred": ("移送", "transferred"),
    "closed": ("结案", "closed"),
    "overturned": ("撤销", "overturned"),
    "to_review": ("审核用时", "time to review"),
    "to_handle": ("处置用时", "time to handle"),
    "median": ("中位数", "median"),
    "p90": ("九成以内", "90 % within"),
    "hours": ("小时", "h"),
    "target": ("目标", "target"),
    "met": ("达标", "met"),
    "missed": ("未达标", "not met"),
    "no_cases": ("无案件", "no cases"),
    "zone": ("监测区域", "zone"),
    "asset": ("部件", "asset"),
    "address": ("地点", "address"),
    "cases": ("确认属实数", "confirmed cases"),
    "prior": ("其中屡发", "of them returned"),
    "latest": ("最近一次", "latest"),
    "usual": ("平日中位数", "usual"),
    "limit": ("上限", "limit"),
    "most": ("单日最高", "most in a day"),
    "median_day": ("单日中位数", "median day"),
    "judged_days": ("可比对天数", "days judged"),
    "outlier_days": ("异常天数", "outliers"),
    "light": ("时段", "light"),
    "any_light": ("全天", "any"),
    "daylight": ("昼", "day"),
    "night": ("夜", "night"),
    "false_alarms": ("误报", "false alarms"),
    "others": ("其他不予采纳", "rejected otherwise"),
    "share": ("准确率", "precision"),
    "low": ("下限（95%）", "low (95 %)"),
    "high": ("上限（95%）", "high (95 %)"),
    "says": ("建议", "advice"),
    "raise": ("可提高阈值", "raise the threshold"),
    "keep": ("维持阈值", "keep the threshold"),
    "too_few_verdicts": ("审核数量不足，暂无法建议", "too few verdicts to say"),
    "no_false_alarms": ("无误报", "no false alarms"),
    "threshold": ("新阈值", "to"),
    "spared": ("可减少误报", "false alarms spared"),
    "lost": ("将漏掉属实案件", "true cases lost"),
    "every": ("全部摄像机", "all cameras"),
    "made": ("制表时间", "made"),
    "so_far": ("统计期未结束，数据截至制表时", "not over yet: as far as it has come"),
    "nothing": ("无", "none"),
    "counted": (
        "各项按其发生时间计入当日；处置率以统计期内确认属实的案件为基数，按制表时所处状态计算。",
        (
            "Each thing is counted on the day on which it happened; a rate is of the cases "
            "confirmed in the period, by where they stand when this was made, unless the site's "
            "formula says otherwise."
        ),
    ),
}


def word(name: str, language: Language) -> str:
    """A word in this language; an unknown one as it is."""
    return WORDS.get(name, (name, name))[language == "en"]


def kind_named(name: str, language: Language) -> str:
    """A kind's name in this language; one that is installed no more as it is."""
    try:
        kind = catalogue().kind(name)
    except KeyError:
        return name
    return kind.zh if language == "zh" else kind.en
