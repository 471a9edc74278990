import json
import os
import signal
import struct
import subprocess
import sys
import threading
import zipfile
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image

from vision.audit import AuditFolder, take_in
from vision.errors import EngineError, EvidenceError

HERE = Path(__file__).parent
FULL = ("overflowing_bin", (20, 20, 80, 120))


def huge_png() -> bytes:
    """A PNG that states 60000 × 60000 pixels and holds none."""
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def test_bad_pictures_are_named_and_the_good_ones_audited(tmp_path, save, run):
    good = save("in/good.png", FULL)
    (tmp_path / "in/zero.jpg").write_bytes(b"")
    (tmp_path / "in/cut.png").write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    (tmp_path / "in/text.jpg").write_text("hello")
    (tmp_path / "in/huge.png").write_bytes(huge_png())
    report, engine = run([tmp_path / "in"], tmp_path / "out")
    assert [p.name for p in report.pictures] == ["in/good.png"]
    causes = {p.name: p.cause for p in report.problems}
    assert list(causes) == ["in/cut.png", "in/huge.png", "in/text.jpg", "in/zero.jpg"]
    assert "0 bytes" in causes["in/zero.jpg"]
    assert "no picture" in causes["in/text.jpg"]
    assert "million pixels" in causes["in/huge.png"]
    assert not any(str(tmp_path) in cause for cause in causes.values())
    assert report.counts.not_audited == 4
    assert engine.looked == 1


def test_the_same_bytes_are_looked_at_once_and_named(tmp_path, save, run):
    first = save("in/1.png", FULL)
    (tmp_path / "in/2.png").write_bytes(first.read_bytes())
    with zipfile.ZipFile(tmp_path / "in/3.zip", "w") as archive:
        archive.write(first, "inside.png")
    report, engine = run([tmp_path / "in"], tmp_path / "out")
    assert engine.looked == 1
    assert [(p.name, p.duplicate_of) for p in report.pictures] == [
        ("in/1.png", None),
        ("in/2.png", "in/1.png"),
        ("in/3.zip/inside.png", "in/1.png"),
    ]
    assert (report.counts.pictures, report.counts.duplicates) == (1, 2)


def test_a_damaged_member_is_one_problem_and_nothing_is_left_unpacked(tmp_path, save, run):
    good = save("good.png", FULL)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(good, "good.png")
        archive.writestr("bad.png", save("bad.png").read_bytes())
    content = bytearray((tmp_path / "a.zip").read_bytes())
    content[content.index(b"bad.png") + 30] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(content)
    report, _ = run([tmp_path / "a.zip"], tmp_path / "out")
    assert [p.name for p in report.pictures] == ["a.zip/good.png"]
    assert "cannot be unpacked" in report.problems[0].cause
    assert not (tmp_path / "out/.unpacked").exists()


def test_a_picture_the_engine_chokes_on_stops_no_other(tmp_path, save, run, colours):
    for n in range(5):
        save(f"in/{n}.png", FULL, shade=90 + n)
    choking = colours.picture(FULL)
    choking[0, 0] = colours.BROKEN
    assert cv2.imwrite(str(tmp_path / "in/3.png"), choking)
    report, _ = run([tmp_path / "in"], tmp_path / "out")
    assert [p.name for p in report.pictures] == [f"in/{n}.png" for n in (0, 1, 2, 4)]
    assert [(p.name, p.cause) for p in report.problems] == [("in/3.png", "the device choked")]


def test_an_engine_that_never_works_ends_the_audit(tmp_path, run, colours):
    choking = colours.picture()
    choking[0, 0] = colours.BROKEN
    assert cv2.imwrite(str(tmp_path / "a.png"), choking)
    with pytest.raises(EngineError, match="choked"):
        run([tmp_path / "a.png"], tmp_path / "out")


def test_derivatives_are_small_and_drawn_on(tmp_path, save, run):
    path = save("a.png", FULL, size=(3200, 1200))
    report, _ = run([path], tmp_path / "out")
    record = report.pictures[0].record
    shown = cv2.imread(str(tmp_path / "out" / record.annotated))
    assert shown.shape == (600, 1600, 3)
    assert record.findings[0].box == (20, 20, 80, 120)  # in pixels of the original
    red = shown[10:60, 10:40].reshape(-1, 3).astype(int)
    assert (np.abs(red - (57, 40, 214)).sum(axis=1) < 60).any()  # the box's colour


def test_people_are_unrecognisable_in_what_is_stored(tmp_path, run, colours):
    pixels = colours.picture(("person", (100, 40, 180, 200)))
    noise = np.random.default_rng(1).integers(0, 255, (100, 60, 3), np.uint8)
    pixels[60:160, 110:170] = noise  # the face, inside the box that the engine reports
    assert cv2.imwrite(str(tmp_path / "a.png"), pixels)
    report, _ = run([tmp_path / "a.png"], tmp_path / "out")
    shown = cv2.imread(str(tmp_path / "out" / report.pictures[0].record.annotated))
    before, after = (p[60:160, 110:170].astype(float) for p in (pixels, shown))
    assert abs(np.corrcoef(before.ravel(), after.ravel())[0, 1]) < 0.3
    assert np.abs(np.diff(after, axis=0)).mean() < 0.2 * np.abs(np.diff(before, axis=0)).mean()


def undated(path: Path):
    tree = json.loads((path / "report.json").read_text())
    assert tree.pop("started_at")
    return tree


def test_a_killed_audit_goes_on_and_writes_the_same_report(tmp_path, save, run):
    for n in range(9):
        shapes = [FULL] if n % 2 else []
        save(f"in/{n}.png", *shapes, shade=90 + n)
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, HERE / "colour_engine.py", tmp_path / "in", out, "5"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=HERE.parents[2],
        env={"PYTHONPATH": str(HERE.parents[2]), "PATH": "/usr/bin:/bin"},
    )
    with process:
        assert process.stdout.readline() == b"here\n"  # it stands before its sixth picture
        with pytest.raises(EvidenceError, match="another audit"), AuditFolder(out):
            pass
        while (out / "journal.jsonl").read_bytes().count(b'"record"') < 2:
            threading.Event().wait(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    kept = (out / "journal.jsonl").read_bytes()
    assert kept.count(b'"record"') == 2  # one batch stored, one under way
    (out / "journal.jsonl").write_bytes(kept + kept.splitlines()[-1][:99])  # a torn last line
    resumed, engine = run([tmp_path / "in"], out)
    assert engine.looked == 7
    undisturbed, _ = run([tmp_path / "in"], tmp_path / "other")
    assert resumed.counts == undisturbed.counts
    assert undated(out) == undated(tmp_path / "other")
    assert sorted(p.name for p in (out / "pictures").iterdir()) == sorted(
        p.name for p in (tmp_path / "other/pictures").iterdir()
    )
    again, engine = run([tmp_path / "in"], out)
    assert (engine.looked, again) == (0, resumed)


def test_a_lost_derivative_or_another_setting_means_another_look(tmp_path, save, run):
    save("in/1.png", FULL)
    save("in/2.png", FULL, shade=50)
    out = tmp_path / "out"
    report, _ = run([tmp_path / "in"], out)
    (out / report.pictures[0].record.annotated).unlink()
    _, engine = run([tmp_path / "in"], out)
    assert engine.looked == 1
    _, engine = run([tmp_path / "in"], out, language="zh")
    assert engine.looked == 2
    assert len(list((out / "pictures").iterdir())) == 2  # the English ones are gone


def test_a_folder_of_something_else_is_refused_untouched(tmp_path):
    (tmp_path / "thesis.doc").write_text("dear")
    with pytest.raises(EvidenceError, match="no audit's"), AuditFolder(tmp_path):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.doc"]
    with pytest.raises(EvidenceError, match="is a file"), AuditFolder(tmp_path / "thesis.doc"):
        pass
    (tmp_path / "journal.jsonl").write_text("my diary\n")
    with pytest.raises(EvidenceError, match="no audit's"), AuditFolder(tmp_path):
        pass
    assert (tmp_path / "journal.jsonl").read_text() == "my diary\n"


def test_a_full_disk_is_said_and_what_was_done_is_kept(tmp_path, save, run, colours, monkeypatch):
    for n in range(6):
        save(f"in/{n}.png", FULL, shade=90 + n)
    whole = AuditFolder.write

    def write(self, name, content, **how):
        if len(list((self.root / "pictures").iterdir())) >= 3:
            with self._writing():
                raise OSError(28, "No space left on device")
        whole(self, name, content, **how)

    with monkeypatch.context() as full:
        full.setattr(AuditFolder, "write", write)
        with pytest.raises(EvidenceError, match=r"No space left on device.*same command again"):
            run([tmp_path / "in"], tmp_path / "out")
    report, engine = run([tmp_path / "in"], tmp_path / "out")
    assert report.counts.pictures == 6
    assert 0 < engine.looked < 6


def test_progress_reaches_the_end(tmp_path, save, colours):
    from vision.audit import Auditor

    for n in range(5):
        save(f"in/{n}.png", shade=90 + n)
    (tmp_path / "in/zero.jpg").write_bytes(b"")
    told = []
    with AuditFolder(tmp_path / "out") as folder:
        auditor = Auditor(folder, colours.ColourEngine(), "en")
        auditor.run(take_in([tmp_path / "in"], tmp_path / "out"), told.append)
    done = [p.done for p in told]
    assert done == sorted(done)
    assert (told[-1].done, told[-1].total, told[-1].not_audited) == (6, 6, 1)


@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_large_picture_is_decoded_smaller_and_reported_in_its_own_pixels(
    tmp_path, run, colours, format_, orientation
):
    from vision.audit.derivative import LONGEST

    box = (400, 300, 1600, 2400)
    pixels = colours.picture(("overflowing_bin", box), size=(4000, 3000))
    stored = np.rot90(pixels) if orientation == 6 else pixels  # 6: shown turned clockwise
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    Image.fromarray(stored[:, :, ::-1].copy()).save(
        tmp_path / "a", format_, exif=exif, quality=100, subsampling=0
    )
    report, _ = run([tmp_path / "a"], tmp_path / "out", engine=colours.ColourEngine(near=8))
    record = report.pictures[0].record
    assert (record.width, record.height) == (4000, 3000)
    assert record.findings[0].box == record.objects[0].box
    assert record.objects[0].box == pytest.approx(box, abs=6)  # of the seam's pixels, each 2.5
    shown = cv2.imread(str(tmp_path / "out" / record.annotated))
    assert shown.shape == (1200, LONGEST, 3)
    red = shown[112:128, 200:600].reshape(-1, 3).astype(int)  # the box's upper edge, drawn
    assert (np.abs(red - (57, 40, 214)).sum(axis=1) < 60).any()


@pytest.mark.parametrize(("width", "looks"), [(4992, 1), (5472, 7)])
def test_a_very_large_picture_is_looked_at_in_tiles_too(tmp_path, run, colours, width, looks):
    box = (2400, 1800, 2600, 2000)  # across the tiles' seams
    pixels = colours.picture(("garbage", box), ("bin", (9, 9, 90, 90)), size=(width, 3648))
    assert cv2.imwrite(str(tmp_path / "a.png"), pixels)
    report, engine = run([tmp_path / "a.png"], tmp_path / "out")
    assert engine.looked == looks
    found = {o.name: o.box for o in report.pictures[0].record.objects}
    assert len(report.pictures[0].record.objects) == 2
    assert found["garbage"] == pytest.approx(box, abs=8)


def test_what_is_to_be_known_of_a_picture_stands_in_the_report(tmp_path, run):
    values = np.linspace(0, 4095, 320 * 240).reshape(240, 320).astype(np.uint16)
    assert cv2.imwrite(str(tmp_path / "thermal.png"), values)
    report, _ = run([tmp_path / "thermal.png"], tmp_path / "out")
    assert "taken for 12 bits" in report.pictures[0].record.note
    assert "taken for 12 bits" in (tmp_path / "out/report.html").read_text(encoding="utf-8")


def test_names_that_are_no_utf8_survive_in_every_form_of_the_report(tmp_path, save, run):
    name = "in/" + os.fsdecode(b"\xff\xfe") + "\x1b[2J.png"
    save(name, FULL)
    (tmp_path / os.fsdecode(b"in/\xff.txt")).write_bytes(b"x")
    run([tmp_path / "in"], tmp_path / "out")
    for form in ("report.html", "report.json", "findings.csv", "annotations.coco.json"):
        text = (tmp_path / "out" / form).read_text(encoding="utf-8")
        assert "\\xff\\xfe" in text.replace("\\\\", "\\"), form
        assert "\x1b" not in text
