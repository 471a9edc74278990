"""Cast and contact shadows on the flat ground."""

import cv2
import numpy as np

from datasets.renderer.camera import Array, Camera
from datasets.renderer.light import Light
from datasets.renderer.mesh import Faces
from datasets.renderer.picture import Shadow
from datasets.renderer.raster import NEAR, Pose

CONTACT_GAIN = np.array((0.56, 0.56, 0.56))
CONTACT_HEIGHT = 0.35
# Smaller shadows, in pixels, are drawn as their outline.
COARSE = 48


def _region(pixels: Array, camera: Camera, pad: int) -> tuple[int, int, int, int] | None:
    width, height = camera.size
    x1, y1 = np.floor(np.maximum(pixels.min(axis=0) - pad, 0)).astype(int)
    x2, y2 = np.ceil(np.minimum(pixels.max(axis=0) + pad, (width, height))).astype(int)
    return (int(x1), int(y1), int(x2), int(y2)) if x2 - x1 > 2 and y2 - y1 > 2 else None


def _soft(mask: Array, pixels_per_metre: float, spread: float) -> Array:
    size = int(np.clip(pixels_per_metre * spread, 1, 41)) | 1
    return cv2.blur(mask, (size, size)) if size > 1 else mask


def cast(faces: Faces, pose: Pose, camera: Camera, light: Light) -> Shadow | None:
    """The shadow that the sun throws, None under an overcast sky or outside the picture."""
    if light.shadow < 0.3 or pose.z > 1.0:
        return None
    world = faces.vertices @ pose.rotation.T * pose.scale + (pose.x, pose.y, pose.z)
    sun = light.towards
    flat = world - sun * (world[:, 2:3] / sun[2])
    pixels, depth = camera.project(flat)
    if (depth < NEAR).any():
        return None
    region = _region(pixels, camera, 4)
    if region is None:
        return None
    x1, y1, x2, y2 = region
    mask = np.zeros((y2 - y1, x2 - x1), np.uint8)
    whole = np.clip(np.round(pixels - (x1, y1)), -30000, 30000).astype(np.int32)
    if y2 - y1 < COARSE and x2 - x1 < COARSE:
        cv2.fillConvexPoly(mask, cv2.convexHull(whole), 255)
        return Shadow(
            x1, y1, _soft(mask, camera.focal / float(depth.mean()), 0.06), light.shadow_gain
        )
    lit = faces.flat | (faces.normals @ (pose.rotation.T @ sun) > 0)
    for i in np.flatnonzero(lit).tolist():
        corners, radius = faces.corners[i], faces.radii[i]
        if radius > 0:
            size = int(camera.focal * radius * pose.scale / depth[corners[0]])
            middle = whole[corners[0]]
            cv2.circle(mask, (int(middle[0]), int(middle[1])), max(1, size), 255, -1)
        elif len(corners) <= 4:
            cv2.fillConvexPoly(mask, whole[corners], 255)
        else:
            cv2.fillPoly(mask, [whole[corners]], 255)
    scale = camera.focal / float(depth.mean())
    return Shadow(x1, y1, _soft(mask, scale, 0.06), light.shadow_gain)


def contact(faces: Faces, pose: Pose, camera: Camera) -> Shadow | None:
    """The dark patch where a thing touches or nearly touches the ground."""
    if pose.z > 1.0:
        return None
    low = faces.vertices[faces.vertices[:, 2] < CONTACT_HEIGHT]
    if len(low) < 3:
        return None
    world = low @ pose.rotation.T * pose.scale + (pose.x, pose.y, 0)
    world[:, 2] = 0
    pixels, depth = camera.project(world)
    if (depth < NEAR).any():
        return None
    scale = camera.focal / float(depth.mean())
    region = _region(pixels, camera, int(scale * 0.3) + 2)
    if region is None:
        return None
    x1, y1, x2, y2 = region
    mask = np.zeros((y2 - y1, x2 - x1), np.uint8)
    hull = cv2.convexHull(np.round(pixels - (x1, y1)).astype(np.int32))
    cv2.fillConvexPoly(mask, hull, 255)
    return Shadow(x1, y1, _soft(mask, scale, 0.3), CONTACT_GAIN)


def shadows(faces: Faces, pose: Pose, camera: Camera, light: Light) -> list[Shadow]:
    """All shadows of a placed mesh, ready for `Picture.darken`."""
    both = (contact(faces, pose, camera), cast(faces, pose, camera, light))
    return [s for s in both if s is not None]
