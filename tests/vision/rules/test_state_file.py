from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from vision.rules.state_file import StateFile


def state(number: int) -> bytes:
    return json.dumps({"look": number, "text": "x" * 100}).encode()


def test_the_latest_state_counts_and_the_file_stays_small(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "memory" / "rules.json")
    assert file.read() is None
    for number in range(5000):
        file.write(state(number), sync=False)
    assert StateFile(tmp_path / "memory" / "rules.json").read() == json.loads(state(4999))
    assert (tmp_path / "memory" / "rules.json").stat().st_size <= 65536


def test_a_line_without_its_end_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    file = StateFile(path)
    for number in range(3):
        file.write(state(number), sync=False)
    whole = path.read_bytes()
    for end in range(len(whole) - len(state(2)) + 1, len(whole) - 1):
        path.write_bytes(whole[:end])
        assert StateFile(path).read() == json.loads(state(1))


def test_after_a_torn_line_the_next_state_counts(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    StateFile(path).write(state(1), sync=False)
    with path.open("ab") as torn:
        torn.write(state(2)[:20])
    StateFile(path).write(state(3), sync=False)
    assert StateFile(path).read() == json.loads(state(3))


def test_what_is_synced_is_the_only_line(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "rules.json")
    for number in range(3):
        file.write(state(number), sync=False)
    file.write(state(3), sync=True)
    assert (tmp_path / "rules.json").read_bytes() == state(3) + b"\n"


def test_a_file_of_an_earlier_version_and_one_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    path.write_bytes(state(7))
    assert StateFile(path).read() == json.loads(state(7))
    path.write_bytes(b"{\n[1]\n\0\0\0")
    with pytest.raises(ValueError, match="no state"):
        StateFile(path).read()


def test_a_deleted_file_is_gone_and_is_made_again(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "rules.json")
    file.write(state(1), sync=False)
    file.delete()
    assert file.read() is None
    file.write(state(2), sync=False)
    assert file.read() == json.loads(state(2))


def test_open_files_are_released_with_their_owner(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(20):
        StateFile(tmp_path / f"{number}.json").write(state(1), sync=False)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


WRITER = """
import json, sys
from pathlib import Path
from vision.rules.state_file import StateFile

file = StateFile(Path(sys.argv[1]))
for n in range(10**9):
    file.write(json.dumps({"look": n, "text": "x" * 200_000}).encode(), sync=False)
    print(n, flush=True)
"""


@pytest.mark.parametrize("wait", range(3))
def test_a_writer_that_is_killed_leaves_a_whole_state(tmp_path: Path, wait: int) -> None:
    path = tmp_path / "rules.json"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    told = -1
    for _ in range(20 + 17 * wait):
        told = int(writer.stdout.readline())
    writer.kill()
    rest = writer.communicate()[0].split()
    told = max([told, *(int(n) for n in rest if n.isdigit())])
    read = StateFile(path).read()
    assert read is not None
    assert read["look"] >= told
