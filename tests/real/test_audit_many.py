"""Many real photos in one audit, some broken, killed on its way: all named, nothing done twice."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
COMMAND = "from scripts.streetwarden import main; main()"


def cut(share: float, suffix: str) -> Callable[[Path, Path], Path]:
    """A photo in this format, cut off."""

    def make(photo: Path, at: Path) -> Path:
        path = at.with_suffix(suffix)
        with Image.open(photo) as image:
            image.convert("RGB").save(path)
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
        return path

    return make


def holds(content: bytes, suffix: str) -> Callable[[Path, Path], Path]:
    """Something else under a photo's name."""

    def make(_: Path, at: Path) -> Path:
        at.with_suffix(suffix).write_bytes(content)
        return at.with_suffix(suffix)

    return make


def measurements(_: Path, at: Path) -> Path:
    Image.fromarray(np.ones((40, 40), np.float32)).save(at.with_suffix(".tif"))
    return at.with_suffix(".tif")


def bomb(_: Path, at: Path) -> Path:
    """A few hundred bytes that state 900 million pixels."""
    head = (30_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    path = at.with_suffix(".png")
    Image.new("RGB", (1, 1)).save(path)
    content = path.read_bytes()
    crc = zlib.crc32(b"IHDR" + head).to_bytes(4, "big")
    path.write_bytes(content[:16] + head + crc + content[33:])
    return path


def flipped(photo: Path, at: Path) -> Path:
    """A PNG whose middle a bad disk has changed."""
    path = cut(1.0, ".png")(photo, at)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 600] = bytes(600)
    path.write_bytes(content)
    return path


WAYS = (
    holds(b"", ".jpg"),
    cut(0.5, ".jpg"),
    cut(0.5, ".webp"),
    holds(b"<html>404 Not Found</html>", ".jpg"),
    bomb,
    flipped,
    cut(0.4, ".png"),
    cut(0.5, ".avif"),
    cut(0.5, ".tif"),
    measurements,
    holds(b"\xff\xd8\xff\xe0" + bytes(4000), ".jpeg"),
    holds(b"RIFF\x24\0\0\0WEBPVP8 ", ".webp"),
    holds(random.Random(1).randbytes(5000), ".png"),
    holds(bytes(9000), ".bmp"),
    holds("不是照片".encode("utf-16"), ".gif"),
)


def fill(folder: Path, data: Path, count: int, broken: int) -> set[str]:
    """Links to real photos of all folders, and broken ones among them; these ones' names."""
    all_ = sorted(p for p in data.glob("*/*/images/*") if p.is_file())
    photos = random.Random(0).sample(all_, count - broken)
    for number, photo in enumerate(photos):
        day = folder / f"day {number % 7}"
        day.mkdir(parents=True, exist_ok=True)
        (day / f"{number:04}{photo.suffix}").symlink_to(photo)
    named = set()
    for number in range(broken):
        at = folder / f"day {number % 7}" / f"broken {number:02}"
        path = WAYS[number % len(WAYS)](photos[number], at)
        named.add(f"{folder.name}/{path.relative_to(folder)}")
    return named


class Run:
    """One start of the command, and what it takes."""

    def __init__(self, folder: Path, out: Path) -> None:
        self._out = out
        self.memory: list[tuple[int, float]] = []
        """After so many records, 2^20 bytes resident, its decoders included."""
        self._process = psutil.Popen(
            [sys.executable, "-c", COMMAND, "audit", str(folder), "--out", str(out), "--json"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def to_end(self) -> dict[str, int]:
        """Its summary, once it has ended by itself."""
        while self._process.poll() is None:
            self._look()
            threading.Event().wait(0.2)
        told, _ = self._process.communicate()
        assert self._process.returncode == 0
        summary: dict[str, int] = json.loads(told)
        return summary

    def killed_after(self, records: int) -> None:
        """Kill it when the journal has that many; its decoders end with it."""
        while recorded(self._out) < records:
            assert self._process.poll() is None
            threading.Event().wait(0.02)
        children = self._process.children()
        assert children
        self._process.kill()
        self._process.communicate()
        _, alive = psutil.wait_procs(children, timeout=30)
        assert alive == []

    def _look(self) -> None:
        try:
            family = [self._process, *self._process.children()]
            held = sum(one.memory_info().rss for one in family) / 2**20
        except psutil.NoSuchProcess:
            return
        self.memory.append((recorded(self._out), held))


def recorded(out: Path) -> int:
    """How many records the journal has."""
    path = out / "journal.jsonl"
    return path.read_bytes().count(b'"record":') if path.exists() else 0


def journal(out: Path) -> list[dict]:
    """The records that are whole."""
    if not (out / "journal.jsonl").exists():
        return []
    lines = (out / "journal.jsonl").read_bytes().splitlines(keepends=True)
    whole = [json.loads(line) for line in lines if line.endswith(b"\n")]
    return [line["record"] for line in whole if "record" in line]


@pytest.mark.parametrize(
    ("count", "broken", "kills"),
    [(60, 6, 1), pytest.param(2000, 30, 4, marks=[pytest.mark.soak, pytest.mark.timeout(7200)])],
)
def test_many_photos_some_broken_and_the_audit_killed(shared_data, tmp_path, count, broken, kills):
    folder, out = tmp_path / "in", tmp_path / "out"
    named = fill(folder, shared_data, count, broken)
    chance = random.Random(count)
    kept: dict[str, int] = {}
    for number in range(kills):
        due = int((number + chance.uniform(0.2, 0.8)) * (count - broken) / (kills + 1))
        Run(folder, out).killed_after(max(1, due))
        kept |= {r["annotated"]: (out / r["annotated"]).stat().st_mtime_ns for r in journal(out)}
    run = Run(folder, out)
    summary = run.to_end()
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert {p["name"] for p in report["problems"]} == named
    assert all(len(p["cause"]) > 10 for p in report["problems"])
    copies = sum(p["duplicate_of"] is not None for p in report["pictures"])
    assert summary["pictures"] + copies == count - broken
    # What was in the journal when it was killed was neither looked at nor drawn again.
    assert len(kept) >= kills
    assert all((out / name).stat().st_mtime_ns == made for name, made in kept.items())
    looks = Counter(r["sha256"] for r in journal(out))
    assert set(looks.values()) == {1}
    print(f"{len(kept)} of {count} were kept over {kills} kills; {summary}")
    if count >= 1000:
        halfway = [m for n, m in run.memory if n > (run.memory[0][0] + len(looks)) / 2]
        third = len(halfway) // 3
        first, last = np.mean(halfway[:third]), np.mean(halfway[-third:])
        print(f"resident at most {max(m for _, m in run.memory):.0f} MB; second half, its first "
              f"and last third: {first:.0f} and {last:.0f} MB")  # fmt: skip
        assert last < first + 30
