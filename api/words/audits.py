"""Problems of audits: of uploads, of how an audit stands, of what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

AUDITS: Final[Mapping[str, tuple[str, str]]] = {
    "audits_limited": (
        "照片核查不区分摄像机和类别，您的权限有范围限制；请联系管理员",
        (
            "an audit has no camera and no division, and this key is limited to some; ask an admin "
            "for one without limits"
        ),
    ),
    "audits_unfinished": (
        "未完成的照片核查已达{most}个；请先启动、取消或删除其中一些",
        "{most} of your audits are not over; start, cancel or delete some first",
    ),
    "audit_unknown": (
        "未找到照片核查{audit}；请在列表中查找",
        "no audit '{audit}' is known; list the audits to find it",
    ),
    "audit_file_unknown": (
        "照片核查{audit}中没有文件{file}；请刷新后重新上传",
        "audit '{audit}' has no file '{file}' here; read the audit anew and upload it again",
    ),
    "audit_file_name": (
        "文件名“{name}”不可用；请勿使用反斜杠、控制字符、“..”或首尾空格，每级不超过{most}字节",
        (
            "'{name}' is no name for a file here; give folders by '/', no '..', no backslash, no "
            "control character, no blank at either end, and {most} bytes a part at most"
        ),
    ),
    "audit_file_twice": (
        "已有名为“{name}”的文件或文件夹；请改名，或继续上传已有的文件",
        "a file or folder '{name}' is there already; go on with that one, or give another name",
    ),
    "audit_file_large": (
        "文件“{name}”超过{most}字节；请分割后上传",
        "'{name}' would be larger than {most} bytes; split it",
    ),
    "audit_file_longer": (
        "上传内容超过声明的{size}字节；请删除该文件后重新上传",
        "more was sent than the {size} bytes that were announced; delete the file and begin anew",
    ),
    "audit_files_many": (
        "一次照片核查不超过{most}个文件；请打包为zip，或另建照片核查",
        "an audit takes {most} files; put them into a zip, or make another audit",
    ),
    "audit_large": (
        "一次照片核查不超过{most}字节；请另建照片核查",
        "an audit takes {most} bytes; make another audit",
    ),
    "audit_no_room": (
        "磁盘空间不足，须为案件证据保留；请删除旧的照片核查或清理磁盘后继续上传",
        (
            "the disk has no room beside the evidence of cases; delete old audits or free space, "
            "then go on from where the upload stands"
        ),
    ),
    "audit_file_busy": (
        "该文件正由另一请求上传；请稍后重试",
        "another request is writing to this file; ask for its offset and go on in a moment",
    ),
    "audit_offset": (
        "上传位置{offset}有误，服务器上已有{there}字节；请从该处继续",
        "the upload stands at {there} bytes and not at {offset}; go on from there",
    ),
    "audit_metadata": (
        "缺少文件名或格式有误；请在Upload-Metadata中以Base64填写filename",
        "Upload-Metadata has to hold `filename` and its name in Base64",
    ),
    "audit_protocol": (
        "不支持该tus版本；请使用{version}",
        "this server speaks tus {version}",
    ),
    "audit_content_type": (
        "内容类型有误；请使用{wanted}",
        "send the bytes as {wanted}",
    ),
    "audit_started": (
        "照片核查已启动，不能再增减文件；请另建照片核查",
        "the audit has been started and takes no files any more; make another one",
    ),
    "audit_cancelled": (
        "照片核查已取消；请另建照片核查",
        "the audit was cancelled; make another one",
    ),
    "audit_empty": ("尚未上传文件；请先上传", "nothing has been uploaded; upload files first"),
    "audit_incomplete": (
        "有{files}个文件尚未传完，例如“{name}”；请继续上传或删除",
        "{files} files are not here whole, such as '{name}'; upload their rest, or delete them",
    ),
    "audit_runs": (
        "照片核查正在进行；请先取消，稍候再删除",
        "the audit runs; cancel it, and delete it a moment later",
    ),
    "audit_not_done": (
        "照片核查尚无结果；请等待完成",
        "the audit has no report yet; wait until it is done",
    ),
    "audit_violation_unknown": (
        "照片核查{audit}中没有问题{violation}；请见结果中的编号",
        "audit '{audit}' has no violation '{violation}'; its report names those that it has",
    ),
    "audit_exports_busy": (
        "正在打包{most}个核查结果；请{wait_s}秒后重试",
        "{most} audits are being packed; try again",
    ),
    "audit_listeners_many": (
        "查看进度的人过多；请稍后重试",
        "too many follow audits now; try again",
    ),
    "audit_failed": (
        "照片核查未完成：{why}；请排除原因后重新上传",
        "the audit failed: {why}",
    ),
    "audit_died": (
        "照片核查进程{times}次异常退出；请分批上传以找出有问题的文件，并告知管理员",
        (
            "the audit's process died {times} times; audit the files in parts to find the one that "
            "ends it, and tell an admin"
        ),
    ),
}
