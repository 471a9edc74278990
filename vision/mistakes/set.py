"""Set: what can be wrong with settings: times, addresses, storage, receivers, people, rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SET: Final[Mapping[str, tuple[str, str]]] = {
    # Forms.
    "name_form": (
        "只能用字母、数字、点、下划线和连字符，以字母或数字开头，不超过64个字符",
        (
            "does not fit; write letters, digits, `.`, `_` and `-`, 64 at most, the first a letter "
            "or digit"
        ),
    ),
    "grid_form": ("应为15位字母和数字", "does not fit; write 15 letters and digits"),
    "division_form": (
        "区划代码{code}不存在：省2位、市4位、区县6位、街道9位、社区12位数字；请改正",
        (
            "'{code}' is no division: write the 2 digits of a province, 4 of a city, 6 of a "
            "district, 9 of a street or 12 of a community, or a code of your own with a letter"
        ),
    ),
    "divisions_twice": (
        "区划代码{names}重复；各列一次",
        "divisions {names} are listed twice; list each once",
    ),
    "url_form": (
        "应为以http://或https://开头的网址",
        "does not fit; write an address that starts with http:// or https://",
    ),
    "kind_unknown": (
        "没有类别{kind}；可选：{known}；如为其他软件包的类别，请先在本环境中安装该软件包",
        (
            "'{kind}' is no kind; choose from {known}, or install the package that brings it into "
            "this environment (its entry point is of the group streetwarden.kinds)"
        ),
    ),
    "own_setting_unknown": (
        "类别{kind}没有专用设置{name}；可选：{known}",
        "{kind} has no setting of its own called '{name}'; it knows: {known}",
    ),
    "engine_unknown": (
        "没有推理引擎{engine}；可选：{known}",
        "no engine is called '{engine}'; choose from {known}",
    ),
    "rule_missing": (
        "类别{kind}没有判定规则；请安装带有该规则的软件包，或不监控该类别",
        (
            "{kind}: no rule decides this kind; install the package that brings it (an entry point "
            "of the group {group}), or watch for another kind"
        ),
    ),
    # Times.
    "time_zone_unknown": (
        "没有时区{zone}；请填写如Asia/Shanghai",
        "'{zone}' is no time zone; write a name such as Asia/Shanghai",
    ),
    "days_form": (
        "“{text}”不是日期或日期区间；请填写如2026-03-01/2026-12-31",
        "'{text}' is no time; write for example 2026-03-01/2026-12-31",
    ),
    "days_reversed": (
        "“{text}”的结束早于开始；请将较早的日期写在前面",
        "'{text}' ends before it begins; put the earlier day first",
    ),
    "hours_list": (
        "监控时段应为列表，每项如Mon-Sun 06:00-23:00",
        "hours is a list of lines such as 'Mon-Sun 06:00-23:00'",
    ),
    "hours_form": (
        "“{line}”不是时段；请填写如Mon-Fri 06:00-23:00",
        "'{line}' is no span of hours; write for example 'Mon-Fri 06:00-23:00'",
    ),
    "hours_empty": (
        "工作时间为空；请填写如Mon-Fri 09:00-17:00",
        "hours is empty; write for example 'Mon-Fri 09:00-17:00'",
    ),
    "duration_form": (
        "“{text}”不是时长；请填写如20s、5m、4h或7d",
        "'{text}' is no duration; write for example 20s, 5m, 4h or 7d",
    ),
    "duration_long": (
        "“{text}”超过100年；请缩短",
        "'{text}' is longer than 100 years; write a shorter time",
    ),
    "holidays_long": (
        "{days}过长，不是节假日；每项不超过一年",
        "{days} are no holidays; write each as at most a year",
    ),
    "term_form": (
        "“{text}”不是期限；请填写如4 working_hour",
        "'{text}' is no term; write for example `4 working_hour`",
    ),
    "term_unit": (
        "“{text}”的期限单位不对；可选：{known}",
        "'{text}': a term is counted in {known}; write for example `4 working_hour`",
    ),
    "calendar_without_days": (
        "工作日历十年内没有工作日；请补充",
        "the working calendar has no working day in ten years; give it some",
    ),
    "calendar_short": (
        "工作日历的工作时间过少，无法计算该期限",
        "the working calendar has too few working hours for this term",
    ),
    "kept_short": (
        "不足一天；请填写如7d或2y",
        "is less than a day; write for example 7d or 2y",
    ),
    "idle_length": (
        "无操作退出的时间应为5m至12h，如30m",
        "people are signed out after 5m to 12h of doing nothing; write 30m",
    ),
    "session_length": (
        "重新登录的间隔应为30m至7d，如12h（一个班次）",
        "people sign in again after 30m to 7d; write for example 12h, a shift",
    ),
    "claim_length": (
        "审核占用时间应为1m至1h，如5m",
        "a reviewer holds a case for 1m to 1h; write for example 5m",
    ),
    "undo_length": (
        "可撤回时间不超过5m，如60s或0s",
        "a decision can be undone for at most 5m; write for example 60s, or 0s",
    ),
    # Cameras.
    "candidate_fps_less": (
        "摄像机{camera}：发现疑似时的分析频率{candidate}低于平时的{usual}；应不低于平时",
        (
            "camera {camera}: candidate_fps {candidate} is less than analyse_fps {usual}; a "
            "candidate is looked at more often, not less"
        ),
    ),
    "flight_without_drone": (
        "摄像机{camera}：飞行参数仅用于无人机；请将类型设为drone",
        "camera {camera}: `flight` is for a drone; set `type: drone` with it",
    ),
    "carried_without_carrier": (
        "摄像机{camera}：carried仅用于车载和执法记录仪；请将类型设为vehicle或bodycam",
        "camera {camera}: `carried` is for `type: vehicle` or `type: bodycam`; set one with it",
    ),
    "telemetry_form": (
        "遥测地址的写法应为{known}之一加主机和端口；如{like}",
        "is no address of telemetry; write one of {known} with a host and a port, such as {like}",
    ),
    "telemetry_unfit": (
        "摄像机{camera}：遥测仅用于移动摄像机，NMEA仅用于车载和执法记录仪；请改正类型",
        (
            "camera {camera}: {form} tells a moving camera's place, NMEA only a carried one's; set "
            "`type: vehicle` or `type: bodycam` (or `drone`, with MAVLink), or leave `telemetry` "
            "out"
        ),
    ),
    "flight_half": (
        "航向角和俯仰角须同时填写",
        "one of yaw and pitch says nothing without the other; give both",
    ),
    "workers_form": (
        "应为1至{most}的进程数，或auto（比处理器核数少一）",
        (
            "is a number of processes from 1 to {most}, or `auto`: one less than this machine's "
            "cores"
        ),
    ),
    "cameras_twice": (
        "摄像机编号重复：{names}；请分别命名",
        "cameras: {names} is used twice; give each its own",
    ),
    "webhooks_twice": (
        "接收系统名称重复：{names}；请分别命名",
        "webhooks: {names} is used twice; give each its own",
    ),
    "rates_twice": (
        "统计指标名称重复：{names}；请分别命名",
        "rates: {names} is used twice; give each its own name",
    ),
    "rate_count_unknown": (
        "统计指标{rate}：{of}口径没有计数项{count}；可选：{known}，前加-表示扣除",
        (
            "rate {rate}: '{count}' is no count of `of: {of}`; choose from {known}, with a - "
            "before it to take it off"
        ),
    ),
    "matter_twice": (
        "{kind}[的细类{subtype}]列了两项法定事项；请合并",
        "two matters are about {kind}[, {subtype}]; make one of them",
    ),
    "inhibition_reach": (
        "“{text}”不是范围；请填写same_zone，或不超过{most}米的距离，如50m",
        "'{text}' is no place; write same_zone, or metres up to {most}m such as 50m",
    ),
    "inhibits_itself": (
        "类别{kind}不能并入自身；同一地点的同类案件本就是一件",
        ("{kind} cannot inhibit itself; cases of one kind at one place are one case already"),
    ),
    # Addresses.
    "address_form": ("不是网址；请填写如{like}", "is no web address; write one such as {like}"),
    "address_scheme": (
        "网址须以http://或https://开头；如{like}",
        "does not begin with http:// or https://; write one such as {like}",
    ),
    "address_port": (
        "端口{port}不存在；应为1至65535",
        "port {port} does not exist; choose one from 1 to 65535",
    ),
    "address_without_host": (
        "网址缺少主机名；如{like}",
        "has no host name; write one such as {like}",
    ),
    "address_zone_id": (
        "带区域标识（%）的地址不能使用；请为主机命名",
        "an address with a zone id (%) cannot be used; give the host a name",
    ),
    "address_host_gap": (
        "主机名{host}中有空段；请改正",
        "the host name '{host}' has an empty part; correct its spelling",
    ),
    "address_host": (
        "主机名{host}中有不允许的字符；请改正",
        "the host name '{host}' has a part that no host name may have; correct its spelling",
    ),
    "address_number": (
        "{host}不是IP地址；IPv4为四个0至255的数字",
        "the host '{host}' is no address; write IPv4 as four numbers from 0 to 255",
    ),
    "link_with_query": (
        "链接的开头不能含问号、井号或空格；请去掉",
        ("has a query (?), a fragment (#) or a space, but links start with it; leave that out"),
    ),
    "opinion_timeout": (
        "应在1秒至5分钟之间；如30s",
        "is not from one second to five minutes; write one such as 30s",
    ),
    "question_of_none": (
        "{name}不是类别，也不是类别/细类；可选：{known}",
        "'{name}' is no kind and no kind/sub-type; choose from {known}",
    ),
    "host_form": (
        "应为主机名，不带http://；如cases.city.example",
        "is a host name without http://; write one such as cases.city.example",
    ),
    "tile_part": (
        "{part}须出现一次；如{like}",
        "needs {part} once; write one such as {like}",
    ),
    "tile_characters": (
        "除{parts}外不能含大括号、空格、逗号、分号、引号或@；请去掉",
        (
            "has a brace, space, comma, semicolon, quote or @ besides {parts}; leave it out: the "
            "browser is told the address's beginning as one that it may load from"
        ),
    ),
    "tile_host": (
        "主机名中不能含{parts}；请写在其后",
        "has {parts} in its host name; put them behind it",
    ),
    "issuer_not_https": (
        "统一身份认证须使用https://",
        "who signs people in has to be asked over https://",
    ),
    "oidc_without_url": (
        "启用统一身份认证须填写本站网址（site.url）",
        "access.oidc: the provider sends people back to site.url; write that address too",
    ),
    # Storage and receivers.
    "evidence_place": (
        "证据存放处应为目录，或{like}；访问地址和密钥写在其旁的s3中或环境变量中",
        (
            "is a folder, or {like} of letters, digits, `.`, `_`, `-`; endpoint and credentials "
            "stand in `s3` beside it or in the environment (AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY)"
        ),
    ),
    "credentials_half": (
        "key和secret须同时填写",
        "one of key and secret opens nothing without the other; give both",
    ),
    "bucket_unused": (
        "s3用于对象存储中的证据；请将evidence设为{like}，或删除s3",
        "`s3` is for evidence there; write evidence: {like}, or remove it",
    ),
    "secrets_many": (
        "应为一个密钥，或最多{most}个密钥的列表，新的在前",
        "is one secret, or a list of up to {most}, the newest first",
    ),
    "secret_form": (
        "密钥应为文字，请加引号；或为文字列表，新的在前",
        "is a text: put it in quotes; or a list of texts, the newest first",
    ),
    "secret_missing": (
        "缺少密钥；推送内容须用其签名",
        "secret is required; add it: what is sent is signed with it",
    ),
    "adapter_unknown": (
        "没有适配器{adapter}；可选：{known}，或安装带有它的软件包",
        ("'{adapter}' is no adapter; choose from {known}, or install the package that brings it"),
    ),
    "adapter_broken": (
        "适配器{adapter}无法从{place}载入（{why}）；请重新安装其软件包",
        (
            "the adapter '{adapter}' cannot be loaded from {place} ({why}); install its package "
            "again"
        ),
    ),
    "stages_without_form": (
        "适配器{adapter}不支持状态{stages}；可用：{known}",
        ("stages: the adapter {adapter} has no form for {stages}; write stages: {like}"),
    ),
}
