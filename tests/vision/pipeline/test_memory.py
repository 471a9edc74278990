"""A camera is its id: what it remembers stays its own whatever becomes of its address and name."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from vision.file_name import file_name
from vision.pipeline.memory import memory_of
from vision.site import Camera


def former(root: Path, camera: str, source: str) -> Path:
    """The folder that earlier versions gave it."""
    folder = root / f"{camera}-{sha256(source.encode()).hexdigest()[:12]}"
    folder.mkdir(parents=True)
    (folder / "rules.json").write_text(source)
    return folder


def read(folder: Path | None) -> str:
    assert folder is not None
    return (folder / "rules.json").read_text()


@pytest.mark.parametrize(
    ("source", "other", "one"),
    [
        ("rtsp://10.0.0.1/1", "rtsp://10.0.0.2/1", True),
        ("rtsp://10.0.0.1/1", "http://10.0.0.1/stream.m3u8", True),
        ("http://10.0.0.1/video.mjpg", "http://10.0.0.2/snapshot.jpg", True),
        ("/dev/video0", "/dev/video1", True),
        ("monday.mp4", "tuesday.mp4", False),
        ("flights/may", "flights/june", False),
        ("http://archive/monday.mp4", "http://archive/tuesday.mp4", False),
    ],
)
def test_a_live_camera_is_its_id_and_a_recording_itself(
    tmp_path: Path, source: str, other: str, one: bool
) -> None:
    first, second = (memory_of(Camera(id="gate", source=s), tmp_path) for s in (source, other))
    assert (first == second) is one


def test_an_upgrade_forgets_nothing(tmp_path: Path) -> None:
    former(tmp_path, "gate", "rtsp://10.0.0.9/1")
    former(tmp_path, "gate", "rtsp://***@10.0.0.1/1")
    former(tmp_path, "gate-2", "rtsp://10.0.0.2/1")
    gate = Camera(id="gate", source="rtsp://user:pass@10.0.0.1/1")
    assert read(memory_of(gate, tmp_path)) == "rtsp://***@10.0.0.1/1"
    moved = Camera(id="gate", source="rtsp://10.0.0.5/1")
    assert read(memory_of(moved, tmp_path)) == "rtsp://***@10.0.0.1/1"


def test_an_upgrade_together_with_a_new_address_forgets_nothing(tmp_path: Path) -> None:
    former(tmp_path, "gate", "rtsp://10.0.0.1/1")
    former(tmp_path, "gate-2", "rtsp://10.0.0.2/1")
    moved = Camera(id="gate", source="rtsp://10.0.0.5/1")
    assert read(memory_of(moved, tmp_path)) == "rtsp://10.0.0.1/1"


def test_a_recordings_folder_is_taken_over_by_that_recording_alone(tmp_path: Path) -> None:
    former(tmp_path, "gate", "monday.mp4")
    tuesday = memory_of(Camera(id="gate", source="tuesday.mp4"), tmp_path)
    assert tuesday is not None
    assert not tuesday.exists()
    assert read(memory_of(Camera(id="gate", source="monday.mp4"), tmp_path)) == "monday.mp4"


def test_a_presets_picture_is_part_of_what_it_is(tmp_path: Path) -> None:
    def dome(picture: bytes, address: str) -> Path | None:
        (tmp_path / "wide.png").write_bytes(picture)
        wide = {"name": "wide", "picture": str(tmp_path / "wide.png")}
        zone = {"name": "z", "preset": "wide", "watch": ["street_vending"]}
        camera = Camera.model_validate(
            {"id": "dome", "source": address, "presets": [wide], "zones": [zone]}
        )
        return memory_of(camera, tmp_path / "memory", "wide")

    picture = sha256(b"1").hexdigest()
    former(tmp_path / "memory", "dome", f"rtsp://10.0.0.1/1 wide {picture}")
    assert read(dome(b"1", "rtsp://10.0.0.1/1")).startswith("rtsp")
    assert dome(b"1", "rtsp://10.0.0.2/1") == dome(b"1", "rtsp://10.0.0.1/1")
    assert dome(b"2", "rtsp://10.0.0.1/1") != dome(b"1", "rtsp://10.0.0.1/1")


def test_names_that_look_alike_are_files_of_their_own() -> None:
    names = ["roof 1", "roof-1", "roof/1", "Roof 1", "roof.1", "北侧人行道", "x" * 300, "..", "CON"]
    files = [file_name(name).casefold() for name in names]
    assert len(set(files)) == len(names)
    assert all(len(f.encode()) < 200 and "/" not in f and f.strip(". ") for f in files)
    assert file_name("a", "b") != file_name("a b") != file_name("a")
