"""Causes in Chinese: why something was not audited or may be wrong, in an office's words."""

from __future__ import annotations

import re
from typing import Final

_CAUSES: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(english), chinese)
    for english, chinese in (
        (r"is empty \(0 bytes\).*", "文件为空（0字节），请重新拷贝"),
        (r"is cut off before its end.*", "文件不完整（缺少结尾），请重新拷贝"),
        (r"is damaged and cannot be decoded.*", "文件已损坏，无法解码，请重新拷贝或导出"),
        (r"is damaged and cannot be read as TIFF.*", "TIFF文件已损坏，请重新导出"),
        (r"cannot be decoded.*", "无法解码，请重新导出"),
        (r"is no picture, or of a format.*", "不是图片，或格式不支持，请导出为JPEG或PNG"),
        (r"is a video that is named as a picture.*", "是视频但用了图片扩展名，请改为.mp4等"),
        (r"is a web page, whatever.*", "实际内容为网页，与扩展名不符，请提供图片（JPEG或PNG）"),
        (r"is an archive, whatever.*", "实际内容为压缩包，与扩展名不符，请解压或改名"),
        (r"is a raw photo, whatever.*", "实际内容为相机原始格式（RAW），请导出为JPEG"),
        (
            r"is (?:an? )?(.+), whatever its name says.*",
            r"实际内容为\1，与扩展名不符，请提供图片（JPEG或PNG）",
        ),
        (r"is a JPEG of a kind that is not read.*", "JPEG编码方式不支持或已损坏，请导出为普通JPEG"),
        (r"is \d+×\d+ \S+, which takes .* GiB.*", "解码所需内存过大，请导出为普通JPEG或缩小"),
        (r"has more than (\d+) million pixels.*", r"超过\1百万像素，请先裁切成块"),
        (r"not enough memory to decode.*", "内存不足，无法解码，请缩小图片"),
        (r".*ended the process that decoded it.*", "解码时程序崩溃，文件可能已损坏"),
        (r"holds measurements .*", "内容是测量数据而非图片，请导出为8位图片"),
        (r"is a raw photo.*", "是相机原始格式（RAW），请导出为JPEG"),
        (r"is a document.*", "是文档，请将其中图片导出为JPEG"),
        (r"is an archive that is not read.*", "压缩包格式不支持，请先解压"),
        (r"is a picture of a kind that is not read.*", "图片格式不支持，请导出为JPEG"),
        (r"is a camera's small preview.*", "是相机生成的视频缩略文件，请提供原视频"),
        (r"holds no picture, no video.*", "其中没有图片、视频或含图片的压缩包"),
        (r"holds no picture and no video", "其中没有图片或视频"),
        (r"holds no picture", "不含图片"),
        (r"(\d+) (.*)files hold no picture", r"共\1个\2文件，不含图片"),
        (r"is not known to be a picture.*", "扩展名未知，如是图片请改为.jpg等"),
        (r"is hidden, as .*", "是隐藏文件（文件名以点开头），如需核查请改名"),
        (r"(is|lies in) a hidden folder.*", "位于隐藏文件夹，如需核查请改名"),
        (r"is a link to what is not there", "链接指向的文件不存在"),
        (r"is a link that leads up.*", "链接指向上级文件夹，未进入"),
        (r"is the same folder as (.+); read once", r"与\1是同一文件夹，只核查一次"),
        (r"is not an ordinary file", "不是普通文件"),
        (r"matches no file.*", "没有匹配的文件，请检查通配符"),
        (r"(does not exist|no such picture|it does not exist).*", "文件不存在，请检查路径"),
        (r"may not be read.*", "没有读取权限"),
        (r"cannot be listed .*", "文件夹无法打开"),
        (r"has the same bytes as a picture that failed", "与另一个无法读取的文件内容相同"),
        (r"cannot be read as a zip.*", "压缩包已损坏，请重新打包"),
        (r"is one part of a zip that was split.*", "是分卷压缩包的一部分，请合并后再核查"),
        (r"holds (\d+) files, more than (\d+).*", r"包内共\1个文件，超过上限\2个，请拆分"),
        (r"would unpack to (\d+) MiB.*", r"解压后达\1 MiB，压缩比异常，未解压"),
        (r"cannot be unpacked.*", "无法解压，请重新打包"),
        (r"its path leaves the zip's own folder.*", "压缩包内路径越界，已拒绝"),
        (r"is a link to another file; refused", "压缩包内是链接，已拒绝"),
        (r"is encrypted.*", "已加密，请用密码解压后再核查"),
        (r"is packed by a method that is not read.*", "压缩方法不支持，请重新打包（Deflate）"),
        (r"is (\d+) MiB, larger than any.*", r"文件达\1 MiB，超出允许大小，已拒绝"),
        (r"is a zip inside a zip inside a zip.*", "压缩包嵌套超过两层，请先解压"),
        (
            r"cannot be opened: it is no video.*",
            "不是视频，或文件不完整（缺少索引），请重新拷贝或导出",
        ),
        (r"cannot be opened: .*", "视频无法打开，请确认其他播放器能否播放"),
        (r"stopped: .*", "视频读取中断，文件可能已损坏"),
        (r"opened, but gave no frame.*", "视频中没有可用画面"),
        (r"cannot read this folder.*", "文件夹无法打开"),
        (r"is a list that names other files.*", "是播放列表而非视频，请提供视频本身"),
        (r"the device choked|.*engine failed.*", "识别引擎出错，请重新运行"),
        (r"cannot be drawn.*", "标注图无法生成"),
        # What is said of pictures that were read all the same.
        (r"holds (\d+) pages, of which the first was looked at", r"共\1页，仅核查第1页"),
        (
            r"its lower (\d+)% are one plain colour.*",
            r"下方\1%为单一颜色，文件可能已损坏，请与原件核对",
        ),
        (
            r"its 16 bits hold nothing above.*",
            "16位图像未用满位深，已调亮显示；如原图同样昏暗，请导出为8位",
        ),
        (r"is nearly black, perhaps because.*", "画面几乎全黑，可能是位深所致，请导出为8位"),
        (r"cannot be read \(.*", "无法读取"),
    )
)
"""By the English cause, which each refusal has at its own place, as the whole of it matches."""


def in_chinese(cause: str) -> str:
    """A cause in Chinese; in English as it stands where it is not among the known ones."""
    for english, chinese in _CAUSES:
        if found := english.fullmatch(cause):
            return found.expand(chinese)
    return cause
