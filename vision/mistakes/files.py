"""Files: what can be wrong with the site file as a text, and with files that it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FILES: Final[Mapping[str, tuple[str, str]]] = {
    # Bytes and characters.
    "file_unreadable": (
        "文件无法读取（{why}）；请指定一个YAML文件",
        "cannot read the site file ({why}); give the path of a YAML file",
    ),
    "file_large": ("文件超过{most} MiB；请精简", "is larger than {most} MiB; write less"),
    "file_utf16": (
        "文件编码为UTF-16；请另存为UTF-8",
        "is not UTF-8 but UTF-16 text; save the site file as UTF-8",
    ),
    "file_not_utf8": (
        "文件编码不是UTF-8[（可能是{perhaps}）]；请另存为UTF-8",
        "is not UTF-8 text[ ({perhaps}, perhaps)]; save the site file as UTF-8",
    ),
    "control_at": (
        "第{column}列有控制字符{code}；请删除",
        "the control character {code} in column {column}; remove it",
    ),
    "control_in_text": (
        "文字中有控制字符{code}；请删除",
        "a text holds the control character {code}; remove it",
    ),
    # YAML.
    "yaml": (
        "不是有效的YAML：{mend:yaml_mends}",
        "not valid YAML: {problem}: {mend:yaml_mends}",
    ),
    "yaml_values": (
        "超过{most}个值[（{aliases}展开后）]；请精简",
        "more than {most} values[, with what its aliases ({aliases}) stand for]; write less",
    ),
    "yaml_deep": (
        "括号或缩进嵌套超过{most}层；请精简",
        "more than {most} brackets or indents in each other; write less",
    ),
    "yaml_second": (
        "此处开始了第二个文档；站点配置只能有一个",
        "a second document begins; a site file is one",
    ),
    "yaml_tag": ("不支持标签{tag}；请删除", "the tag {tag} is not read; remove it"),
    "yaml_alias": (
        "别名*{alias}之前没有对应的&{alias}；以*开头的文字请加引号",
        (
            "*{alias} stands for &{alias}, which is not written before it; put a text that begins "
            "with * in quotes"
        ),
    ),
    "yaml_alias_inside": (
        "别名*{alias}位于其自身之内；请直接写出内容",
        "*{alias} stands inside itself; write it out",
    ),
    "yaml_merge": (
        "合并键<<后须为映射；请用*引用一个",
        "`<<` takes in a mapping; name one with *",
    ),
    "yaml_key": (
        "列表或映射不能作为设置的名称",
        "a list or mapping is no name of a setting",
    ),
    "yaml_twice": (
        "{name}重复，首次在第{line}行；请删除一个",
        "`{name}` is given twice, first in line {line}; remove one",
    ),
    "not_mapping": (
        "站点配置应为映射，以site开头",
        "a site file is a mapping that starts with `site: {like}`",
    ),
    "many_more": ("另有{count}处", "and {count} more"),
    # What it takes from elsewhere.
    "variable_unset": (
        "环境变量{name}未设置；请设置",
        "{variable}: the environment variable {name} is not set; set it",
    ),
    "variable_unreadable": (
        "{variable}：文件无法读取（{why}）；请创建或另行指定",
        "{variable}: cannot read that file ({why}); create it or name another",
    ),
    "variable_not_utf8": (
        "{variable}：文件不是UTF-8；请另存为UTF-8",
        "{variable}: that file is not UTF-8 text; save it as UTF-8",
    ),
    "variable_control": (
        "{variable}：内容中有控制字符{code}；请删除",
        "{variable}: holds the control character {code}; remove it there",
    ),
    "home_unknown": (
        "{path}：没有此用户；请写出完整路径",
        "{path}: nobody here has that name; write the path out",
    ),
    # GeoJSON.
    "geojson_unreadable": (
        "{path}无法读取（{why}）；请指定一个GeoJSON文件",
        "{path}: cannot read the {what} ({why}); give the path of a GeoJSON file",
    ),
    "geojson_not_utf8": (
        "{path}不是UTF-8；请重新导出为UTF-8",
        "{path}: is not UTF-8 text; export the {what} as UTF-8",
    ),
    "geojson_not_json": (
        "{path}不是JSON（{why}）；请重新导出为GeoJSON",
        "{path}: is not JSON ({why}); export the {what} as GeoJSON",
    ),
    "geojson_empty": (
        "{path}没有要素；请导出为FeatureCollection",
        "{path}: has no features; export the {what} as a FeatureCollection",
    ),
    "feature_geometry": (
        "[第{feature}个要素：]几何数据无法读取（{why}）；请重新导出",
        "its geometry does not read ({why}); export it again",
    ),
    "feature_empty": (
        "[第{feature}个要素：]没有内容；请删除或重画",
        "is empty; leave it out or draw it again",
    ),
    "feature_no_polygon": (
        "[第{feature}个要素：]是{type}，不是多边形；请删除或重画",
        "is a {type}, not a polygon; leave it out or draw it again",
    ),
    "feature_outline": (
        "[第{feature}个要素：]多边形无效（{why}）；请修复后重新导出",
        "is no proper polygon: {why}; repair it there",
    ),
    "feature_degrees": (
        (
            "[第{feature}个要素：]坐标{west}，{south}至{east}，{north}不是经纬度；"
            "请以CGCS2000或WGS 84经纬度导出"
        ),
        (
            "reaches from {west}, {south} to {east}, {north}, which are no degrees; export it in "
            "CGCS2000 (EPSG:4490) or WGS 84 (EPSG:4326) longitude and latitude"
        ),
    ),
    "feature_as_of": (
        "[第{feature}个要素：]as_of为{given}；请填写该建筑已知存在的日期，如2026-03-01",
        ("`as_of` is {given}; give the day on which the structure was known, such as 2026-03-01"),
    ),
    "cell_without_code": (
        "[第{feature}个要素：]没有属性；至少须有网格编码",
        "has no properties; give it at least a code",
    ),
    "cell_code": (
        "[第{feature}个要素：]“{code}”不是单元网格编码；应为15位字母和数字",
        "code '{code}' is no unit-grid code; it has 15 letters and digits",
    ),
    "cell_twice": (
        "[第{feature}个要素：]网格编码{code}已用于第{first}个要素；请合并为一个MultiPolygon或改正编码",
        (
            "code {code} is feature {first}'s already; make one MultiPolygon of the two, or "
            "correct the code"
        ),
    ),
    # The register of companies' trucks.
    "companies_unreadable": (
        "企业车辆名册{file}无法读取（{why}）；请指定CSV文件",
        "{file} cannot be read ({why}); give the path of a CSV file",
    ),
    "companies_large": (
        "企业车辆名册{file}超过{most} MiB；请精简",
        "{file} is larger than {most} MiB; write less",
    ),
    "companies_text": (
        "企业车辆名册{file}不是文本文件；请另存为UTF-8编码的CSV",
        "{file} is no text; save it as CSV in UTF-8",
    ),
    "companies_head": (
        "企业车辆名册{file}首行须有“号牌号码”和“企业名称”两列",
        "the first line of {file} must name the columns `plate` and `company`",
    ),
    "companies_plate": (
        "企业车辆名册{file}第{line}行：“{text}”不是机动车号牌；请改正",
        "{file}, line {line}: '{text}' is no number plate; correct it",
    ),
    "companies_name": (
        "企业车辆名册{file}第{line}行：企业名称应为1至{most}个字",
        "{file}, line {line}: a company's name has 1 to {most} characters",
    ),
    "companies_twice": (
        "企业车辆名册{file}第{line}行：该号牌已登记在另一企业名下；请保留一个",
        "{file}, line {line}: the plate is another company's already; keep one of the two",
    ),
}
MENDS: Final[Mapping[str, tuple[str, str]]] = {
    "tab": ("有制表符；请用空格缩进", "a tab; indent with spaces"),
    "quote": ("请将该文字加引号", "put the text in quotes"),
    "colon_in_text": (
        "含冒号加空格的文字请加引号，或检查缩进",
        "put a text with `: ` in quotes, or check the indentation",
    ),
    "quote_open": ("引号未闭合；请补上", "a quote is not closed; close it"),
    "bracket_open": ("括号未闭合；请补上", "a bracket is not closed; close it"),
    "open": ("括号或引号未闭合；请补上", "a bracket or quote is not closed; close it"),
    "indent": (
        "请检查本行和上一行的缩进与引号",
        "check the indentation and quotes of this line and the one before",
    ),
    "comma": ("缺少逗号或右括号；请补上", "a comma or closing bracket is missing; add it"),
    "colon": (
        "缺少冒号，或冒号后缺少空格；请补上",
        "a colon is missing, or a space after it; add it",
    ),
    "escape": (
        "反斜杠请写两个，或将文字放在单引号中",
        "write \\\\ for a backslash, or put the text in single quotes",
    ),
    "line": ("请改正该行", "fix that line"),
}
"""What to do about what the parser of YAML stumbled over."""
