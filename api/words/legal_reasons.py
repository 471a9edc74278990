"""Why a case is a lead only, or penalty evidence: a sentence for each code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vision.sentence import Sentence

LEGAL_REASONS: Final[Mapping[str, Sentence]] = {
    "admissible": Sentence(
        "该设备备案材料齐全，且该事项已列入非现场执法事项清单",
        "the device's admissibility file was complete, and the matter is listed for evidence by "
        "devices",
    ),
    "matter_not_listed": Sentence(
        "该事项未列入本辖区非现场执法事项清单",
        "the matter is not listed for evidence by devices in this jurisdiction",
    ),
    "device_not_filed": Sentence(
        "该设备未备案法制审核、技术审核、设置标志和地点公布材料，记录仅作线索，不得作为处罚证据",
        "no admissibility file (legal review, technical review, sign, publication) is kept for "
        "this device, so its record is a lead for an officer and no penalty evidence",
    ),
    "lacks_valid": Sentence(
        "备案材料当日不在有效期内",
        "admissibility file: not valid on that day",
    ),
    "lacks_legal_review": Sentence(
        "备案材料缺少有效的法制审核", "admissibility file: legal review is missing"
    ),
    "lacks_technical_review": Sentence(
        "备案材料缺少有效的技术审核", "admissibility file: technical review is missing"
    ),
    "lacks_sign": Sentence(
        "备案材料缺少现场标志设置记录", "admissibility file: sign at the place is missing"
    ),
    "lacks_published": Sentence(
        "备案材料缺少设置地点公布记录",
        "admissibility file: publication of its place is missing",
    ),
    "lacks_calibration": Sentence(
        "备案材料中的检定校准已失效", "admissibility file: calibration is missing"
    ),
    "file_time": Sentence(
        "画面时间取自文件，可被更改",
        "the time of the pictures is that of a file, which anybody can set",
    ),
}
