"""The roll-up's own words in both languages."""

from __future__ import annotations

from typing import Final, Literal

ROLLUP_WORDS: Final[dict[Literal["zh", "en"], dict[str, str]]] = {
    "en": {
        "title": "Summary of audits",
        "day": "by day",
        "week": "by week",
        "month": "by month",
        "said": "{audits} audits of {pictures} photos and {videos} videos found {violations} "
        "suspected violations, {first} to {last}.",
        "said_nothing": "{audits} audits of {pictures} photos and {videos} videos found nothing "
        "suspicious.",
        "said_again": "In {places} places something of the same kind was found more than once.",
        "said_failed": "{count} items could not be looked at; each audit's report says why.",
        "said_suspected": "All are suspected by a model: a person has to decide on each.",
        "per_period": "By period",
        "period": "Period",
        "per_area": "By area",
        "area": "Area",
        "no_area": "position not known",
        "sum": "All",
        "again": "again",
        "points": "Points",
        "points_note": "Points by the site's own table, for suspected violations before any review"
        "{cap}.",
        "cap": "; an area loses at most {} in a period, as do those without a position together",
        "repeats": "Where it comes back",
        "repeats_note": "By places on the ground, of drones' photos and orthophotos: where only "
        "the camera's position is known, nobody can say that it is the same thing.",
        "no_repeats": "No place was found more than once.",
        "kind": "Kind",
        "place": "Place",
        "days": "Days",
        "times": "Times",
        "audits": "The audits",
        "folder": "Folder",
        "name": "Name",
        "began": "Begun",
        "photos": "Photos",
        "videos": "Videos",
        "failed": "Not audited",
        "found": "Suspected",
        "days_note": "A violation counts on the day of its first picture by the camera's clock. "
        "{undated} of {violations} have no such day and count on the day their audit began. The "
        "same picture in two audits counts once ({twice} left out); what two audits photographed "
        "anew counts for each.",
        "columns": "period,area,kind,subtype,name,violations,undated,again,points",
        "score_columns": "period,area,points,points_counted",
    },
    "zh": {
        "title": "核查汇总",
        "day": "按日",
        "week": "按周",
        "month": "按月",
        "said": "{first}至{last}共核查{audits}次，照片{pictures}张、视频{videos}段，"
        "发现疑似问题{violations}处。",
        "said_nothing": "共核查{audits}次，照片{pictures}张、视频{videos}段，未发现疑似问题。",
        "said_again": "{places}处位置同类问题反复出现。",
        "said_failed": "{count}项未能核查，原因见各次报告。",
        "said_suspected": "以上均为模型初筛线索，须由人工逐一认定。",
        "per_period": "按时段",
        "period": "时段",
        "per_area": "按区域",
        "area": "区域",
        "no_area": "位置不明",
        "sum": "合计",
        "again": "反复",
        "points": "扣分",
        "points_note": "扣分按本单位自定标准计算，对象为未经人工认定的疑似问题{cap}。",
        "cap": "；每个区域每个时段最多扣{}分，位置不明的合并为一个区域",
        "repeats": "反复出现的位置",
        "repeats_note": "仅依据无人机照片和正射影像的地面位置判断；"
        "只有拍摄点定位的，无法认定是否同一处。",
        "no_repeats": "没有反复出现的位置。",
        "kind": "类别",
        "place": "位置",
        "days": "日期",
        "times": "次数",
        "audits": "核查清单",
        "folder": "文件夹",
        "name": "名称",
        "began": "核查开始",
        "photos": "照片",
        "videos": "视频",
        "failed": "未核查",
        "found": "疑似问题",
        "days_note": "问题按首张照片的相机时间计入当日。{violations}处中{undated}处无拍摄时间，"
        "按核查当日计入。同一照片在多次核查中只计一次（已剔除{twice}处）；再次拍到的分别计入。",
        "columns": "时段,区域,kind,subtype,名称,疑似问题,无拍摄时间,反复,扣分",
        "score_columns": "时段,区域,扣分合计,计入扣分",
    },
}
