"""A newcomer's hour: the README's site from nothing, and what the commands print on the way."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from scripts.commands import serve
from scripts.commands.watch import _Printer
from scripts.streetwarden import app
from scripts.watching import choose_site, home_of
from tests.vision.turning import street, view
from vision.errors import SiteError

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)[0]
SECRET = "whsec_" + base64.b64encode(b"x" * 32).decode()
HEAVY = (
    "torch",
    "supervision",
    "matplotlib",
    "scipy",
    "ultralytics",
    "cv2",
    "fastapi",
    "sqlalchemy",
)


def run(*args: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in args])


def command(*args: object, cwd: Path, **more: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.streetwarden", *map(str, args)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, **more,
    )  # fmt: skip


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The README's site file alone, its variables set, its cameras played by files."""
    monkeypatch.chdir(tmp_path)
    wide = street()
    for name, x in (("gate-now", 0.3), ("bridge-now", 0.7)):
        cv2.imwrite(f"{name}.png", view(wide, x))
    with av.open("DJI_0001.MP4", "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for index in range(10):
            pixels = np.full((96, 160, 3), 40 + 8 * index, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, 5)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    (tmp_path / "site.yaml").write_text(EXAMPLE, encoding="utf-8")
    monkeypatch.setenv("MARKET_GATE_URL", "gate-now.png")
    monkeypatch.setenv("MARKET_DOME_URL", "gate-now.png")
    monkeypatch.setenv("CASE_SECRET", SECRET)
    return tmp_path


def test_the_readmes_site_works_from_nothing(home, monkeypatch):
    missing = run("check", "site.yaml")
    assert isinstance(missing.exception, SiteError)
    assert "presets/gate.jpg: cannot be read" in str(missing.exception)
    for name in ("gate", "bridge"):
        monkeypatch.setenv("MARKET_DOME_URL", f"{name}-now.png")
        taken = run("snapshot", "site.yaml", "--camera", "market-dome", "--preset", name)
        assert taken.exit_code == 0, taken.output
        assert (home / "presets" / f"{name}.jpg").stat().st_size > 1000
    assert run("snapshot", "site.yaml").exit_code == 0
    assert {p.name for p in (home / "var" / "snapshots").iterdir()} == {
        "market-gate.jpg", "market-dome.jpg", "survey.jpg",
    }  # fmt: skip
    checked = run("check", "site.yaml", "--json")
    assert checked.exit_code == 0, checked.output
    told = json.loads(checked.stdout)
    rows = {row["camera"]: row for row in told["cameras"]}
    assert "at preset bridge" in rows["market-dome"]["report"]
    assert "no place on the map: " in rows["survey"]["report"]
    assert told["webhooks"] == [
        {"webhook": "case-system", "ok": True, "report": told["webhooks"][0]["report"]}
    ]
    seen = {p.name for p in (home / "var" / "check").iterdir()}
    assert seen >= {"market-gate.jpg", "market-gate.clean.jpg"}


def test_a_clean_picture_has_nothing_drawn_on_it_and_hides_what_is_private(home):
    assert run("snapshot", "site.yaml", "--camera", "market-gate").exit_code == 0
    now = cv2.imread("gate-now.png").astype(int)
    taken = cv2.imread("var/snapshots/market-gate.jpg").astype(int)
    height, width = now.shape[:2]
    private = np.s_[: int(0.29 * height), : int(0.19 * width)]
    assert abs(taken[private] - 96).mean() < 3
    assert abs(taken[height // 2 :] - now[height // 2 :]).mean() < 12


def test_a_preset_is_saved_where_the_site_says_with_its_own_privacy(home):
    text = EXAMPLE.replace(
        "picture: presets/gate.jpg}",
        "picture: presets/gate.jpg, privacy: [[[0,0],[0.5,0],[0.5,1],[0,1]]]}",
    )
    (home / "site.yaml").write_text(text, encoding="utf-8")
    assert (
        run("snapshot", "site.yaml", "--camera", "market-dome", "--preset", "gate").exit_code == 0
    )
    taken = cv2.imread("presets/gate.jpg").astype(int)
    assert abs(taken[:, :300] - 96).mean() < 3
    assert abs(taken[:, 340:] - 96).mean() > 20


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--camera", "nobody"), "choose from market-gate, market-dome, survey"),
        (("--preset", "gate"), "name it with --camera"),
        (("--camera", "market-dome", "--preset", "roof"), "choose from gate, bridge"),
        (("--camera", "survey", "--preset", "roof"), "it has none"),
    ],
)
def test_snapshot_says_what_there_is(home, more, says):
    assert says in str(run("snapshot", "site.yaml", *more).exception)


def test_snapshot_of_a_bare_source(home):
    done = run("snapshot", "--source", "gate-now.png", "--source", "gone.mp4")
    assert done.exit_code == 1
    assert "camera-1: 640×360: var/snapshots/camera-1.jpg" in done.output
    assert "camera-2: " in done.output
    assert "gone.mp4" in done.output


def test_check_names_every_variable_that_is_missing(home, monkeypatch):
    for name in ("MARKET_GATE_URL", "MARKET_DOME_URL", "CASE_SECRET"):
        monkeypatch.delenv(name)
    told = str(run("check", "site.yaml").exception).splitlines()
    assert [re.search(r"variable (\w+) is not set", line)[1] for line in told] == [
        "MARKET_GATE_URL", "MARKET_DOME_URL", "CASE_SECRET",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        ("whsec_" + base64.b64encode(b"x" * 23).decode(), "has 23 bytes, not 24 to 64"),
        ("whsec_" + base64.b64encode(b"x" * 65).decode(), "has 65 bytes, not 24 to 64"),
        ("whsec_no base 64!", "is not Base64 after whsec_"),
        (base64.b64encode(b"x" * 24).decode(), ""),
        ("whsec_" + base64.b64encode(b"x" * 64).decode(), ""),
    ],
)
def test_check_tests_secrets_and_keeps_them(home, secret, says, monkeypatch):
    monkeypatch.setenv("CASE_SECRET", secret)
    Path("site.yaml").write_text(
        "site: {name: t}\n"
        "webhooks: [{name: w, url: 'https://x.example', secret: '${CASE_SECRET}'}]\n"
    )
    done = run("check", "site.yaml", "--json")
    assert done.exit_code == (1 if says else 0)
    [row] = json.loads(done.stdout)["webhooks"]
    assert says in row["report"]
    assert secret not in done.output


def test_check_tells_where_a_drone_flies(home):
    samples = "".join(
        f"{n}\n00:00:0{n},000 --> 00:00:0{n + 1},000\n[focal_len: 24.00] [latitude: 31.71] "
        "[longitude: 113.38] [rel_alt: 80.000 abs_alt: 150.0] [gb_yaw: 10.0 gb_pitch: -90.0 "
        "gb_roll: 0.0]\n\n"
        for n in range(2)
    )
    Path("DJI_0001.SRT").write_text(samples)
    Path("site.yaml").write_text(
        "site: {name: t}\ncameras: [{id: survey, source: DJI_0001.MP4, type: drone}]\n"
    )
    [row] = json.loads(run("check", "site.yaml", "--json").stdout)["cameras"]
    assert "flies at 113.38000, 31.71000, 80 m up" in row["report"]


def test_keys_need_the_database_alone(home, monkeypatch):
    for name in ("MARKET_GATE_URL", "MARKET_DOME_URL", "CASE_SECRET"):
        monkeypatch.delenv(name)
    made = run("keys", "create", "site.yaml", "--label", "night shift")
    assert made.exit_code == 0, made.exception
    assert (home / "var" / "streetwarden.db").is_file()


def test_bare_sources_keep_their_data_apart(home):
    (home / "a").mkdir()
    folders = {
        home_of(sources)
        for sources in (
            ["clip.mp4"], ["a/clip.mp4"], ["rtsp://u:p@10.0.0.1/1"], ["rtsp://10.0.0.2/1"],
            ["clip.mp4", "a/clip.mp4"], ["0"],
        )
    }  # fmt: skip
    assert len(folders) == 6
    assert {folder.parent for folder in folders} == {Path("var/sources")}
    assert home_of(["rtsp://u:old@10.0.0.1/1"]) == home_of(["rtsp://u:new@10.0.0.1/1"])
    assert home_of(["./clip.mp4"]) == home_of([str(home / "clip.mp4")])
    assert "p@" not in str(home_of(["rtsp://u:secret@10.0.0.1/s?password=secret"]))
    assert "secret" not in str(home_of(["rtsp://u:secret@10.0.0.1/s?password=secret"]))
    site = choose_site(None, ["clip.mp4"])
    assert Path(site.storage.evidence) == home / home_of(["clip.mp4"]) / "evidence"
    assert site.storage.database == f"sqlite:///{home / home_of(['clip.mp4']) / 'streetwarden.db'}"


def test_version_and_help_import_nothing_heavy(tmp_path):
    for wanted in ("--version", "--help"):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "scripts.streetwarden", wanted],
            capture_output=True, text=True, cwd=tmp_path, check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
        assert not imported & set(HEAVY)
    from importlib.metadata import version

    assert run("--version").output == f"streetwarden {version('streetwarden')}\n"


@pytest.mark.parametrize(
    "args", [("doctor", "--json"), ("doctor",), ("--help",), ("keys", "list", "site.yaml")]
)
def test_what_head_cuts_off_ends_quietly_as_other_tools_do(home, args):
    process = command(*args, cwd=home)
    assert process.stdout is not None
    process.stdout.close()  # as `head` does when it has enough
    assert process.stderr is not None
    told = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 128 + signal.SIGPIPE
    assert "Traceback" not in told
    assert "BrokenPipe" not in told


def test_watch_stops_when_nobody_reads_it_any_more(home):
    """Episodes are printed from another thread than the command's own."""
    from threading import Event

    from tests.api.world import make_event

    class Closed:
        def write(self, _: str) -> int:
            raise BrokenPipeError

        def flush(self) -> None:
            raise BrokenPipeError

    stop = Event()
    printer = _Printer(None, stop, as_json=True)
    before, sys.stdout = sys.stdout, Closed()  # type: ignore[assignment]
    try:
        printer(make_event(), [])
        printer(make_event(), [])
    finally:
        sys.stdout = before
    assert stop.is_set()
    assert printer.left


def test_progress_in_plain_lines_tells_how_far_it_is(capsys):
    now = [0.0]
    tell = serve._lines(2, lambda: now[0])
    for now[0], name, share in [
        (1, "a", 0.1),
        (6, "a", 0.5),
        (7, "b", 0.5),
        (20, "a", 1),
        (21, "b", 1),
    ]:
        tell(name, share)
    assert capsys.readouterr().err.splitlines() == [
        "rendering, once: 25%, about 18 s left",
        "rendering, once: 75%, about 7 s left",
        "rendering, once: 100%, about 0 s left",
    ]
