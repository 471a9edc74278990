// The cases.

export default {
  none: ["没有符合条件的案件", "No case matches"],
  none_help: ["放宽筛选条件再试。", "Widen the filters and try again."],
  since: ["自", "From"],
  until: ["至", "To"],
};
