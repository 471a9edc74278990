from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import av
import psutil
import pytest

from vision.errors import SourceBroken, SourceUnavailable
from vision.frames import Clock
from vision.site import Camera
from vision.sources.hardware import _opened, hardware
from vision.sources.source import open_source
from vision.sources.video import Video as Decoder


def test_every_frame_arrives_in_order_with_its_time(
    make_video: Callable[..., Path], read_all: Callable, index_of: Callable
) -> None:
    start = "2026-03-01T08:00:00.000000Z"
    clip = make_video(frames=25, metadata={"creation_time": start})
    frames, source = read_all(clip, analyse_fps=10)
    assert [f.index for f in frames] == list(range(25))
    assert [index_of(f.pixels) for f in frames] == list(range(25))
    begin = datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert [f.captured_at - begin for f in frames] == [timedelta(seconds=n / 10) for n in range(25)]
    assert {f.clock for f in frames} == {Clock.MEDIA}
    assert (source.live, source.trouble) == (False, None)


def test_only_due_frames_are_handed_over(
    make_video: Callable[..., Path], read_all: Callable
) -> None:
    frames, _ = read_all(make_video(frames=80, fps=8), analyse_fps=5)
    assert len(frames) == 50
    frames, _ = read_all(make_video(frames=80, fps=8, gop=80), analyse_fps=0.5)
    assert [f.index for f in frames] == [0, 8, 24, 40, 56, 72]


@pytest.mark.parametrize(
    "coding",
    [
        {"codec": "libx264", "preset": "ultrafast"},
        {"codec": "libx264", "preset": "medium"},  # with reordered frames
        {"codec": "libx265", "preset": "fast"},
        {"codec": "mpeg4"},
    ],
)
def test_key_frames_alone_are_decoded_where_they_are_enough(
    make_video: Callable[..., Path],
    read_all: Callable,
    index_of: Callable,
    monkeypatch: pytest.MonkeyPatch,
    coding: dict[str, str],
) -> None:
    decoded = []
    own = Decoder._pictures

    def watched(self: Decoder, packet: av.Packet) -> list[av.VideoFrame]:
        pictures = own(self, packet)
        decoded.extend(pictures)
        return pictures

    monkeypatch.setattr(Decoder, "_pictures", watched)
    clip = make_video(frames=200, fps=10, **coding)  # a key frame each 0.5 s
    frames, source = read_all(clip, analyse_fps=1)
    assert source.trouble is None
    with av.open(clip) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    keys = {round(float(p.pts * p.time_base) * 10) for p in packets if p.is_keyframe}
    assert len(keys) < 60
    begin = frames[0].captured_at
    numbers = [round((f.captured_at - begin).total_seconds() * 10) for f in frames]
    assert set(numbers[4:]) <= keys
    assert len(numbers) in (20, 21)
    assert [index_of(f.pixels) for f in frames] == [n % 28 for n in numbers]
    assert len(decoded) <= len(keys) + 30  # of the first seconds all
    assert [f.index for f in frames] == pytest.approx(numbers, abs=4)  # counted in coded order
    decoded.clear()
    frames, _ = read_all(clip, analyse_fps=2.5)  # key frames come too seldom for this
    assert len(decoded) == 200
    assert [index_of(f.pixels) for f in frames] == [f.index % 28 for f in frames]


def test_pictures_come_scaled_and_whole_on_demand(
    make_video: Callable[..., Path], read_all: Callable, index_of: Callable
) -> None:
    clip = make_video(width=320, height=192, rotation=90)
    whole, _ = read_all(clip, analyse_fps=10)
    scaled, _ = read_all(clip, analyse_fps=10, image_size=160)
    for before, after in zip(whole, scaled, strict=True):
        assert before.small is before.pixels
        assert after.small.shape == (160, 96, 3)
        assert index_of(after.small) == index_of(before.pixels)
        assert (after.width, after.height) == (192, 320)
        assert (after.pixels == before.pixels).all()
        assert after.pixels is after.pixels
        assert not after.pixels.flags.writeable
        assert not after.small.flags.writeable
    larger, _ = read_all(clip, analyse_fps=10, image_size=640)
    assert larger[0].small.shape == (320, 192, 3)  # the model's input is filled by the engine


def test_frame_size_may_change_in_mid_stream(
    make_video: Callable[..., Path], read_all: Callable, index_of: Callable, tmp_path: Path
) -> None:
    small = make_video("small.ts", frames=10)
    large = make_video("large.ts", frames=10, first_pts=10, width=320, height=240)
    both = tmp_path / "both.ts"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    frames, _ = read_all(both, analyse_fps=10)
    sizes = [(f.width, f.height) for f in frames]
    assert sizes == [(160, 96)] * 10 + [(320, 240)] * 10
    assert [index_of(f.pixels) for f in frames] == [*range(10), *range(10)]


def test_time_goes_on_where_presentation_time_starts_again(
    make_video: Callable[..., Path], read_all: Callable, tmp_path: Path
) -> None:
    part = make_video("part.ts", frames=10).read_bytes()
    twice = tmp_path / "twice.ts"
    twice.write_bytes(part + part)
    frames, _ = read_all(twice, analyse_fps=10)
    times = [f.captured_at for f in frames]
    assert len(times) >= 19
    assert times == sorted(times)
    assert times[-1] - times[0] == pytest.approx(timedelta(seconds=1.9), abs=timedelta(seconds=0.2))


@pytest.mark.parametrize("pace", ["fast", "realtime"])
@pytest.mark.parametrize("order", [(0, 36_000), (36_000, 0)], ids=["ahead", "back"])
def test_a_leap_of_ten_hours_is_a_seam(
    make_video: Callable[..., Path],
    read_all: Callable,
    tmp_path: Path,
    order: tuple[int, int],
    pace: str,
) -> None:
    """Not waited for, nothing beyond it is dated in the future, and that is another part."""
    parts = [
        make_video(f"{start}.ts", frames=5, first_pts=10 * start).read_bytes() for start in order
    ]
    spliced = tmp_path / "spliced.ts"
    spliced.write_bytes(b"".join(parts))
    frames, source = read_all(spliced, analyse_fps=10, pace=pace)
    assert len(frames) >= 9
    assert [f.part for f in frames] == sorted(f.part for f in frames)
    assert {f.part for f in frames} == {0, 1}
    times = [f.captured_at for f in frames]
    assert times == sorted(times)
    assert times[-1] <= datetime.now(UTC)
    assert source.trouble is None


@pytest.mark.parametrize(("rotation", "size"), [(0, (160, 96)), (90, (96, 160)), (180, (160, 96))])
def test_rotation_is_applied(
    make_video: Callable[..., Path], read_all: Callable, rotation: int, size: tuple[int, int]
) -> None:
    frames, _ = read_all(make_video(rotation=rotation, frames=5), analyse_fps=10)
    assert {(f.width, f.height) for f in frames} == {size}


def test_rotation_turns_as_players_do(tmp_path: Path, read_all: Callable) -> None:
    """A matrix of 90° counter-clockwise brings the right edge to the top."""
    path = tmp_path / "turned.mp4"
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.set_display_rotation(90)
        frame = av.VideoFrame(160, 96, "bgr24")
        pixels = frame.to_ndarray() * 0
        pixels[:, 120:] = 255
        container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")))
        container.mux(stream.encode())
    (turned,), _ = read_all(path)
    assert turned.pixels[:30].mean() > 200
    assert turned.pixels[-30:].mean() < 50


def test_a_bad_recording_is_named_with_its_cause(
    make_video: Callable[..., Path], read_all: Callable, tmp_path: Path
) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("a shopping list\n" * 100)
    whole = make_video().read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])  # its index stood at the end
    (tmp_path / "playlist.mp4").write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n")
    for name, cause in {
        "missing.mp4": "does not exist",
        "empty.mp4": "is empty",
        "text.mp4": "no video",
        "cut.mp4": "cut off",
        "playlist.mp4": "cannot be opened|no picture",
    }.items():
        with pytest.raises(SourceBroken, match=cause) as caught:
            read_all(tmp_path / name)
        assert name in str(caught.value)
        assert caught.value.__context__ is None


def test_of_a_recording_cut_off_mid_way_the_rest_is_read(
    make_video: Callable[..., Path], read_all: Callable, tmp_path: Path
) -> None:
    whole = make_video("whole.mkv", frames=100)
    frames, source = read_all(whole, analyse_fps=10)
    assert (len(frames), source.trouble) == (100, None)
    data = whole.read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(data[: len(data) // 2])
    frames, source = read_all(cut, analyse_fps=10)
    assert 20 < len(frames) < 80
    assert "cut off or damaged" in source.trouble
    spoilt = tmp_path / "spoilt.mkv"
    middle = len(data) // 2
    spoilt.write_bytes(data[:middle] + b"\x55" * 3000 + data[middle + 3000 :])
    frames, source = read_all(spoilt, analyse_fps=10)
    assert 20 < len(frames) < 100


def test_an_unknown_kind_of_address_and_a_missing_device_are_told(read_all: Callable) -> None:
    with pytest.raises(SourceBroken, match="not read; give rtsp://") as caught:
        read_all("gopher://me:s3cret@example.org/x")
    assert "s3cret" not in str(caught.value)
    with pytest.raises(SourceUnavailable, match="/dev/video99"):
        read_all("99")


def test_stopping_interrupts_the_wait_of_a_paced_recording(make_video: Callable[..., Path]) -> None:
    clip = make_video("slow.mkv", frames=1000, fps=1)
    first, stop = Event(), Event()
    source = open_source(Camera(id="cam", source=str(clip), analyse_fps=0.005), stop=stop)
    seen = []

    def read() -> None:
        for frame in source:
            seen.append(frame.index)
            first.set()
        source.close()

    reader = Thread(target=read)
    reader.start()
    assert first.wait(10)
    stop.set()
    reader.join(10)
    assert not reader.is_alive()
    assert seen == [0]


def test_opening_again_and_again_leaks_nothing(
    make_video: Callable[..., Path], read_all: Callable
) -> None:
    clip = make_video(frames=5, width=640, height=480)
    camera = Camera(id="cam", source=str(clip), pace="fast", analyse_fps=10)
    process = psutil.Process()

    def cycle(times: int) -> None:
        for _ in range(times):
            source = open_source(camera)
            assert len(list(source)) == 5
            source.close()

    cycle(20)
    gc.collect()
    tracemalloc.start()
    handles, threads, resident = (
        process.num_fds(),
        process.num_threads(),
        process.memory_info().rss,
    )
    python_before = tracemalloc.get_traced_memory()[0]
    cycle(100)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - python_before
    tracemalloc.stop()
    assert grown < 200_000
    assert process.memory_info().rss - resident < 16 * 2**20  # one leaked decoder keeps > 1 MB
    assert process.num_fds() <= handles
    assert process.num_threads() <= threads


def test_without_the_device_that_was_asked_for_software_decodes(
    make_video: Callable[..., Path], read_all: Callable, caplog: pytest.LogCaptureFixture
) -> None:
    _opened.cache_clear()
    path = make_video(frames=10)
    for _ in range(2):
        frames, _ = read_all(path, decoder="vaapi", analyse_fps=60)
        assert len(frames) == 10
    if hardware("vaapi") is None:
        assert caplog.text.count("decoded in software") == 1, "said once, not for each camera"
