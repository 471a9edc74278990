"""Invalid: what is wrong with one value of a request.

The codes are pydantic's types of errors, ours of what a body says as a whole, and those of what is
wrong in a site file, which `vision.mistakes` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vision.mistakes.wrong import WRONG
from vision.sentence import Sentence

OURS: Final[Mapping[str, Sentence]] = {
    code: Sentence(zh, en)
    for code, (zh, en) in {
        "missing": ("必填", "is missing"),
        "extra_forbidden": ("没有此项，请去掉", "is not known here; leave it out"),
        "string_type": ("应为文字", "should be a text"),
        "string_too_short": (
            "至少{min_length}个字符",
            "should have {min_length} characters or more",
        ),
        "string_too_long": (
            "不超过{max_length}个字符",
            "should have {max_length} characters or less",
        ),
        "string_pattern_mismatch": ("格式不正确", "has not the form that is wanted"),
        "too_short": ("至少{min_length}项", "needs at least {min_length}"),
        "too_long": ("不超过{max_length}项", "should have {max_length} items or less"),
        "literal_error": ("只能是{expected}", "should be {expected}"),
        "enum": ("只能是{expected}", "should be {expected}"),
        "union_tag_invalid": ("只能是{expected_tags}", "should be one of {expected_tags}"),
        "union_tag_not_found": ("缺少类型", "does not say what it is"),
        "int_type": ("应为整数", "should be a whole number"),
        "int_parsing": ("应为整数", "should be a whole number"),
        "int_from_float": ("应为整数", "should be a whole number"),
        "int_parsing_size": ("数字过大", "is too large a number"),
        "float_type": ("应为数字", "should be a number"),
        "float_parsing": ("应为数字", "should be a number"),
        "finite_number": ("应为有限的数字", "should be a finite number"),
        "greater_than": ("应大于{gt}", "should be greater than {gt}"),
        "greater_than_equal": ("应不小于{ge}", "should be {ge} or more"),
        "less_than": ("应小于{lt}", "should be less than {lt}"),
        "less_than_equal": ("应不大于{le}", "should be {le} or less"),
        "bool_type": ("应为是或否", "should be true or false"),
        "bool_parsing": ("应为是或否", "should be true or false"),
        "list_type": ("应为列表", "should be a list"),
        "dict_type": ("应为对象", "should be an object"),
        "model_type": ("应为对象", "should be an object"),
        "model_attributes_type": ("应为对象", "should be an object"),
        "json_invalid": ("不是有效的JSON", "is no JSON"),
        "date_type": ("应为日期", "should be a date"),
        "date_parsing": ("应为日期，如2026-05-01", "should be a date, such as 2026-05-01"),
        "date_from_datetime_parsing": (
            "应为日期，如2026-05-01",
            "should be a date, such as 2026-05-01",
        ),
        "datetime_type": ("应为时间", "should be a time"),
        "datetime_parsing": (
            "应为带时区的时间，如2026-05-01T08:00:00+08:00",
            "should be a time with its offset, such as 2026-05-01T08:00:00+08:00",
        ),
        "datetime_from_date_parsing": (
            "应为带时区的时间，如2026-05-01T08:00:00+08:00",
            "should be a time with its offset, such as 2026-05-01T08:00:00+08:00",
        ),
        "timezone_aware": (
            "应写明时区，如2026-05-01T08:00:00+08:00",
            "should have its offset, such as 2026-05-01T08:00:00+08:00",
        ),
        "value_error": ("不符合要求", "is not as it should be"),
        # Ours, of a body as a whole.
        "instant_form": (
            "应为带时区的时间，如2026-05-01T00:00:00Z",
            "write a date and time with its offset, such as 2026-05-01T00:00:00Z",
        ),
        "rejection_reason_missing": (
            "不予采纳须选择原因：{possible:rejections}",
            "a rejection needs a reason: {possible}",
        ),
        "plate_form": (
            "不是机动车号牌（GA 36）；如鄂A12345、鄂AD12345",
            "this is no number plate (GA 36): a province, a letter, five or six characters",
        ),
        "rejection_reason_given": (
            "确认属实时不填不予采纳的原因",
            "a confirmation has no rejection reason; leave `reason` out",
        ),
        "checks_missing": (
            "确认属实须勾选全部四项核对：{needed:checks}",
            "a confirmation needs all four checks: {needed}",
        ),
        "number_missing": (
            "立案须填写任务号或案卷号",
            "a filing needs the case system's `task_no` or `file_no`",
        ),
        # Ours, of what is given for a part of the site file.
        "setup_id_taken": ("已被使用，请换一个", "is taken; choose another"),
        "setup_control_in": (
            "含有控制字符，请删除",
            "holds the control character {control}; remove it",
        ),
        "setup_variable_in": (
            "请填写实际内容；变量由管理员在站点配置中填写",
            "write the value itself, or the variable into the file by hand",
        ),
        "setup_path_in": (
            "站点配置此处未写明该文件，请保持原样",
            "is no file that the site file names here; leave it as it was",
        ),
        "preset_unknown": (
            "摄像机{camera}没有此预置位，请重新选择",
            "camera {camera} has no preset of this name",
        ),
    }.items()
}
"""By pydantic's `type`; one that is not here is told as `value_error`."""
INVALID: Final[Mapping[str, Sentence]] = {**OURS, **WRONG}
"""With the site file's mistakes."""
