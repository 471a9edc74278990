"""The report's own words in both languages; names of kinds and classes are the catalogue's."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

WORDS: Final[dict[Literal["zh", "en"], dict[str, str]]] = {
    "en": {
        "title": "Photo audit",
        "pictures": "pictures looked at",
        "with_findings": "with findings",
        "violations": "suspected",
        "sightings": "sightings",
        "seen_in": "seen in",
        "seen_pictures": "pictures",
        "not_audited": "not audited",
        "duplicates": "copies",
        "structures": "structures seen",
        "structures_note": "one picture cannot tell new from known",
        "of": "of",
        "shown": "shown",
        "filter": "Show",
        "all": "all",
        "any": "with findings",
        "none": "without findings",
        "score": "score at least",
        "nothing": "No picture matches. Lower the score or choose another kind.",
        "no_finding": "Nothing suspicious found.",
        "full": "full size",
        "seen": "seen",
        "also": "also as",
        "problems": "Not audited",
        "colon": ": ",
        "comma": ", ",
        "percent": " %",
        "zone": "UTC",
        "name": "Name",
        "cause": "Why",
        "basis": "Every finding is suspected, from a single picture: how long it lasted and "
        "whether it is permitted was not checked. A person decides.",
        "masking": "People and number plates that the model found are masked; what it missed is "
        "not. Look before you publish.",
        "trucks_unread": "Trucks were counted; their load and dirt were not read.",
        "model": "Model",
        "engine": "Engine",
        "threshold": "Threshold",
        "started": "Begun",
        "files": "The same as data",
        "position": "position",
        "taken": "taken",
        "score_is": "score",
    },
    "zh": {
        "title": "照片核查报告",
        "pictures": "张照片已核查",
        "with_findings": "张发现问题",
        "violations": "处疑似问题",
        "sightings": "次拍到",
        "seen_in": "共",
        "seen_pictures": "张照片拍到同一处",
        "not_audited": "项未核查",
        "duplicates": "张重复照片",
        "structures": "处建筑物",
        "structures_note": "单张照片无法判断新旧",
        "of": "/",
        "shown": "张",
        "filter": "显示",
        "all": "全部",
        "any": "发现问题",
        "none": "未发现问题",
        "score": "置信度不低于",
        "nothing": "没有符合条件的照片。请调低置信度或选择其他类别。",
        "no_finding": "未发现问题。",
        "full": "查看大图",
        "seen": "画面中",
        "also": "重复照片",
        "problems": "未核查",
        "colon": "：",
        "comma": "、",
        "percent": "%",
        "zone": "北京时间",
        "name": "名称",
        "cause": "原因",
        "basis": "所有问题均为疑似，仅凭单张照片判定：未计持续时长，未核查许可，须由人工认定。",
        "masking": "模型识别到的行人和车牌已脱敏，漏检的仍可见，公开前请人工核对。",
        "trucks_unread": "卡车仅计数，未判读装载和带泥情况。",
        "model": "模型",
        "engine": "推理引擎",
        "threshold": "阈值",
        "started": "核查开始",
        "files": "数据文件",
        "position": "位置",
        "taken": "拍摄于",
        "score_is": "置信度",
    },
}
MEASURES: Final = {
    **dict.fromkeys(("stall", "garbage", "structure"), "处"),
    "parasol": "把",
    "umbrella": "把",
    "person": "人",
    "plate": "块",
    **dict.fromkeys(("truck", "car", "bus", "motorcycle", "bicycle"), "辆"),
}
"""Chinese measure words of classes; 个 for all others."""
ZONES: Final[dict[Literal["zh", "en"], ZoneInfo]] = {
    "en": ZoneInfo("UTC"),
    "zh": ZoneInfo("Asia/Shanghai"),
}
"""In which zone a report says when it was made: an audit belongs to no site that has one."""


def counted(name: str, called: str, count: int, language: Literal["zh", "en"]) -> str:
    """So many of a class: `摊位3处`, `stall 3`."""
    return f"{called}{count}{MEASURES.get(name, '个')}" if language == "zh" else f"{called} {count}"


def at(moment: str, language: Literal["zh", "en"]) -> str:
    """A moment of the audit (ISO 8601), in the zone of the language."""
    local = datetime.fromisoformat(moment).astimezone(ZONES[language])
    return f"{local:%Y-%m-%d %H:%M:%S} {WORDS[language]['zone']}"
