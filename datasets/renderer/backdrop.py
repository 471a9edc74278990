"""Paints textured planes and the sky: what stands still behind every actor."""

import cv2
import numpy as np

from datasets.renderer.camera import Array, Camera
from datasets.renderer.light import Light
from datasets.renderer.picture import Picture, gained
from datasets.renderer.raster import NEAR


def clipped(corners: Array, camera: Camera) -> Array | None:
    """Cut a 3-D polygon at the near plane (Sutherland-Hodgman) and project it.

    Returns:
        N x 2 pixels, or None when the polygon lies behind the camera.
    """
    depth = (corners - np.asarray(camera.position)) @ camera.axes[2]
    kept: list[Array] = []
    for i in range(len(corners)):
        j = (i + 1) % len(corners)
        if depth[i] > NEAR:
            kept.append(corners[i])
        if (depth[i] > NEAR) != (depth[j] > NEAR):
            share = (NEAR - depth[i]) / (depth[j] - depth[i])
            kept.append(corners[i] + share * (corners[j] - corners[i]))
    if len(kept) < 3:
        return None
    return camera.project(np.array(kept))[0]


def paint_plane(  # noqa: PLR0917
    picture: Picture,
    camera: Camera,
    texture: Array,
    origin: Array,
    along: Array,
    across: Array,
    ppm: float,
    gain: Array,
    glow: Array | None = None,
) -> None:
    """Paint a texture that lies on a plane in the world.

    Args:
        picture: What to paint on.
        camera: Who looks.
        texture: H x W x 3, its top-left corner at `origin`.
        origin: World point, metres.
        along: Unit vector of the texture's columns.
        across: Unit vector of the texture's rows.
        ppm: Texture pixels per metre.
        gain: BGR factor of the light on the plane.
        glow: H x W uint8, where the texture gives light itself.
    """
    h, w = texture.shape[:2]
    u, v = np.asarray(along) * w / ppm, np.asarray(across) * h / ppm
    origin = np.asarray(origin, float)
    outline = clipped(np.array([origin, origin + u, origin + u + v, origin + v]), camera)
    if outline is None:
        return
    width, height = camera.size
    x1, y1 = np.floor(np.clip(outline.min(axis=0), 0, (width, height))).astype(int)
    x2, y2 = np.ceil(np.clip(outline.max(axis=0), 0, (width, height))).astype(int)
    if x2 - x1 < 1 or y2 - y1 < 1:
        return
    outline = np.clip(outline, -20000, 20000)
    texture, ppm_small, glow = _shrunk(texture, ppm, glow, max(1.0, float(np.ptp(outline[:, 1]))))
    scale = np.diag((1 / ppm_small, 1 / ppm_small, 1.0))
    shift = np.array(((1, 0, -x1), (0, 1, -y1), (0, 0, 1)), float)
    matrix = shift @ camera.plane_homography(origin, along, across) @ scale
    size = (int(x2 - x1), int(y2 - y1))
    colour = cv2.warpPerspective(texture, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    lit = gained(colour, gain)
    mask = np.zeros((size[1], size[0]), np.uint8)
    polygon = np.round((outline - (x1, y1)) * 16).astype(np.int32)
    cv2.fillPoly(mask, [polygon], 255, lineType=cv2.LINE_AA, shift=4)
    cover = cv2.cvtColor(mask, cv2.COLOR_GRAY2BGR)
    region = picture.pixels[y1:y2, x1:x2]
    under = cv2.multiply(region, cv2.bitwise_not(cover), scale=1 / 255)
    picture.pixels[y1:y2, x1:x2] = cv2.add(under, cv2.multiply(lit, cover, scale=1 / 255))
    shine = picture.glow[y1:y2, x1:x2]
    shine[mask > 127] = 0
    if glow is not None:
        light = cv2.warpPerspective(glow, matrix, size)
        shine[mask > 127] = light[mask > 127]


def _shrunk(
    texture: Array, ppm: float, glow: Array | None, rows: float
) -> tuple[Array, float, Array | None]:
    while texture.shape[0] > 2.5 * rows and min(texture.shape[:2]) > 16:
        size = (texture.shape[1] // 2, texture.shape[0] // 2)
        ppm *= size[0] / texture.shape[1]
        texture = cv2.resize(texture, size, interpolation=cv2.INTER_AREA)
        glow = None if glow is None else cv2.resize(glow, size, interpolation=cv2.INTER_AREA)
    return texture, ppm, glow


def paint_ground(  # noqa: PLR0917
    picture: Picture,
    camera: Camera,
    texture: Array,
    origin: tuple[float, float],
    ppm: float,
    light: Light,
) -> None:
    """Paint the ground everywhere below the horizon.

    Args:
        picture: What to paint on.
        camera: Who looks.
        texture: H x W x 3 seen from above, north (+y) up.
        origin: World (x, y) of the texture's top-left corner.
        ppm: Texture pixels per metre.
        light: How it is lit.
    """
    _, _, reach = camera.ground_grid(4)
    width, height = camera.size
    matrix = camera.plane_homography(
        np.array((origin[0], origin[1], 0.0)), np.array((1.0, 0, 0)), np.array((0, -1.0, 0))
    )
    far = np.minimum(reach, 500)
    footprint = far * (1 + far / max(camera.position[2], 1.0)) / 2 / camera.focal * ppm
    need = np.clip(np.log2(np.maximum(footprint, 1e-3)), 0, 4).astype(np.float32)
    out = _mipmapped(
        _calm_rim(texture), matrix @ np.diag((1 / ppm, 1 / ppm, 1.0)), need, camera.size
    )
    below = np.isfinite(reach).astype(np.uint8)
    mask = cv2.resize(below, (width, height), interpolation=cv2.INTER_NEAREST)
    cv2.copyTo(gained(out, light.ground), mask, picture.pixels)
    picture.glow[mask > 0] = 0


def _calm_rim(texture: Array) -> Array:
    """Even out the left and right rims, which are repeated beyond the texture."""
    calm = texture.copy()
    for rim in (calm[:, :3], calm[:, -3:]):
        rim[:] = rim.mean(axis=(0, 1))
    return calm


def _mipmapped(texture: Array, matrix: Array, need: Array, size: tuple[int, int]) -> Array:
    """Warp a texture, blending ever smaller copies of it where it is seen from ever farther.

    Args:
        texture: H x W x 3.
        matrix: 3x3 map from texture to picture pixels.
        need: h x w float32, coarse grid: log2 of texture pixels per picture pixel.
        size: Picture (width, height).
    """
    width, height = size
    out = np.zeros((height, width, 3), np.uint8)
    step = height / need.shape[0]
    last = int(np.ceil(need.max()))
    for level in range(last + 1):
        share = np.clip(need - (level - 1), 0, 1)
        rows = np.flatnonzero((share > 0).any(axis=1) & (need - level < 1).any(axis=1))
        if len(rows) and min(texture.shape[:2]) >= 8:
            top, bottom = max(0, int((rows[0] - 1) * step)), min(height, int((rows[-1] + 2) * step))
            shift = np.array(((1, 0, 0), (0, 1, -top), (0, 0, 1)), float)
            band = (width, bottom - top)
            layer = cv2.warpPerspective(
                texture, shift @ matrix, band, borderMode=cv2.BORDER_REPLICATE
            )
            weight = (
                cv2.resize(share, size)[top:bottom] if level else np.ones(band[::-1], np.float32)
            )
            out[top:bottom] = cv2.blendLinear(out[top:bottom], layer, 1 - weight, weight)
        half = (texture.shape[1] // 2, texture.shape[0] // 2)
        matrix = matrix @ np.diag((texture.shape[1] / half[0], texture.shape[0] / half[1], 1.0))
        texture = cv2.resize(texture, half, interpolation=cv2.INTER_AREA)
    return out


def sky(camera: Camera, light: Light, rng: np.random.Generator) -> Picture:
    """A picture that holds nothing but sky."""
    width, height = camera.size
    clear = light.shadow > 0.3
    top = np.array((228, 186, 150) if clear else (205, 202, 200), np.float32)
    low = np.array((240, 232, 225) if clear else (222, 221, 220), np.float32)
    if 0.2 < light.night < 0.9:
        top, low = np.array((150, 105, 85), np.float32), np.array((150, 165, 205), np.float32)
    if light.night >= 0.9:
        top = low = np.array((60, 48, 44), np.float32)
    top = top * float(rng.uniform(0.93, 1.05))
    ramp = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    picture = np.broadcast_to(top * (1 - ramp) + low * ramp, (height, width, 3))
    pixels = np.clip(picture, 0, 255).astype(np.uint8)
    glow = np.zeros((height, width), np.uint8)
    if light.night > 0:
        glow[:] = int(200 * min(1.0, light.night * 1.5))
    return Picture.of(pixels.copy(), glow)
