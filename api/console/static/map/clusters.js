// What lies too near to be told apart is drawn as one mark with its number.

const CELL_PX = 44;

/** Points in groups: those of one cell of the screen together, at the zoom that the map has. */
export function clusters(points, leaflet) {
  const cells = new Map();
  for (const point of points) {
    const { x, y } = leaflet.project([point.lat, point.lon]);
    const cell = `${Math.floor(x / CELL_PX)} ${Math.floor(y / CELL_PX)}`;
    const group = cells.get(cell);
    if (group) group.push(point);
    else cells.set(cell, [point]);
  }
  return cells.values();
}
