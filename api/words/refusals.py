"""Refusals: problems of who asks, of how much, and of this server; the rest is in `problems`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ACCOUNTS: Final[Mapping[str, tuple[str, str]]] = {
    "wrong_password": (
        "用户名或密码错误；请重试，或请管理员重置密码",
        "user name or password is wrong; try again, or ask an admin for a new password",
    ),
    "wrong_current_password": (
        "当前密码不正确；请重新输入",
        "this is not your current password; type it again",
    ),
    "sign_in_waits": (
        "登录失败次数过多；请{wait_s:duration}后重试",
        "too many sign-ins have failed; wait, then try again",
    ),
    "sign_in_crowded": (
        "当前登录人数较多；请{wait_s:duration}后重试",
        "many people sign in at this moment; try again",
    ),
    "sign_in_used": (
        "此次登录已使用、已超时或不是您发起的；请重新登录",
        "this sign-in was used, is too old or not yours; sign in again",
    ),
    "sign_ins_under_way": (
        "正在进行的登录过多；请10分钟后重试",
        "too many sign-ins are under way; try again in 10 minutes",
    ),
    "provider_refused": (
        "统一身份认证未通过；请重试",
        "the identity provider did not sign you in; try again",
    ),
    "provider_answer": (
        "统一身份认证的答复无效；请重新登录，仍不成功请联系管理员",
        "the identity provider's answer does not hold; sign in again, and tell an admin if not",
    ),
    "provider_role": (
        "统一身份认证未赋予您本系统的角色；请联系管理员",
        "the identity provider gives you no role here; ask an admin for one",
    ),
    "provider_name": (
        "统一身份认证的签发者名称为{name}，与站点配置不符；请管理员核对access.oidc.issuer",
        (
            "the identity provider calls itself '{name}'; write access.oidc.issuer in the site "
            "file just so, if it is the right one"
        ),
    ),
    "provider_silent": (
        "统一身份认证无应答；请稍后重试，或使用密码登录",
        (
            "the identity provider does not answer as one ({error}); try again, or sign in with a "
            "password"
        ),
    ),
    "provider_down": (
        "统一身份认证暂不可用；请稍后重试",
        "the identity provider does not work now; try again",
    ),
    "user_disabled": ("此用户已停用；请联系管理员", "this user is disabled; ask an admin"),
    "user_disabled_meanwhile": (
        "此用户刚被停用；请联系管理员",
        "the user was disabled meanwhile; ask an admin",
    ),
    "user_name_form": (
        "用户名须为1至64个字母、数字或. _ @ + -，不含空格；请修改",
        "a user name has 1 to 64 letters, digits or `. _ @ + -`, and no spaces; shorten it",
    ),
    "user_name_taken": (
        "用户名{name}已被使用；请换一个",
        "a user is called '{name}' already; choose another name",
    ),
    "user_name_unknown": (
        "没有名为{name}的用户；请查看用户列表",
        "no user is called '{name}'; list the users to see who is",
    ),
    "user_unknown": (
        "没有编号为{user}的用户；请查看用户列表",
        "no user has the id '{user}'; list the users",
    ),
    "own_account": (
        "不能更改本人角色或停用本人；请联系其他管理员",
        "nobody takes their own role or disables themselves; ask another admin",
    ),
    "password_length": (
        "密码须为{shortest}至{longest}个字符；可用几个不相关的词组成",
        (
            "a password has {shortest} to {longest} characters; take some words that do not belong "
            "together"
        ),
    ),
    "password_guessable": (
        "此密码容易被猜中；可用几个不相关的词组成",
        "this password is easily guessed; take some words that do not belong together",
    ),
    "key_unknown": (
        "没有编号为{key}的访问密钥；请查看密钥列表",
        "no key has the id '{key}'; list the keys to see their ids",
    ),
    "key_label_missing": (
        "请填写密钥名称，说明由谁持有",
        "a key needs a label that says who holds it; give one",
    ),
    "scope_division_form": (
        "区划代码{division}不存在：省2位、市4位、区县6位、街道9位、社区12位数字；请改正",
        (
            "'{division}' is no division: give the 2 digits of a province, 4 of a city, 6 of a "
            "district, 9 of a street or 12 of a community"
        ),
    ),
    "key_expired": (
        "到期时间已过；请填写将来的时间",
        "a key that has expired opens nothing; give a time in the future",
    ),
    "key_without_session": (
        "访问密钥没有登录会话和密码；如不再使用请撤销该密钥",
        "a key has no session and no password; revoke the key",
    ),
}
DOOR: Final[Mapping[str, tuple[str, str]]] = {
    "sign_in_first": (
        "请登录，或提供访问密钥",
        "sign in, or give an access key: Authorization: Bearer sw_…",
    ),
    "session_over": ("登录已失效；请重新登录", "your session has ended; sign in again"),
    "access_key_wrong": (
        "访问密钥不存在、已过期或已撤销；请领取新密钥",
        "this access key is unknown, expired or revoked; ask for a new one",
    ),
    "csrf_missing": (
        "页面登录凭证已过期；请刷新页面",
        (
            "what a session changes needs the header {header} with the `csrf` of GET /v1/session; "
            "reload the page"
        ),
    ),
    "other_site": (
        "请求来自其他网站的页面；请使用本系统页面",
        "another site's page asks this in your browser; use the console's own page",
    ),
    "wrong_keys": (
        "此地址多次使用错误密钥；请{wait_s:duration}后核对密钥重试",
        "too many wrong access keys came from this address; wait, then check the key",
    ),
    "too_many_requests": (
        "请求过于频繁；请{wait_s:duration}后重试",
        "too many requests at once; wait, then ask for less",
    ),
    "role_may_not": (
        "{role:roles}无权进行此操作；请联系管理员调整角色",
        "the role {role} may not do this; ask for another role",
    ),
    "limited_admin": (
        "查看范围受限的管理员不能管理用户和密钥；请联系可查看全部的管理员",
        "an admin who does not see everything may not manage users and keys",
    ),
    "signature_missing": (
        "请提供访问密钥，或对发送内容签名；见/openapi.json",
        "give an access key, or sign what you send: see /openapi.json",
    ),
    "signature_wrong": (
        "签名与任何接收系统的密钥均不符，或时间相差超过5分钟；请核对密钥和时钟，重试时重新签名",
        (
            "no receiver's secret has signed this body, id and timestamp, or the timestamp is more "
            "than five minutes off; check the secret and the clock, and sign each retry anew"
        ),
    ),
    "body_late": (
        "请求内容在{seconds}秒内未传完；请重新发送",
        "the body did not arrive within {seconds} s; send it again",
    ),
    "body_large": (
        "请求内容超过{most}字节；请减少内容",
        "the body is larger than {most} bytes; send less",
    ),
    "no_http": ("不是有效的HTTP请求；请检查客户端", "this is no HTTP request"),
    "no_address": (
        "此地址不提供服务；见/openapi.json",
        "nothing is served at this address; see /openapi.json",
    ),
    "no_method": (
        "此地址不支持{method}；见/openapi.json",
        "{method} is not served at this address; see /openapi.json",
    ),
    "invalid": (
        "请求有误；请检查标出的各项",
        "the request is not understood; see `errors`",
    ),
    "database_busy": (
        "数据库暂不可用；请稍后重试，仍不成功请联系管理员",
        "the database cannot do this now; try again, and see /readyz",
    ),
    "evidence_busy": (
        "证据存储暂不可用；请稍后重试，仍不成功请联系管理员",
        "the evidence store cannot do this now; try again, and see /readyz",
    ),
    "site_key_busy": (
        "签名密钥暂不可用；请稍后重试，仍不成功请联系管理员",
        "the key of this site cannot do this now; try again, and see /readyz",
    ),
    "took_too_long": (
        "查询耗时过长，已中止；请缩小范围：按状态、类别、摄像机或更短的时间筛选",
        (
            "this took too long and was stopped; ask for less: give `stage`, `kind`, `camera` or a "
            "shorter time"
        ),
    ),
    "metrics_late": (
        "数据库{seconds}秒未应答；请检查其是否运行",
        "the database has not answered for {seconds} s; see whether it runs",
    ),
    "server_fault": (
        "服务器出错；请将编号{incident}告知管理员",
        "an error of this server; its log has it as incident {incident}",
    ),
    "refused": (
        "请求未被接受；请刷新后重试，仍不成功请联系管理员",
        "the request was refused; reload, and ask an admin if that does not help",
    ),
}
