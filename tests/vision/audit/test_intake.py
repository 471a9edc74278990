import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from vision.audit import Item, Problem, take_in
from vision.audit.intake.archive import members


def names(found, kind=Item):
    return [one.name for one in found if isinstance(one, kind)]


def videos(found):
    return [one.name for one in found if isinstance(one, Item) and one.media == "video"]


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
    (tmp_path / "clip.dng").write_bytes(b"x")
    (tmp_path / "good.jpg").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    given = [tmp_path / n for n in ("pipe.jpg", "clip.dng", "gone.jpg", "empty", "good.jpg")]
    found = take_in(given, tmp_path / "out")
    assert names(found) == ["good.jpg"]
    causes = {p.name: p.cause for p in found if isinstance(p, Problem)}
    assert "not an ordinary file" in causes["pipe.jpg"]
    assert "raw photo" in causes["clip.dng"]
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
    assert names(found) == ["photos.zip/a/2.jpg", "photos.zip/a/10.jpg", "photos.zip/a/v.mp4"]
    assert videos(found) == ["photos.zip/a/v.mp4"]
    assert names(found, Problem) == ["photos.zip/a/readme.txt"]
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


def test_links_and_encrypted_files_and_broken_zips_are_refused_by_name(tmp_path, pack):
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
    assert "cannot be read as a zip" in causes["photos.zip/inner.zip"]


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


def causes(found):
    return {p.name: p.cause for p in found if isinstance(p, Problem)}


def test_every_file_that_is_not_read_is_named(tmp_path, pack):
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("a.jpg", "b.HEIC", "c.DNG", "d.rar", "e.pdf", "f.mp4", "g", ".DS_Store"):
        (photos / name).write_bytes(b"x")
    pack(("a.jpg", b"x"), ("b.heic", b"x"), ("c.dng", b"x"), ("__MACOSX/._a.jpg", b"x"),
         (".x/e.jpg", b"x"), name="photos/phone.zip")  # fmt: skip
    found = take_in([photos], tmp_path / "out")
    assert names(found) == [
        "photos/a.jpg",
        "photos/b.HEIC",
        "photos/f.mp4",
        "photos/phone.zip/a.jpg",
        "photos/phone.zip/b.heic",
    ]
    told = causes(found)
    assert list(told) == [
        "photos/c.DNG",
        "photos/d.rar",
        "photos/e.pdf",
        "photos/g",
        "photos/phone.zip/.x/e.jpg",
        "photos/phone.zip/c.dng",
    ]
    assert "raw photo" in told["photos/c.DNG"]
    assert "raw photo" in told["photos/phone.zip/c.dng"]
    assert "archive" in told["photos/d.rar"]


def test_what_is_known_to_be_no_picture_is_not_tried_when_given(tmp_path):
    for name in ("a.DNG", "b.rar", "c.dat"):
        (tmp_path / name).write_bytes(b"x")
    found = take_in([tmp_path / n for n in ("a.DNG", "b.rar", "c.dat")], tmp_path / "out")
    assert list(causes(found)) == ["a.DNG", "b.rar"]
    assert names(found) == ["c.dat"]


def test_a_folder_that_is_given_twice_is_audited_once(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/a.jpg").write_bytes(b"x")
    (tmp_path / "link").symlink_to("photos")
    found = take_in([tmp_path / "photos", tmp_path / "link"], tmp_path / "out")
    assert names(found) == ["photos/a.jpg"]
    assert "same folder as" in causes(found)["link"]


def test_linked_folders_are_audited_and_loops_named(tmp_path):
    (tmp_path / "nas").mkdir()
    (tmp_path / "nas/b.jpg").write_bytes(b"x")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/may").symlink_to(tmp_path / "nas")
    (tmp_path / "photos/loop").symlink_to("..")
    found = take_in([tmp_path / "photos"], tmp_path / "out")
    assert names(found) == ["photos/may/b.jpg"]
    assert list(causes(found)) == ["photos/loop"]


def test_two_members_of_one_name_are_both_read(tmp_path):
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.jpg", b"first")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.jpg", b"second")
    found = take_in([path], tmp_path / "out")
    assert names(found) == ["photos.zip/a.jpg", "photos.zip/a.jpg (2)"]
    read = []
    for item in found:
        with item.local(tmp_path) as local:
            read.append(local.read_bytes())
    assert read == [b"first", b"second"]


def patched(path, mark, offset, layout, value):
    """Overwrite a field of the first structure of a zip that begins with `mark`."""
    content = bytearray(path.read_bytes())
    struct.pack_into(layout, content, content.index(mark) + offset, value)
    path.write_bytes(content)


def test_a_member_that_is_packed_in_a_way_not_read_is_named(tmp_path, pack):
    path = pack(("a.jpg", b"x" * 99), ("b.jpg", b"y"))
    patched(path, b"PK\x01\x02", 10, "<H", 9)  # Deflate64, as Windows packs large files
    found = take_in([path], tmp_path / "out")
    assert names(found) == ["photos.zip/b.jpg"]
    assert "deflate64" in causes(found)["photos.zip/a.jpg"].lower()


def test_a_part_of_a_split_zip_is_named_as_that(tmp_path, pack):
    path = pack(("a.jpg", b"x"))
    (tmp_path / "photos.z01").write_bytes(b"x")
    patched(path, b"PK\x05\x06", 4, "<H", 1)  # this is the second disk
    found = take_in([path, tmp_path / "photos.z01"], tmp_path / "out")
    assert "was split" in causes(found)["photos.zip"]
    assert "archive" in causes(found)["photos.z01"]


HOSTILE = "a\x1b]0;owned\x07\u202egpj.jpg"
SHOWN = "a\\x1b]0;owned\\x07\\u202egpj.jpg"


def test_names_drive_no_terminal_and_forge_no_line(tmp_path, pack):
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / HOSTILE).write_bytes(b"x")
    (photos / "b.jpg\nnot audited: c").write_bytes(b"x")
    pack((HOSTILE, b"x"), (f"x/../{HOSTILE}", b"x"), name="photos/z.zip")
    found = take_in([photos], tmp_path / "out")
    shown = [one.name for one in found]
    assert shown == [
        f"photos/{SHOWN}",
        "photos/b.jpg\\x0anot audited: c",
        f"photos/z.zip/{SHOWN}",
        f"photos/z.zip/x/../{SHOWN}",
    ]
    with found[2].local(tmp_path) as local:
        assert local.read_bytes() == b"x"


def test_names_that_are_no_utf8_are_read_as_chinese_or_written_out(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for raw in ("解放路.jpg".encode("gb18030"), b"\xff\xfe.jpg"):
        (photos / os.fsdecode(raw)).write_bytes(raw)
    found = take_in([photos], tmp_path / "out")
    assert {one.name: one.path.read_bytes() for one in found} == {
        "photos/解放路.jpg": "解放路.jpg".encode("gb18030"),
        "photos/\\xff\\xfe.jpg": b"\xff\xfe.jpg",
    }


JPEG, PNG, MP4 = b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x20ftypisom"


@pytest.mark.parametrize("zipped", [False, True])
def test_what_a_suffix_does_not_tell_the_content_does(tmp_path, pack, zipped):
    files = {
        "IMG_1": JPEG, "a.mp4": PNG, "b.MOV": b"no video", "c.jpg": b"", "rec.bin": MP4,
        "t.ts": b"import x", "u": b"a note", "v.dat": b"\x47" + bytes(187) + b"\x47" + bytes(187),
    }  # fmt: skip
    if zipped:
        given = pack(*files.items(), name="in.zip")
    else:
        given = tmp_path / "in.zip"
        given.mkdir()
        for name, content in files.items():
            (given / name).write_bytes(content)
    found = take_in([given], tmp_path / "out")
    assert names(found) == [
        f"in.zip/{name}"
        for name in ("a.mp4", "b.MOV", "c.jpg", "IMG_1", "rec.bin", "t.ts", "v.dat")
    ]
    assert videos(found) == [f"in.zip/{name}" for name in ("b.MOV", "rec.bin", "t.ts", "v.dat")]
    assert "rename it if it is one" in causes(found)["in.zip/u"]


def test_telemetry_beside_a_video_is_part_of_it(tmp_path, pack):
    flight = tmp_path / "flight"
    flight.mkdir()
    for n in range(5):
        (flight / f"{n}.MP4").write_bytes(MP4)
        (flight / f"{n}.{'SRT' if n % 2 else 'srt'}").write_text(f"texts of {n}")
    (flight / "alone.srt").write_text("texts")
    for name in ("1.LRF", "2.thm", "9.LRV"):
        (flight / name).write_bytes(MP4)
    pack(("a/b.mp4", MP4), ("a/b.SRT", b"texts of b"), ("c.srt", b"x"), name="flight/more.zip")
    found = take_in([flight], tmp_path / "out")
    told = causes(found)
    assert list(told) == ["flight/9.LRV", "flight/alone.srt", "flight/more.zip/c.srt"]
    assert "small preview of a video" in told["flight/9.LRV"]
    texts = []
    for one in found:
        if isinstance(one, Item):
            with one.local(tmp_path) as local:
                texts.append(next(local.parent.glob(f"{local.stem}.[sS][rR][tT]")).read_text())
    assert texts == [*(f"texts of {n}" for n in range(5)), "texts of b"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["flight"]
    both = take_in([flight / "1.SRT", flight / "1.MP4"], tmp_path / "out")
    assert [(one.name, one.sidecar) for one in both] == [("1.MP4", flight / "1.SRT")]
    assert names(take_in([flight / "alone.srt"], tmp_path / "out")) == ["alone.srt"], "is tried"


def test_patterns_that_no_shell_expanded_are(tmp_path, monkeypatch):
    photos = tmp_path / "photos"
    for name in ("10.jpg", "2.jpg", "a/3.jpg", "a/b/4.JPG", "a/b/5.jpg", ".x/6.jpg", "a[1].jpg"):
        (photos / name).parent.mkdir(parents=True, exist_ok=True)
        (photos / name).write_bytes(b"x")
    (photos / "out").mkdir()
    (photos / "out/7.jpg").write_bytes(b"x")
    (photos / "a/loop").symlink_to("..")

    def matched(pattern):
        return [one.name for one in take_in([tmp_path / pattern], photos / "out")]

    assert matched("photos/*.jpg") == ["photos/2.jpg", "photos/10.jpg", "photos/a[1].jpg"]
    assert matched("photos/**/[1-5]*.jpg") == [
        "photos/2.jpg", "photos/10.jpg", "photos/a/3.jpg", "photos/a/b/5.jpg",
    ]  # fmt: skip
    assert matched("photos/a[1].jpg") == ["a[1].jpg"], "that file itself"
    assert matched("pho*/a/?") == [f"{tmp_path.name}/photos/a/b/{n}" for n in ("4.JPG", "5.jpg")]
    for nothing in ("photos/*.tif", "photos/" + "?" * 300):
        (problem,) = take_in([tmp_path / nothing], photos / "out")
        assert "matches no file" in problem.cause
    (problem,) = take_in([tmp_path / ("x" * 300)], photos / "out")
    assert "does not exist" in problem.cause
    monkeypatch.chdir(photos)
    assert names(take_in([Path("*/3.jpg")], photos / "out")) == ["photos/a/3.jpg"]


def test_a_folder_that_a_pattern_matches_is_searched_once(tmp_path):
    for name in ("may/a.jpg", "may/x/b.jpg", "june/c.jpg"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(b"x")
    expected = ["in/june/c.jpg", "in/may/a.jpg", "in/may/x/b.jpg"]
    for pattern in ("in/*", "in/**"):
        assert sorted(one.name for one in take_in([tmp_path / pattern], tmp_path / "out")) == (
            expected
        )
