import json
import os

import pytest

from vision.printable import harmless, printable, to_json


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("街道 é.jpg", "街道 é.jpg"),
        ("\x1b]0;owned\x07a.jpg", "\\x1b]0;owned\\x07a.jpg"),
        ("a\u202egpj.exe", "a\\u202egpj.exe"),
        ("a\nnot audited: b.jpg", "a\\x0anot audited: b.jpg"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u2028b", "a\\u2028b"),
        ("x\ud800", "x\\ud800"),
    ],
)
def test_a_name_drives_nothing(name: str, shown: str) -> None:
    assert printable(name) == shown


def test_a_name_that_is_no_utf8_is_read_as_chinese_windows_wrote_it() -> None:
    name = os.fsdecode("照片/".encode() + "解放路.jpg".encode("gb18030"))
    assert printable(name) == "照片/解放路.jpg"
    assert printable(os.fsdecode(b"\xff\xfe.jpg")) == "\\xff\\xfe.jpg"


def test_a_text_keeps_its_lines() -> None:
    assert harmless("one\n\ttwo\x1b[31m\r") == "one\n\ttwo\\x1b[31m\\x0d"
    assert harmless(os.fsdecode("街".encode("gb18030")) + "\nb") == "街\nb"
    assert harmless("照片/" + os.fsdecode("街".encode("gb18030")) + ": is 空") == "照片/街: is 空"


def test_json_says_the_same_names_in_harmless_letters() -> None:
    names = ["街道", "\x1b[2J", "a\u202eb", "\x9bm", os.fsdecode(b"\xff.jpg")]
    text = to_json(names)
    assert "街道" in text
    assert text.encode("utf-8").decode().isprintable()
    assert json.loads(text) == names
