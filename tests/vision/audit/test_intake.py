import os
import stat
import struct
import zipfile

import pytest

from vision.audit import Item, Problem, take_in
from vision.audit.archive import members


def names(found, kind=Item):
    return [one.name for one in found if isinstance(one, kind)]


@pytest.fixture
def pack(tmp_path):
    """A zip of (name or ZipInfo, bytes) pairs."""

    def make(*entries, name="photos.zip"):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, content in entries:
                archive.writestr(entry, content)
        return path

    return make


def test_folders_are_searched_in_natural_order_without_our_own_report(tmp_path):
    photos = tmp_path / "patrol"
    for name in ("10.jpg", "2.jpg", "b/1.PNG", "a/3.webp", "a/notes.txt", ".hidden.jpg", "._2.jpg"):
        (photos / name).parent.mkdir(parents=True, exist_ok=True)
        (photos / name).write_bytes(b"x")
    out = photos / "report"
    (out / "pictures").mkdir(parents=True)
    (out / "pictures" / "1.jpg").write_bytes(b"x")
    assert names(take_in([photos], out)) == [
        "patrol/2.jpg",
        "patrol/10.jpg",
        "patrol/a/3.webp",
        "patrol/b/1.PNG",
    ]


def test_what_cannot_be_audited_is_named_and_the_rest_goes_on(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "clip.mp4").write_bytes(b"x")
    (tmp_path / "good.jpg").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    given = [tmp_path / n for n in ("pipe.jpg", "clip.mp4", "gone.jpg", "empty", "good.jpg")]
    found = take_in(given, tmp_path / "out")
    assert names(found) == ["good.jpg"]
    causes = {p.name: p.cause for p in found if isinstance(p, Problem)}
    assert "not an ordinary file" in causes["pipe.jpg"]
    assert "streetwarden watch --source" in causes["clip.mp4"]
    assert "does not exist" in causes[str(tmp_path / "gone.jpg")]
    assert "no picture" in causes["empty"]


def test_one_name_is_given_once(tmp_path):
    for folder in ("north", "south"):
        (tmp_path / folder / "photos").mkdir(parents=True)
        (tmp_path / folder / "photos" / "1.jpg").write_bytes(folder.encode())
    given = [tmp_path / "north" / "photos", tmp_path / "south" / "photos"]
    found = take_in(given, tmp_path / "out")
    assert names(found) == ["photos/1.jpg", "photos/1.jpg (2)"]
    assert [f.path.read_bytes() for f in found] == [b"north", b"south"]


def test_a_zip_gives_its_pictures_in_natural_order(tmp_path, pack):
    path = pack(("a/10.jpg", b"x"), ("a/2.jpg", b"y"), ("a/readme.txt", b"z"), ("a/v.mp4", b"v"))
    found = take_in([path], tmp_path / "out")
    assert names(found) == ["photos.zip/a/2.jpg", "photos.zip/a/10.jpg"]
    assert names(found, Problem) == ["photos.zip/a/readme.txt", "photos.zip/a/v.mp4"]
    with found[0].local(tmp_path) as local:
        assert local.read_bytes() == b"y"
        assert local.suffix == ".jpg"
    assert not local.exists()


@pytest.mark.parametrize(
    "name", ["../../evil.jpg", "/etc/evil.jpg", "a/../../evil.jpg", "..\\evil.jpg", "C:\\evil.jpg"]
)
def test_a_path_that_climbs_out_is_refused_by_name(tmp_path, pack, name):
    found = take_in([pack((name, b"x"), ("good.jpg", b"y"))], tmp_path / "out")
    assert names(found) == ["photos.zip/good.jpg"]
    (problem,) = (p for p in found if isinstance(p, Problem))
    assert "evil.jpg" in problem.name
    assert "leaves the zip's own folder" in problem.cause
    assert not (tmp_path.parent / "evil.jpg").exists()


def test_links_encrypted_and_nested_zips_are_refused_by_name(tmp_path, pack):
    link = zipfile.ZipInfo("link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = pack((link, b"/etc/passwd"), ("secret.jpg", b"x"), ("inner.zip", b"PK"))
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):  # set the encryption flag
        at = content.index(b"secret.jpg", content.index(mark)) if mark[2] == 1 else None
        header = content.rindex(mark, 0, at) if at else content.index(b"secret.jpg") - 30
        struct.pack_into("<H", content, header + offset, 1)
    path.write_bytes(content)
    causes = {p.name: p.cause for p in take_in([path], tmp_path / "out")}
    assert "link" in causes["photos.zip/link.jpg"]
    assert "encrypted" in causes["photos.zip/secret.jpg"]
    assert "zip inside a zip" in causes["photos.zip/inner.zip"]


def test_a_bomb_is_refused_as_a_whole(tmp_path, pack):
    path = pack(("zeros.jpg", b"\0" * 1000), ("good.jpg", b"x"))
    content = bytearray(path.read_bytes())
    central = content.index(b"PK\x01\x02")
    struct.pack_into("<I", content, central + 24, 3 << 30)  # states 3 GiB unpacked
    path.write_bytes(content)
    (problem,) = take_in([path], tmp_path / "out")
    assert isinstance(problem, Problem)
    assert "would unpack to 3072 MiB" in problem.cause


def test_an_absurd_member_is_refused_and_its_neighbour_is_not(tmp_path, pack):
    path = pack(("huge.jpg", b"\0" * 1000), ("good.jpg", b"x"))
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, content.index(b"PK\x01\x02") + 24, 700 << 20)
    path.write_bytes(content)
    found = take_in([path], tmp_path / "out")
    assert names(found) == ["photos.zip/good.jpg"]
    assert "700 MiB" in found[1].cause


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04garbage", b"not a zip"])
def test_a_broken_zip_is_one_problem(tmp_path, content):
    path = tmp_path / "broken.zip"
    path.write_bytes(content)
    (problem,) = take_in([path], tmp_path / "out")
    assert "cannot be read as a zip" in problem.cause


def test_names_packed_by_chinese_windows_read_well(pack):
    info = zipfile.ZipInfo("x" * 8 + ".jpg")
    path = pack((info, b"x"))
    content = path.read_bytes().replace(b"x" * 8, "街道照片".encode("gb18030"))
    path.write_bytes(content)
    (member,) = members(path)
    assert member.name == "街道照片.jpg"
    assert member.refused == ""
