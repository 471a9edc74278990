"""Bad input to commands: one sentence that names the thing, the cause and the next step."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from scripts.streetwarden import app
from scripts.watching import keep_private
from tests.api.opinions.model import model
from tests.vision.turning import preset, street, view
from vision.errors import StreetwardenError


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def _run(*args: object) -> Result:
        return CliRunner().invoke(app, [str(a) for a in args])

    return _run


def refused(result: Result) -> str:
    """The sentence a command ended with."""
    assert result.exit_code != 0
    assert isinstance(result.exception, StreetwardenError), result.exception
    return str(result.exception)


def site_file(folder: Path, cameras: str, more: str = "") -> Path:
    path = folder / "site.yaml"
    path.write_text(f"site: {{name: t}}\n{more}cameras:\n{cameras}", encoding="utf-8")
    return path


def test_command_line_ends_with_one_sentence_and_code_1(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "scripts.streetwarden", "watch", "nowhere.yaml"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        (
            "streetwarden: nowhere.yaml: cannot read the site file (No such file or directory); "
            "give the path of a YAML file"
        )
    ]


def test_watch_wants_a_site_or_a_source(run):
    assert "either a site file or" in refused(run("watch"))


@pytest.mark.parametrize(
    ("name", "content"), [("empty.mp4", b""), ("text.mp4", b"not a video"), ("gone.mp4", None)]
)
def test_watch_names_a_bad_video(run, tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert name in refused(run("watch", "--source", tmp_path / name, "--fast"))


def test_watch_names_bad_weights(run, tmp_path):
    (tmp_path / "broken.pt").write_bytes(b"no weights")
    site = site_file(tmp_path, "  - {id: a, source: x.mp4}\n", "model: {name: broken.pt}\n")
    result = run("watch", site)
    assert result.exit_code != 0
    assert "broken.pt" in str(result.exception)


def test_watch_names_an_unwritable_cases_file(run, tmp_path):
    (tmp_path / "file").write_text("")
    text = refused(run("watch", "--source", "x.mp4", "--cases", tmp_path / "file" / "cases.jsonl"))
    assert "--cases" in text


def test_one_bad_camera_does_not_stop_the_others(run, tmp_path, shared_data):
    clip = shared_data / "clips" / "traffic_side.mp4"
    cameras = (
        "  - {id: gone, source: gone.mp4}\n"
        f"  - {{id: good, source: {clip}, analyse_fps: 1, pace: fast}}\n"
    )
    result = run("watch", site_file(tmp_path, cameras))
    assert result.exit_code == 0, result.exception
    lines = result.output.splitlines()
    assert any(line.startswith("gone: broken") and "gone.mp4" in line for line in lines)
    assert any(line.startswith("good: ended") for line in lines)


def test_check_reports_each_camera_and_fails(run, tmp_path, shared_data):
    clip = shared_data / "clips" / "traffic_side.mp4"
    zones = "zones: [{name: all, watch: [overflowing_bin]}]"
    cameras = f"  - {{id: gone, source: gone.mp4}}\n  - {{id: good, source: {clip}, {zones}}}\n"
    result = run("check", site_file(tmp_path, cameras), "--json")
    assert result.exit_code == 1
    [kind] = json.loads(result.stdout)["kinds"]
    assert (kind["kind"], kind["ok"]) == ("overflowing_bin", True)
    assert kind["report"].endswith("seen by streetwarden-n as overflowing_bin, garbage")
    rows = {r["camera"]: r for r in json.loads(result.stdout)["cameras"]}
    assert not rows["gone"]["ok"]
    assert "gone.mp4" in rows["gone"]["report"]
    assert rows["good"]["ok"]
    assert (tmp_path / "var" / "check" / "good.jpg").stat().st_size > 1000


def test_check_asks_the_sites_model_about_a_grey_picture(run, tmp_path):
    gone = "  - {id: gone, source: gone.mp4}\n"
    with model() as there:
        asks = f"second_opinion: {{url: '{there.url}', model: small-vl, key: sk-secret}}\n"
        site = site_file(tmp_path, gone, asks)
        result = run("check", site, "--json")
        told = json.loads(result.stdout)["second_opinion"]
        assert told["ok"]
        assert told["report"].startswith("qwen-vl says yes of a grey picture, in ")
        (shown,) = there.pictures
        pixels = cv2.imdecode(np.frombuffer(shown, np.uint8), cv2.IMREAD_COLOR)
        assert (int(pixels.min()), int(pixels.max())) == (128, 128)
        there.says = "A grey picture."
        result = run("check", site)
    assert result.exit_code == 1
    lines = " ".join(result.output.split())
    assert "no second opinion: what 127.0.0.1" in lines
    assert "is not JSON" in lines
    assert "sk-secret" not in result.output


def test_check_tries_the_storage_of_evidence(run, tmp_path, s3, line):
    storage = (
        "storage: {evidence: s3://evidence/east, s3: {region: us-east-1, key: test, secret: test,"
        f" endpoint: '{line.url}'}}}}\n"
    )
    site = site_file(tmp_path, "  - {id: gone, source: gone.mp4}\n", storage)
    told = json.loads(run("check", site, "--json").stdout)["evidence"]
    assert told == {"ok": True, "report": "s3://evidence/east takes, gives and deletes"}
    assert s3.objects() == {}, "nothing is left there"
    line.away = True
    told = json.loads(run("check", site, "--json").stdout)["evidence"]
    assert not told["ok"]
    assert "s3://evidence/east/: cannot be used" in told["report"]


@pytest.mark.parametrize(("x", "said"), [(0.3, "at preset gate"), (0.5, "at none of its presets")])
def test_check_says_which_preset_is_shown_and_hides_what_it_hides(run, tmp_path, x, said):
    wide = street()
    cv2.imwrite(str(tmp_path / "now.png"), view(wide, x))
    preset(tmp_path, "gate", view(wide, 0.3))
    cameras = (
        "  - id: dome\n    source: now.png\n"
        "    presets: [{name: gate, picture: gate.png, privacy: [[[0, 0], [0.3, 0], [0, 0.3]]]}]\n"
        "    zones: [{name: pavement, preset: gate, watch: [street_vending],"
        " polygon: [[0.6, 0.6], [0.9, 0.6], [0.9, 0.9]]}]\n"
    )
    result = run("check", site_file(tmp_path, cameras), "--json")
    assert result.exit_code == 0, result.exception
    [row] = json.loads(result.stdout)["cameras"]
    assert said in row["report"]
    seen = cv2.imread(str(tmp_path / "var" / "check" / "dome.jpg"))
    hidden = seen[20:80, 20:80] if x == 0.3 else seen
    assert hidden.mean() == pytest.approx(96, abs=5)
    # Boxes are drawn over it; a picture that is not hidden has hardly a pixel of this grey.
    assert (np.abs(hidden.astype(int) - 96) < 12).mean() > 0.9


def test_check_lists_mistakes_of_the_site_file(run, tmp_path):
    text = refused(run("check", site_file(tmp_path, "  - {id: a}\n  - {id: b, sourc: x}\n")))
    assert "site.yaml:3:" in text
    assert "correct its spelling" in text


def test_serve_names_a_busy_port(run, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        text = refused(run("serve", "--source", "x.mp4", "--port", port))
    assert str(port) in text
    assert "--port" in text


def test_doctor_reports_as_json(run):
    report = json.loads(run("doctor", "--json").stdout)
    assert report["packages"]["ok"]
    assert report["weights"]["ok"], report["weights"]
    assert "torch" in report["packages"]["report"]


def test_keys_are_shown_once_and_can_be_revoked(run, tmp_path):
    site = site_file(tmp_path, "  - {id: a, source: x}\n")
    made = run("keys", "create", site, "--label", "night shift", "--role", "reviewer")
    assert made.exit_code == 0, made.exception
    key = next(w for w in made.output.split() if w.startswith("sw_"))
    listed = run("keys", "list", site, "--json").stdout
    (row,) = json.loads(listed)
    assert row["label"] == "night shift"
    assert row["active"]
    assert key not in listed
    run("keys", "revoke", site, row["id"])
    assert not json.loads(run("keys", "list", site, "--json").stdout)[0]["active"]


def test_the_list_of_keys_says_what_each_sees_and_until_when(run, tmp_path):
    site = site_file(tmp_path, "  - {id: gate, source: gate.mp4}\n")
    scope = ("--camera", "gate", "--kind", "dirty_truck", "--expires", "2d")
    assert run("keys", "create", site, "--label", "east", "--role", "viewer", *scope).exit_code == 0
    assert run("keys", "create", site, "--label", "night").exit_code == 0
    east, night = json.loads(run("keys", "list", site, "--json").stdout)
    assert (east["cameras"], east["kinds"]) == (["gate"], ["dirty_truck"])
    assert (night["cameras"], night["kinds"]) == (None, None)
    _, first, second = run("keys", "list", site).stdout.splitlines()
    until = east["expires_at"][:16].replace("T", " ")
    assert first.split("  ")[-1].strip() == until
    assert "gate; dirty_truck" in first
    assert "all" in second.split()


def test_a_key_for_what_is_not_there_is_told(run, tmp_path):
    site = site_file(tmp_path, "  - {id: gate, source: gate.mp4}\n")
    wrong = refused(run("keys", "create", site, "--label", "x", "--kind", "strret_vending"))
    assert "street_vending" in wrong
    made = run("keys", "create", site, "--label", "x", "--camera", "gaet", "--camera", "gate")
    assert made.exit_code == 0, "a camera may be added later"
    assert "gaet: no camera of this site file" in made.output
    assert "gate: no camera" not in made.output


def test_a_label_is_only_a_label(run, tmp_path):
    """What people write into a label is shown as it is, and no command of the terminal."""
    site = site_file(tmp_path, "  - {id: gate, source: gate.mp4}\n")
    for label in ("[/x]", "[red]night[/red]", "[link=http://x]y"):
        assert run("keys", "create", site, "--label", label).exit_code == 0
    listed = run("keys", "list", site)
    assert listed.exit_code == 0, listed.exception
    for label in ("[/x]", "[red]night[/red]", "[link=http://x]y"):
        assert label in listed.stdout


@pytest.mark.parametrize("made", [False, True], ids=["new", "of an earlier version"])
def test_folders_of_evidence_are_for_their_owner(tmp_path, made):
    folder = tmp_path / "var" / "evidence"
    before = os.umask(0o022)
    try:
        if made:
            folder.mkdir(parents=True, mode=0o755)
        keep_private(folder)
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == (0o750 if made else 0o700)
    (tmp_path / "file").write_text("")
    keep_private(tmp_path / "file" / "evidence")  # what writes there says why it cannot


def test_lists_are_measured(run):
    measured = json.loads(run("bench", "api", "--cases", "300", "--rounds", "1", "--json").stdout)
    assert measured["cases"] == 300
    assert {"stage", "near", "key of a quiet camera"} <= set(measured["ms"]["SQLite"])
    assert "busy camera + stage" in run("bench", "api", "--cases", "300").stdout


def test_webhooks_are_measured_beside_the_bare_client(run):
    asked = ("bench", "webhook", "--cases", "5", "--rounds", "1")
    measured = json.loads(run(*asked, "--json").stdout)
    assert set(measured["sent"]) == {"httpx alone", "SQLite"}
    for sent in measured["sent"].values():
        assert sent["per_s"] > 0
        assert 0 < sent["p50_ms"] <= sent["p99_ms"]
    assert "5 webhooks of" in run(*asked).stdout


def test_the_doctor_tells_the_limit_of_open_files(run):
    report = json.loads(run("doctor", "--json").stdout)
    assert "open files" in report["open files"]["report"]


def test_keys_name_the_roles(run, tmp_path):
    site = site_file(tmp_path, "  - {id: a, source: x}\n")
    assert "auditor" in refused(run("keys", "create", site, "--label", "x", "--role", "king"))


def test_users_are_added_changed_and_kept_out_by_the_command_line(run, tmp_path, monkeypatch):
    site = site_file(tmp_path, "  - {id: gate, source: gate.mp4}\n")
    file = tmp_path / "password.txt"
    file.write_text("korrekt horse battery\n", encoding="utf-8")
    scope = ["--division", "421303", "--unit", "East squad"]
    made = run("users", "add", "Li.Wei", site, "--role", "admin", "--password-file", file, *scope)
    assert made.exit_code == 0, made.output
    monkeypatch.setenv("STREETWARDEN_PASSWORD", "four words of his own")
    assert run("users", "add", "wang", site).exit_code == 0
    monkeypatch.delenv("STREETWARDEN_PASSWORD")
    assert run("users", "role", "wang", "officer", site).exit_code == 0
    assert run("users", "disable", "li.wei", site).exit_code == 0
    li, wang = json.loads(run("users", "list", site, "--json").stdout)
    assert (li["name"], li["label"], li["unit"]) == ("li.wei", "Li.Wei", "East squad")
    assert (li["role"], li["active"], li["divisions"]) == ("admin", False, ["421303"])
    assert (wang["role"], wang["active"]) == ("officer", True)
    assert "argon2" not in run("users", "list", site, "--json").stdout
    assert run("users", "password", "li.wei", site, "--password-file", file).exit_code == 0
    for wrong in (
        ["add", "li.wei", site, "--password-file", file],
        ["add", "zhao", site, "--role", "boss", "--password-file", file],
        ["add", "zhao", site, "--kind", "strret_vending", "--password-file", file],
        ["role", "nobody", "admin", site],
    ):
        assert refused(run("users", *wrong))
    asked = run("users", "add", "--help").stdout
    assert "--password-file" in asked
    assert "--password " not in asked, "a command line is read by everybody on the machine"
