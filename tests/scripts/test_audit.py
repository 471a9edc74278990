import json

import pytest
import typer
from typer.testing import CliRunner

from scripts.commands.audit import audit
from tests.vision.audit.conftest import colours, save
from tests.vision.audit.filming import film
from vision.errors import EngineError, EvidenceError, PictureError

__all__ = ["colours", "save"]  # fixtures, of the audit's own tests

FULL = ("overflowing_bin", (20, 20, 80, 120))


@pytest.fixture
def engine(monkeypatch, colours):
    """The command's engine and truck reader, replaced where it opens them."""
    opened = colours.ColourEngine()

    def no_weights(cameras, engine, min_score):
        raise EngineError("no weights of truck states")

    monkeypatch.setattr("vision.engines.open_engine", lambda choice: opened)
    monkeypatch.setattr("vision.engines.truck_state.open_truck_state", no_weights)
    return opened


@pytest.fixture
def command():
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(audit)

    def run(*arguments):
        return CliRunner().invoke(app, [str(a) for a in arguments])

    return run


def test_bad_items_are_counted_and_the_exit_is_clean(tmp_path, save, command, engine):
    save("in/1.png", FULL)
    (tmp_path / "in/clip.mp4").write_bytes(b"x")
    (tmp_path / "in/zero.jpg").write_bytes(b"")
    done = command(tmp_path / "in", "--out", tmp_path / "out", "--language", "en")
    assert done.exit_code == 0
    assert "1 pictures looked at, 2 not audited; 1 with findings: 1 overflowing bin" in done.stdout
    assert "in/clip.mp4: cannot be opened: it is no video" in done.stderr
    assert "load and dirt are not read" in done.stderr
    assert "done 2 of 2" in done.stderr
    assert engine.closed
    assert (tmp_path / "out/report.html").is_file()


def test_json_prints_the_counts_and_nothing_else(tmp_path, save, command, engine):
    done = command(save("a.png", FULL), "--out", tmp_path / "out", "--json")
    summary = json.loads(done.stdout)
    assert summary["by_kind"]["overflowing_bin"] == 1
    assert summary["report"] == str(tmp_path / "out/report.html")


def test_nothing_readable_is_a_failure_with_a_report(tmp_path, command, engine):
    (tmp_path / "zero.jpg").write_bytes(b"")
    done = command(tmp_path / "zero.jpg", "--out", tmp_path / "out")
    assert isinstance(done.exception, PictureError)
    assert "nothing could be read" in str(done.exception)
    assert (tmp_path / "out/report.json").is_file()


def test_a_video_alone_is_watched(tmp_path, command, engine, colours):
    pictures = [colours.picture(FULL)] * 10
    film(tmp_path / "clip.mov", pictures, [n / 5 for n in range(10)])
    done = command(tmp_path / "clip.mov", "--out", tmp_path / "out", "--language", "en")
    assert done.exit_code == 0, done.output
    assert "0 pictures looked at, 1 video of 2 s watched, 0 not audited; 1 with" in done.stdout
    assert "video 1 of 1, clip.mov: 0 of 2 s" in done.stderr
    assert "done 0" not in done.stderr


def test_a_foreign_folder_is_refused(tmp_path, save, command, engine):
    path = save("photos/a.png", FULL)
    done = command(path, "--out", path.parent)
    assert isinstance(done.exception, EvidenceError)
    assert "no audit's" in str(done.exception)


def test_ctrl_c_says_how_to_go_on(tmp_path, save, command, engine, monkeypatch):
    for n in range(6):
        save(f"in/{n}.png", FULL, shade=90 + n)
    see = engine._see

    def interrupted(image):
        if engine.looked == 5:
            engine.looked += 1
            raise KeyboardInterrupt
        return see(image)

    monkeypatch.setattr(engine, "_see", interrupted)
    stopped = command(tmp_path / "in", "--out", tmp_path / "out")
    assert stopped.exit_code == 130
    assert "Run the same command again" in stopped.stderr
    assert not (tmp_path / "out/report.html").exists()
    done = command(tmp_path / "in", "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert "2 from an earlier run" in done.stderr
    assert "6 pictures looked at" in done.stdout
