"""Names in zips, as the world's packers write them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from vision.audit import Item, Problem, take_in
from vision.audit.intake.archive import close, members
from vision.audit.intake.zip_names import decoded

NAMES = {
    "utf-8": ["解放路/照片 1.jpg", "Straße.jpg", "пёс.jpg", "café.jpg"],
    "gb2312": [
        "解放路.jpg",
        "北京市朝阳区/占道经营01.JPG",
        "渣土车未覆盖.png",
        "一.jpg",
        "图1.jpg",
    ],
    "gb18030": ["朱镕基.jpg", "陶喆/照片.jpg", "吴堃路.jpg"],
    "cp950": ["臺北市信義區/違規攤販.jpg", "垃圾桶滿溢.jpg", "國際會議中心.jpg"],
    "cp932": ["写真のフォルダ/東京駅.jpg", "ゴミ箱.jpg", "テスト.png"],
    "cp437": ["café.jpg", "pré_ville.jpg", "Müll/Tonne.jpg", "año.jpg", "château.jpg"],
}


@pytest.mark.parametrize(("code", "name"), [(c, n) for c, names in NAMES.items() for n in names])
def test_a_name_in_any_code_is_read(code: str, name: str) -> None:
    assert decoded(name.encode(code)) == name


def packed(folder: Path, raw: bytes, extra: bytes = b"", content: bytes = b"x") -> Path:
    """A zip of one file whose name is these bytes, unstated."""
    path = folder / "photos.zip"
    placeholder = "x" * len(raw)
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo(placeholder)
        info.extra = extra
        archive.writestr(info, content)
    path.write_bytes(path.read_bytes().replace(placeholder.encode(), raw))
    return path


def unicode_path(raw: bytes, name: str, crc: int | None = None) -> bytes:
    body = struct.pack("<BL", 1, zlib.crc32(raw) if crc is None else crc) + name.encode()
    return struct.pack("<HH", 0x9999, 2) + b"ab" + struct.pack("<HH", 0x7075, len(body)) + body


def test_the_field_with_the_name_in_utf_8_comes_first(tmp_path: Path) -> None:
    raw = b"pr_ville-1.jpg"
    path = packed(tmp_path, raw, unicode_path(raw, "pré/ville 1.jpg"))
    (item,) = take_in([path], tmp_path / "out")
    assert item.name == "photos.zip/pré/ville 1.jpg"
    assert isinstance(item, Item)
    with item.local(tmp_path) as local:
        assert local.read_bytes() == b"x"


@pytest.mark.parametrize(
    "extra",
    [
        unicode_path(b"of another.jpg", "evil.jpg", crc=1),
        unicode_path(b"of another.jpg", ""),
        struct.pack("<HHB", 0x7075, 1, 1),
    ],
)
def test_a_field_that_does_not_fit_is_ignored(tmp_path: Path, extra: bytes) -> None:
    (member,) = members(packed(tmp_path, b"of another.jpg", extra))
    assert member.name == "of another.jpg"


def test_a_field_may_not_lead_out(tmp_path: Path) -> None:
    raw = b"harmless.jpg"
    (problem,) = take_in([packed(tmp_path, raw, unicode_path(raw, "../../evil.jpg"))], tmp_path)
    assert isinstance(problem, Problem)
    assert "leaves the zip's own folder" in problem.cause


def test_a_zip64_is_read(tmp_path: Path) -> None:
    path = tmp_path / "photos.zip"
    with (
        zipfile.ZipFile(path, "w") as archive,
        archive.open("a.jpg", "w", force_zip64=True) as member,
    ):
        member.write(b"abc")
    (item,) = take_in([path], tmp_path / "out")
    assert isinstance(item, Item)
    with item.local(tmp_path) as local:
        assert local.read_bytes() == b"abc"


def zipped(**files: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inside in files.items():
            archive.writestr(name.replace("_", "."), inside)
    return content.getvalue()


def test_a_zip_in_a_zip_is_read_and_one_deeper_is_named(tmp_path: Path) -> None:
    deepest = zipped(c_jpg=b"C")
    inner = zipped(b_jpg=b"B", a_mp4=b"A", a_srt=b"text", deep_zip=deepest, no_txt=b"")
    path = tmp_path / "photos.zip"
    path.write_bytes(zipped(z_jpg=b"Z", days_zip=inner, bad_zip=inner[:-9]))
    found = take_in([path], tmp_path / "out")
    read = {}
    for one in found:
        if isinstance(one, Item):
            with one.local(tmp_path) as local:
                read[one.name] = local.read_bytes()
                if one.sidecar:
                    assert local.with_suffix(".srt").read_bytes() == b"text"
    assert read == {
        "photos.zip/days.zip/a.mp4": b"A",
        "photos.zip/days.zip/b.jpg": b"B",
        "photos.zip/z.jpg": b"Z",
    }
    causes = {one.name: one.cause for one in found if isinstance(one, Problem)}
    assert list(causes) == [
        *("photos.zip/bad.zip", "photos.zip/days.zip/deep.zip", "photos.zip/days.zip/no.txt"),
    ]
    assert "cannot be read as a zip" in causes["photos.zip/bad.zip"]
    assert "inside a zip inside a zip" in causes["photos.zip/days.zip/deep.zip"]
    close()


def test_a_bomb_in_a_zip_is_refused(tmp_path: Path) -> None:
    bomb = bytearray(zipped(a_jpg=b"x"))
    struct.pack_into("<I", bomb, bomb.index(b"PK\x01\x02") + 24, 3 << 30)  # states 3 GiB
    path = packed(tmp_path, b"inner.zip", content=bytes(bomb))
    (problem,) = take_in([path], tmp_path / "out")
    assert isinstance(problem, Problem)
    assert "would unpack to 3072 MiB" in problem.cause
    close()
