"""Drawn: what can be wrong with what is drawn in a picture or on the map, and with registers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DRAWN: Final[Mapping[str, tuple[str, str]]] = {
    "fraction": (
        "{value}不是画面比例（0至1）；请将像素值除以画面的宽或高",
        (
            "{value} is no fraction of the picture, from 0 to 1; divide pixels by its width or "
            "height"
        ),
    ),
    "outline_flat": (
        "各顶点重合或几乎在一条线上，围不成区域；请至少画三个顶点",
        (
            "its corners enclose no area: they are one point or lie in a row, or nearly; give at "
            "least three corners around what is meant"
        ),
    ),
    "outline_crosses": (
        "轮廓自身相交[（第{a}至{b}点的边与第{c}至{d}点的边）]；请沿区域边界依次重画",
        (
            "its outline crosses itself[: the side from corner {a} to {b} crosses the one from {c} "
            "to {d}]; draw it again, from corner to corner around the area"
        ),
    ),
    "outline_crosses_mend": (
        "轮廓自身相交（第{a}至{b}点的边与第{c}至{d}点的边）；按此顺序可围成区域：{order}",
        (
            "its outline crosses itself: the side from corner {a} to {b} crosses the one from {c} "
            "to {d}; in this order the corners enclose an area: {order}"
        ),
    ),
    "outline_thin": (
        "区域过于细长；请画宽一些",
        "its outline is nowhere wider than a thread; draw it wider",
    ),
    # Zones and presets.
    "zones_share_name": (
        "摄像机{camera}有两个区域同名；请改名",
        "two zones of camera {camera} share a name; rename one",
    ),
    "subtype_unknown": (
        "类别{kind}没有细类{subtype}；可选：{known}",
        "{kind} has no sub-type '{subtype}'; choose from {known}",
    ),
    "presets_of_type": (
        "类型为{type}的摄像机没有预置位；请删除预置位，或将类型改为cctv",
        "a {type} has no presets; remove them, or write type: cctv",
    ),
    "drawn_beside_presets": (
        "各预置位画面不同，标定点和隐私区域须分别画在所属预置位下",
        (
            "`ground` and `privacy` are drawn in a picture, and each preset shows another: move "
            "them into the presets they were drawn at"
        ),
    ),
    "preset_twice": (
        "两个预置位同名（{preset}）；请改名",
        "two presets are called '{preset}'; rename one",
    ),
    "preset_without_zone": (
        "预置位{preset}没有画区域；请补画或删除该预置位",
        "preset '{preset}': no zone is drawn at it; draw one or remove it",
    ),
    "preset_not_said": (
        "{what:things}“{name}”未注明所属预置位；请选择，如{preset}",
        (
            "{what:things} '{name}': the camera has presets; write at which one it was drawn, for "
            "example preset: {preset}"
        ),
    ),
    "preset_none_such": (
        "{what:things}“{name}”所属的预置位{preset}不存在；可选：{known}",
        "{what:things} '{name}': no preset is called '{preset}'; choose from {known}",
    ),
    "preset_none_there": (
        "{what:things}“{name}”所属的预置位{preset}不存在，该摄像机没有预置位；请去掉",
        ("{what:things} '{name}': no preset is called '{preset}'; its camera has none; remove it"),
    ),
    "preset_picture_unreadable": (
        "预置位{preset}的参考图{path}无法读取（{why}）；请将该预置位的画面保存到此处",
        (
            "preset '{preset}': {path}: cannot be read ({why}); save there a picture as the camera "
            "sees it at this preset"
        ),
    ),
    "preset_picture_broken": (
        "预置位{preset}的参考图{path}不是可读的图片；请重新保存为JPEG或PNG",
        ("preset '{preset}': {path}: is no picture that can be read; save it again as JPEG or PNG"),
    ),
    "preset_picture_poor": (
        "预置位{preset}的参考图特征太少，无法辨认；请在白天晴好时重拍，或转到景物更多的方向",
        (
            "preset '{preset}': its picture shows too little to be known again; take it by clear "
            "daylight, or turn the preset to where more is to be seen"
        ),
    ),
    "preset_pictures_same": (
        "预置位{one}和{other}的参考图为同一画面，无法区分；请重拍或只保留一个",
        (
            "presets '{one}' and '{other}': their pictures show the same view, so nobody can tell "
            "which is shown; take them again, or keep only one"
        ),
    ),
    # Points of the ground.
    "points_few": (
        "标定点只有{count}个；至少需要4个，最好6个",
        "{count} points do not fix the ground; give at least four, better six, as {like}",
    ),
    "point_numbers": (
        "第{point}个标定点有{count}个数；应为画面横、纵比例和经度、纬度共4个",
        "point {point} has {count} numbers; write {like}",
    ),
    "point_outside": (
        "第{point}个标定点的画面位置（{u}，{v}）不在0至1之间",
        "point {point}: u and v are fractions of the picture, from 0 to 1, not {u}, {v}",
    ),
    "point_nowhere": (
        "第{point}个标定点的经纬度（{lon}，{lat}）不存在；请核对经纬度顺序",
        "point {point}: longitude {lon}, latitude {lat} is no place; check their order",
    ),
    "point_polar": (
        "经纬度（{lon}，{lat}）不存在或过于接近极点；请核对坐标及其顺序",
        (
            "longitude {lon}, latitude {lat} is no place, or one too near a pole; check the "
            "coordinates and their order"
        ),
    ),
    "points_same_in_picture": (
        "第{one}个和第{other}个标定点在画面中位置相同；请更换其一",
        "points {one} and {other} are the same in the picture; replace one",
    ),
    "points_same_on_ground": (
        "第{one}个和第{other}个标定点在地图上位置相同；请更换其一",
        "points {one} and {other} are the same on the ground; replace one",
    ),
    "points_in_row_in_picture": (
        "标定点在画面中几乎都在一条线上；请在线外补点，使其中四点任意三点不共线",
        (
            "all points, or all but one, lie nearly on a line in the picture; add points beside "
            "it, so that four have no three on a line"
        ),
    ),
    "points_in_row_on_ground": (
        "标定点在地图上几乎都在一条线上；请在线外补点，使其中四点任意三点不共线",
        (
            "all points, or all but one, lie nearly on a line on the ground; add points beside it, "
            "so that four have no three on a line"
        ),
    ),
    "points_unfit": (
        "这些标定点无法推算地面；请重新测量",
        "no homography goes through these points; measure them again",
    ),
    "points_mirrored": (
        "标定点显示的地面左右颠倒；请核对经纬度或画面横纵是否写反，以及各点是否对应",
        (
            "these points show the ground as in a mirror; check that longitude and latitude, or u "
            "and v, are not swapped, and which picture point belongs to which place"
        ),
    ),
    "point_above": (
        "第{points}个标定点高于其余各点推算的地平线；请核对各点是否对应、是否都在地面",
        (
            "point {points} lies above the horizon that the others make; check which picture point "
            "belongs to which place, and that all are on the ground"
        ),
    ),
    "points_above": (
        "第{points}个标定点高于其余各点推算的地平线；请核对各点是否对应、是否都在地面",
        (
            "points {points} lie above the horizon that the others make; check which picture point "
            "belongs to which place, and that all are on the ground"
        ),
    ),
    # Permits, assets, silences and other lists.
    "degrees": (
        "经纬度（{lon}，{lat}）不存在；请核对经纬度顺序",
        "longitude {lon}, latitude {lat} is no place; check their order",
    ),
    "permit_nowhere": (
        "许可“{permit}”须画在某摄像机画面中或地图上，二者选一",
        (
            "permit '{permit}' is nowhere, or twice: give either `camera` and `polygon` (fractions "
            "of its picture) or `polygon_wgs84` (longitude, latitude)"
        ),
    ),
    "permit_strips": (
        "许可“{permit}”的禁占区域须与许可范围画在同一处（同在画面中或同在地图上）",
        (
            "permit '{permit}': draw its keep-out strips where its polygon is drawn: `keep_out` in "
            "the picture, `keep_out_wgs84` on the map"
        ),
    ),
    "asset_nowhere": (
        "部件“{asset}”须画在某摄像机画面中或标在地图上，二者选一",
        (
            "asset '{asset}' is nowhere, or twice: give either `camera` and `polygon` (fractions "
            "of its picture) or `at_wgs84` (longitude, latitude)"
        ),
    ),
    "asset_outline": (
        "部件“{asset}”的轮廓自身相交或没有面积；请重画",
        "asset '{asset}': its outline crosses itself or has no area; draw it again",
    ),
    "camera_none_such": (
        "{what:things}“{name}”中的摄像机{camera}不存在；请改正",
        "{what:things} '{name}': no camera is called '{camera}'; correct the name",
    ),
    "zone_none_such": (
        "免审时段“{name}”中的区域{zone}不存在；请改正",
        "silence '{name}': no zone is called '{zone}'; correct the name",
    ),
    "silence_endless": (
        "免审时段须有结束时间，否则违法行为将一直不予审核；如2026-10-08 00:00",
        (
            "a silence that never ends would hide violations for good; write when it ends, for "
            "example until: 2026-10-08 00:00"
        ),
    ),
    "silence_twice": (
        "两个免审时段同名（{name}）；请改名",
        "silence '{name}': two silences share this name; rename one",
    ),
    "silence_reversed": (
        "免审时段“{name}”的结束早于开始；请改正起止时间",
        "silence '{name}': it ends before it starts; correct `from` or `until`",
    ),
    "silence_long": (
        "免审时段“{name}”长达{days}天；请在一年内结束，或在区域中取消该类别的监控",
        (
            "silence '{name}': it lasts {days} days; name an end within a year, or take the kind "
            "out of the zone's `watch`"
        ),
    ),
    "act_reversed": (
        "有效期至{until}，早于办理日期{on}；请改正",
        "ends on {until}, before {on}, when it was done",
    ),
    "document_missing": (
        "备案材料{act}：文件{path}不存在；请改正其路径",
        "admissibility: {act}: {path} is no file; correct its path",
    ),
}
