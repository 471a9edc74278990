"""Shop signs, number plates and price boards as small textures.

Chinese text is drawn when a CJK font is installed; without one, signs carry abstract strokes.
"""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from datasets.renderer.camera import Array
from datasets.renderer.mesh import Colour

FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/System/Library/Fonts",
    "C:/Windows/Fonts",
)
FONT_NAMES = (
    "NotoSansCJK-Bold",
    "NotoSansCJK-Regular",
    "NotoSansSC",
    "wqy-zenhei",
    "PingFang",
    "msyh",
)
SHOPS = (
    "兰州牛肉面", "鑫源超市", "便民药房", "顺达五金", "老街烧烤", "美发沙龙", "中国移动",
    "川香小馆",
    "福满楼", "水果鲜生", "好又多便利店", "通讯手机城", "馨苑花店", "洗衣干洗", "家电维修",
    "早餐包子铺",
    "文具批发", "宏发建材", "母婴生活馆", "茶叶专卖", "眼镜店", "房产中介", "诚信烟酒", "沙县小吃",
)  # fmt: skip
PROVINCES = "鄂京粤苏浙川湘豫皖赣"
SIGN_COLOURS: tuple[tuple[Colour, Colour], ...] = (
    ((40, 40, 190), (230, 250, 255)),
    ((150, 70, 20), (245, 245, 245)),
    ((60, 120, 30), (240, 250, 250)),
    ((235, 235, 230), (40, 40, 180)),
    ((40, 170, 235), (40, 40, 60)),
    ((45, 45, 48), (90, 205, 245)),
    ((120, 40, 110), (245, 240, 245)),
    ((30, 110, 225), (245, 250, 255)),
)


@lru_cache(maxsize=1)
def font_file() -> Path | None:
    """A font file with Chinese glyphs, or None."""
    for folder in FONT_FOLDERS:
        root = Path(folder)
        if not root.is_dir():
            continue
        for name in FONT_NAMES:
            found = sorted(
                p for p in root.rglob(f"{name}*") if p.suffix in {".ttc", ".ttf", ".otf"}
            )
            if found:
                return found[0]
    return None


@lru_cache(maxsize=256)
def text_mask(text: str, height: int) -> Array:
    """Coverage of a line of text, uint8, `height` rows."""
    path = font_file()
    if path is None:
        return _strokes(text, height)
    font = ImageFont.truetype(str(path), int(height * 0.86))
    left, top, right, bottom = font.getbbox(text)
    picture = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2))
    ImageDraw.Draw(picture).text((1 - left, 1 - top), text, fill=255, font=font)
    mask = np.asarray(picture)
    width = max(1, round(mask.shape[1] * height / mask.shape[0]))
    return cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)


def _strokes(text: str, height: int) -> Array:
    rng = np.random.default_rng(sum(map(ord, text)))
    mask = np.zeros((height, height * max(1, len(text))), np.uint8)
    for k in range(len(text)):
        for _ in range(6):
            a = rng.integers(2, max(3, height - 2), 2)
            b = (int(a[0]), int(rng.integers(2, max(3, height - 2))))
            if rng.random() < 0.5:
                b = (int(rng.integers(2, max(3, height - 2))), int(a[1]))
            start = (k * height + int(a[0]), int(a[1]))
            cv2.line(mask, start, (k * height + b[0], b[1]), 255, max(1, height // 9))
    return mask


def print_on(panel: Array, text: str, colour: Colour, box: tuple[int, int, int, int]) -> None:
    """Write text into `box` = x, y, width, height of a panel, in place, centred."""
    x, y, w, h = box
    mask = text_mask(text, max(6, h))
    shrink = min(1.0, w / mask.shape[1])
    if shrink < 1:
        size = (max(1, int(mask.shape[1] * shrink)), max(1, int(mask.shape[0] * shrink)))
        mask = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
    mh, mw = mask.shape
    x0, y0 = x + max(0, (w - mw) // 2), y + max(0, (h - mh) // 2)
    region = panel[y0 : y0 + mh, x0 : x0 + mw]
    cover = (mask[: region.shape[0], : region.shape[1]].astype(np.float32) / 255)[:, :, None]
    region[:] = (region * (1 - cover) + np.array(colour, np.float32) * cover).astype(np.uint8)


def shop_sign(rng: np.random.Generator, width: int, height: int) -> Array:
    """A signboard."""
    back, ink = SIGN_COLOURS[int(rng.integers(len(SIGN_COLOURS)))]
    panel = np.full((height, width, 3), back, np.uint8)
    name = SHOPS[int(rng.integers(len(SHOPS)))]
    print_on(panel, name, ink, (width // 12, height // 7, width * 10 // 12, height * 5 // 7))
    cv2.rectangle(panel, (0, 0), (width - 1, height - 1), tuple(c * 0.7 for c in back), 1)
    return panel


@lru_cache(maxsize=64)
def number_plate(seed: int, kind: str) -> Array:
    """A mainland number plate, 140 x 440 mm scaled to 36 x 112 pixels.

    Args:
        seed: Chooses the characters.
        kind: "blue" cars, "yellow" trucks and buses, "green" electric.
    """
    rng = np.random.default_rng(seed)
    back, ink = {
        "blue": ((160, 70, 20), (245, 245, 245)),
        "yellow": ((40, 190, 240), (20, 20, 20)),
        "green": ((150, 215, 150), (20, 25, 20)),
    }[kind]
    panel = np.full((36, 112, 3), back, np.uint8)
    digits = "".join(rng.choice(list("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"), 5))
    text = rng.choice(list(PROVINCES)) + rng.choice(list("ABCDE")) + digits
    print_on(panel, str(text), ink, (6, 5, 100, 26))
    cv2.rectangle(panel, (1, 1), (110, 34), ink, 1)
    return panel
