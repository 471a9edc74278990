// The map.

export default {
  map: ["地图", "Map"],
  map_help: ["方向键移动，加减号缩放", "Arrow keys move it, plus and minus zoom"],
  map_pick: ["点击地图选取位置；也可用方向键移动，按回车选取中心点", "Click a place; or move with the arrow keys and press Enter for the middle"],
  map_fit: ["显示全部", "Show all"],
  map_empty: ["没有可定位的案件", "Nothing here has a place on the map"],
  map_here: ["此处{count}件", "{count} here"],
  map_more: ["另有{count}件", "and {count} more"],
};
