"""User data in H.264 and H.265, as encoders and cameras write it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import av
import pytest
from av.container import InputContainer

from vision.sources.user_data import SIGNATURES, user_data

X264 = UUID("dc45e9bd-e6d9-48b7-962c-d820d923eeef")  # with which x264 names itself
X265 = UUID("2ca2de09-b517-47db-bb55-a4fe7fc2fc4e")
ONVIF = next(uuid for uuid, name in SIGNATURES.items() if name == "onvif_media_signing")


def of(container: InputContainer) -> dict[UUID, int]:
    stream = container.streams.video[0]
    packets = [bytes(packet) for packet in container.demux(stream)]
    return user_data(packets, stream.codec.name, stream.codec_context.extradata)


@pytest.mark.parametrize(("codec", "named"), [("libx264", X264), ("libx265", X265)])
def test_what_an_encoder_says_of_itself_is_found(
    make_video: Callable[..., Path], tmp_path: Path, codec: str, named: UUID
) -> None:
    with av.open(make_video("sent.ts", codec=codec)) as sent:
        by_start_codes = of(sent)
    with (
        av.open(tmp_path / "sent.ts") as sent,
        av.open(tmp_path / "remuxed.mp4", "w") as remuxed,
    ):
        stream = remuxed.add_stream_from_template(sent.streams.video[0])
        for packet in sent.demux(video=0):
            if packet.size:
                packet.stream = stream
                remuxed.mux(packet)
    with av.open(tmp_path / "remuxed.mp4") as remuxed:
        by_lengths = of(remuxed)
    assert by_start_codes == by_lengths
    assert by_start_codes.keys() == {named}


def test_of_other_codecs_nothing_is_said(make_video: Callable[..., Path]) -> None:
    with av.open(make_video("sent.mp4", codec="mpeg4")) as container:
        assert of(container) == {}


def test_messages_behind_others_and_long_ones_are_found() -> None:
    timing = bytes([1, 2, 9, 9])
    long = bytes([5, 255, 60]) + ONVIF.bytes + bytes(range(1, 0xFF)) + bytes(45)
    unit = b"\x00\x00\x01\x06" + timing + long + bytes([5, 16]) + X264.bytes + b"\x80"
    assert user_data([unit], "h264") == {ONVIF: 1, X264: 1}
    hevc = b"\x00\x00\x00\x01\x4e\x01" + bytes([5, 16]) + ONVIF.bytes + b"\x80"
    assert user_data([hevc, hevc], "hevc") == {ONVIF: 2}


@pytest.mark.parametrize(
    "unit",
    [b"", b"\x06", b"\x06\x05", b"\x06\x05\xff", b"\x06\x05\x40abc", b"\x06\xff\xff", b"\x65" * 40],
)
def test_what_is_cut_off_is_no_user_data(unit: bytes) -> None:
    assert user_data([b"\x00\x00\x01" + unit, unit], "h264") == {}
    lengths = b"\x01\x64\x00\x1f\xff"
    assert (
        user_data([len(unit).to_bytes(4) + unit, b"\x00\x00\xff\xff" + unit], "h264", lengths) == {}
    )
