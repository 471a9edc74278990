from __future__ import annotations

import os
import warnings
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vision.errors import PictureError, SourceBroken
from vision.sources import raster
from vision.sources.picture import list_pictures, read_picture, taken_at

ORANGE = (255, 128, 0)  # RGB
ORIENTATION, EXIF, ORIGINAL, OFFSET = 0x0112, 0x8769, 0x9003, 0x9011


def save(path: Path, mode: str = "RGB", **settings: object) -> Path:
    image = Image.new("RGB", (40, 24), ORANGE).convert(mode)
    image.save(path, **settings)
    return path


@pytest.mark.parametrize(
    "name", ["a.jpg", "a.png", "a.webp", "a.bmp", "a.tif", "a.gif", "a.avif", "a.heic", "a.jp2"]
)
def test_each_format_is_read_as_bgr(tmp_path: Path, name: str) -> None:
    pixels = read_picture(save(tmp_path / name))
    assert pixels.shape == (24, 40, 3)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - ORANGE[::-1]).max() <= 12


@pytest.mark.parametrize(
    ("mode", "name", "expected"),
    [
        ("L", "a.png", (151, 151, 151)),
        ("P", "a.png", (0, 128, 255)),
        ("1", "a.png", None),
        ("CMYK", "a.jpg", (0, 128, 255)),
        ("RGBA", "a.png", (0, 128, 255)),
        ("LA", "a.png", (151, 151, 151)),
    ],
)
def test_each_colour_mode_becomes_8_bit_colour(
    tmp_path: Path, mode: str, name: str, expected: tuple[int, int, int] | None
) -> None:
    pixels = read_picture(save(tmp_path / name, mode))
    assert pixels.shape == (24, 40, 3)
    if expected is not None:
        assert np.abs(pixels.astype(int) - expected).max() <= 40


def test_16_bit_grey_keeps_its_range(tmp_path: Path) -> None:
    values = np.linspace(0, 65535, 40 * 24).reshape(24, 40).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / "deep.png")
    pixels = read_picture(tmp_path / "deep.png")
    assert pixels.dtype == np.uint8
    assert (pixels[0, 0].tolist(), pixels[-1, -1].tolist()) == ([0] * 3, [255] * 3)


def test_transparent_parts_become_white(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    assert (read_picture(tmp_path / "clear.png") == 255).all()


def test_pictures_stand_upright(tmp_path: Path) -> None:
    image = Image.new("RGB", (40, 24))
    image.paste(ORANGE, (0, 0, 40, 4))  # the top edge
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # held upright: turn by 90° clockwise to show
    image.save(tmp_path / "upright.jpg", exif=exif, quality=95)
    pixels = read_picture(tmp_path / "upright.jpg")
    assert pixels.shape == (40, 24, 3)
    assert pixels[:, -2].mean() > 100
    assert pixels[:, 1].mean() < 20


def test_of_an_animation_the_first_frame_is_read(tmp_path: Path) -> None:
    later = [Image.new("RGB", (40, 24), "blue")]
    save(tmp_path / "moving.gif", save_all=True, append_images=later)
    assert read_picture(tmp_path / "moving.gif")[0, 0].tolist() == list(ORANGE[::-1])


def test_two_pictures_in_one_jpeg_as_drones_write(tmp_path: Path) -> None:
    image = Image.new("RGB", (40, 24), ORANGE)
    image.save(tmp_path / "dji.jpg", format="MPO", save_all=True, append_images=[image])
    assert read_picture(tmp_path / "dji.jpg").shape == (24, 40, 3)


def bad_pictures(folder: Path) -> dict[str, tuple[Path, str]]:
    (folder / "empty.jpg").touch()
    (folder / "text.jpg").write_text("this is a shopping list")
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    for name in ("cut.jpg", "cut.png", "cut.webp", "cut.tif"):
        Image.fromarray(noise).save(folder / name)
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2])
    Image.fromarray(noise).save(folder / "scrambled.png")
    whole = bytearray((folder / "scrambled.png").read_bytes())
    whole[100:300] = b"\xff" * 200
    (folder / "scrambled.png").write_bytes(whole)
    (folder / "folder.png").mkdir()
    Image.new("F", (4, 4)).save(folder / "height.tif")
    return {
        "missing": (folder / "missing.jpg", "no such picture"),
        "empty": (folder / "empty.jpg", "is empty"),
        "text": (folder / "text.jpg", "is no picture"),
        "cut jpeg": (folder / "cut.jpg", "cut off"),
        "cut png": (folder / "cut.png", "cut off|damaged"),
        "cut webp": (folder / "cut.webp", "cut off|damaged|no picture"),
        "cut tiff": (folder / "cut.tif", "cut off|damaged|no picture"),
        "scrambled": (folder / "scrambled.png", "damaged"),
        "folder": (folder / "folder.png", "is a folder"),
        "measurements": (folder / "height.tif", "measurements"),
    }


BAD = (
    *("missing", "empty", "text", "scrambled", "folder", "measurements"),
    *("cut jpeg", "cut png", "cut webp", "cut tiff"),
)


@pytest.mark.parametrize("what", BAD)
def test_a_bad_picture_is_named_with_its_cause(tmp_path: Path, what: str) -> None:
    path, cause = bad_pictures(tmp_path)[what]
    with pytest.raises(PictureError, match=cause) as caught:
        read_picture(path)
    assert str(path) in str(caught.value)


def test_absurdly_large_pictures_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raster, "MAX_PIXELS", 500)
    with pytest.raises(PictureError, match="pixels"):
        read_picture(save(tmp_path / "large.png"))
    bomb = tmp_path / "bomb.gif"  # announces 65535 × 65535 pixels in 43 bytes
    save(bomb)
    data = bytearray(bomb.read_bytes())
    data[6:10] = b"\xff\xff\xff\xff"
    bomb.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(PictureError, match="pixels"):
            read_picture(bomb)


def test_pictures_are_listed_in_natural_order_without_hidden_ones(tmp_path: Path) -> None:
    for name in (
        "10.jpg",
        "9.jpg",
        "b/2.png",
        "b/11.png",
        ".hidden.jpg",
        "__MACOSX/x.jpg",
        "n.txt",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    names = [str(p.relative_to(tmp_path)) for p in list_pictures(tmp_path)]
    assert names == ["9.jpg", "10.jpg", "b/2.png", "b/11.png"]
    with pytest.raises(SourceBroken, match="cannot read this folder"):
        list_pictures(tmp_path / "missing")


def test_a_photo_is_dated_by_exif_then_by_its_file(tmp_path: Path) -> None:
    plain = save(tmp_path / "plain.jpg")
    os.utime(plain, (1_700_000_000, 1_700_000_000))
    assert taken_at(plain) == datetime.fromtimestamp(1_700_000_000, UTC)
    exif = Image.Exif()
    exif[EXIF] = {ORIGINAL: "2026:03:01 16:00:00"}
    dated = save(tmp_path / "dated.jpg", exif=exif)
    assert taken_at(dated) == datetime(2026, 3, 1, 16, tzinfo=UTC)
    china = timezone(timedelta(hours=8))
    assert taken_at(dated, china) == datetime(2026, 3, 1, 8, tzinfo=UTC)
    exif[EXIF] = {ORIGINAL: "2026:03:01 16:00:00", OFFSET: "+02:00"}
    assert taken_at(save(tmp_path / "zoned.jpg", exif=exif), china).hour == 14
    exif[EXIF] = {ORIGINAL: "0000:00:00 00:00:00"}
    unset = save(tmp_path / "unset.jpg", exif=exif)
    assert abs(taken_at(unset) - datetime.now(UTC)) < timedelta(minutes=5)
    with pytest.raises(PictureError, match="no such picture"):
        taken_at(tmp_path / "missing.jpg")
