"""Setup: problems of changing the site file, of live view, of tests; and what is in the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SETUP: Final[Mapping[str, tuple[str, str]]] = {
    "site_file_missing": (
        "服务启动时未指定站点配置，更改无法保存；请管理员编写站点配置并以其启动",
        (
            "this server was started without a site file, so nothing here can be kept; write one "
            "(see the README) and start it with that"
        ),
    ),
    "site_file_mistakes": (
        "站点配置有误，仍按此前的配置运行；请管理员先改正所列各项",
        (
            "the site file has mistakes, and what it was before is in force; mend it first: "
            "{mistakes}"
        ),
    ),
    "site_file_unreadable": (
        "站点配置{name}无法读取；请管理员恢复文件或其读取权限",
        "{name} cannot be read ({why}); put it back, or make it readable",
    ),
    "site_file_written_now": (
        "有人正在修改站点配置；请稍后重试",
        "somebody is writing into the site file; try again",
    ),
    "site_file_locked": (
        "站点配置被其他程序长时间占用；请稍后重试",
        "another process has been changing the site file for long; try again",
    ),
    "site_file_unwritable": (
        "站点配置{name}无法写入，更改未保存：{why:obstacles}；请管理员处理后重试",
        "{name} cannot be written: {why:obstacles}",
    ),
    "setup_mistakes": (
        "更改有误，未保存；请改正所列各项",
        "the site file would have mistakes; nothing was written: {mistakes}",
    ),
    "setup_unwritable": (
        "此内容无法写入站点配置；请修改所列各项",
        "this cannot be written into the site file: {mistake}",
    ),
    "setup_shared": (
        "此部分在站点配置中以别名（*）或合并键（<<）与其他部分共用；请管理员先在文件中分别写明",
        (
            "this part of the site file is shared with others by an alias (`*name`) or taken in by "
            "`<<`; write it out there by hand, then change it here"
        ),
    ),
    "setup_control": (
        "{pointer}含有控制字符；请删除",
        "{pointer} holds the control character {control}; remove it",
    ),
    "setup_variable": (
        "{pointer}：变量只能由管理员在站点配置中填写；请填写实际内容",
        "{pointer}: a variable is written into the site file by hand, where it is kept",
    ),
    "setup_path": (
        "{pointer}：请将文件放到服务器上，由管理员在站点配置中填写其路径",
        "{pointer}: put the file on the server and name it in the site file by hand",
    ),
    "setup_too_deep": (
        "内容嵌套超过{most}层；请精简",
        "more than {most} lists and settings in each other; write less",
    ),
    "setup_changed_meanwhile": (
        "您读取后他人已作更改；请刷新后再改",
        "somebody else has changed this since you read it; read it again, then change it",
    ),
    "setup_all_cameras": (
        "此项涉及全部摄像机；请联系可查看全部的人员",
        "this concerns all cameras; ask somebody who sees everything",
    ),
    "setup_every_kind": (
        "只可查看部分类别的账号不能更改摄像机的监控设置；请联系可查看全部类别的人员",
        "who does not see every kind may not change what cameras watch; ask somebody who does",
    ),
    "setup_sources": (
        "{settings}由管理员更改；请去掉后重试，或联系管理员",
        "an admin changes {settings}; leave it out",
    ),
    "setup_out_of_sight": (
        "更改后摄像机{camera}将不在您可查看的区划内；请联系管理员",
        "camera {camera} would leave the divisions that you see; ask an admin",
    ),
    "probe_failed": (
        "此地址未取得画面，请核对后重试：{why}",
        "this address gives no picture: {why}",
    ),
    "probe_busy": (
        "正在试连其他地址；请稍后再试",
        "other addresses are being tried; try again in some seconds",
    ),
    "camera_taken": (
        "摄像机编号{camera}已被使用；请换一个",
        "a camera is called '{camera}' already; choose another id",
    ),
    "change_unknown": (
        "未找到第{change}号更改，或您无权查看；请查看更改记录",
        "no change {change} of the site file is known to this key; list the changes to find it",
    ),
    "change_first": (
        "此为首次读取的站点配置，此前没有内容，无需撤销",
        "this is how the file was found; there is nothing before it",
    ),
    "change_of_admins": (
        "增减摄像机和视频源的更改由管理员撤销；请联系管理员",
        "an admin undoes what changes cameras and their sources",
    ),
    "change_elsewhere": (
        "此更改不是对本站点配置作出的；请在作出更改的服务器上撤销",
        "the site file is another one than this change made; undo it on its own server",
    ),
    "changed_since": (
        "此后{by}又作了更改（第{newest}号，{at}）；请先撤销之后的更改",
        (
            "the file has changed since: the newest change, {newest}, is by {by} of {at}; undo the "
            "changes after this one first"
        ),
    ),
    "edited_since": (
        "此后有人直接修改了站点配置（第{newest}号，{at}）；请先撤销之后的更改",
        (
            "the file has changed since: the newest change, {newest}, is by somebody who edited "
            "the file, of {at}; undo the changes after this one first"
        ),
    ),
}
LIVE: Final[Mapping[str, tuple[str, str]]] = {
    "camera_without_picture": (
        "摄像机{camera}暂无画面；请检查其状态",
        "camera {camera} has given no picture yet",
    ),
    "camera_not_looked_at": (
        "摄像机{camera}尚未开始分析；请稍后重试",
        "camera {camera} has not been looked at yet; try again in a moment",
    ),
    "camera_not_watched": (
        "摄像机{camera}当前未在监控；请检查其状态后重试",
        "{why}; see the camera's state, and try again",
    ),
    "viewers_too_many": (
        "同时查看画面的人数过多；请稍后重试",
        "too many wait for pictures; ask again in a moment, or without `wait`",
    ),
    "listeners_too_many": (
        "同时打开的页面过多；请关闭部分页面后重试",
        "too many windows listen at the same time; close some, then try again",
    ),
    "trial_without_looks": (
        "本服务未监控摄像机，没有可供测试的画面；请在监控摄像机的服务上测试",
        (
            "this server watches no cameras, so it kept no looks; test on the server that watches "
            "them"
        ),
    ),
    "trial_runs": (
        "摄像机{camera}正在测试；请待其结束后重试",
        "camera {camera} is being tested already; wait for that to end",
    ),
    "trial_refused": (
        "无法按此设置测试；请修改所列各项",
        "this setup cannot be tested: {why}",
    ),
    "trial_late": (
        "测试超时，服务器繁忙；请稍后重试",
        "the test took too long; this machine is busy, so try again later",
    ),
    "search_unknown": (
        "未找到此常用查询；请刷新列表",
        "you have no saved search of this id; list them to find it",
    ),
    "searches_too_many": (
        "常用查询已达{most}条；请先删除不用的",
        "{most} searches are saved already; delete one first",
    ),
}
OBSTACLES: Final[Mapping[str, tuple[str, str]]] = {
    "read_only": (
        "文件系统只读，须在其来源处修改",
        "it lies on a read-only file system; change it where it comes from",
    ),
    "no_right": (
        "服务对所在目录没有写入权限",
        "the server may not write to its folder; give it the right",
    ),
    "not_owner": (
        "文件或目录不属于运行服务的用户",
        "it or its folder belongs to somebody else; give both to the server's user",
    ),
    "disk_full": ("磁盘已满，须清理空间", "the disk is full; free space"),
    "quota_full": ("磁盘配额已用完，须清理空间", "the disk's quota is used up; free space"),
    "mounted_alone": (
        "文件被单独挂载，须改为挂载其所在目录",
        "it is mounted by itself; mount its folder instead",
    ),
}
"""Why the site file cannot be written."""
