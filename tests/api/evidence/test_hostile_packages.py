"""Packages that are made to harm who opens them: refused in words, at once, in little memory."""

from __future__ import annotations

import io
import json
import os
import struct
import tracemalloc
import zipfile

import pytest

from api.evidence.archive import Archive
from api.evidence.scope import Scope
from api.evidence.verify import END, HEADER, LOG, MANIFEST, READ, SIGNATURE, as_text, main, verify
from tests.api.evidence.packing import (
    changed,
    codes,
    confirmed_case,
    in_memory,
    judged,
    put_together,
    taken_apart,
)
from tests.api.world import make_site, make_world

BOMB = 50 << 20


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> bytes:
    """A receiver's package."""
    world = make_world(make_site(tmp_path_factory.mktemp("hostile")))
    made = in_memory(world, confirmed_case(world), Scope.RECEIVER)
    world.database.close()
    return made


@pytest.fixture
def path(tmp_path):
    return tmp_path / "hostile.zip"


def repacked(raw: bytes, path, **how) -> None:
    """The same members, by another program."""
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(path, "w", **how) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))


def test_another_programs_zip_is_not_taken_for_ours(raw, path):
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA):
        repacked(raw, path, compression=method)
        assert codes(verify(path)) >= {"directory"}


def test_a_zip_bomb_is_never_unpacked(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        for name in (MANIFEST, SIGNATURE, LOG):
            bomb.writestr(name, bytes(BOMB))
    tracemalloc.start()
    try:
        verdict = verify(path)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "directory" in codes(verdict)
    assert most < BOMB / 4


@pytest.mark.parametrize("name", [MANIFEST, LOG, SIGNATURE])
def test_what_is_read_as_a_whole_has_a_limit(raw, path, name):
    path.write_bytes(raw)
    put_together({**taken_apart(path), name: b" " * (READ[name] + 1)}, path)
    verdict = verify(path)
    assert ("large", name) in {(f.code, f.what) for f in verdict.findings}


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"{" + b'"a":1,' * 9 + b'"a":1}',
        b'{"version":NaN}',
        b'{"version":1e999}',
        b'{"version":' + b"9" * 5000 + b"}",
        b'{"version":2}',
        b'{"version":true}',
        b'{"version": 1}',
        b"[]",
        b"null",
        b"",
        b"\xff\xfe",
        b'"\\ud800"',
    ],
    ids=range(14),
)
@pytest.mark.parametrize("name", [MANIFEST, SIGNATURE, LOG])
def test_json_that_is_none_of_ours_is_refused(raw, path, name, content):
    path.write_bytes(raw)
    verdict = judged({**taken_apart(path), name: content}, path)
    assert codes(verdict) & {"form", "version", "head", "large"}
    assert as_text(verdict).isprintable() or "\n" in as_text(verdict)


def test_a_manifest_of_wrong_types_is_refused_field_by_field(raw, path):
    path.write_bytes(raw)
    members = taken_apart(path)
    manifest = json.loads(members[MANIFEST])
    tried = 0
    for field, value in manifest.items():
        for wrong in (None, 1.5, [[]], {"x": []}, ["a", 1], "x", True, [{}]):
            if wrong == value:
                continue
            broken = {**members, MANIFEST: _canonical(manifest | {field: wrong})}
            assert not judged(broken, path).holds, (field, wrong)
            tried += 1
    assert tried > 80


def _canonical(value: object) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


@pytest.mark.parametrize("field", ["record", "hash", "signature", "signed_by", "timestamp"])
def test_a_log_of_wrong_types_is_refused(raw, path, field):
    path.write_bytes(raw)
    members = taken_apart(path)
    lines = members[LOG].splitlines()
    for wrong in (None, 1, [], {}, "x", {"no": "1"}, True):
        line = json.loads(lines[0])
        if line[field] == wrong:
            continue
        lines_ = [_canonical(line | {field: wrong}), *lines[1:]]
        if (field, wrong) == ("timestamp", "x"):  # a token is for others to judge; the file's hash
            continue
        broken = {**members, LOG: b"\n".join(lines_) + b"\n"}
        assert codes(judged(broken, path)) - {"altered"}, wrong


@pytest.mark.parametrize(
    "name",
    [
        "../evil.py",
        "/etc/passwd",
        "C:evil.py",
        "masked\\evil.jpg",
        "masked/../../evil.jpg",
        ".hidden",
        "con\x1b[2J.txt",
        "a" * 200,
        "",
    ],
)
def test_names_that_lead_elsewhere_are_refused(raw, path, name):
    path.write_bytes(raw)
    verdict = judged({**taken_apart(path), name: b"#!"}, path)
    assert "name" in codes(verdict)
    assert "\x1b" not in as_text(verdict)


def test_names_that_differ_in_case_or_form_only_are_refused(raw, path):
    path.write_bytes(raw)
    verdict = judged({**taken_apart(path), "README.TXT": b"another"}, path)
    assert "twice" in codes(verdict)
    # The same letter in two forms of Unicode: neither is a name of ours.
    for name in (b"caf\xc3\xa9.txt", b"cafe\xcc\x81.txt"):
        forged = bytearray(raw)
        with zipfile.ZipFile(io.BytesIO(raw)) as opened:
            places = [i.header_offset + HEADER.size for i in opened.infolist()]
        at = next(p for p in places if raw[p : p + 10] == b"README.txt")
        forged[at : at + 10] = name[:10].ljust(10, b"x")
        path.write_bytes(forged)
        assert "header" in codes(verify(path))


def test_two_members_of_one_name_are_refused(raw, path):
    path.write_bytes(raw)
    members = taken_apart(path)
    with path.open("w+b") as file:
        writer = Archive(file)
        for name, content in members.items():
            writer.add(name, [content])
            if name == LOG:
                writer.add(name, [b"another\n"])
        writer.close()
    assert "twice" in codes(verify(path))


def test_links_encryption_comments_and_zip64_are_refused(raw, path):
    with zipfile.ZipFile(io.BytesIO(raw)) as opened:
        info = opened.infolist()[0]
        directory = opened.start_dir
    # A symbolic link says so in the external attributes; encryption in the flags.
    link = bytearray(raw)
    struct.pack_into("<L", link, directory + 38, 0o120777 << 16)
    encrypted = changed(raw, info.header_offset + 6)
    comment = raw[:-2] + struct.pack("<H", 5) + b"hello"
    zip64 = bytearray(raw)
    struct.pack_into("<LL", zip64, len(raw) - 10, 0xFFFFFFFF, 0xFFFFFFFF)
    overlapping = bytearray(raw)
    struct.pack_into("<L", overlapping, directory + 42, 1)
    for forged, code in (
        (bytes(link), "directory"),
        (encrypted, "header"),
        (comment, "end"),
        (bytes(zip64), "end"),
        (bytes(overlapping), "directory"),
        (raw + b"x", "end"),
        (b"#!/bin/sh\n" + raw, "end"),
        (raw[: directory // 2], "end"),
        (raw[: END.size], "end"),
        (b"", "end"),
        (END.pack(b"PK\5\6", 0, 0, 0, 0, 0, 0, 0), "none"),
        (raw[:-1], "end"),
    ):
        path.write_bytes(forged)
        assert code in codes(verify(path)), code


def test_what_is_no_file_is_told(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", ".", "gone.zip"):
        assert codes(verify(tmp_path / name)) == {"unreadable"}
    assert main([str(tmp_path / "gone.zip")]) == 1
    assert "无法读取" in capsys.readouterr().out


def test_thousands_of_members_that_are_none_of_ours_are_told_in_little_time(path):
    put_together({f"a{n}": b"" for n in range(12_000)}, path)
    assert codes(verify(path)) == {"none"}
