"""Videos through the rules of cameras, and what single pictures of them say beyond those."""

from __future__ import annotations

import csv
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorTrc

from tests.vision.audit.filming import film, ground
from tests.vision.flights import srt
from vision.audit import AuditFolder, Auditor, VideoAuditor, compose, in_order, parted, publish
from vision.audit.intake.items import take_in
from vision.episodes import EpisodeStage
from vision.errors import EngineError
from vision.geo import LocalPlane
from vision.pipeline import Pipeline
from vision.site import Site

STALL = ("stall", (140, 100, 200, 160))
FULL = ("overflowing_bin", (20, 60, 60, 140))
BEGAN = "2026-05-01T08:00:00+08:00"
STAMPED = {"com.apple.quicktime.creationdate": BEGAN}


@pytest.fixture
def shown(colours):
    """A picture of textured ground with coloured rectangles on it."""

    def show(*shapes, size=(320, 240), seed=7):
        pixels = ground(size, seed)
        for name, (x1, y1, x2, y2) in shapes:
            pixels[max(0, y1) : max(0, y2), max(0, x1) : max(0, x2)] = colours.COLOURS[name]
        return pixels

    return show


@pytest.fixture
def watch(colours):
    """Audit paths, videos and all; the report, and the engine that looked."""

    def audit(paths, out, engine=None, language="en", report=lambda _: None):
        engine = engine or colours.ColourEngine()
        with AuditFolder(out) as folder:
            intake = take_in(paths, out)
            photos, films = parted(intake)
            auditor = Auditor(folder, engine, language)
            pictures, problems = auditor.run(photos)
            videos, unread = VideoAuditor(folder, engine, auditor.settings).run(films, report)
            done = compose(
                auditor.started_at,
                auditor.settings,
                pictures,
                in_order(intake, [*problems, *unread]),
                videos=videos,
            )
            publish(done, folder)
        return done, engine

    return audit


def seconds(length: float, fps: float = 5.0) -> list[float]:
    return np.arange(0, length, 1 / fps).round(3).tolist()


def only(report):
    """The record of its one video."""
    (video,) = report.videos
    assert video.record is not None, report.problems
    return video.record


def test_what_stays_long_enough_is_confirmed_as_a_camera_confirms_it(
    tmp_path, shown, watch, colours
):
    times = seconds(346, 0.5)
    there = [shown(STALL, FULL) if t >= 6 else shown(FULL) for t in times]
    path = film(tmp_path / "in/market.mov", there, times, metadata=STAMPED)
    report, _ = watch([path], tmp_path / "out")
    record = only(report)
    stall = next(f for f in record.findings if f.kind == "street_vending")
    assert (stall.state, stall.subtype, stall.from_s) == ("confirmed", "stall", 6.0)
    assert "stayed 5 min" in stall.why[0].en
    assert stall.basis["en"].startswith("confirmed by the rules")
    bin_ = next(f for f in record.findings if f.kind == "overflowing_bin")
    assert bin_.state == "suspected"  # its rule waits for half an hour
    assert bin_.why[-1].data["dwell_needed_s"] == 1800
    assert "in view for 5 min 44 s of the video" in bin_.why[-1].en
    assert record.taken_at == BEGAN
    assert report.counts.confirmed == 1

    class Eyes(colours.ColourEngine):
        device = device_memory = None

    told = []
    site = Site.for_sources([str(path)], tmp_path, pace="fast", analyse_fps=0.5)
    pipeline = Pipeline(site, Eyes(), [lambda event, _: told.append(event.episode)])
    pipeline.start()
    assert pipeline.wait(timeout=60)
    pipeline.stop()
    (episode,) = [e for e in told if e.stage is EpisodeStage.CONFIRMED]
    assert (episode.kind, episode.subtype) == (stall.kind, stall.subtype)
    assert episode.opened_at == datetime.fromisoformat(BEGAN) + timedelta(seconds=stall.from_s)


def test_a_short_clip_leads_to_a_suspicion_that_says_what_is_not_shown(tmp_path, shown, watch):
    times = seconds(30)
    path = film(tmp_path / "in/clip.mov", [shown(STALL)] * len(times), times)
    report, _ = watch([path], tmp_path / "out", language="zh")
    (found,) = only(report).findings
    assert (found.state, found.kind) == ("suspected", "street_vending")
    assert [r.code for r in found.why] == ["stalls_there", "dwell_lacks"]
    assert "视频中可见30秒" in found.why[1].zh
    assert "持续5分" in found.why[1].zh
    assert found.basis["zh"].startswith("疑似")
    assert [p.offset_s for p in found.pictures] == [0.0, 29.8]
    assert found.box == (140, 100, 200, 160)
    assert only(report).taken_at == ""
    assert report.counts.by_kind["street_vending"] == 1
    for picture in found.pictures:
        assert (tmp_path / "out" / picture.annotated).is_file()


def test_what_flickers_and_what_a_look_shows_alone_is_nothing(tmp_path, shown, watch):
    times = seconds(12)
    pictures = [shown(STALL) if n in (3, 30) else shown() for n in range(len(times))]
    path = film(tmp_path / "in/clip.mov", pictures, times)
    report, _ = watch([path], tmp_path / "out")
    record = only(report)
    assert (record.findings, record.seen) == ((), {"stall": 1})
    assert list((tmp_path / "out/pictures").iterdir()) == []


def test_one_picture_that_moves_not_at_all_is_looked_at_as_a_photo_is(tmp_path, shown, watch):
    path = film(tmp_path / "in/live.mov", [shown(STALL)], [0.0])
    report, _ = watch([path], tmp_path / "out")
    (found,) = only(report).findings
    assert (found.state, found.offset_s) == ("suspected", 0.0)


def test_a_camera_that_pans_away_and_back_shows_one_thing_once(tmp_path, shown, watch):
    wide = shown(("stall", (300, 100, 350, 160)), size=(960, 240))
    away = [*range(160, 560, 16), *range(560, 160, -16)]
    lefts = [160] * 10 + away + [160] * 10
    times = seconds(len(lefts) / 5)
    pictures = [wide[:, left : left + 320] for left in lefts]
    path = film(tmp_path / "in/pan.mov", pictures, times)
    report, _ = watch([path], tmp_path / "out")
    record = only(report)
    (found,) = record.findings
    assert (found.state, found.kind) == ("suspected", "street_vending")
    assert (found.from_s, found.until_s) == (0.0, times[-1])
    assert found.seen_s < record.seconds - 5
    assert 5 < record.moving_s < record.seconds


def test_what_stands_while_the_camera_moves_on_is_not_confirmed(tmp_path, shown, watch):
    # It is in view for longer than the rule wants, but nobody can tell whether it stayed.
    times = seconds(330, 0.5)
    wide = shown(("stall", (300, 100, 350, 160)), size=(640, 240))
    lefts = np.linspace(20, 300, len(times)).astype(int)
    pictures = [wide[:, left : left + 320] for left in lefts]
    path = film(tmp_path / "in/creep.mov", pictures, times)
    report, _ = watch([path], tmp_path / "out")
    (found,) = only(report).findings
    assert found.state == "suspected"
    assert found.seen_s > 300


@pytest.mark.parametrize(
    ("rotation", "upright"),
    [
        (90, ((240, 320), (100, 120, 160, 180))),
        (180, ((320, 240), (120, 80, 180, 140))),
        (270, ((240, 320), (80, 140, 140, 200))),
    ],
)
def test_a_phone_held_upright_is_looked_at_upright(tmp_path, shown, watch, rotation, upright):
    times = seconds(2)
    pictures = [shown(STALL)] * len(times)
    path = film(tmp_path / "in/phone.mov", pictures, times, rotation=rotation)
    report, _ = watch([path], tmp_path / "out")
    record = only(report)
    assert ((record.width, record.height), record.findings[0].box) == upright


@pytest.mark.parametrize(
    ("coded", "hdr"),
    [(("libx265", "yuv420p10le"), True), (("prores_ks", "yuv422p10le"), False)],
)
def test_ten_bits_hdr_and_4_2_2_are_read(tmp_path, shown, watch, coded, hdr):
    codec, form = coded
    path = tmp_path / "in/phone.mov"
    path.parent.mkdir()
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=30, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 240, form
        if hdr:
            stream.codec_context.color_trc = ColorTrc.SMPTE2084
        for _ in range(30):
            frame = av.VideoFrame.from_ndarray(shown(FULL), format="bgr24").reformat(format=form)
            if hdr:
                frame.color_trc = ColorTrc.SMPTE2084
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    report, _ = watch([path], tmp_path / "out")
    record = only(report)
    assert (record.looks, record.width, record.height) == (6, 320, 240)
    assert any("high dynamic range" in note["en"] for note in record.notes) == hdr


def test_offsets_follow_a_variable_rate(tmp_path, shown, watch):
    slow, fast = np.arange(0, 20, 1.0), 20 + np.arange(0, 4, 1 / 30)
    times = [*slow.round(3), *fast.round(3)]
    pictures = [shown(STALL) if t >= 12 else shown() for t in times]
    path = film(tmp_path / "in/vfr.mov", pictures, times, metadata=STAMPED)
    report, engine = watch([path], tmp_path / "out")
    record = only(report)
    assert engine.looked == record.looks == pytest.approx(20 + 4 * 5, abs=1)
    (found,) = record.findings
    assert found.from_s == pytest.approx(12)
    assert found.until_s == pytest.approx(24, abs=0.3)
    assert record.seconds == pytest.approx(24, abs=0.1)
    assert record.moment(found.from_s) == "2026-05-01T08:00:12+08:00"


def test_broken_videos_are_named_in_words_and_a_cut_one_is_watched_as_far_as_it_goes(
    tmp_path, shown, watch
):
    times = seconds(8)
    whole = film(tmp_path / "whole.mov", [shown(STALL, seed=n) for n in range(40)], times)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a empty.mp4").write_bytes(b"")
    (folder / "b no index.mov").write_bytes(whole.read_bytes()[:5000])
    (folder / "c sound.mp4").write_bytes(_sound(tmp_path / "sound.mp4").read_bytes())
    (folder / "d list.m3u8").write_text(f"#EXTM3U\n#EXTINF:8,\n{whole}\n#EXT-X-ENDLIST\n")
    film(folder / "e cut.mkv", [shown(STALL, seed=n) for n in range(40)], times)
    content = (folder / "e cut.mkv").read_bytes()
    (folder / "e cut.mkv").write_bytes(content[: len(content) // 2])
    (folder / "f copy.mkv").write_bytes(content[: len(content) // 2])
    report, _ = watch([folder], tmp_path / "out")
    causes = {p.name.removeprefix("in/"): p.cause for p in report.problems}
    assert "is empty (0 bytes)" in causes["a empty.mp4"]
    assert "cut off before its index" in causes["b no index.mov"]
    assert "has no picture, only sound" in causes["c sound.mp4"]
    assert "d list.m3u8" in causes
    assert not any(str(tmp_path) in cause for cause in causes.values())
    cut, copy = report.videos
    assert copy.duplicate_of == cut.name == "in/e cut.mkv"
    assert 2 < cut.record.seconds < 6
    assert any("cut off" in note["en"] or "up to" in note["en"] for note in cut.record.notes)
    assert cut.record.findings[0].kind == "street_vending"


def _sound(path: Path) -> Path:
    with av.open(path, "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        frame.planes[0].update(bytes(4096))
        frame.sample_rate, frame.pts = 8000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_finished_videos_are_not_watched_again(tmp_path, shown, watch, colours):
    times = seconds(2)
    for n in range(2):
        film(tmp_path / f"in/{n}.mov", [shown(STALL, seed=n)] * len(times), times)

    class Interrupted(colours.ColourEngine):
        def _see(self, image):
            if self.looked == 15:
                raise KeyboardInterrupt
            return super()._see(image)

    with pytest.raises(KeyboardInterrupt):
        watch([tmp_path / "in"], tmp_path / "out", engine=Interrupted())
    progress = []
    report, engine = watch([tmp_path / "in"], tmp_path / "out", report=progress.append)
    assert engine.looked == 10
    assert {(p.name, p.number, p.of) for p in progress} == {("in/1.mov", 2, 2)}
    assert progress[-1].done_s == pytest.approx(1.8)
    again, engine = watch([tmp_path / "in"], tmp_path / "out")
    assert (engine.looked, again) == (0, report)
    (tmp_path / "out" / report.videos[0].record.derivatives[0]).unlink()
    again, engine = watch([tmp_path / "in"], tmp_path / "out")
    assert (engine.looked, again) == (10, report)


def test_looks_that_the_engine_fails_for_are_left_out_and_a_dead_engine_is_said(
    tmp_path, shown, watch, colours
):
    times = seconds(4)
    pictures = [shown(STALL) for _ in times]
    pictures[7][0, 0] = colours.BROKEN
    film(tmp_path / "in/a.mov", pictures, times)
    report, _ = watch([tmp_path / "in"], tmp_path / "out")
    assert only(report).looks == len(times) - 1
    assert only(report).notes[0]["en"].startswith("1 looks left out")
    for picture in pictures:
        picture[0, 0] = colours.BROKEN
    film(tmp_path / "dead/a.mov", pictures, times)
    with pytest.raises(EngineError, match="choked"):
        watch([tmp_path / "dead"], tmp_path / "other")


def test_a_drone_s_video_in_a_zip_is_put_on_the_map_by_the_text_beside_it(tmp_path, shown, watch):
    plane, times = LocalPlane(113.38, 31.71), seconds(4)
    path = film(tmp_path / "DJI_0001.mov", [shown(STALL)] * len(times), times)
    text = srt(((t, *plane.degrees(0, 0), 60.0, 0.0, -90.0, 0.0) for t in times), every=0.2)
    with zipfile.ZipFile(tmp_path / "flight.zip", "w") as packed:
        packed.write(path, "100MEDIA/DJI_0001.MOV")
        packed.writestr("100MEDIA/DJI_0001.SRT", text)
    report, _ = watch([tmp_path / "flight.zip"], tmp_path / "out")
    record = only(report)
    assert len(record.telemetry_sha256) == 64
    assert record.notes == ()
    (found,) = record.findings
    assert found.place is not None
    assert found.place.method == "pose"
    # 60 m below, 84 degrees across the diagonal: the stall lies 10 px east and south of the middle.
    east, north = plane.metres(found.place.lon, found.place.lat)
    assert 1 < east < 5
    assert -5 < north < 0
    tree = json.loads((tmp_path / "out/map.geojson").read_text("utf-8"))
    (thing, ellipse, feature) = tree["features"]
    assert [one["properties"]["feature"] for one in (thing, ellipse, feature)] == [
        "violation",
        "ellipse",
        "filmed",
    ]
    assert feature["properties"]["video"] == "flight.zip/100MEDIA/DJI_0001.MOV"
    assert feature["properties"]["ellipse"]
    assert feature["properties"]["offset_s"] == found.offset_s
    assert list((tmp_path / "out").glob(".unpacked/*")) == []


def test_all_forms_of_the_report_tell_of_it(tmp_path, shown, watch):
    times = seconds(3)
    name = "=<b>&夜市.mov"
    film(tmp_path / "in" / name, [shown(STALL)] * len(times), times, metadata=STAMPED)
    report, _ = watch([tmp_path / "in"], tmp_path / "out")
    with (tmp_path / "out/findings.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["picture"] == f"in/{name}"
    assert (row["state"], float(row["offset_s"])) == ("suspected", 0.0)
    assert (float(row["from_s"]), float(row["until_s"])) == (0.0, 2.8)
    assert row["taken_at"] == BEGAN
    assert (tmp_path / "out" / row["annotated"]).is_file()
    page = (tmp_path / "out/report.html").read_text("utf-8")
    assert "<b>&" not in page
    assert 'data-state="suspected"' in page
    for picture in only(report).findings[0].pictures:
        assert picture.annotated in page
    tree = json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    assert tree["videos"][0]["record"]["findings"][0]["kind"] == "street_vending"
    assert tree["counts"]["videos"] == 1
    (violation,) = tree["violations"]
    (sighting,) = violation["sightings"]
    assert (sighting["picture"], sighting["offset_s"]) == (f"in/{name}", 0.0)


def test_a_copy_of_the_film_that_was_stamped_is_dated_in_its_zone(tmp_path, shown, watch):
    stamped = {"creation_time": datetime(2026, 5, 1, tzinfo=UTC).isoformat()}
    film(tmp_path / "in/a.mov", [shown()] * 5, seconds(1), metadata=stamped)
    report, _ = watch([tmp_path / "in"], tmp_path / "out")
    assert only(report).taken_at == "2026-05-01T00:00:00+00:00"
