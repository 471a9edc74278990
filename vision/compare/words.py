"""The comparison's own words in both languages; names of kinds are the catalogue's."""

from __future__ import annotations

from typing import Final, Literal

from vision.sentence import Sentence

SAID: Final = {
    "appeared": Sentence(
        zh="疑似新增建筑：后期照片可见，前期同一位置未见[，约{size:.0f}平方米（±{error:.0f}）]",
        en="suspected new structure: there in the later picture, not at this place in the earlier "
        "one[, some {size:.0f} m² (±{error:.0f})]",
    ),
    "grown": Sentence(
        zh="疑似扩建：建筑面积约为前期的{times:.1f}倍[，约增加{added:.0f}平方米]",
        en="suspected extension: the structure covers {times:.1f} times what it did[, some "
        "{added:.0f} m² more]",
    ),
    "gone": Sentence(
        zh="疑似拆除：前期可见，后期同一位置未见[，约{size:.0f}平方米（±{error:.0f}）]",
        en="suspected demolition: there in the earlier picture, not at this place in the later "
        "one[, some {size:.0f} m² (±{error:.0f})]",
    ),
}
BASIS: Final = {
    "en": "suspected, from two dates: no permit and no register of known structures was asked",
    "zh": "疑似，仅凭两期影像比对：未核查许可，未核对存量台账",
}
WHY: Final = {
    "few_features": Sentence(
        zh="仅有{count}个相似特征吻合，不足以配准：可能不是同一地点，或变化过大；"
        "同一地图网格裁出的影像请加 --aligned",
        en="only {count} features agree, too few to lay one picture over the other: another place, "
        "or too much has changed; for pictures cut from one map grid, give --aligned",
    ),
    "one_part": Sentence(
        zh="仅一小部分画面相似，不足以配准",
        en="the pictures agree in one small part only, too little to lay one over the other",
    ),
    "bent": Sentence(
        zh="相似特征的几何关系不符合平坦地面的成像",
        en="what looks alike cannot have been seen so over level ground",
    ),
    "contradicts_telemetry": Sentence(
        zh="相似特征与遥测位置相互矛盾",
        en="what looks alike contradicts the telemetry",
    ),
    "not_shown": Sentence(zh="前期未拍到该部分", en="the earlier flight does not show this part"),
    "not_flown_again": Sentence(
        zh="没有后期照片与其配准",
        en="no later picture was laid over it",
    ),
    "no_place": Sentence(
        zh="没有可用的遥测位置，无法与台账比对",
        en="it has no telemetry that tells its place, so it cannot be compared with a baseline",
    ),
}

WORDS: Final[dict[Literal["zh", "en"], dict[str, str]]] = {
    "en": {
        "title": "Structures, before and after",
        "appeared": "appeared",
        "grown": "grown",
        "gone": "gone",
        "suspected": "suspected {kind}",
        "unchanged": "unchanged",
        "doubtful": "doubtful",
        "doubtful_note": "seen once, and the other picture does not tell; not counted",
        "areas": "changed areas",
        "areas_note": "the ground looks built on or worked; no structure was recognised: look",
        "compared": "of the later pictures compared",
        "summary": "{after} later pictures against {before} earlier ones: {appeared} structures "
        "appeared, {grown} grew, {gone} went, {unchanged} are unchanged.",
        "summary_baseline": "{after} pictures against the register of {as_of}: {appeared} "
        "structures appeared, {grown} grew, {gone} were not seen, {unchanged} are unchanged.",
        "ground": "{compared} m² compared of {after} m² flown now",
        "basis": "Every change is suspected, from two dates. Whether it was permitted was not "
        "checked: a person asks the register and decides. Sizes are of upright boxes, at most.",
        "masking": "People and number plates that the model found are masked; what it missed is "
        "not. Look before you publish.",
        "none": "No structure was seen to appear, grow or go in what could be compared.",
        "changes": "Changes",
        "overviews": "Whole pictures",
        "overview_note": "White outlines are changed areas.",
        "left_out": "{count} more are in the data, not on this page.",
        "not_compared": "Not compared",
        "picture": "Picture",
        "flight": "Flight",
        "share": "Share",
        "why": "Why",
        "problems": "Not read",
        "before": "before",
        "after": "after",
        "slider": "before or after",
        "slide_hint": "Drag, or use the arrow keys: to the right there is more of before.",
        "no_before": "The baseline is outlines; there is no earlier picture.",
        "score": "score",
        "alike": "resemblance",
        "seen_in": "seen in {count} pictures",
        "place": "place",
        "model": "Model",
        "engine": "Engine",
        "made": "Made",
        "files": "The same as data",
        "colon": ": ",
        "percent": " %",
    },
    "zh": {
        "title": "建筑前后期比对报告",
        "appeared": "新增",
        "grown": "扩建",
        "gone": "消失",
        "suspected": "疑似{kind}",
        "unchanged": "未变化",
        "doubtful": "存疑",
        "doubtful_note": "仅一期可见，另一期无法判断，不计入",
        "areas": "变化区域",
        "areas_note": "地面疑似施工或建成，未识别出建筑物，请人工查看",
        "compared": "后期画面已比对",
        "summary": "后期{after}张照片与前期{before}张比对：新增{appeared}处，扩建{grown}处，"
        "消失{gone}处，未变化{unchanged}处。",
        "summary_baseline": "{after}张照片与{as_of}台账比对：新增{appeared}处，扩建{grown}处，"
        "未见{gone}处，未变化{unchanged}处。",
        "ground": "本次航拍{after}平方米，已比对{compared}平方米",
        "basis": "所有变化均为疑似，仅凭两期影像判定；是否经许可未核查，须由人工查询台账认定。"
        "面积按外接矩形计，为上限。",
        "masking": "模型识别到的行人和车牌已脱敏，漏检的仍可见，公开前请人工核对。",
        "none": "可比对的范围内未识别到建筑新增、扩建或消失。",
        "changes": "变化清单",
        "overviews": "整幅照片",
        "overview_note": "白线为变化区域。",
        "left_out": "另有{count}项仅在数据文件中，未列入本页。",
        "not_compared": "未能比对",
        "picture": "照片",
        "flight": "期次",
        "share": "占比",
        "why": "原因",
        "problems": "未能读取",
        "before": "前期",
        "after": "后期",
        "slider": "前后期切换",
        "slide_hint": "拖动滑块或按方向键：越向右，显示的前期越多。",
        "no_before": "台账仅有轮廓，没有前期照片。",
        "score": "置信度",
        "alike": "相似度",
        "seen_in": "见于{count}张照片",
        "place": "位置",
        "model": "模型",
        "engine": "推理引擎",
        "made": "生成时间",
        "files": "数据文件",
        "colon": "：",
        "percent": "%",
    },
}
