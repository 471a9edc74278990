"""Turns a placed mesh into a layer of pixels.

Painter's algorithm twice: faces far to near inside a mesh here, layers far to near in the picture.
Each layer is drawn at twice the resolution and averaged, which is its antialiasing.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from datasets.renderer.camera import Array, Camera
from datasets.renderer.light import Light
from datasets.renderer.mesh import Faces
from datasets.renderer.picture import Layer, gained

NEAR = 0.4
GLOW = 0x80
SUPERSAMPLE = 2
TINY = 0.6


@dataclass(frozen=True)
class Pose:
    """Where a mesh stands: metres, heading in degrees (0 along +x, anticlockwise), scale."""

    x: float
    y: float
    z: float = 0.0
    heading: float = 0.0
    scale: float = 1.0
    tilt: float = 0.0

    @property
    def rotation(self) -> Array:
        """3x3 mesh to world."""
        c, s = np.cos(np.radians(self.heading)), np.sin(np.radians(self.heading))
        turn = np.array(((c, -s, 0), (s, c, 0), (0, 0, 1)))
        if not self.tilt:
            return turn
        c, s = np.cos(np.radians(self.tilt)), np.sin(np.radians(self.tilt))
        return np.asarray(turn @ np.array(((1, 0, 0), (0, c, -s), (0, s, c))))


@dataclass
class Placed:
    """World and picture geometry of a mesh at a pose."""

    faces: Faces
    world: Array
    pixels: Array
    depth: Array
    shades: Array
    order: list[int]


def place(faces: Faces, pose: Pose, camera: Camera, light: Light) -> Placed | None:
    """Project and shade a mesh; None when no face can be seen."""
    turn = pose.rotation
    shift = np.array((pose.x, pose.y, pose.z))
    world = faces.vertices @ turn.T * pose.scale + shift
    pixels, depth = camera.project(world)
    if not (depth > NEAR).any():
        return None
    centres = faces.centres @ turn.T * pose.scale + shift
    normals = faces.normals @ turn.T
    away = centres - np.asarray(camera.position)
    flat = faces.flat
    seen = (np.einsum("ij,ij->i", normals, away) < 0) | flat
    seen &= np.minimum.reduceat(depth[faces.chain], faces.starts) > NEAR
    distance = np.sqrt(np.einsum("ij,ij->i", away, away)) - faces.lifts
    ranked = np.argsort(-distance, kind="stable")
    size = np.maximum.reduceat(pixels[faces.chain], faces.starts)
    size -= np.minimum.reduceat(pixels[faces.chain], faces.starts)
    # A face that covers no sample of the doubled canvas is not worth its call.
    seen &= (size.max(axis=1) > TINY) | (faces.radii > 0)
    order = ranked[seen[ranked]].tolist()
    shades = light.shade(normals)
    shades[flat] = light.shade(np.array([[0.0, 0.0, 0.7]]))[0] * 0.95
    shades[faces.glow] = 1.0
    return Placed(faces, world, pixels, depth, shades, order)


def in_view(faces: Faces, pose: Pose, camera: Camera, room: float = 1.0) -> bool:
    """Whether a mesh's bounding sphere, its radius times `room`, may touch the picture."""
    hub = pose.rotation @ faces.hub * pose.scale + (pose.x, pose.y, pose.z)
    x, y, depth = camera.axes @ (hub - np.asarray(camera.position))
    radius = faces.reach * pose.scale * room
    if depth < -radius:
        return False
    half = np.array(camera.size) / 2 / camera.focal
    # Distance to the four side planes of the view, each through the camera.
    slack = radius * np.sqrt(1 + half**2)
    return bool(abs(x) < half[0] * depth + slack[0] and abs(y) < half[1] * depth + slack[1])


def extents(placed: Placed, drawn: Array, camera: Camera, scale: float) -> dict[int, Array]:
    """Unclipped xyxy boxes in rendered pixels.

    Args:
        placed: Geometry.
        drawn: F booleans, the faces that count.
        camera: Who looks.
        scale: The pose's scale.

    Returns:
        Box by part index; -1 is the box of everything.
    """
    faces = placed.faces
    counts = np.diff(np.append(faces.starts, len(faces.chain)))
    kept = np.repeat(drawn, counts)
    index = faces.chain[kept]
    owner = np.repeat(faces.parts, counts)[kept]
    radius = np.repeat(faces.radii, counts)[kept] * scale
    reach = (camera.focal * radius / np.maximum(placed.depth[index], NEAR))[:, None]
    low, high = placed.pixels[index] - reach, placed.pixels[index] + reach
    boxes = {-1: np.concatenate((low.min(axis=0), high.max(axis=0)))}
    for part in np.unique(owner):
        mine = owner == part
        boxes[int(part)] = np.concatenate((low[mine].min(axis=0), high[mine].max(axis=0)))
    return boxes


def _window(box: Array, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    width, height = size
    x1, y1 = np.floor(np.maximum(box[:2] - 1, 0)).astype(int)
    x2, y2 = np.ceil(np.minimum(box[2:] + 1, (width, height))).astype(int)
    return (int(x1), int(y1), int(x2), int(y2)) if x2 - x1 >= 2 and y2 - y1 >= 2 else None


def _textured(canvas: Array, corners: Array, texture: Array, shade: Array, tag: int) -> None:
    low = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, None)
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, canvas.shape[1::-1])
    size = high - low
    if (size < 1).any():
        return
    h, w = texture.shape[:2]
    while min(h, w) > 8 and h * w > 6 * size[0] * size[1]:
        texture = cv2.resize(texture, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
        h, w = texture.shape[:2]
    source = np.array([(0, 0), (0, h), (w, h), (w, 0)], np.float32)
    matrix = cv2.getPerspectiveTransform(source, (corners - low).astype(np.float32))
    extent_px = (int(size[0]), int(size[1]))
    colour = cv2.warpPerspective(texture, matrix, extent_px, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros((extent_px[1], extent_px[0]), np.uint8)
    cv2.fillConvexPoly(mask, np.round(corners - low).astype(np.int32), 255)
    region = canvas[low[1] : high[1], low[0] : high[0]]
    tagged = np.dstack((gained(colour, shade), np.full(mask.shape, tag, np.uint8)))
    region[:] = cv2.copyTo(tagged, mask, np.ascontiguousarray(region))


def _draw(  # noqa: PLR0917
    canvas: Array, placed: Placed, offset: Array, camera: Camera, scale: float, light: Light
) -> None:
    faces = placed.faces
    pixels = (placed.pixels - offset) * SUPERSAMPLE
    whole = np.clip(np.round(pixels), -30000, 30000).astype(np.int32)
    first = whole[faces.chain[faces.starts]].tolist()
    shaded = np.column_stack((faces.colours * placed.shades, faces.parts + 1 + GLOW * faces.glow))
    tints = np.clip(shaded, 0, 255).tolist()
    spans = camera.focal * faces.radii * scale * SUPERSAMPLE
    radii = (
        np.round(spans / np.maximum(placed.depth[faces.chain[faces.starts]], NEAR))
        .astype(int)
        .tolist()
    )
    lit = (camera.axes @ light.towards)[:2].tolist()
    for i in placed.order:
        at = faces.corners[i]
        if len(at) == 1:
            _ball(canvas, first[i], max(1, radii[i]), tints[i], lit)
        elif i in faces.textures:
            _textured(canvas, pixels[at], faces.textures[i], placed.shades[i], int(tints[i][3]))
        elif len(at) > 4:
            cv2.fillPoly(canvas, [whole[at]], tints[i])
        else:
            cv2.fillConvexPoly(canvas, whole[at], tints[i])


def _ball(
    canvas: Array, middle: list[int], radius: int, tint: list[float], lit: list[float]
) -> None:
    """A disc with a brighter disc inside, towards the light."""
    b, g, r, tag = tint
    cv2.circle(canvas, middle, radius, (b * 0.74, g * 0.74, r * 0.74, tag), -1)
    if radius >= 2:
        at = (int(middle[0] + lit[0] * radius * 0.28), int(middle[1] + lit[1] * radius * 0.28))
        bright = (min(255.0, b * 1.06), min(255.0, g * 1.06), min(255.0, r * 1.06), tag)
        cv2.circle(canvas, at, max(1, int(radius * 0.68)), bright, -1)


def rasterise(
    faces: Faces, pose: Pose, camera: Camera, light: Light, bias: float = 0.0
) -> Layer | None:
    """Draw a placed mesh.

    Args:
        faces: The mesh.
        pose: Where it stands.
        camera: Who looks.
        light: How it is lit.
        bias: Metres by which the layer sorts nearer than its place.

    Returns:
        The layer, or None when nothing of it is in the picture.
    """
    placed = place(faces, pose, camera, light)
    if placed is None or not placed.order:
        return None
    drawn = np.zeros(len(faces.parts), bool)
    drawn[placed.order] = True
    boxes = extents(placed, drawn, camera, pose.scale)
    window = _window(boxes[-1], camera.size)
    if window is None:
        return None
    x1, y1, x2, y2 = window
    canvas = np.zeros(((y2 - y1) * SUPERSAMPLE, (x2 - x1) * SUPERSAMPLE, 4), np.uint8)
    _draw(canvas, placed, np.array((x1, y1)), camera, pose.scale, light)
    tags = canvas[:, :, 3]
    if not tags.any():
        return None
    size = (x2 - x1, y2 - y1)
    solid = (tags > 0).astype(np.uint8) * 255
    alpha = cv2.resize(solid, size, interpolation=cv2.INTER_AREA)
    colour = cv2.resize(canvas[:, :, :3], size, interpolation=cv2.INTER_AREA)
    parts = tags[1::SUPERSAMPLE, 1::SUPERSAMPLE] & ~np.uint8(GLOW)
    shining = (tags & GLOW > 0).astype(np.uint8) * 255
    glow = cv2.resize(shining, size, interpolation=cv2.INTER_AREA) if shining.any() else None
    labelled = [p for p in boxes if p >= 0 and faces.labels[p].label]
    areas = {p: int((parts == p + 1).sum()) for p in labelled}
    unclipped = {p: boxes[p] for p in labelled}
    away = np.hypot(pose.x - camera.position[0], pose.y - camera.position[1])
    return Layer(
        x1, y1, colour, alpha, parts, glow, float(away) - bias, faces.labels, unclipped, areas
    )
