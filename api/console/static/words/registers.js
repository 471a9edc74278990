// The registers.

export default {
  no_receivers: ["未配置接收系统", "No receiver is set up"],
  delivered: ["已推送", "delivered"],
  dead_letters: ["推送失败", "dead letters"],
  failing_since: ["持续推送失败，始于", "Failing since"],
  removed_help: ["站点配置中已无此接收系统，恢复配置后继续推送。", "It is not in the site file any more; what waits is sent when it is put back."],
  ping: ["测试推送", "Send a test event"],
  pinging: ["正在测试…", "Sending…"],
  ping_good: ["对方已接收", "Accepted"],
  no_answer: ["无应答", "no answer"],
};
