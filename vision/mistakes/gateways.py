"""Gateways: what can be wrong with a platform of cameras, and with a source that lies behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

GATEWAYS: Final[Mapping[str, tuple[str, str]]] = {
    "gb_id_form": (
        "“{text}”不是国标编码；应为20位数字，如34020000001320000001",
        "'{text}' is no GB/T 28181 id; write its 20 digits, for example 34020000001320000001",
    ),
    "gb_id_type": (
        "国标编码{text}的类型编码（第11至13位）{type}不属于可取流的通道；请填写该摄像机的通道编码",
        (
            "{text}: its type code (digits 11 to 13) is {type}, which has no picture; write the id "
            "of the camera's channel, usually of type 131 or 132"
        ),
    ),
    "gb_source_form": (
        "应为gb28181://网关名/设备国标编码/通道国标编码",
        "write gb28181://GATEWAY/DEVICE_ID/CHANNEL_ID, both ids with 20 digits",
    ),
    "zlm_source_form": (
        "应为zlm://网关名/应用名/流名",
        "write zlm://GATEWAY/APP/STREAM, for example zlm://media/live/gate",
    ),
    "onvif_source_form": (
        "应为onvif://网关名/媒体配置，或onvif://用户:密码@主机/媒体配置",
        "write onvif://GATEWAY/PROFILE or onvif://USER:PASSWORD@HOST:PORT/PROFILE",
    ),
    "gb_id_differs": (
        "device_id与source中的通道国标编码{channel}不一致；请删去device_id",
        "device_id is another than the channel in `source`, {channel}; take device_id out",
    ),
    "gateways_twice": (
        "网关名称重复：{names}；请分别命名",
        "gateways: {names} is used twice; give each its own",
    ),
    "gateway_unknown": (
        "摄像机{camera}的网关{gateway}不存在；请在gateways中添加或改正名称",
        "camera '{camera}': no gateway is called '{gateway}'; add it to `gateways`, or correct it",
    ),
    "gateway_kind": (
        "摄像机{camera}：网关{gateway}的类型为{kind}，不支持{scheme}://",
        "camera '{camera}': the gateway '{gateway}' is of kind {kind}, which knows no {scheme}://",
    ),
    "gateway_login": (
        "WVP须填写user和password，或secret（用户的API Key）",
        "a WVP needs `user` and `password`, or `secret` with an API key of one of its users",
    ),
    "gateway_api_key": (
        "WVP的secret（API Key）只能含可打印的ASCII字符；请从WVP重新复制",
        (
            "a WVP's `secret` holds what no API key has: letters beyond ASCII, or line breaks; "
            "copy the key from the WVP again"
        ),
    ),
    "gateway_secret": (
        "ZLMediaKit须填写secret（其config.ini的[api]一节）",
        "a ZLMediaKit needs its `secret`: the one in section [api] of its config.ini",
    ),
    "gateway_pulls": (
        "只有ZLMediaKit可配置pulls",
        "only a ZLMediaKit pulls streams; take `pulls` out",
    ),
    "gateway_onvif_http": (
        "ONVIF设备的网址应以http://开头（密码以摘要方式发送）",
        "write the ONVIF device's http:// address; its password is sent as a digest",
    ),
    "gateway_url_user": (
        "网址中不能带用户名和密码；请填写在user和password中",
        "holds a user or password; write them as `user` and `password`",
    ),
    "pull_form": (
        "应为rtsp://、rtmp://或http(s)://开头的地址",
        "write the address of a stream: rtsp://, rtmp:// or http(s)://",
    ),
}
