// Words of the page in Chinese and English, and how times and numbers are written.

const WORDS = {
  review: ["待审核", "Review"], cases: ["案件", "Cases"], cameras: ["摄像机", "Cameras"], receivers: ["接收系统", "Receivers"],
  no_receivers: ["未配置接收系统", "No receiver is set up"], waiting: ["待推送", "waiting"], delivered: ["已推送", "delivered"], dead_letters: ["推送失败", "dead letters"],
  failing_since: ["持续推送失败，始于", "Failing since"], removed_help: ["站点配置中已无此接收系统，恢复配置后继续推送。", "It is not in the site file any more; what waits is sent when it is put back."],
  ping: ["测试推送", "Send a test event"], pinging: ["正在测试…", "Sending…"], ping_good: ["对方已接收", "Accepted"], no_answer: ["无应答", "no answer"],
  numbered: ["已取得任务号", "Task number received"], notice: ["告知已送出", "Notice sent"], notice_failed: ["告知未送达", "Notice not sent"],
  signin: ["登录", "Sign in"], signout: ["退出", "Sign out"],
  key: ["访问密钥", "Access key"],
  key_help: ["由管理员用 streetwarden keys create 生成，以 sw_ 开头。", "Made by an administrator with streetwarden keys create; it starts with sw_."],
  key_bad: ["密钥无效、过期或已撤销。", "This key is unknown, expired or revoked."],
  key_ends: ["此密钥将失效于", "This key ends at"],
  key_ends_help: ["请现在向管理员索取新密钥（streetwarden keys create），届时需重新登录。", "Ask an administrator for a new one now (streetwarden keys create); you will have to sign in with it."],
  queue_empty: ["没有待审核的案件", "Nothing waits for review"],
  queue_empty_help: ["新的线索会自动出现在这里。", "New leads appear here by themselves."],
  pick: ["从左侧选择一个案件", "Choose a case on the left"],
  none: ["没有符合条件的案件", "No case matches"], none_help: ["放宽筛选条件再试。", "Widen the filters and try again."],
  no_cameras: ["没有可见的摄像机", "No camera to show"],
  more: ["加载更多", "Load more"], back: ["返回列表", "Back to the list"], close: ["关闭", "Close"],
  zone: ["区域", "Zone"], camera: ["摄像机", "Camera"], asset: ["登记部件", "Registered asset"], place: ["位置", "Place"], grid: ["单元网格", "Unit grid"],
  department: ["主管部门", "Department"], dwell: ["停留", "Stayed"], score: ["置信度", "Score"],
  looks: ["观察次数", "Looks"], sightings: ["发现次数", "Sightings"], first_seen: ["首次发现", "First seen"],
  last_seen: ["最近发现", "Last seen"], cleared: ["已消失", "Cleared"], clock: ["时间来源", "Clock"],
  codes: ["事项代码", "Matter codes"], model: ["识别模型", "Detector"], why: ["判定依据", "Why it was raised"],
  lead_only: ["仅作线索", "Lead only"], penalty_evidence: ["可作处罚证据", "Evidence for a penalty"], log: ["案件日志", "Case log"],
  legal_why: ["该设备没有法制与技术审核备案，记录只能作为线索，不能作为处罚证据。", "No admissibility file is kept for this device: its record is a lead, no penalty evidence."],
  decision: ["审核意见", "Decision"], checks: ["四项核对", "Four checks"],
  authentic: ["真实", "Authentic"], clear: ["清晰", "Clear"], complete: ["完整", "Complete"], accurate: ["准确", "Accurate"],
  confirm: ["确认", "Confirm"], reject: ["驳回", "Reject"], note: ["备注（可选）", "Note (optional)"],
  reject_why: ["驳回原因", "Why is it rejected?"], cancel: ["取消", "Cancel"],
  checks_first: ["确认前请勾选全部四项核对。", "Tick all four checks before you confirm."],
  done_confirm: ["已确认", "Confirmed"], done_reject: ["已驳回", "Rejected"],
  read_only: ["此密钥不能审核案件。", "This key may not review cases."],
  reviewed_by: ["审核人", "Reviewed by"],
  false_positive: ["误报", "False positive"], permitted: ["已获许可", "Permitted"], not_visible: ["看不清", "Not visible"],
  duplicate: ["重复", "Duplicate"], no_legal_basis: ["无法律依据", "No legal basis"],
  pending_review: ["待审核", "Pending review"], rejected: ["已驳回", "Rejected"], confirmed: ["已确认", "Confirmed"], emitted: ["已推送", "Emitted"],
  second_review: ["待复审", "Second review"], confirmed_first: ["初审通过", "Confirmed first"], disagreed: ["复审退回", "Sent back by the second"],
  undone: ["已撤回", "Undone"], taken_over: ["已接管", "Taken over"],
  filed: ["已立案", "Filed"], dispatched: ["已派遣", "Dispatched"], handled: ["已处置", "Handled"], verified: ["已核查", "Verified"], returned: ["已退回", "Returned"],
  noticed: ["已告知", "Noticed"], grace: ["整改期内", "Time to correct"], reobserved: ["已复查", "Looked at again"], accepted: ["证据已采纳", "Evidence accepted"],
  transferred: ["已移送", "Transferred"], closed: ["已结案", "Closed"], withdrawn: ["已撤案", "Withdrawn"], overturned: ["已撤销", "Overturned"],
  supervised: ["挂牌督办", "Supervised"], supervision_ended: ["督办解除", "Supervision ended"], appealed: ["已申诉", "Appealed"], upheld: ["申诉未成立", "Upheld"],
  opened: ["立为线索", "Lead opened"], sighted: ["再次发现", "Seen again"],
  supplemented: ["补入录像", "Clip added"], clip_lacks: ["录像不完整", "The clip is not whole"], gaps: ["监看中断", "Not watched"],
  reopened: ["再次出现", "Back again"], case_ended: ["停止监看", "No longer watched"],
  by_hours_over: ["监看时段结束，未确认消除", "Its hours are over; nobody saw it gone"],
  by_permit: ["许可已生效，未确认消除", "A permit lets it stand from now on; nobody saw it gone"],
  by_unwatched: ["已无摄像机监看，未确认消除", "No camera watches it any more; nobody saw it gone"],
  silenced: ["已静默", "Silenced"], inhibited: ["已抑制", "Inhibited"], released: ["恢复待审核", "Back for review"],
  silenced_until: ["静默至", "Silenced until"], inhibited_by: ["抑制来源", "Inhibited by"],
  prior_cases: ["此处以往案件", "Earlier cases here"], accuracy: ["定位误差", "Position good to"],
  silenced_why: ["站点配置中的静默时段内，此线索不进入审核。", "A silence of the site file keeps this lead out of review."],
  inhibited_why: ["同一地点已有未结的其他类案件，此线索不单独审核。", "An open case of another kind at this place stands for this lead."],
  m_opened: ["初现", "First seen"], m_best: ["最清晰", "Clearest"], m_confirmed: ["确认时", "At confirmation"], m_cleared: ["消失后", "After"],
  annotated: ["标注图", "annotated"], masked: ["遮挡图", "masked"],
  before: ["之前", "Before"], after: ["之后", "After"], no_picture: ["没有图片", "No picture"], picture_gone: ["图片无法加载", "The picture cannot be loaded"],
  original: ["查看原图…", "View original…"], original_why: ["查看原图的理由（会被记录）", "Why do you look at the original? It is logged."], original_show: ["记录并查看", "Log and show"],
  all: ["全部", "All"], kind: ["类别", "Kind"], stage: ["阶段", "Stage"], since: ["自", "From"], until: ["至", "To"],
  alive: ["在线", "Alive"], connecting: ["连接中", "Connecting"], retrying: ["重连中", "Retrying"], ended: ["已播完", "Ended"],
  paused: ["非监看时段", "Outside its hours"], rules_pause: ["画面异常，规则已暂停", "Its rules pause until the view is clear."],
  frozen: ["画面冻结", "Frozen"], dark: ["画面过暗", "Dark"], covered: ["镜头被遮挡", "Covered"], blurred: ["画面模糊", "Blurred"], moved: ["视角移动", "Moved"],
  broken: ["故障", "Broken"], stopped: ["已停止", "Stopped"], unwatched: ["未运行", "Not watched"],
  analysed: ["已分析", "analysed"], stood: ["画面无变化", "of an unchanged scene"], dropped: ["已丢弃", "dropped"], reconnects: ["重连", "reconnects"], no_frame: ["暂无画面", "No picture yet"],
  keys_help: ["快捷键", "Keyboard"], k_next: ["下一个 / 上一个", "next / previous"], k_checks: ["勾选核对项", "tick a check"],
  offline: ["无法连接服务器，正在重试", "The server does not answer; trying again"],
  waiting: ["个待审核", "waiting"], menu: ["主菜单", "Main menu"], language: ["切换到英文", "Switch to Chinese"],
  stream: ["视频流时钟", "stream clock"], media: ["录像时间", "recording time"], arrival: ["到达时间", "arrival time"], photo: ["照片时间", "photo time"],
  gap_offline: ["离线", "offline"], gap_out_of_hours: ["非监看时段", "outside its hours"], gap_busy: ["来不及分析", "machine too busy"],
  gap_not_running: ["程序未运行", "program not running"], gap_frozen: ["画面冻结", "frozen"], gap_dark: ["画面过暗", "dark"],
  gap_covered: ["镜头被遮挡", "covered"], gap_blurred: ["画面模糊", "blurred"], gap_moved: ["视角移动", "moved"], gap_unrecorded: ["无记录", "no record"],
  gone: ["此案件已由他人处理", "Somebody else has decided this case"],
};

let language = document.documentElement.lang === "en" ? "en" : "zh";
let zone = "UTC";
let kinds = new Map();

/** Set what the server said: language only if this tab has chosen none. */
export function learn(site, catalogue) {
  zone = site.timezone;
  kinds = new Map(catalogue.items.map((kind) => [kind.name, kind]));
  speak(sessionStorage.getItem("streetwarden.language") || site.language);
}

/** Speak this language from now on. */
export function speak(code, remember = false) {
  language = code === "en" ? "en" : "zh";
  document.documentElement.lang = language;
  if (remember) sessionStorage.setItem("streetwarden.language", language);
}

export const spoken = () => language;
export const knownKinds = () => [...kinds.values()];

/** A word of the page; an unknown one is shown as it is. */
export const t = (word) => WORDS[word]?.[language === "zh" ? 0 : 1] ?? word;

/** A kind's name, a sub-type's name. */
export const kindName = (name) => headed(kinds.get(name)?.[language] ?? name);
export const subtypeName = (kind, name) =>
  kinds.get(kind)?.subtypes.find((subtype) => subtype.name === name)?.[language] ?? name;
const headed = (words) => words.charAt(0).toUpperCase() + words.slice(1);

/** A time in the site's time zone. */
export function when(iso, seconds = false) {
  if (!iso) return "–";
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit",
    minute: "2-digit", second: seconds ? "2-digit" : undefined, hourCycle: "h23",
  }).formatToParts(new Date(iso));
  const part = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  return `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute}${seconds ? `:${part.second}` : ""}`;
}

/** How long ago, in words. */
export function ago(iso) {
  const seconds = (Date.now() - new Date(iso)) / 1000;
  const [unit, size] = [["day", 86400], ["hour", 3600], ["minute", 60]].find(([, s]) => seconds >= s) ?? ["second", 1];
  const words = new Intl.RelativeTimeFormat(language === "zh" ? "zh-CN" : "en", { numeric: "auto", style: "short" });
  return words.format(-Math.max(0, Math.floor(seconds / size)), unit);
}

/** A duration in seconds, in its two largest units. */
export function lasting(seconds) {
  const names = language === "zh" ? ["天", "小时", "分", "秒"] : ["d", "h", "min", "s"];
  const amounts = [86400, 3600, 60, 1].map((size, at, all) =>
    Math.floor(at ? (seconds % all[at - 1]) / size : seconds / size));
  const from = amounts.findIndex((amount) => amount > 0);
  if (from < 0) return `0 ${names[3]}`;
  return amounts.slice(from, from + 2).map((amount, at) => amount && `${amount} ${names[from + at]}`).filter(Boolean).join(" ");
}

/** The start of a local day of the site, as UTC; `days` later for the end of a range. */
export function dayStart(date, days = 0) {
  if (!date) return "";
  const guess = Date.parse(`${date}T00:00:00Z`) + days * 86400e3;
  const shown = Date.parse(`${when(new Date(guess).toISOString(), true).replace(" ", "T")}Z`);
  return new Date(guess - (shown - guess)).toISOString();
}
