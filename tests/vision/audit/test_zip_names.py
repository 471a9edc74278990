"""Names in zips, as the world's packers write them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from vision.audit import Item, Problem, take_in
from vision.audit.archive import members
from vision.audit.zip_names import decoded

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


def test_a_zip_in_a_zip_is_named(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.jpg", b"x")
    (problem,) = take_in([packed(tmp_path, b"inner.zip", content=inner.getvalue())], tmp_path)
    assert isinstance(problem, Problem)
    assert problem.cause == "is a zip inside a zip; unpack it"
