"""The shell scripts, with a Python and a pip that only say what the real ones would."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOTAL = (ROOT / "scripts/constraints.txt").read_text().count("==")
PYTHON = """\
#!/bin/sh
[ "$1" = -c ] && exit 0
echo "Obtaining file:///streetwarden"
echo "Collecting numpy>=2.2 (from streetwarden==0.1.0)"
echo "Collecting torch>=2.15 (from streetwarden==0.1.0)"
echo "Installing collected packages: torch, numpy"
[ -e fails ] && echo "ERROR: No space left on device" && exit 1
exit 0
"""


@pytest.fixture
def clone(tmp_path):
    (tmp_path / "scripts").mkdir()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("pyproject.toml", "scripts/install", "scripts/run", "scripts/constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name, text in (("python", PYTHON), ("streetwarden", '#!/bin/sh\necho "$@"\n')):
        path = tmp_path / ".venv" / "bin" / name
        path.write_text(text)
        path.chmod(0o755)
    return tmp_path


def run(clone: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)


def test_install_says_what_it_does_and_how_far_it_is(clone):
    done = run(clone, "scripts/install")
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [
        "installing into .venv: about 7 GB with torch, some minutes the first time",
        f"  package 1 of about {TOTAL}: numpy>=2.2",
        f"  package 2 of about {TOTAL}: torch>=2.15",
        "  unpacking them",
        "installed",
    ]
    again = run(clone, "scripts/install")
    assert (again.returncode, again.stderr) == (0, "")


def test_install_that_fails_ends_with_pips_last_words_and_is_done_again(clone):
    (clone / "fails").touch()
    done = run(clone, "scripts/install")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "ERROR: No space left on device"
    assert ".venv/install.log" in done.stderr
    (clone / "fails").unlink()
    assert run(clone, "scripts/install").stderr.endswith("installed\n")


SH = '#!/bin/sh\n\'\'\'exec\' "{}" "$0" "$@"\n'


@pytest.mark.parametrize("launcher", ["#!{}\n", SH], ids=["short path", "path with a space"])
def test_a_moved_or_copied_folder_is_installed_anew(clone, tmp_path_factory, launcher):
    """Its command would run nothing, or the code of the folder that it was copied from."""
    run(clone, "scripts/install")
    command = clone / ".venv" / "bin" / "streetwarden"
    command.write_text(launcher.format(clone / ".venv/bin/python"))
    assert run(clone, "scripts/install").stderr == ""
    copy = tmp_path_factory.mktemp("elsewhere") / "copy"
    shutil.copytree(clone, copy)
    assert run(copy, "scripts/install").stderr.endswith("installed\n")


@pytest.mark.parametrize(
    ("given", "served"),
    [
        ("", "serve --demo"),
        ("--port 8001", "serve --demo --port 8001"),
        ("--port=8001 -v --host 0.0.0.0", "serve --demo --port=8001 -v --host 0.0.0.0"),
        ("site.yaml --port 8001", "serve site.yaml --port 8001"),
        ("--port 8001 site.yaml", "serve --port 8001 site.yaml"),
        ("--host 0.0.0.0 --source 0", "serve --host 0.0.0.0 --source 0"),
        ("--source=0", "serve --source=0"),
        ("--demo --port 8001", "serve --demo --port 8001"),
    ],
)
def test_run_serves_what_is_given_or_the_demo(clone, given, served):
    done = run(clone, "scripts/run", *given.split())
    assert done.stdout.strip() == served
    assert done.stderr.endswith("starting streetwarden; Ctrl-C ends it\n")
