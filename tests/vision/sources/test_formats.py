"""Every kind of file that an inspector brings: read with its colours upright, or refused in words.

The picture is orange at the left, blue at the right and green along the top.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from vision.audit.exif import read_exif
from vision.errors import PictureError
from vision.sources.picture import read_raster

GREEN, ORANGE, BLUE, WHITE = (0, 200, 0), (255, 128, 0), (0, 0, 255), (255, 255, 255)
SIZE = WIDTH, HEIGHT = 64, 48
Write = Callable[[Path], object]


def picture() -> Image.Image:
    image = Image.new("RGB", SIZE, ORANGE)
    image.paste(BLUE, (WIDTH // 2, 0, WIDTH, HEIGHT))
    image.paste(GREEN, (0, 0, WIDTH, HEIGHT // 4))
    return image


def plain(mode: str = "RGB", **how: object) -> Write:
    return lambda path: picture().convert(mode).save(path, **how)


def several(**how: object) -> Write:
    """With another picture behind."""
    more = [Image.new("RGB", SIZE, "black")]
    return lambda path: picture().save(path, save_all=True, append_images=more, **how)


def turned(orientation: int, **how: object) -> Write:
    """Stored so that the orientation stated in EXIF makes it upright."""
    back = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90,
            8: Image.Transpose.ROTATE_270, 5: Image.Transpose.TRANSPOSE}  # fmt: skip

    def write(path: Path) -> None:
        exif = Image.Exif()
        exif[0x112] = orientation
        exif.get_ifd(0x8769)[0x9003] = "2026:03:01 08:30:00"
        image = picture().transpose(back[orientation])
        image.info["exif"] = exif.tobytes()  # of it HEIF and AVIF get the file's own rotation
        image.save(path, **({} if path.suffix == ".heic" else {"exif": exif.tobytes()}), **how)

    return write


def of_16_bits(alpha: bool = False) -> Write:
    values = np.asarray(picture()).astype(np.uint16)[:, :, ::-1] * 257
    if alpha:
        opaque = np.full((HEIGHT, WIDTH, 1), 65535, np.uint16)
        opaque[HEIGHT // 4 :, : WIDTH // 2] = 0
        values = np.concatenate([values, opaque], axis=2)
    return lambda path: cv2.imwrite(str(path), values)


def clear_colour(path: Path) -> None:
    """A palette of which one colour is transparent."""
    indexed = picture().quantize(8)
    indexed.save(path, transparency=indexed.getpixel((4, HEIGHT - 4)))


def patched(write: Write, mark: bytes, offset: int, value: int) -> Write:
    def patch(path: Path) -> None:
        write(path)
        content = bytearray(path.read_bytes())
        content[content.index(mark) + offset] = value
        path.write_bytes(content)

    return patch


def without_adobe(path: Path) -> None:
    """CMYK as its numbers are, without Adobe's marker."""
    picture().convert("CMYK").save(path, quality=95)
    content = path.read_bytes()
    at = content.index(b"\xff\xee")
    length = int.from_bytes(content[at + 2 : at + 4])
    path.write_bytes(content[:at] + content[at + 2 + length :])


def ycck(path: Path) -> None:
    """As Photoshop writes it: luminance and colour of inverted CMY, and inverted black.

    Pillow inverts what it is given, and libjpeg subtracts from 255 what it makes of YCC.
    """
    cmyk = np.asarray(picture().convert("CMYK"))
    ycc = cv2.cvtColor(cmyk[:, :, :3], cv2.COLOR_RGB2YCrCb)[:, :, [0, 2, 1]]
    stored = np.dstack([ycc, 255 - cmyk[:, :, 3]])
    Image.fromarray(255 - stored, "CMYK").save(path, quality=95, subsampling=0)
    patched(lambda _: None, b"Adobe", 11, 2)(path)


def followed_by(tail: bytes) -> Write:
    def write(path: Path) -> None:
        picture().save(path, quality=95)
        path.write_bytes(path.read_bytes() + tail)

    return write


KINDS: dict[str, dict[str, object]] = {
    ".jpg": {"quality": 95},
    ".heic": {"quality": 95},
    ".avif": {"quality": 95},
    ".webp": {"lossless": True},
    ".png": {},
    ".tif": {},
}
READ: dict[str, tuple[Write, tuple[int, int, int]]] = {
    "ordinary.jpg": (plain(quality=95), ORANGE),
    "progressive.jpg": (plain(quality=95, progressive=True), ORANGE),
    "rgb.jpg": (plain(quality=95, keep_rgb=True), ORANGE),
    "cmyk.jpg": (plain("CMYK", quality=95), ORANGE),
    "cmyk-without-adobe.jpg": (without_adobe, ORANGE),
    "ycck.jpg": (ycck, ORANGE),
    "padded.jpg": (followed_by(bytes(4096)), ORANGE),
    "with-a-film.jpg": (followed_by(b"\xff\xda" + bytes(range(256)) * 9), ORANGE),
    "two.mpo": (several(quality=95), ORANGE),
    "two-named.jpg": (several(format="MPO", quality=95), ORANGE),
    "16-bit.png": (of_16_bits(), ORANGE),
    "16-bit-alpha.png": (of_16_bits(alpha=True), WHITE),
    "palette.png": (lambda path: picture().quantize(8).save(path), ORANGE),
    "palette-clear.png": (clear_colour, WHITE),
    "alpha.png": (plain("RGBA"), ORANGE),
    "animated.png": (several(), ORANGE),
    "lossless.webp": (plain(lossless=True), ORANGE),
    "alpha.webp": (plain("RGBA", lossless=True), ORANGE),
    "animated.webp": (several(lossless=True), ORANGE),
    "animated.gif": (several(), ORANGE),
    "palette.tif": (lambda path: picture().quantize(8).save(path), ORANGE),
    "jpeg-inside.tif": (plain(compression="jpeg", quality=95), ORANGE),
    "lzw.tif": (plain(compression="tiff_lzw"), ORANGE),
    "cmyk.tif": (plain("CMYK"), ORANGE),
    "16-bit.tif": (of_16_bits(), ORANGE),
    "ordinary.heic": (plain(quality=95), ORANGE),
    "ordinary.avif": (plain(quality=95), ORANGE),
    "alpha.avif": (plain("RGBA", quality=95), ORANGE),
    "ordinary.jp2": (plain(), ORANGE),
    "ordinary.bmp": (plain(), ORANGE),
    **{
        f"turned-{orientation}{suffix}": (turned(orientation, **how), ORANGE)
        for orientation in (3, 5, 6, 8)
        for suffix, how in KINDS.items()
    },
}


@pytest.mark.parametrize("name", READ)
def test_a_picture_has_its_colours_in_their_places(tmp_path: Path, name: str) -> None:
    write, left = READ[name]
    write(tmp_path / name)
    read = read_raster(tmp_path / name)
    assert (read.width, read.height) == SIZE
    assert read.pixels.shape == (HEIGHT, WIDTH, 3)
    assert read.note == ""
    for colour, row, column in ((GREEN, 3, 3), (GREEN, 3, -3), (left, -4, 4), (BLUE, -4, -4)):
        assert np.abs(read.pixels[row, column].astype(int) - colour[::-1]).max() <= 14, (
            colour, row, column,
        )  # fmt: skip


@pytest.mark.parametrize("suffix", KINDS)
def test_its_time_is_read_from_each_kind(tmp_path: Path, suffix: str) -> None:
    turned(6)(tmp_path / f"a{suffix}")
    assert read_exif(tmp_path / f"a{suffix}") == (None, "2026-03-01T08:30:00")


def filled_up(**how: object) -> Write:
    """Half of a picture, and zeros, as where a card failed."""

    def write(path: Path) -> None:
        Image.effect_noise((320, 240), 80).convert("RGB").save(path, quality=95, **how)
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2].ljust(len(content), b"\0"))

    return write


def cut(**how: object) -> Write:
    def write(path: Path) -> None:
        filled_up(**how)(path)
        path.write_bytes(path.read_bytes().rstrip(b"\0"))

    return write


def starting(head: bytes) -> Write:
    return lambda path: path.write_bytes(head + bytes(99))


REFUSED: dict[str, tuple[Write, str]] = {
    "cut.jpg": (cut(), "is cut off before its end; copy it again"),
    "cut-progressive.jpg": (cut(progressive=True), "is cut off before its end; copy it again"),
    "zeros.jpg": (filled_up(), "is cut off before its end; copy it again"),
    "zeros-progressive.jpg": (filled_up(progressive=True), "is cut off before its end"),
    "12-bit.jpg": (patched(plain("L"), b"\xff\xc0", 4, 12), "export it as an ordinary (baseline)"),
    "jpeg-ls.jpg": (patched(plain("L"), b"\xff\xc0", 1, 0xF7), "export it as an ordinary"),
    "heights.tif": (lambda path: Image.new("F", SIZE).save(path), "holds measurements"),
    "jpeg-xl.jpg": (starting(b"\xff\x0a"), "is a JPEG XL, whatever its name says"),
    "canon.jpg": (starting(b"\0\0\0\x18ftypcrx "), "is a raw photo, whatever its name says"),
    "canon-2.tif": (starting(b"II*\0\x10\0\0\0CR\2\0"), "is a raw photo, whatever its name says"),
    "raw.tif": (plain(tiffinfo={50706: b"\1\4\0\0"}), "is a raw photo (DNG), which is not read"),
    "film.jpg": (
        starting(b"\0\0\0\x20ftypisom"),
        "is a video that is named as a picture",
    ),
    "page.jpg": (starting(b"\r\n<!DOCTYPE html>"), "is a web page, whatever its name says"),
    "paper.jpg": (starting(b"%PDF-1.7"), "is a PDF, whatever its name says"),
    "text.jpg": (starting(b"a list"), "is no picture, or of a format that is not read"),
    "empty.jpg": (lambda path: path.touch(), "is empty (0 bytes); copy it again"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_read_says_what_it_is_and_what_to_do(tmp_path: Path, name: str) -> None:
    write, why = REFUSED[name]
    write(tmp_path / name)
    with pytest.raises(PictureError) as caught:
        read_raster(tmp_path / name)
    assert why in str(caught.value)


def test_what_was_not_looked_at_is_noted(tmp_path: Path) -> None:
    several()(tmp_path / "pages.tif")
    assert read_raster(tmp_path / "pages.tif").note == (
        "holds 2 pages, of which the first was looked at"
    )
    cut()(tmp_path / "ended.jpg")
    with (tmp_path / "ended.jpg").open("ab") as file:
        file.write(b"\xff\xd9")  # so that nothing seems to be missing
    assert "its lower 47% are one plain colour" in read_raster(tmp_path / "ended.jpg").note
    bordered = Image.new("RGB", SIZE, "black")
    bordered.paste(picture().resize((64, 24)), (0, 0))
    bordered.save(tmp_path / "bordered.jpg", quality=95)
    assert read_raster(tmp_path / "bordered.jpg").note == ""
