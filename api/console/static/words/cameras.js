// The cameras.

export default {
  no_cameras: ["没有可见的摄像机", "No camera to show"],
  alive: ["在线", "Alive"],
  connecting: ["连接中", "Connecting"],
  retrying: ["重连中", "Retrying"],
  ended: ["已播完", "Ended"],
  paused: ["非监看时段", "Outside its hours"],
  rules_pause: ["画面异常，规则已暂停", "Its rules pause until the view is clear."],
  frozen: ["画面冻结", "Frozen"],
  dark: ["画面过暗", "Dark"],
  covered: ["镜头被遮挡", "Covered"],
  blurred: ["画面模糊", "Blurred"],
  moved: ["视角移动", "Moved"],
  broken: ["故障", "Broken"],
  stopped: ["已停止", "Stopped"],
  unwatched: ["未运行", "Not watched"],
  analysed: ["已分析", "analysed"],
  stood: ["画面无变化", "of an unchanged scene"],
  dropped: ["已丢弃", "dropped"],
  reconnects: ["重连", "reconnects"],
  no_frame: ["暂无画面", "No picture yet"],
};
