"""Site files that hold what no site file should: a sentence with a line, never a traceback."""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import cv2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.vision.turning import street, view
from vision.errors import SiteError
from vision.site.file import load_site, load_storage
from vision.site.yaml_tree import MOST_VALUES
from vision.sources.address import parse_address

README = Path(__file__).resolve().parents[3] / "README.md"
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n"
    for a, b in zip("abcdefghij", "bcdefghijk", strict=True)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{b}: &{b} {{<<: [{','.join([f'*{a}'] * 9)}]}}\n"
    for a, b in zip("abcdefghij", "bcdefghijk", strict=True)
)


def example() -> str:
    """The README's site file."""
    return re.findall(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[0]


def refusal(path: Path) -> str:
    with pytest.raises(SiteError) as error:
        load_site(path)
    assert str(error.value).startswith(f"{path}")
    return str(error.value).removeprefix(f"{path}:")


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ('site:\n  {name: "a\x1b[0m"}\n', 2, r"control character U\+001B in column 12; remove it"),
        ('site:\n  {name: "a\\x1b[0m"}\n', 2, r"control character U\+001B; remove it"),
        ('site: {name: "\\ud800"}\n', 1, r"U\+D800; remove it"),
        ('site: {name: t}\ncameras: [{id: a, source: "x\\0"}]\n', 2, r"U\+0000; remove it"),
        ("site: {name: a}\n".encode("utf-16-le"), 1, "UTF-16 text; save the site file as UTF-8"),
        ("site: {name: a}\n".encode("utf-16-be"), 1, "UTF-16 text; save the site file as UTF-8"),
        ("site: {name: a}\n".encode("utf-16"), 1, "UTF-16 text; save the site file as UTF-8"),
        ("site:\n  {name: 市场}\n".encode("gbk"), 2, r"UTF-8 text \(GBK, perhaps\); save the"),
        (b"site:\n  {name: caf\xe9}\n", 2, "not UTF-8 text"),
        ("site:\n\tname: t\n", 2, "indent with spaces"),
        ("site: {name: t}\nsite: {name: u}\n", 2, "given twice, first in line 1; remove one"),
        ("site: !!python/object:os.system {name: t}\n", 1, "tag .* is not read; remove it"),
        ("site: {name: !!binary aGk=}\n", 1, "tag .* is not read; remove it"),
        (BOMB, 1, f"more than {MOST_VALUES} values"),
        (MERGES, 3, f"more than {MOST_VALUES} values"),
        ("site: {name: t}\na: &a [*a]\n", 2, r"\*a stands inside itself; write it out"),
        ("site: {name: t}\nb: *a\n", 2, "in quotes"),
        ("site: {name: t}\na: " + "[" * 3000, 2, "in each other; write less"),
        ("- " * 3000, 1, "in each other; write less"),
        ("", 1, "is a mapping that starts with"),
        ("# nothing\n", 1, "is a mapping that starts with"),
        ("~\n", 1, "is a mapping that starts with"),
        ("site\n", 1, "is a mapping that starts with"),
        ("site: {name: t}\n---\nsite: {name: u}\n", 2, "a second document begins"),
        ("? [a]\n: b\n", 1, "no name of a setting"),
        ("site: {name: 007}\n", 1, 'site.name: is a text: put it in quotes, "007"'),
        ("site: {name: true}\n", 1, 'put it in quotes, "true"'),
        ("site: {name: t, division: 421303}\n", 1, 'put it in quotes, "421303"'),
        ("site: {name: t}\ncameras:\n  - {id: 0o17, source: x}\n", 3, 'in quotes, "0o17"'),
        ("site: {name: t}\ncameras:\n  - {id: 12:30, source: x}\n", 3, "letters, digits"),
        ("site: {name: t}\ncameras:\n  a: {source: x}\n", 3, "cameras: is a list"),
        ("site: {name: t}\ncameras: [a]\n", 2, "write them as `name: value`"),
        ("site: [t]\n", 1, "write them as `name: value`"),
        ("site: {name: t}\ndefaults: {street_vending: {dwell: .inf}}\n", 2, "longer than 100"),
        ("site: {name: t}\ndefaults: {street_vending: {dwell: 9999999999y}}\n", 2, "longer than"),
        ("site: {name: t, holidays: [0001-01-01/9999-12-31]}\n", 1, "at most a year"),
        ('site: {name: "t}\n', 2, "a quote is not closed; close it"),
        ("site: {name: t\ncameras: []\n", 2, "bracket is missing; add it"),
        ('site: {name: "\\U00110000"}\n', 1, "not valid YAML"),
        ("site: {name: t}\nbaseline: /dev/zero\n", 2, "a pipe or device, not a file"),
        ("site: {name: t}\nunit_grid: .\n", 2, "it is a folder"),
    ],
)  # fmt: skip
def test_each_is_a_sentence_with_its_line_and_its_mend(tmp_path, content, line, says):
    path = tmp_path / "site.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    told = refusal(path)
    where, _, _ = told.partition(":")
    # A mapping that should be a list is named by its own line, which is that of its key.
    assert int(where) in {line, line - ("is a list" in told)}
    assert re.search(says, told), told


def test_what_yaml_1_1_took_for_other_things_are_texts(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text(
        "%YAML 1.1\n---\nsite: {name: no}\ncameras:\n  - {id: 2026-01-01, source: on}\n"
        "  - {id: b, source: 12:30}\n"
    )
    site = load_site(path)
    assert site.site.name == "no"
    assert [c.id for c in site.cameras] == ["2026-01-01", "b"]
    assert site.cameras[1].source == str(tmp_path / "12:30")


def test_a_time_with_its_zone_keeps_it_without_quotes(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text(
        "site: {name: t}\nsilences:\n  - {name: fair, from: 2026-10-01 08:00:00+02:00, "
        "until: 2026-10-02 08:00:00+02:00, reason: r, by: b}\n"
    )
    assert load_site(path).silences[0].since.isoformat() == "2026-10-01T08:00:00+02:00"


def test_aliases_and_merges_are_values(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text(
        "site: {name: t}\ncameras:\n"
        "  - &gate {id: gate, source: a.mp4, analyse_fps: 2, clip: 5s}\n"
        "  - {<<: *gate, id: yard, analyse_fps: 3}\n"
        "  - {id: hill, <<: [{clip: 1s}, *gate], source: c.mp4}\n"
    )
    gate, yard, hill = load_site(path).cameras
    assert (yard.id, yard.source, yard.analyse_fps) == ("yard", gate.source, 3)
    assert (hill.clip.total_seconds(), hill.analyse_fps) == (1, 2)


def test_a_byte_order_mark_and_windows_lines_are_read(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_bytes(b"\xef\xbb\xbfsite: {name: t}\r\ncameras:\r\n  - {id: a}\r\n")
    assert refusal(path).startswith("3: cameras.0.source")


def test_what_is_no_file_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (3 * 2**20))
    for path, says in [
        (tmp_path, "it is a folder"),
        (tmp_path / "pipe", "a pipe or device"),
        (Path("/dev/zero"), "a pipe or device"),
        (large, "larger than 2 MiB"),
        (Path("a\0b"), "no file can have such a name"),
        (Path("x" * 5000), "too long"),
    ]:
        with pytest.raises(SiteError, match=says):
            load_site(path)


def test_a_file_that_may_not_be_read(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text("site: {name: t}\n")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("who runs this may read everything")
    with pytest.raises(SiteError, match="Permission denied"):
        load_site(path)


def test_every_variable_and_file_that_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("ESCAPED", "a\x1b[2J")
    (tmp_path / "gbk.txt").write_bytes("密码市".encode("gbk"))
    path = tmp_path / "site.yaml"
    path.write_text(
        "site: {name: t}\ncameras:\n"
        "  - {id: a, source: '${NO_SUCH_A}'}\n  - {id: b, source: '${NO_SUCH_B}'}\n"
        "  - {id: c, source: '${file:/dev/zero}'}\n  - {id: d, source: '${ESCAPED}'}\n"
        "  - {id: e, source: '${file:gbk.txt}'}\n"
    )
    with pytest.raises(SiteError) as error:
        load_site(path)
    told = str(error.value).splitlines()
    for line, (number, says) in zip(
        told,
        [(3, "NO_SUCH_A is not set"), (4, "NO_SUCH_B is not set"), (5, "a pipe or device"),
         (6, r"U\+001B; remove it there"), (7, "not UTF-8 text")],
        strict=True,
    ):  # fmt: skip
        assert line.startswith(f"{path}:{number}: cameras.{number - 3}.source: ")
        assert re.search(says, line)
        assert "\x1b" not in line


def test_a_password_of_digits_is_not_said_again(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text(
        "site: {name: t}\ncameras: [{id: a, source: 82719}]\n"
        "webhooks: [{name: w, url: 'https://x.example', secret: 91827}]\n"
    )
    told = refusal(path)
    assert "cameras.0.source: is a text" in told
    assert "webhooks.0.secret: is a text" in told
    assert "82719" not in told
    assert "91827" not in told


def test_storage_alone_needs_no_camera(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text(
        "site: {name: t}\nstorage: {database: sqlite:///db/s.db}\ncameras: [{source: '${NONE}'}]\n"
    )
    assert load_storage(path).database == f"sqlite:///{tmp_path / 'db/s.db'}"
    path.write_text("storage: [a]\n")
    with pytest.raises(SiteError, match=r"site\.yaml:1: storage: has settings of its own"):
        load_storage(path)


# Pieces that people and machines put where they do not belong.
PIECES = ("[", "]", "{", "}", ":", ": ", "- ", "\n", "\t", "  ", '"', "'", "*a", "&a ", "!x ", "#",
          "${X}", "${file:.}", "\0", "\x1b", "\x85", "é", "占道", "no", "012", "12:30", ".nan",
          ".inf", "1e999", "-1", "2026-13-45", "%", "@", "`", "|", ">", "?", "<<: ", "---\n",
          "null", "[]")  # fmt: skip


@given(seed=st.integers(0, 2**32), edits=st.integers(1, 6))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_site_file_with_anything_in_it_is_a_site_or_a_sentence(
    tmp_path_factory, monkeypatch, seed, edits
):
    for name in ("MARKET_GATE_URL", "MARKET_DOME_URL", "CASE_SECRET"):
        monkeypatch.setenv(name, "rtsp://10.0.0.1/1")
    monkeypatch.delenv("X", raising=False)
    pictures = tmp_path_factory.getbasetemp() / "presets"
    if not pictures.is_dir():
        pictures.mkdir()
        for name, x in (("gate.jpg", 0.3), ("bridge.jpg", 0.7)):
            cv2.imwrite(str(pictures / name), view(street(), x))
    chance = random.Random(seed)
    text = example()
    for _ in range(edits):
        at = chance.randrange(len(text))
        to = min(len(text), at + chance.choice((0, 0, 1, 3, 20, 200)))
        text = text[:at] + chance.choice((*PIECES, text[at:to] * 2)) + text[to:]
    content = text.encode()
    if chance.random() < 0.2:
        at = chance.randrange(len(content))
        content = content[:at] + chance.randbytes(2) + content[at + chance.randrange(3) :]
    path = tmp_path_factory.getbasetemp() / "fuzzed.yaml"
    path.write_bytes(content)
    try:
        site, told = load_site(path), ""
    except SiteError as error:
        site, told = None, str(error)
    if site is not None:
        assert all(parse_address(camera.source).shown for camera in site.cameras)
    else:
        assert told.startswith(f"{path}:")
        assert all(line.isprintable() for line in told.splitlines())


@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))
)
@settings(deadline=None)
def test_any_bytes_at_all(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(content)
    with pytest.raises(SiteError, match=r"bytes\.yaml:\d+: "):
        load_site(path)
