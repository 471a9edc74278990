"""VideoFile: a video as it lies on disk, and what its container says of it before it is decoded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from av.video.reformatter import ColorTrc

from vision.audit.intake.items import Item
from vision.errors import SourceBroken
from vision.files import is_file
from vision.sources.address import PICTURE_SUFFIXES, as_text, parse_address
from vision.sources.container import duration, open_container, video_stream
from vision.sources.listing import sidecar
from vision.sources.timeline import stated_start

_LISTS = frozenset(
    ("hls", "concat", "dash", "imf", "image2", "image2pipe", "rtsp", "sdp", "ffmetadata", "lavfi")
)
"""FFmpeg's formats that are no videos but name other files, which nobody gave to be audited."""
_HDR = frozenset((ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67))
_HIGHEST_RATE = 240.0  # frames/s that are believed


@dataclass(frozen=True, slots=True)
class VideoFile:
    """A video on disk.

    Attributes:
        source: its address, as a camera's.
        path: of it, as errors name it.
        sha256, telemetry_sha256: of its bytes, and of those of the text beside it ("" for none).
    """

    source: str
    path: Path
    sha256: str
    telemetry_sha256: str

    @classmethod
    @contextmanager
    def of(cls, item: Item, scratch: Path) -> Iterator[Self]:
        """An item of the intake, unpacked into `scratch` while the context lasts, and hashed.

        Raises:
            PictureError: it is in a zip and cannot be unpacked.
            OSError: it cannot be read.
        """
        with item.local(scratch) as given, _called_a_video(given.absolute(), scratch) as path:
            beside = sidecar(given, is_file)
            yield cls(as_text(str(path)), path, _hash(path), _hash(beside) if beside else "")

    def facts(self) -> Facts:
        """What the container says.

        Raises:
            SourceError: it is no video, has no picture, or only names other files.
        """
        address = parse_address(self.source)
        with open_container(address, "software") as container:
            if _LISTS & set(container.format.name.split(",")):
                raise SourceBroken("is a list that names other files, no video; give those files")
            stream = video_stream(container, address)
            rate = float(stream.average_rate or stream.guessed_rate or 0)
            began = stated_start(container.metadata)
            return Facts(
                seconds=duration(container, stream),
                fps=round(rate, 3) if 0 < rate <= _HIGHEST_RATE else 0.0,
                taken_at=began.isoformat(timespec="seconds") if began is not None else "",
                # What a drone tells lies beside its video, or inside as subtitles or as KLV.
                telemetry=bool(
                    self.telemetry_sha256
                    or container.streams.subtitles
                    or any(stream.name == "klv" for stream in container.streams.data)
                ),
                hdr=stream.codec_context.color_trc in _HDR,
            )


@dataclass(frozen=True, slots=True)
class Facts:
    """What a container says of its video; nobody has decoded it yet.

    Attributes:
        seconds, fps: 0 where it does not say.
        taken_at: when it began, ISO 8601; "" where it does not say.
        telemetry: there may be a drone's telemetry.
        hdr: high dynamic range, which is shown paler than a phone shows it.
    """

    seconds: float
    fps: float
    taken_at: str
    telemetry: bool
    hdr: bool


@contextmanager
def _called_a_video(path: Path, scratch: Path) -> Iterator[Path]:
    """The same file under a name that is taken for a video's: what it is its content tells."""
    if path.suffix.lower() not in PICTURE_SUFFIXES:
        yield path
        return
    link = scratch / "video"
    link.symlink_to(path)
    try:
        yield link
    finally:
        with suppress(OSError):
            link.unlink()


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
