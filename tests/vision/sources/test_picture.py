from __future__ import annotations

import os
import subprocess
import sys
import warnings
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from vision.errors import PictureError, SourceBroken
from vision.sources import raster
from vision.sources.picture import list_pictures, read_picture, read_raster, taken_at

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


@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation_is_turned_as_pillow_turns_it(tmp_path: Path, orientation: int) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (24, 40, 3), np.uint8)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(noise).save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as image:
        expected = np.asarray(ImageOps.exif_transpose(image))[:, :, ::-1]
    read = read_raster(tmp_path / "a.png")
    assert np.array_equal(read.pixels, expected)
    assert (read.height, read.width) == expected.shape[:2]


def test_a_photo_whose_exif_cannot_be_rewritten_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    path = save(tmp_path / "phone.jpg", exif=exif)

    def refuse(self: Image.Exif, offset: int = 8) -> bytes:
        raise ValueError("cannot be packed")

    monkeypatch.setattr(Image.Exif, "tobytes", refuse)
    assert read_picture(path).shape == (40, 24, 3)


def test_a_photo_whose_exif_cannot_be_read_is_taken_as_it_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Image.Image) -> Image.Exif:
        raise SyntaxError("not a TIFF file")

    path = save(tmp_path / "phone.jpg")
    monkeypatch.setattr(Image.Image, "getexif", refuse)
    assert read_picture(path).shape == (24, 40, 3)


def test_heic_is_read_upright(tmp_path: Path) -> None:
    image = Image.new("RGB", (64, 48))
    image.paste(ORANGE, (0, 0, 64, 12))  # the top edge
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    image.info["exif"] = exif.tobytes()  # of which the encoder makes the file's own rotation
    image.save(tmp_path / "phone.HEIC", format="HEIF")
    pixels = read_picture(tmp_path / "phone.HEIC")
    assert pixels.shape == (64, 48, 3)
    assert pixels[:, -4].mean() > 100
    assert pixels[:, 4].mean() < 20


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.gif"])
def test_a_large_picture_is_scaled_down_and_says_its_own_size(tmp_path: Path, name: str) -> None:
    image = Image.new("RGB", (403, 301), ORANGE)
    image.paste((0, 0, 255), (200, 0, 403, 301))
    image.save(tmp_path / name)
    read = read_raster(tmp_path / name, most=10_000)
    assert read.pixels.shape[0] * read.pixels.shape[1] <= 10_000
    assert read.pixels.shape[0] > 60
    assert (read.width, read.height) == (403, 301)
    for column, colour in ((20, ORANGE), (-20, (0, 0, 255))):
        assert np.abs(read.pixels[40, column].astype(int) - colour[::-1]).max() <= 40


def test_strips_meet_without_a_seam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (50, 40, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    monkeypatch.setattr(raster, "_STRIP", 40 * 7)
    assert np.array_equal(read_picture(tmp_path / "a.png"), noise[:, :, ::-1])


@pytest.mark.parametrize(
    ("name", "how", "taken"),
    [
        ("a.jpg", {}, 4.0),
        ("a.jpg", {"progressive": True, "subsampling": 0}, 10.0),
        ("a.jpg", {"progressive": True, "subsampling": 2}, 7.0),
        ("a.webp", {}, 16.0),
        ("a.png", {}, 4.0),
    ],
)
def test_what_a_decoder_would_take_decides_whether_it_is_started(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    how: dict[str, object],
    taken: float,
) -> None:
    path = save(tmp_path / name, **how)
    monkeypatch.setattr(raster, "MOST_BYTES", int(40 * 24 * taken))
    read_picture(path)
    monkeypatch.setattr(raster, "MOST_BYTES", int(40 * 24 * taken) - 1)
    with pytest.raises(PictureError, match=r"a\..*40×24 .* to decode"):
        read_picture(path)


def deep(path: Path, bits: int, **how: object) -> Path:
    """A grey picture of all values that so many bits have, kept in 16."""
    values = np.linspace(0, (1 << bits) - 1, 40 * 24).reshape(24, 40).astype(np.uint16)
    Image.fromarray(values).save(path, **how)
    return path


@pytest.mark.parametrize("bits", [10, 11, 12, 14])
@pytest.mark.parametrize("name", ["a.tif", "a.png"])
def test_fewer_bits_in_16_are_not_black_and_are_told_of(
    tmp_path: Path, bits: int, name: str
) -> None:
    read = read_raster(deep(tmp_path / name, bits))
    assert (read.pixels.min(), read.pixels.max()) == (0, 255)
    assert f"taken for {bits} bits" in read.note


def test_bits_that_the_file_states_are_believed_without_a_word(tmp_path: Path) -> None:
    read = read_raster(deep(tmp_path / "a.tif", 12, tiffinfo={281: 4095}))
    assert (read.pixels.max(), read.note) == (255, "")
    dark = read_raster(deep(tmp_path / "b.tif", 12, tiffinfo={281: 65535}))
    assert (dark.pixels.max(), dark.note) == (15, "")


def test_a_dark_colour_picture_of_16_bits_is_told_of(tmp_path: Path) -> None:
    for name, highest, told in (("a.png", 4095, True), ("b.tif", 4095, True), ("c.png", 65535, 0)):
        values = np.full((8, 8, 3), highest, np.uint16)
        assert cv2.imwrite(str(tmp_path / name), values)
        assert ("nearly black" in read_raster(tmp_path / name).note) == bool(told)
    assert read_raster(save(tmp_path / "black.png")).note == ""


def test_whole_numbers_beyond_16_bits_are_measurements(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 4), 1 << 20, np.int32)).save(tmp_path / "height.tif")
    with pytest.raises(PictureError, match="measurements"):
        read_picture(tmp_path / "height.tif")


def test_damaged_exif_is_no_word_and_no_fault(tmp_path: Path) -> None:
    cut = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12\0\3\0\0\0\1\0\6\0\0"  # of 65,535 tags, one
    path = save(tmp_path / "a.jpg", exif=cut)
    program = (
        "import sys; from vision.sources.picture import read_picture, taken_at\n"
        "print(read_picture(sys.argv[1]).shape, taken_at(sys.argv[1]).year > 2000)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, path],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout == "(40, 24, 3) True\n"
    assert done.stderr == ""
