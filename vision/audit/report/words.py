"""The report's own words in both languages; names of kinds and classes are the catalogue's."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

WORDS: Final[dict[Literal["zh", "en"], dict[str, str]]] = {
    "en": {
        "title": "Audit report",
        "summary": "Summary",
        "of_day": "pictures of",
        "map": "Where",
        "map_of": "Around {}",
        "map_none": "No picture tells a position, so there is no map.",
        "undrawn": "not on a map, as they have no position or lie far from the others",
        "legend_at": "lies there (the shape around it: its 95 % error)",
        "legend_near": "somewhere around where the camera stood",
        "legend_many": "several at one spot",
        "legend_camera": "where a photo was taken",
        "north": "N",
        "per_kind": "By kind",
        "per_area": "By area",
        "per_day": "By day",
        "area": "Area",
        "area_note": "Cells of 250 m, named by their middle (latitude, longitude). What has only "
        "the camera's position counts where that stood.",
        "no_area": "position not known",
        "other_areas": "{} other areas",
        "day": "Day",
        "no_day": "day not known",
        "day_note": "By the cameras' own clocks. {} of {} pictures tell no time; of those that do, "
        "{} tell no time zone.",
        "kind": "Kind",
        "sum": "All",
        "found": "Suspected violations",
        "none_found": "None was found.",
        "sightings_of": "Seen in",
        "into": "at {} of the video",
        "of_camera": "where the camera stood; the thing is somewhere around",
        "nowhere": "position not known",
        "area_is": "area",
        "why": "Why",
        "rests_on": "On what",
        "all_pictures": "All photos",
        "alone": "This page was opened without the folder it came from: the violations' pictures "
        "are in it, the others and full sizes are not.",
        "beside": "Not all pictures fit into the page; those left out lie in its folder.",
        "sampled": "How much was missed",
        "unsampled": "Not known: nobody has checked a sample yet. Open the sampling sheet, answer "
        "for each picture, save, and run the audit again with --checked and the file saved.",
        "sampled_is": "Of {unflagged} photos without a finding, {checked} were drawn at random and "
        "looked at by a person: {missed} showed a violation. So some {misses} photos were probably "
        "missed, and {share} of the photos with a violation were found (95 % interval: {low} to "
        "{high}).",
        "sampled_judged": "Of {flagged} photos with findings, {judged} were judged: {right} truly "
        "show a violation.",
        "sampled_unjudged": "Nobody judged the photos with findings, so all of them count as "
        "right: recall is rather lower.",
        "sampled_how": "Clopper and Pearson's intervals; videos are not in the sample; answers "
        "“cannot tell” ({unsure}) are left out.",
        "sampled_nothing": "The sheet that was filled in holds no answer that tells anything.",
        "sheet": "Sampling sheet",
        "sheet_title": "Sampling sheet: what did the model miss?",
        "sheet_how": "These photos were drawn at random. Look at each, open it in full size where "
        "needed, and answer. Then save, and run the audit again with --checked and the file.",
        "sheet_unflagged": "Photos in which the model found nothing: is there a violation?",
        "sheet_flagged": "Photos in which the model found something: is there truly a violation?",
        "sheet_none": "none",
        "sheet_yes": "yes",
        "sheet_unsure": "cannot tell",
        "sheet_save": "Save the answers",
        "sheet_left": "answered",
        "limits": "What the model cannot see",
        "limits_given": "One picture shows neither how long something stood nor whether it is "
        "permitted. Hidden, very small (people and cars under some 12 pixels), dark and blurred "
        "things are missed. A building is never called illegal: that takes a baseline and a check.",
        "limits_measured": "Measured on {} pictures that were not trained on, of 100 objects:",
        "limits_found": "found",
        "limits_right": "of 100 reported, right",
        "limits_objects": "objects measured",
        "limits_class": "Class",
        "limits_none": "There is no card of this model, so its errors are not known.",
        "limits_card": "The model's whole card",
        "limits_fails": "Where it fails, from its card",
        "file": "Name",
        "pictures": "pictures looked at",
        "with_findings": "with findings",
        "violations": "suspected",
        "violations_head": "Suspected",
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
        "cause": "Why",
        "basis": "Every finding is suspected, from a single picture: how long it lasted and "
        "whether it is permitted was not checked. A person decides.",
        "basis_videos": "Findings of photos are suspected, from a single picture: how long it "
        "lasted was not checked. Of videos each finding says whether the rules for cameras "
        "confirmed it. Whether it is permitted was not checked. A person decides.",
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
        "videos": "Videos",
        "videos_watched": "videos watched",
        "confirmed": "confirmed by rules",
        "suspected": "suspected",
        "best": "clearest",
        "from_to": "from {} to {}",
        "lasts": "length",
        "moving": "the camera moved for {}, and rules that need a still view did not look then",
        "most": "at most in one look",
    },
    "zh": {
        "title": "核查报告",
        "summary": "概要",
        "of_day": "拍摄日期",
        "map": "位置分布",
        "map_of": "{}附近",
        "map_none": "照片均无定位信息，无法绘制位置图。",
        "undrawn": "处未上图（无定位信息，或距其他位置过远）",
        "legend_at": "问题所在位置（外圈为95%误差范围）",
        "legend_near": "拍摄点位置，问题在其附近",
        "legend_many": "同一位置多处",
        "legend_camera": "拍摄点",
        "north": "北",
        "per_kind": "按类别",
        "per_area": "按区域",
        "per_day": "按日期",
        "area": "区域",
        "area_note": "按250米网格统计，以网格中心（纬度，经度）命名。"
        "仅有拍摄点定位的，按拍摄点计入。",
        "no_area": "位置不明",
        "other_areas": "其余{}个区域",
        "day": "日期",
        "no_day": "日期不明",
        "day_note": "以相机自身时钟为准。{1}个文件中{0}个未记录拍摄时间；"
        "有时间的文件中{2}个未记录时区。",
        "kind": "类别",
        "sum": "合计",
        "found": "疑似问题",
        "none_found": "未发现疑似问题。",
        "sightings_of": "拍摄记录",
        "into": "视频第{}",
        "of_camera": "拍摄点位置，问题在其附近",
        "nowhere": "位置不明",
        "area_is": "区域",
        "why": "判定理由",
        "rests_on": "依据",
        "all_pictures": "全部照片",
        "alone": "本页脱离原文件夹打开：问题图片已内嵌，其余照片和大图无法显示。",
        "beside": "图片较多，未能全部内嵌，其余图片在报告所在文件夹内。",
        "sampled": "漏检情况",
        "unsampled": "未知：尚未进行人工抽查。请打开抽查表逐张作答并保存，"
        "再以 --checked 加所存文件重新运行核查。",
        "sampled_is": "未发现问题的照片共{unflagged}张，随机抽查{checked}张，"
        "其中{missed}张实有问题。据此估计漏检约{misses}张，有问题的照片检出率为{share}（95%置信区间{low}至{high}）。",
        "sampled_judged": "发现问题的照片共{flagged}张，人工复核{judged}张，其中{right}张属实。",
        "sampled_unjudged": "发现问题的照片未经人工复核，均按属实计算，实际检出率可能更低。",
        "sampled_how": "置信区间按Clopper-Pearson法计算；视频不参加抽查；"
        "“无法认定”{unsure}张未计入。",
        "sampled_nothing": "抽查表没有可用的答案。",
        "sheet": "抽查表",
        "sheet_title": "抽查表：模型漏了什么？",
        "sheet_how": "以下照片为随机抽取。请逐张查看（必要时查看大图）并作答，保存后以 --checked "
        "加所存文件重新运行核查。",
        "sheet_unflagged": "模型未发现问题的照片：是否实有问题？",
        "sheet_flagged": "模型发现问题的照片：是否属实？",
        "sheet_none": "没有问题",
        "sheet_yes": "属实",
        "sheet_unsure": "无法认定",
        "sheet_save": "保存答案",
        "sheet_left": "张已作答",
        "limits": "模型看不到什么",
        "limits_given": "单张照片看不出持续时长，也看不出是否经过许可。被遮挡、"
        "过小（人和车小于约12像素）、昏暗或模糊的目标会漏检。建筑物不会被判为违建：须有基线比对和许可核查。",
        "limits_measured": "在未参与训练的{}张照片上实测，各类目标每100个：",
        "limits_found": "检出",
        "limits_right": "每报100个中属实",
        "limits_objects": "实测数量",
        "limits_class": "目标",
        "limits_none": "此模型没有模型卡，误差未知。",
        "limits_card": "模型卡全文（英文）",
        "limits_fails": "已知不足（摘自模型卡，英文）",
        "file": "名称",
        "pictures": "张照片已核查",
        "with_findings": "张发现问题",
        "violations": "处疑似问题",
        "violations_head": "疑似问题（处）",
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
        "cause": "原因",
        "basis": "所有问题均为疑似，仅凭单张照片判定：未计持续时长，未核查许可，须由人工认定。",
        "basis_videos": "照片中的问题均为疑似，仅凭单张照片判定，未计持续时长；"
        "视频中的问题注明是规则判定还是疑似。许可均未核查，须由人工认定。",
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
        "videos": "视频",
        "videos_watched": "段视频已核查",
        "confirmed": "规则判定",
        "suspected": "疑似",
        "best": "最清晰",
        "from_to": "第{}至{}",
        "lasts": "时长",
        "moving": "镜头移动{}，期间需固定画面的规则未判定",
        "most": "单次检测最多",
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


def clock(seconds: float) -> str:
    """A moment of a video: `1:02:07`, `4:09`."""
    whole = int(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
