"""The console's libraries are what their packages hold, with their licences."""

import hashlib
import json
from pathlib import Path

import pytest

from api.console import FOLDER

OURS, TESTS = FOLDER / "static" / "vendor", Path(__file__).with_name("vendor")


@pytest.mark.parametrize("folder", [OURS, TESTS], ids=["console", "tests"])
def test_what_lies_there_is_what_was_noted_when_it_was_fetched(folder):
    libraries = json.loads((folder / "vendor.json").read_text())
    noted = {
        f"{name}/{file}": sha256
        for name, library in libraries.items()
        for file, sha256 in library["sha256"].items()
    }
    there = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "vendor.json"
    }
    assert there == noted
    assert all(
        any("LICENSE" in file for file in library["files"]) for library in libraries.values()
    )
