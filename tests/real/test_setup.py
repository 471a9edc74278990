"""The site file and its history on both databases: crashes, two servers, hands, disks."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from api.access.roles import Principal, Role
from api.errors import (
    CannotUndo,
    ChangedMeanwhile,
    DatabaseUnavailable,
    SiteFileUnwritable,
    SiteFileWrong,
)
from api.setup.history import History, text_after, text_before
from api.setup.setup import Setup
from api.setup.site_file import SiteFile
from api.site_in_force import SiteInForce
from api.storage.database import Database
from tests.real.processes import HERE, Child, running
from vision.site import Site
from vision.site.file import load_site

LI = Principal("u1", "Li", Role.ADMIN)
TEXT = """\
site: {name: here}
cameras:
  - {id: gate, source: gate.mp4, analyse_fps: 1}   # first
  - {id: yard, source: yard.mp4}
workers: 1
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'cases.db'}"
    found = request.getfixturevalue("new_database")()
    assert isinstance(found, str)
    return found


class Server:
    """One server's part in it."""

    def __init__(self, path: Path, database: Database) -> None:
        self.path = path
        self.in_force = SiteInForce(load_site(path))
        self.applied: list[Site] = []
        self.setup = Setup.of(
            database, self.in_force, SiteFile(path), self.applied.append, follows=True
        )
        following = self.setup.following
        assert following is not None
        self.following = following
        self.look()

    def look(self) -> None:
        """Look until what is in the file has rested."""
        self.following.look()
        self.following.look()

    def change(self, fps: float, camera: str = "gate") -> int:
        version = self.setup.cameras.get(LI, camera)[0].version
        done = self.setup.cameras.change(LI, camera, version, {"analyse_fps": fps})
        assert done.change is not None
        return done.change

    @property
    def fps(self) -> float:
        return self.in_force.now.cameras[0].analyse_fps

    def history(self) -> list[tuple[str, str]]:
        return [(row.by, row.what) for row in self.setup.changes.page(LI, None, 100)]


Serve = Callable[[Path], Server]


@pytest.fixture
def serve(address: str) -> Iterator[Serve]:
    """`serve(path)`: another server on the database."""
    opened: list[Database] = []

    def make(path: Path) -> Server:
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_text(TEXT)
        opened.append(Database.open(address))
        return Server(path, opened[-1])

    yield make
    for database in opened:
        database.close()


def by_hand(path: Path, text: str) -> None:
    """As an editor does: another file in its place."""
    part = path.with_suffix(".swp")
    part.write_text(text)
    part.replace(path)


def test_a_change_and_its_undo_leave_their_rows_and_texts(serve, tmp_path):
    server = serve(tmp_path / "site.yaml")
    number = server.change(4)
    assert (server.fps, server.applied[-1].cameras[0].analyse_fps) == (4, 4)
    row, diff = server.setup.changes.get(LI, number)
    assert text_before(row).decode() == TEXT
    assert text_after(row) == server.path.read_bytes()
    assert "+  - {id: gate, source: ***, analyse_fps: 4}   # first" in diff.splitlines()
    server.setup.changes.undo(LI, number)
    assert server.path.read_text() == TEXT
    assert server.fps == 1
    assert server.history() == [("Li", "setup"), ("Li", "setup"), ("file", "found")]


@pytest.mark.parametrize("where", ["before", "after"])
def test_killed_between_row_and_file_nothing_lies(serve, address, tmp_path, where):
    path = tmp_path / "site.yaml"
    serve(path)
    with running(Child(str(HERE / "setup_writer.py"), str(path), address, where)) as child:
        assert child.line().strip() == "here"
        child.process.kill()
        child.process.wait()
    written = "analyse_fps: 7" in path.read_text()
    assert written == (where == "after")
    # Nothing is claimed until somebody has looked; then what is in the file has its row.
    server = serve(path)
    assert server.history() == [("Li", "setup")] * written + [("file", "found")]
    assert server.fps == (7 if written else 1)
    if written:
        number = server.setup.changes.page(LI, None, 1)[0].id
        server.setup.changes.undo(LI, number)
        assert path.read_text() == TEXT
    # And who comes next changes it as if nothing had been.
    server.change(3)
    assert server.history()[0] == ("Li", "setup")


def test_a_file_that_is_edited_by_hand_is_taken_over_once_it_is_right(serve, tmp_path):
    server = serve(tmp_path / "site.yaml")
    by_hand(server.path, TEXT.replace("analyse_fps: 1", "analyse_fps: 0"))
    server.look()
    assert server.following.problem is not None
    assert "site.yaml:3: cameras.0.analyse_fps" in server.following.problem
    assert (server.fps, server.applied) == (1, [])
    with pytest.raises(SiteFileWrong, match=r"site\.yaml:3"):
        server.change(2, "yard")
    assert server.history() == [("file", "found")]

    changed = TEXT.replace("analyse_fps: 1", "analyse_fps: 5").replace("workers: 1", "workers: 2")
    by_hand(server.path, changed)
    server.following.look()
    assert server.fps == 1, "it may still be written to"
    server.following.look()
    assert (server.fps, server.following.problem) == (5, None)
    assert server.applied[-1].cameras[0].analyse_fps == 5
    # How many processes there are is for the next start.
    assert server.following.waits == ("workers",)
    assert server.in_force.now.workers == 1
    newest = server.setup.changes.page(LI, None, 1)[0]
    assert (newest.by, newest.what, newest.parts) == ("file", "file", ["cameras", "workers"])
    server.setup.changes.undo(LI, newest.id)
    assert server.path.read_text() == TEXT
    assert server.following.waits == ()


def test_what_was_edited_while_no_server_ran_is_entered_at_the_next_start(serve, tmp_path):
    path = tmp_path / "site.yaml"
    serve(path).change(2)
    by_hand(path, TEXT)
    assert serve(path).history()[:2] == [("file", "file"), ("Li", "setup")]


def test_what_was_edited_by_hand_just_before_a_change_has_a_row_of_its_own(serve, tmp_path):
    server = serve(tmp_path / "site.yaml")
    by_hand(server.path, TEXT.replace("yard.mp4", "other.mp4"))
    number = server.change(2)
    assert server.history() == [("Li", "setup"), ("file", "file"), ("file", "found")]
    _, diff = server.setup.changes.get(LI, number)
    assert sum(line[0] in "+-" for line in diff.splitlines()[2:]) == 2
    assert server.in_force.now.cameras[1].source.endswith("other.mp4")


def test_two_servers_of_one_file_see_each_others_changes(serve, tmp_path):
    one, two = serve(tmp_path / "site.yaml"), serve(tmp_path / "site.yaml")
    version = two.setup.cameras.get(LI, "gate")[0].version
    number = one.change(3)
    with pytest.raises(ChangedMeanwhile):
        two.setup.cameras.change(LI, "gate", version, {"analyse_fps": 9})
    two.look()
    assert (two.fps, two.applied[-1].cameras[0].analyse_fps) == (3, 3)
    assert two.history() == one.history() == [("Li", "setup"), ("file", "found")]
    two.setup.changes.undo(LI, number)
    one.look()
    assert one.fps == 1


def test_a_server_with_another_file_leaves_it_and_its_history_alone(serve, address, tmp_path):
    path = tmp_path / "site.yaml"
    one = serve(path)
    with running(Child(str(HERE / "setup_writer.py"), str(path), address, "before")) as child:
        child.line()
        other = serve(tmp_path / "other" / "site.yaml")
        other.change(8)  # while the first is at it
        child.process.kill()
        child.process.wait()
    number = one.change(2)
    assert [what for _, what in one.history()] == ["setup", "setup", "found"]
    with pytest.raises(CannotUndo):
        other.setup.changes.undo(LI, number)
    assert "analyse_fps: 8" in other.path.read_text()
    one.setup.changes.undo(LI, number)
    assert path.read_text() == TEXT


def test_a_database_that_is_away_keeps_the_file_as_it_is(serve, tmp_path, monkeypatch):
    server = serve(tmp_path / "site.yaml")

    def away(*_given: object) -> None:
        raise DatabaseUnavailable("away")

    with monkeypatch.context() as broken:
        broken.setattr(History, "begin", away)
        with pytest.raises(DatabaseUnavailable):
            server.change(2)
    assert server.path.read_text() == TEXT
    # Away once the file is written: the change is in force, and is entered later.
    settle = History.settle
    calls: list[int] = []

    def second_time_away(history: History, content: object) -> None:
        calls.append(1)
        if len(calls) > 1:
            away()
        settle(history, content)  # type: ignore[arg-type]

    with monkeypatch.context() as broken:
        broken.setattr(History, "settle", second_time_away)
        server.change(2)
    assert server.fps == 2
    assert server.history() == [("file", "found")]
    server.look()
    assert server.history() == [("Li", "setup"), ("file", "found")]


def test_a_full_disk_leaves_the_file_and_no_row(serve, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        path = small / "site.yaml"
        path.write_text(TEXT.replace("storage", "") + "storage: {evidence: /tmp}\n")
        before = path.read_text()
        server = serve(path)
        filler = small / "filler"
        with filler.open("wb", buffering=0) as full, suppress(OSError):
            while True:
                full.write(b"x" * 4096)
        with pytest.raises(SiteFileUnwritable, match="the disk is full"):
            server.change(2)
        assert (path.read_text(), server.fps) == (before, 1)
        assert server.history() == [("file", "found")]
        assert sorted(p.name for p in small.iterdir()) == ["filler", "site.yaml"]
        filler.unlink()
        server.change(2)
        subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
        assert server.setup.file is not None
        assert "read-only" in str(server.setup.file.obstacle)
        with pytest.raises(SiteFileUnwritable, match="read-only"):
            server.change(3)
        assert server.fps == 2
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


def test_a_file_that_is_mounted_by_itself_says_what_to_do(serve, tmp_path):
    real, place = tmp_path / "real.yaml", tmp_path / "site.yaml"
    real.write_text(TEXT)
    place.touch()
    if subprocess.run(["mount", "--bind", str(real), str(place)], check=False).returncode:
        pytest.skip("only root may mount a file")
    try:
        server = serve(place)
        with pytest.raises(SiteFileUnwritable, match="mount its folder"):
            server.change(2)
        assert real.read_text() == TEXT
        assert server.history() == [("file", "found")]
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_owner_and_mode_stay(serve, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root may give files away")
    path = tmp_path / "site.yaml"
    path.write_text(TEXT)
    os.chown(path, 1234, 2345)
    path.chmod(0o640)
    serve(path).change(2)
    found = path.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (1234, 2345, 0o640)


def test_a_missing_file_leaves_what_was_in_force(serve, tmp_path):
    server = serve(tmp_path / "site.yaml")
    server.path.unlink()
    server.look()
    assert server.following.problem is not None
    assert server.fps == 1
    with pytest.raises(SiteFileWrong):
        server.change(2)
    server.path.write_text(TEXT)
    server.look()
    assert server.following.problem is None
