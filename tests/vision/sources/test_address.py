from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.sources.address import SourceKind, as_text, parse_address, redact, redact_any


@pytest.mark.parametrize(
    ("source", "kind", "live"),
    [
        ("rtsp://10.0.0.5/ch1", SourceKind.RTSP, True),
        ("RTSPS://10.0.0.5/ch1", SourceKind.RTSP, True),
        ("rtmp://media.example/live/key", SourceKind.RTMP, True),
        ("https://media.example/clip.mp4", SourceKind.HTTP, False),
        ("https://media.example/live.m3u8?sig=1", SourceKind.HLS, True),
        ("3", SourceKind.DEVICE, True),
        ("/dev/video0", SourceKind.DEVICE, True),
        ("missing.mp4", SourceKind.FILE, False),
        ("street.JPG", SourceKind.PICTURE, False),
        ("ftp://example.org/clip.mp4", SourceKind.UNKNOWN, False),
    ],
)
def test_an_address_is_classified(source: str, kind: SourceKind, live: bool) -> None:
    address = parse_address(source)
    assert (address.kind, address.live) == (kind, live)


def test_folders_and_devices_have_paths(tmp_path: Path) -> None:
    assert parse_address(str(tmp_path)).kind is SourceKind.FOLDER
    assert parse_address(f"file://{tmp_path}/a%20b.mp4").path == tmp_path / "a b.mp4"
    assert parse_address("2").path == Path("/dev/video2")


@pytest.mark.parametrize(
    "password", ["simple", "p@ss", "w/ord", "a:b:c", "p@s/s:w", "100%", "q?x#y", "ü€", "p%40ss"]
)
@pytest.mark.parametrize("host", ["10.0.0.5:554", "cam.example", "localhost:8554", "[::1]:554"])
def test_a_plain_password_reaches_ffmpeg_encoded_and_nobody_else(password: str, host: str) -> None:
    address = parse_address(f"rtsp://admin:{password}@{host}/ch1?channel=1&token=t0ps3cret")
    parts = urlsplit(address.url)
    assert parts.netloc.rpartition("@")[2] == host
    assert parts.username == "admin"
    assert parts.path == "/ch1"
    assert parse_address(address.url).url == address.url
    assert address.shown == f"rtsp://***@{host}/ch1?channel=1&token=***"


@pytest.mark.parametrize("host", ["camera1", "camera1:554"])
def test_a_host_without_dots_is_found_when_the_password_is_encoded(host: str) -> None:
    address = parse_address(f"rtsp://admin:p%40%2F%3A@{host}/live@main")
    assert address.url == f"rtsp://admin:p%40%2F%3A@{host}/live@main"


secrets = st.text("abcXYZ019@/:%?#&=+ü", min_size=6, max_size=16).map(lambda s: f"s3{s}")


@given(password=secrets, spelled=st.sampled_from(["plain", "encoded"]))
def test_no_spelling_of_a_password_survives_redaction(password: str, spelled: str) -> None:
    written = password if spelled == "plain" else quote(password, safe="")
    source = f"rtsp://admin:{written}@10.0.0.5:554/ch1"
    address = parse_address(source)
    told = f"[rtsp @ 0x1] '{source}' ({address.url}) user=admin password {password}: 401"
    cleaned = redact(told, source)
    assert password not in cleaned
    assert quote(password, safe="") not in cleaned
    assert written not in address.shown
    assert "10.0.0.5" in cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (
            "cannot open rtsp://u:p@ss/w:rd@10.0.0.5:554/a: refused",
            "cannot open rtsp://***@10.0.0.5:554/a: refused",
        ),
        (
            "GET http://h.example/a?token=abc&channel=2",
            "GET http://h.example/a?token=***&channel=2",
        ),
        (
            "rtsp://10.0.0.5/user=admin&password=x_1&ch=1",
            "rtsp://10.0.0.5/user=admin&password=***&ch=1",
        ),
        ("rtmp://media.example/live/streamkey", "rtmp://media.example/live/***"),
        ("password=hunter2 was refused", "password=*** was refused"),
        ("see https://example.org/help#part", "see https://example.org/help"),
        ("/data/me@home/clip.mp4", "/data/me@home/clip.mp4"),
    ],
)
def test_any_text_loses_the_credentials_in_it(text: str, cleaned: str) -> None:
    assert redact_any(text) == cleaned


@pytest.mark.parametrize(
    "source", ["0" * 5000, "a" * 5000, "~nobody-here/clip.mp4", "file://\0", "٣"]
)
def test_what_no_file_can_be_called_is_an_address_all_the_same(source: str) -> None:
    assert parse_address(source).kind in {SourceKind.FILE, SourceKind.DEVICE}


def test_a_path_that_is_no_utf8_becomes_an_address_of_the_same_path() -> None:
    path = os.fsdecode(b"/nas/\xff 100%.mp4")
    address = parse_address(as_text(path))
    assert address.url == path
    assert address.shown == "/nas/\\xff 100%.mp4"
    for plain in ("/nas/街 100%.mp4", "rtsp://user:pa%20ss@host/1", "0"):
        assert as_text(plain) == plain
