"""Problems: what the API says when it says no, a sentence for each code, with what to do next.

The English sentence is a problem's `detail`. `said.say(code, …)` fills it; a code is never
renamed, for integrators go by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from api.words.audits import AUDITS
from api.words.refusals import ACCOUNTS, DOOR
from api.words.setup import LIVE, SETUP
from vision.sentence import Sentence

_LIFE = {
    "case_unknown": (
        "未找到案件{case}，或您无权查看；请在案件列表中查找",
        "no case '{case}' is known to this key; list the cases to find it",
    ),
    "step_not_possible": (
        "案件状态为“{stage:stages}”，不能{step:steps}；请刷新案件，查看最新办理情况",
        (
            "a case in stage {stage} cannot {step}; possible now: {possible}; reload it to see who "
            "acted on it"
        ),
    ),
    "case_over": (
        "案件状态为“{stage:stages}”，已无可办理的步骤，不能{step:steps}；请刷新案件",
        (
            "a case in stage {stage} cannot {step}; nothing is possible any more; reload it to see "
            "who acted on it"
        ),
    ),
    "step_not_yours": (
        (
            "案件状态为“{stage:stages}”时，“{step:steps}”由{roles:roles}办理，"
            "{role:roles}无权办理；请转交有权人员"
        ),
        "in stage {stage}, {step} is for {roles}, not for {role}; ask one of them",
    ),
    "outcome_not_possible": (
        "案件状态为“{stage:stages}”，不能以“{outcome:outcomes}”结案；可选：{possible:outcomes}",
        "a case in stage {stage} cannot be closed as {outcome}; choose from {possible}",
    ),
    "package_key_missing": (
        "请用--key指定移送单位的公钥：仅由案件包自证的不予接收",
        "name the sending site's key (--key): a package that only proves itself may be anybody's",
    ),
    "package_does_not_hold": (
        "案件包校验不通过，不予接收：{wrong}；请移送单位重新制作",
        "the package does not hold or is not theirs: {wrong}; ask them to make it anew",
    ),
    "package_changed": (
        "案件包在校验后被更换；请重新接收",
        "the package was exchanged after it was checked; try again",
    ),
    "package_incomplete": (
        "案件包缺少证据{sha256}；请移送单位重新制作",
        "the package lacks evidence {sha256}; ask them to make it anew",
    ),
    "package_without_record": (
        "案件包不含可接收的案件数据；请移送单位用“package --scope officer”制作",
        (
            "there is no case to take in this package; ask them for one of the scope officer, made "
            "by a version that can send cases"
        ),
    ),
    "package_record_form": (
        "案件包中的案件数据（{where}）不符合格式；请两站使用相同版本",
        "the case in this package has not the form that this version knows ({where}); update both",
    ),
    "package_kind_unknown": (
        "本站没有类别{kind}；请安装带有该类别的软件包",
        "this site does not know the kind {kind}; install the package that brings it",
    ),
    "package_stage": (
        "案件状态为“{stage:stages}”，不可移送；请移送单位先确认属实",
        (
            "a case in stage {stage} is not sent to another site: have it confirmed there first, "
            "and not be over"
        ),
    ),
    "case_here_already": (
        "案件{case}已在本站；请查看该案件",
        "case {case} is here already, and not by this package; look at it",
    ),
    "receipt_unreadable": (
        "这不是接收回执；请接收单位重新出具",
        "this is no receipt; ask the other site for it again",
    ),
    "receipt_altered": (
        "接收回执被改动，签名无效；请接收单位重新出具",
        "the receipt was altered: its signature does not hold; ask the other site for it again",
    ),
    "receipt_untrusted": (
        "接收回执由其他密钥（{key}）签名；请核对接收单位的公钥指纹",
        "the receipt is signed by another key ({key}); compare it with the other site's",
    ),
    "receipt_other_case": (
        "接收回执与案件{case}不符；请核对回执",
        "the receipt is not for case {case} as this site has it; see which package they received",
    ),
    "division_same": (
        "案件已属辖区{division}；请选择其他辖区",
        "the case is in division {division} already; choose another one",
    ),
    "rollup_unreadable": (
        "{file}不是分级汇总的JSON文件；请用“report … levels --out 文件.json”导出",
        (
            "{file} is no roll-up; have it written with "
            "`streetwarden report SITE levels --out FILE.json`"
        ),
    ),
    "rollup_other_time": (
        "{file}的统计期为{period}，请换成{wanted}",
        "{file} is of {period}, not of {wanted} in the same time zone; have it made of that",
    ),
    "rollup_coarser": (
        "{file}按{level}汇总，无法细分到{wanted}；请其按更细一级导出",
        (
            "{file} has sums of each {level} only, which tell nothing of a {wanted}; have it made "
            "with a finer --level"
        ),
    ),
    "rollup_formulas": (
        "{file}的处置率公式与本站不同，不能相加；请统一站点配置中的reports.rates",
        (
            "{file} works its rates out otherwise, so they cannot be added; give both sites the "
            "same reports.rates"
        ),
    ),
    "rollup_twice": (
        "{file}中的单位{site}已计入；请勿重复列出",
        "{file} counts the site {site}, which is counted already; name each report once",
    ),
    "rollup_within": (
        "{file}只含区划{division}的案件；请用该单位的全部汇总合并",
        "{file} counts {division} alone; merge a report of the whole of that site",
    ),
    "division_unknown": (
        "本站没有辖区{division}；请在站点配置的区划名录中添加，或按案件包移送其他单位",
        (
            "this site knows no division {division}; list it under `divisions` in the site file, "
            "or send the case to the site that has it"
        ),
    ),
    "claimed_by_other": (
        "{by}正在审核此案，至{until:time}；请稍候，或请执法人员、管理员接手",
        (
            "{by} looks at this case until {until:time}; wait, or ask an officer or an admin to "
            "take it over"
        ),
    ),
    "take_over_not_yours": (
        "{role:roles}不能接手他人正在审核的案件；请联系执法人员",
        "a key with the role {role} may not take a case over; ask an officer",
    ),
    "nothing_to_decide": (
        "案件状态为“{stage:stages}”，无需审核；请刷新列表",
        "nobody has to decide on a case in stage {stage}; reload the list",
    ),
    "second_person": (
        "此案由{by}初审，须由另一人使用本人账号复审",
        "{by} confirmed it first; another person has to decide, with their own key",
    ),
    "undo_too_late": (
        "已超过可撤回时限，不能撤回；请按申诉或撤案程序办理",
        "it was decided too long ago to be undone",
    ),
    "undo_others": (
        "此案由{by}审核；请由其本人、执法人员或管理员撤回",
        "{by} decided this; ask them, an officer or an admin to undo it",
    ),
    "undo_told": (
        "案件正在推送接收系统，不能撤回；请按撤案程序办理",
        "a receiver is being told of it already, so it cannot be undone",
    ),
    "on_hold_already": (
        "此案已由{by}于{at}设为留存，无需重复设置",
        "this case is on hold since {at} by {by}",
    ),
    "plate_of_no_truck": (
        "此案与车辆无关，无号牌可填",
        "this case is about no truck, so it has no plate to record",
    ),
    "not_on_hold": ("此案未设留存，无需解除；请刷新案件", "this case is not on hold"),
    "supervised_already": ("此案已挂牌督办，无需重复办理", "it is under supervision already"),
    "not_supervised": (
        "此案未挂牌督办；请先挂牌督办",
        "it is not under supervision; supervise it first",
    ),
    "appeal_open": (
        "此案申诉正在办理；请先作出维持或撤销的决定",
        "an appeal is being heard already; uphold or overturn the case first",
    ),
    "no_appeal": ("此案无申诉；请先登记申诉", "no appeal is being heard; record the appeal first"),
    "overturned_already": ("此案已撤销，无需再办理", "it was overturned already"),
    "correct_first": (
        "此事项须先责令改正：请依次办理告知、责令限期改正、复查，再采纳证据",
        (
            "the order to correct comes first in this matter: take notice, give_grace and "
            "reobserve before accept"
        ),
    ),
    "no_penalty_evidence": (
        (
            "此案画面不得作为处罚证据（{why:legal_reasons}），须先责令改正："
            "请依次办理告知、责令限期改正、复查，再采纳证据"
        ),
        (
            "its pictures are no penalty evidence ({why:legal_reasons}), so the order to correct "
            "comes first: take notice, give_grace and reobserve before accept"
        ),
    ),
    "legal_review_missing": (
        "此事项属重大案件：请先登记法制审核意见",
        "this matter is major: record the legal review first (step legal_review)",
    ),
    "legal_review_against": (
        "法制审核意见{document_no}不同意；请登记同意的审核意见，或以其他方式结案",
        (
            "the legal review {document_no} does not approve it; record one that does (step "
            "legal_review), or close the case otherwise"
        ),
    ),
    "permit_not_checked": (
        "未核查许可前仅为疑似：请先登记许可核查结果",
        (
            "it is suspected only, until the register of permits was asked: record the answer "
            "first (step permit_check)"
        ),
    ),
    "grace_not_set": (
        "此事项未规定整改期限；请填写整改截止时间",
        "the matter of this case sets no grace; state `until` in `data`",
    ),
    "grace_uncountable": (
        "整改期限{term}无法计算；请填写整改截止时间",
        "a grace of {term} cannot be counted ({why}); state `until`",
    ),
}
_CALLBACKS = {
    "callback_other_case": (
        "此回调属于案件{case}；请发送到该案件的地址",
        "this call-back is of case {case}; send it to that case's address",
    ),
    "callback_conflict": (
        "回调{event}此前已送达且内容不同，以先到者为准，本次已留存备查；新事件请使用新的编号",
        (
            "call-back {event} came before and said something else, which counts; this one is kept "
            "and shown. Give a new event an id of its own"
        ),
    ),
    "callback_future": (
        "回调时间{at}晚于当前时间{now}；请核对时区和时钟",
        (
            "`at` is {at}, and here it is {now}: a call-back is of what has happened; is its "
            "offset from UTC right?"
        ),
    ),
    "callback_too_many": (
        "此案已保存{most}条回调，不再接收；请联系办案人员",
        "{most} call-backs of this case are kept, and no more are taken; ask its officers",
    ),
    "event_id_missing": (
        "缺少事件编号id；同一事件重试时须使用同一编号",
        "/body/id: say the event's `id`, the same at every retry",
    ),
    "event_id_differs": (
        "事件编号与webhook-id不一致；请去掉其一或保持一致",
        "/body/id: is another one than `webhook-id`; leave it out, or give both the same",
    ),
    "event_id_form": (
        "webhook-id须为1至128个可见ASCII字符，不含空格",
        "webhook-id: 1 to 128 printable ASCII characters without spaces",
    ),
    "receiver_gone": (
        "{receiver}曾答复410，已对全部摄像机停用；请由可查看全部摄像机的人员重发",
        (
            "{receiver} answered 410 Gone and is disabled, for every camera; ask somebody whose "
            "key sees all of them to replay"
        ),
    ),
    "not_dead": (
        "推送{delivery}不是{receiver}的失败推送，不能重发；请刷新列表",
        "delivery {delivery} is no dead letter of {receiver}",
    ),
    "webhook_unknown": (
        "站点配置中没有接收系统{webhook}；请核对名称",
        "no webhook '{webhook}' is in the site file",
    ),
}
_EVIDENCE = {
    "picture_unknown": (
        "未找到此图片，或您无权查看；请从案件页打开",
        "no case that this key sees holds this picture",
    ),
    "picture_purged": (
        "此图片已于{on}按保存期限清除，依据见案件日志",
        "this picture was purged on {on} by the site's retention; the case's log says which rule",
    ),
    "masked_meanwhile": (
        "他人刚对此图片补充了脱敏；请刷新后查看",
        "somebody else has masked this picture meanwhile; look again",
    ),
    "picture_not_maskable": (
        "此案没有该图片，或该图片没有可脱敏的副本；请刷新案件",
        "this case has no such picture, or no derivative of it to mask",
    ),
    "originals_not_yours": (
        "{role:roles}只能查看脱敏图；请不填事由以查看脱敏图，或联系执法人员",
        (
            "a key with the role {role} sees masked pictures only; leave `reason` out to get the "
            "masked one"
        ),
    ),
    "original_only": (
        "此原图没有脱敏图；须由有权人员填写事由后查看",
        (
            "this original has no masked derivative; it needs a role that may see originals and a "
            "`reason`"
        ),
    ),
    "package_not_yours": (
        "{role:roles}只能下载脱敏的证据包；请选择移送副本或公开副本",
        (
            "a key with the role {role} sees masked pictures only; ask for scope=receiver or "
            "scope=public"
        ),
    ),
    "package_reason_missing": (
        "执法卷宗含原始证据；请填写调取事由",
        "an officer's package holds originals: say in `reason` why they are wanted",
    ),
    "package_unconfirmed": (
        "案件状态为“{stage:stages}”，未经人工确认，证据不得外传；请先确认，或下载执法卷宗",
        (
            "a case in stage {stage} has not been confirmed by a person, and nothing of it may "
            "leave; confirm it first, or ask for scope=officer"
        ),
    ),
    "package_too_large": (
        "加入{file}后证据包超出上限；只可查看本案部分摄像机的账号可下载较小的证据包",
        (
            "{file}: with it the package would be larger than one can be; a key that is limited to "
            "some of the case's cameras gets a smaller one"
        ),
    ),
    "package_too_many": (
        "证据包含{files}个文件，超出上限；只可查看本案部分摄像机的账号可下载较小的证据包",
        "{files} files are more than a package can have",
    ),
    "packages_busy": (
        "正在生成{most}个证据包；请{wait_s}秒后重试",
        "{most} packages are being made; try again",
    ),
    "camera_unknown": (
        "未找到摄像机{camera}，或您无权查看；请在摄像机列表中查找",
        "no camera '{camera}' is known to this key",
    ),
    "site_key_missing": (
        "尚无签名密钥；请启动一次服务",
        "no key signs records yet; start the server once",
    ),
    "time_unknown": (
        "无法识别时间“{text}”；请写作{forms}",
        "'{text}' is no such time; write it as {forms}",
    ),
    "year_out_of_range": (
        "{text}超出年份范围；请填写{first}至{last}年",
        "'{text}': years run from {first} to {last}",
    ),
    "not_in_calendar": (
        "{text}不是有效日期；请核对",
        "'{text}' is not in the calendar: {why}",
    ),
}

_ALL = {**_LIFE, **_CALLBACKS, **_EVIDENCE, **SETUP, **LIVE, **ACCOUNTS, **DOOR, **AUDITS}

PROBLEMS: Final[Mapping[str, Sentence]] = {
    code: Sentence(zh, en) for code, (zh, en) in _ALL.items()
}
