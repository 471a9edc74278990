"""The console's libraries are what their packages hold, with their licences."""

import hashlib
import json

from api.console import FOLDER

VENDOR = FOLDER / "static" / "vendor"


def test_what_lies_there_is_what_was_noted_when_it_was_fetched():
    libraries = json.loads((VENDOR / "vendor.json").read_text())
    noted = {
        f"{name}/{file}": sha256
        for name, library in libraries.items()
        for file, sha256 in library["sha256"].items()
    }
    there = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "vendor.json"
    }
    assert there == noted
    assert all(
        any("LICENSE" in file for file in library["files"]) for library in libraries.values()
    )
