"""Real photos of one street without a position, some of them of the same heap."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path

from PIL import ExifTags, Image

from vision.audit import AuditFolder, Auditor, compose, take_in
from vision.engines import open_engine
from vision.site import ModelChoice

BEGAN = datetime(2026, 5, 1, 9, 0)  # noqa: DTZ001 - the phone's local clock
STREET = ("aaefb38d", "c2a48f82", "e3247659", "e807c0f4", "f265a9c8")
"""Frames that show other heaps than those below, by eye."""
HEAP = ("f34e37cf", "82c961d4", "63c48bc1")
"""Frames that show one heap at a bollard, by eye, from further off to nearer; the first shows a
turquoise bag nearer by as well, which is another."""


def test_one_heap_in_three_frames_of_a_walk_is_one(shared_data: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    images = shared_data / "garbage_amsterdam_clip/train/images"
    for number, name in enumerate((*HEAP, *STREET)):
        exif = Image.Exif()
        taken = BEGAN + timedelta(seconds=3 * number)
        lens = exif.get_ifd(ExifTags.IFD.Exif)
        lens[ExifTags.Base.DateTimeOriginal] = f"{taken:%Y:%m:%d %H:%M:%S}"
        with Image.open(images / f"garbage_amsterdam_clip_{name}.webp") as photo:
            photo.convert("RGB").save(tmp_path / f"in/{name}.jpg", quality=95, exif=exif)
    engine = open_engine(ModelChoice())
    try:
        with AuditFolder(tmp_path / "out") as folder:
            auditor = Auditor(folder, engine, "en")
            pictures, problems = auditor.run(take_in([tmp_path / "in"], tmp_path / "out"))
            report = compose(auditor.started_at, auditor.settings, pictures, problems, folder)
    finally:
        engine.close()
    assert not problems
    together = {
        pair
        for violation in report.violations
        for pair in combinations(sorted(s.picture[3:-4] for s in violation.sightings), 2)
    }
    print(
        f"{report.counts.findings} findings are {report.counts.violations} violations: {together}"
    )
    heap = set(combinations(sorted(HEAP), 2))
    assert heap <= together
    # Seen once from far and once from near, by eye; not found so far, as it blurs in between.
    assert together <= heap | {("e3247659", "f265a9c8")}
