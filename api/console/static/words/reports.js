// The reports.

export default {
  reports: ["统计报表", "Reports"],
};
