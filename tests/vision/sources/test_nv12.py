from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from vision.frames import Clock, Frame, Pixels
from vision.site import Camera
from vision.sources.decoded import Decoded
from vision.sources.framing import Framing
from vision.sources.hardware import hardware
from vision.sources.nv12 import Nv12, scaled_bgr
from vision.sources.on_device import OnDevice, take
from vision.sources.source import open_source

SIZES = [(640, 360), (424, 240), (1280, 720), (1600, 900)]


def taken(picture: VideoFrame, colorspace: int, color_range: int) -> VideoFrame:
    """The picture as a device's decoder gives it, with what its stream states."""
    nv12 = picture.reformat(format="nv12")
    nv12.colorspace, nv12.color_range = colorspace, color_range
    return nv12


def by_ffmpeg(picture: VideoFrame, width: int, height: int) -> Pixels:
    return np.asarray(picture.reformat(width=width, height=height, format="bgr24").to_ndarray())


@pytest.fixture(scope="module")
def picture(shared_data: Path) -> VideoFrame:
    with av.open(str(min((shared_data / "clips").glob("*.mp4")))) as container:
        first = next(container.decode(video=0))
        return first.reformat(width=1280, height=720)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize(
    ("colorspace", "color_range"),
    [
        (Colorspace.ITU709, ColorRange.MPEG),
        (Colorspace.ITU709, ColorRange.JPEG),
        (Colorspace.ITU601, ColorRange.MPEG),
        (2, 0),  # a stream that states nothing
        (9, ColorRange.MPEG),  # BT.2020
    ],
)
def test_a_real_picture_comes_out_as_ffmpeg_makes_it(
    picture: VideoFrame, width: int, height: int, colorspace: int, color_range: int
) -> None:
    nv12 = taken(picture, colorspace, color_range)
    ours = scaled_bgr(Nv12.of(nv12), width, height).numpy().astype(int)
    theirs = by_ffmpeg(nv12, width, height).astype(int)
    assert ours.shape == (height, width, 3)
    assert np.abs(ours - theirs).mean() < 1.0
    assert np.percentile(np.abs(ours - theirs), 99) <= 6


def test_its_copy_is_the_picture(picture: VideoFrame) -> None:
    nv12 = taken(picture, Colorspace.ITU709, ColorRange.MPEG)
    np.testing.assert_array_equal(Nv12.of(nv12).copy().numpy(), nv12.to_ndarray())


@pytest.mark.parametrize("form", ["yuv420p", "p010le", "bgr24"])
def test_another_form_is_refused(picture: VideoFrame, form: str) -> None:
    with pytest.raises(ValueError, match="not taken from the device"):
        Nv12.of(picture.reformat(format=form))


def test_the_kernel_computes_what_torch_does() -> None:
    """By Triton's interpreter, which runs kernels in NumPy where there is no device."""
    done = subprocess.run(
        [sys.executable, "-c", _IN_INTERPRETER],
        env={**os.environ, "TRITON_INTERPRET": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["same"] * 4


_IN_INTERPRETER = """
import torch
from vision.sources.nv12 import Colours, Nv12, scaled_bgr
from vision.sources.nv12_kernel import scaled_bgr_by_kernel
random = torch.Generator().manual_seed(1)
luma = torch.randint(0, 256, (36, 80), dtype=torch.uint8, generator=random)[:, :64]  # a wider line
chroma = torch.randint(0, 256, (18, 32, 2), dtype=torch.uint8, generator=random)
picture = Nv12(luma, chroma, Colours(16, 255 / 219, 2.1, -0.2, -0.5, 1.8))
part = Nv12(luma[6:30, 10:48], chroma[3:15, 5:24], picture.colours)
for picture, width, height in (
    (picture, 22, 12), (picture, 64, 36), (picture, 90, 50), (part, 38, 24)
):
    ours = scaled_bgr_by_kernel(picture, width, height).int()
    theirs = scaled_bgr(picture, width, height).int()
    assert ours.shape == (height, width, 3)
    assert (ours - theirs).abs().max() <= 1, (ours - theirs).abs().max()
    print("same")
"""


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_a_device_makes_the_same_picture(picture: VideoFrame) -> None:
    nv12 = Nv12.of(taken(picture, Colorspace.ITU709, ColorRange.MPEG))
    there = Nv12(nv12.luma.cuda(), nv12.chroma.cuda(), nv12.colours)
    for width, height in SIZES:
        ours = scaled_bgr(there, width, height).cpu().int()
        assert (ours - scaled_bgr(nv12, width, height).int()).abs().max() <= 1


def test_a_picture_on_a_device_gives_what_a_software_decoder_does(picture: VideoFrame) -> None:
    """The same code on a picture that lies here: its small one, and later the whole."""
    nv12 = taken(picture, Colorspace.ITU709, ColorRange.MPEG)
    ours, theirs = OnDevice(nv12, (640, 360)), Decoded(nv12, (640, 360), VideoReformatter())
    nv12.planes[0].update(bytes(nv12.planes[0].buffer_size))  # its decoder writes the next one
    assert (ours.width, ours.height) == (theirs.width, theirs.height)
    assert np.abs(ours.small.astype(int) - theirs.small).mean() < 1.0
    whole = ours.whole()
    assert whole.shape == (720, 1280, 3)
    assert not whole.flags.writeable
    assert ours.whole() is whole
    assert whole.mean() > 10, "it is of its own copy"


def test_a_part_is_cut_where_the_picture_lies(picture: VideoFrame) -> None:
    nv12 = taken(picture, Colorspace.ITU709, ColorRange.MPEG)
    on_device = OnDevice(nv12, (640, 360))
    all_of_it = scaled_bgr(Nv12.of(nv12), 1280, 720)
    parts = [(0, 0, 640, 640), (641, 81, 801, 240), (500, 333, 1280, 720), (1001, 7, 1002, 8)]
    for left, top, right, bottom in parts:
        ours = on_device.cut_there((left, top, right, bottom)).int()
        theirs = all_of_it[top:bottom, left:right].int()
        assert ours.shape == theirs.shape
        assert (ours - theirs).abs().max() <= 1  # sums of another order
    whole = on_device.whole()
    again = on_device.cut_there(parts[1])
    np.testing.assert_array_equal(again, whole[81:240, 641:801], "the planes were let go of")


def test_a_frame_is_taken_from_its_own_device_alone(picture: VideoFrame) -> None:
    on_device = OnDevice(taken(picture, Colorspace.ITU709, ColorRange.MPEG), (640, 360))
    there = Frame(on_device, "gate", datetime.now(UTC), 0)
    here = Frame(there.small, "gate", datetime.now(UTC), 0)
    cpu, other = torch.device("cpu"), torch.device("cuda", 1)
    assert there.on(cpu) is on_device
    assert [there.on(other), there.on(None), here.on(cpu)] == [None] * 3
    np.testing.assert_array_equal(on_device.small_there, there.small)


def test_what_cannot_stay_on_the_device_is_taken_down(
    picture: VideoFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    ten_bits = picture.reformat(format="p010le")
    with pytest.raises(ValueError, match="not taken from the device"):
        OnDevice(ten_bits, (640, 360))
    monkeypatch.setattr("vision.sources.on_device.ON_DEVICE", "p010le")
    took = take(ten_bits, (640, 360), VideoReformatter())
    assert isinstance(took, Decoded)
    assert took.small.shape == (360, 640, 3)


def test_a_video_that_the_device_cannot_decode_is_said_once(
    picture: VideoFrame, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("vision.sources.framing.kept_on_device", lambda _: True)
    framing = Framing("gate", 640, None, "cuda")
    for index in range(3):
        frame = framing.frame(picture, (datetime.now(UTC), Clock.ARRIVAL), index)
        assert frame is not None
        assert frame.small.shape == (360, 640, 3)
    assert caplog.text.count("software does") == 1
    assert "gate" in caplog.text


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_a_device_decodes_a_recording_as_software_does(shared_data: Path) -> None:
    clip = min((shared_data / "clips").glob("*.mp4"))
    seen = {}
    for decoder in ("software", "cuda"):
        camera = Camera(id="c", source=str(clip), analyse_fps=60, pace="fast", decoder=decoder)
        with closing(open_source(camera, image_size=640)) as source:
            seen[decoder] = list(islice(source, 20))
    assert hardware("cuda") is not None
    for ours, theirs in zip(seen["cuda"], seen["software"], strict=True):
        assert isinstance(ours.picture, OnDevice)
        assert np.abs(ours.small.astype(int) - theirs.small).mean() < 3.0
        on = ours.on(torch.device("cuda", 0))
        assert on is ours.picture
        np.testing.assert_array_equal(on.small_there.cpu(), ours.small)
        part = on.cut_there((11, 20, 211, 171)).cpu().int().numpy()
        assert np.abs(ours.pixels.astype(int) - theirs.pixels).mean() < 3.0
        assert np.abs(part - ours.pixels[20:171, 11:211]).mean() < 3.0
