"""Building fronts on a street: shops below, windows above."""

from functools import lru_cache

import cv2
import numpy as np

from datasets.renderer.camera import Array
from datasets.renderer.lettering import print_on, shop_sign
from datasets.renderer.mesh import Colour
from datasets.renderer.textures import brick, flat, mottle, ribbed
from datasets.renderer.vehicles import tone

PPM = 26.0
WALLS: tuple[Colour, ...] = (
    (180, 195, 205), (150, 172, 188), (120, 135, 165), (200, 205, 205), (105, 120, 150),
    (165, 165, 160), (130, 150, 160), (95, 100, 120),
)  # fmt: skip


@lru_cache(maxsize=64)
def facade(seed: int, width: float, height: float) -> tuple[Array, Array]:
    """A front as (BGR texture, glow mask) at `PPM` pixels per metre.

    Args:
        seed: Chooses every detail.
        width: Metres along the street.
        height: Metres to the eaves.
    """
    rng = np.random.default_rng(seed)
    w, h = int(width * PPM), int(height * PPM)
    wall = tone(WALLS[int(rng.integers(len(WALLS)))], float(rng.uniform(0.85, 1.1)))
    plain = rng.random() < 0.5
    panel = mottle(flat(h, w, wall), rng, 9, 3) if plain else brick(rng, h, w, PPM, wall)
    glow = np.zeros((h, w), np.uint8)
    shop = min(h, int(3.7 * PPM))
    _windows(panel, glow, rng, h - shop, wall)
    if rng.random() < 0.86:
        _shops(panel, glow, rng, shop)
    else:
        _blank_wall(panel, rng, shop)
    panel[:3] = (panel[:3] * 0.8).astype(np.uint8)
    foot = np.linspace(1.0, 0.72, max(1, int(0.6 * PPM)), dtype=np.float32)[:, None, None]
    panel[-len(foot) :] = (panel[-len(foot) :] * foot).astype(np.uint8)
    return panel, glow


@lru_cache(maxsize=16)
def hoarding(seed: int, width: float, height: float) -> tuple[Array, Array]:
    """The colour-steel fence of a construction site, with slogans, as `facade` returns it."""
    rng = np.random.default_rng(seed)
    w, h = int(width * PPM), int(height * PPM)
    blue, white = (175.0, 105.0, 40.0), (222.0, 222.0, 218.0)
    panel = ribbed(rng, h, w, white, 0.2 * PPM, 0.05)
    foot, head = int(0.5 * PPM), int(0.3 * PPM)
    panel[:head] = blue
    panel[-foot:] = mottle(flat(foot, w, (120.0, 135.0, 145.0)), rng, 14, 5)
    for x in range(0, w, int(3 * PPM)):
        panel[:, x : x + 5] = blue
    for k, x in enumerate(range(int(PPM), w - int(4 * PPM), int(6 * PPM))):
        words = ("安全第一", "文明施工", "绿色工地", "质量为本")
        print_on(
            panel, words[k % 4], (50, 50, 190), (x, head + 6, int(4 * PPM), h - foot - head - 12)
        )
    dust = np.linspace(0, 0.5, h)[:, None, None]
    dusty = panel * (1 - dust) + np.array((120, 145, 165)) * dust
    return dusty.astype(np.uint8), np.zeros((h, w), np.uint8)


def _windows(panel: Array, glow: Array, rng: np.random.Generator, depth: int, wall: Colour) -> None:
    storey, w = int(3.1 * PPM), panel.shape[1]
    bay = int(float(rng.uniform(2.6, 3.8)) * PPM)
    window = (int(bay * rng.uniform(0.42, 0.62)), int(rng.uniform(1.3, 1.8) * PPM))
    frame = tone(wall, 1.2) if rng.random() < 0.5 else (70.0, 70.0, 72.0)
    band = rng.random() < 0.5
    lit_share = float(rng.uniform(0.15, 0.5))
    for top in range(depth - storey, -storey // 2, -storey):
        if band and top > 0:
            panel[top : top + 4] = np.clip(panel[top : top + 4] * 1.12, 0, 255)
        for left in range(bay // 4, w - window[0], bay):
            y, x = top + int(0.7 * PPM), left
            if y < 2:
                continue
            _window(panel, rng, (x, y, *window), frame)
            if rng.random() < lit_share:
                glow[y : y + window[1], x : x + window[0]] = 150
            if rng.random() < 0.35:
                _air_unit(panel, x + window[0] + 3, y + window[1] // 2)


def _window(
    panel: Array, rng: np.random.Generator, box: tuple[int, int, int, int], frame: Colour
) -> None:
    x, y, w, h = box
    glass = np.array((105, 92, 82)) * float(rng.uniform(0.6, 1.3))
    ramp = np.linspace(1.25, 0.75, max(1, h))[:, None, None]
    panel[y : y + h, x : x + w] = np.clip(glass * ramp, 0, 255).astype(np.uint8)[
        : panel.shape[0] - y
    ]
    if rng.random() < 0.35:
        share = int(w * rng.uniform(0.2, 0.5))
        panel[y : y + h, x : x + share] = (190, 200, 205)
    cv2.rectangle(panel, (x, y), (x + w, y + h), frame, 2)
    cv2.line(panel, (x + w // 2, y), (x + w // 2, y + h), frame, 1)
    cv2.rectangle(panel, (x - 2, y + h), (x + w + 2, y + h + 3), tone(frame, 0.8), -1)
    if rng.random() < 0.25:
        for k in range(x, x + w, 5):
            cv2.line(panel, (k, y), (k, y + h), (150, 150, 150), 1)


def _air_unit(panel: Array, x: int, y: int) -> None:
    w, h = int(0.8 * PPM), int(0.6 * PPM)
    cv2.rectangle(panel, (x, y), (x + w, y + h), (212, 214, 214), -1)
    cv2.circle(panel, (x + int(w * 0.38), y + h // 2), int(h * 0.38), (110, 112, 112), -1)
    cv2.rectangle(panel, (x, y + h), (x + w, y + h + 3), (80, 82, 84), -1)


def _shops(panel: Array, glow: Array, rng: np.random.Generator, shop: int) -> None:
    h, w = panel.shape[:2]
    top, sign = h - shop, int(0.95 * PPM)
    x = 0
    while x < w - int(1.5 * PPM):
        width = min(int(float(rng.uniform(3.2, 5.5)) * PPM), w - x)
        lit = rng.random() < 0.75
        board = shop_sign(rng, max(20, width - 8), sign)
        panel[top + 4 : top + 4 + sign, x + 4 : x + 4 + board.shape[1]] = board
        if lit:
            glow[top + 4 : top + 4 + sign, x + 4 : x + 4 + board.shape[1]] = 170
        _shop_front(panel, glow, rng, (x + 5, top + sign + 8, width - 10, shop - sign - 8), lit)
        x += width


def _shop_front(
    panel: Array, glow: Array, rng: np.random.Generator, box: tuple[int, int, int, int], lit: bool
) -> None:
    x, y, w, h = box
    if w < 8 or h < 8:
        return
    kind = rng.random()
    region = panel[y : y + h, x : x + w]
    if kind < 0.22:
        region[:] = np.array((150, 152, 152)) * float(rng.uniform(0.7, 1.1))
        region[::5] = (region[::5] * 0.78).astype(np.uint8)
        return
    inside = np.array((70, 82, 92)) * float(rng.uniform(0.5, 1.3))
    region[:] = np.clip(inside * np.linspace(1.3, 0.6, h)[:, None, None], 0, 255).astype(np.uint8)
    if lit:
        glow[y : y + h, x : x + w] = 120
    for _ in range(int(w / 5)):
        a, b = int(rng.integers(0, max(1, w - 6))), int(rng.integers(int(h * 0.3), h - 4))
        size = (int(rng.integers(3, 9)), int(rng.integers(3, 12)))
        tint = inside * 0.6 + rng.integers(30, 170, 3) * 0.45
        region[b : b + size[1], a : a + size[0]] = tint
    door = int(rng.uniform(0.2, 0.6) * w)
    metal = (185, 188, 190) if rng.random() < 0.6 else (60, 62, 64)
    if kind < 0.75:
        for k in (0, door, min(w - 2, door + int(1.1 * PPM)), w - 2):
            cv2.line(region, (k, 0), (k, h), metal, 2)
        cv2.line(region, (0, int(h * 0.16)), (w, int(h * 0.16)), metal, 1)
        shine = np.tri(h, w, int(-w * 0.1), dtype=np.float32)[:, ::-1, None] * 16
        region[:] = np.clip(region + shine, 0, 255).astype(np.uint8)
    else:
        panel[y + h - int(0.5 * PPM) : y + h, x : x + door] = (120, 128, 135)


def _blank_wall(panel: Array, rng: np.random.Generator, shop: int) -> None:
    h, w = panel.shape[:2]
    band = panel[h - shop :]
    band[:] = (band * float(rng.uniform(0.85, 0.98))).astype(np.uint8)
    x = int(rng.uniform(0.1, 0.6) * w)
    gate = (int(2.2 * PPM), int(2.5 * PPM))
    cv2.rectangle(panel, (x, h - gate[1]), (x + gate[0], h), (70, 78, 92), -1)
    for k in range(0, gate[0], 8):
        cv2.line(panel, (x + k, h - gate[1]), (x + k, h), (52, 58, 70), 1)
    if rng.random() < 0.5:
        sign = shop_sign(rng, int(4 * PPM), int(0.9 * PPM))
        left = min(max(0, w - sign.shape[1]), int(rng.uniform(0.1, 0.5) * w))
        target = panel[h - int(3.2 * PPM) :, left : left + sign.shape[1]][: sign.shape[0]]
        target[:] = sign[: target.shape[0], : target.shape[1]]
