"""The table of reasons: every code has its words, and they need no more than its data."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from vision.detections import make_detections
from vision.episodes import EpisodeStage, Reason
from vision.frames import Frame
from vision.kinds import Reliability
from vision.registers.assets import Asset
from vision.registers.permits import Permit
from vision.rules import CameraRules, camera_rules, reasons
from vision.rules.reasons import TEMPLATES, ReasonCode, render
from vision.rules.record import Record
from vision.rules.replay import replay
from vision.sentence import FORMS
from vision.site import Camera, Site, SiteInfo, Zone

CORNERS = ((0, 0), (1, 0), (1, 1))
LASTED, LEAST = timedelta(seconds=74), timedelta(seconds=20)
READ = {"frames": 3, "reads": 3, "score": 0.99, "needed": 3}
SHOT = {"state_score": 0.9, "truck": 0.8}
VIEWED = {"seen_s": 28.5, "looks": 140, "chances": 150}
WEAK = Reliability(such=21, found=17, others=137, wrong=9)
MADE: Sequence[Reason] = (
    reasons.unpermitted(["夜市", "早市"]),
    reasons.at_asset(Asset(id="421303-B-0017", name="东门", camera="gate", polygon=CORNERS)),
    reasons.not_known(12, datetime(2026, 11, 26, tzinfo=UTC)),
    reasons.covers(31.4, 2.6),
    reasons.stayed(LASTED, LEAST),
    reasons.along(3, 3, 5, 5.0),
    reasons.between_visits(LASTED),
    reasons.by_turns(LASTED, LEAST),
    reasons.seen_in(19, 21, 2, 7),
    reasons.attended(19, 21),
    reasons.scored(0.871, 0.4),
    reasons.on_frames(ReasonCode.OPEN_LOAD, **READ),
    reasons.on_frames(ReasonCode.MUDDY, **READ),
    reasons.measured(WEAK),
    reasons.spilt(3, 4, 0.8, LASTED, 5),
    render(ReasonCode.STALLS_THERE, {"places": 3, "score": 0.9}),
    render(ReasonCode.BINS_FULL, {"overflowing_bins": 1, "heaps": 2, "score": 0.9}),
    render(ReasonCode.GARBAGE_AT_BIN, {"heaps": 2, "score": 0.9}),
    render(ReasonCode.GARBAGE_ALONE, {"heaps": 2, "score": 0.9}),
    render(ReasonCode.PICTURED_OPEN_LOAD, SHOT | reasons.measured(WEAK).data),
    render(ReasonCode.PICTURED_MUDDY, SHOT | reasons.measured(WEAK).data),
    render(ReasonCode.DWELL_LACKS, VIEWED | {"dwell_needed_s": 300.0}),
    render(ReasonCode.DRIVE_LACKS, VIEWED | {"looks_needed": 5}),
)


def test_every_code_has_words_and_is_said() -> None:
    assert set(TEMPLATES) == set(ReasonCode)
    assert [reason.code for reason in MADE] == list(ReasonCode)


@pytest.mark.parametrize("code", ReasonCode)
def test_both_languages_say_it_from_the_same_values(code: ReasonCode) -> None:
    sentence = TEMPLATES[code]
    zh, en = sentence.placeholders("zh"), sentence.placeholders("en")
    assert zh == en
    assert {form for form in zh.values() if form} <= FORMS


@pytest.mark.parametrize("reason", MADE, ids=lambda reason: str(reason.code))
def test_words_are_whole_and_each_in_its_language(reason: Reason) -> None:
    assert not re.search(r"[{}\[\]]", reason.zh + reason.en)
    assert re.search("[\u4e00-\u9fff]", reason.zh)
    assert not re.search("[\u3000-\u303f\uff00-\uffef]", reason.en), "full-width marks"
    half_width = r"[,;:()]|[\u4e00-\u9fff] | [\u4e00-\u9fff]"
    assert not re.search(half_width, reason.zh)


def test_words_as_a_bureau_writes_them() -> None:
    said = {reason.code: reason.zh for reason in MADE}
    assert said[ReasonCode.NOT_KNOWN] == "疑似新增：不在2026-11-26画面基线记录的12处建筑内"
    assert said[ReasonCode.SEEN_IN] == (
        "共检测21次，19次检出（判定标准：不少于2次），其中7次画面无变化"
    )
    assert said[ReasonCode.STAYED] == "同一位置持续1分14秒（判定标准：20秒）"
    assert said[ReasonCode.MUDDY] == (
        "车辆经过时共判读3帧，其中3帧见车轮或车身带泥（判定标准：不少于3帧；置信度中位数0.99）"
    )
    assert reasons.seen_in(19, 21, 2, 0).zh.endswith("（判定标准：不少于2次）")
    nameless = Asset(id="B-17", camera="gate", polygon=CORNERS)
    assert reasons.at_asset(nameless).zh == "位于登记部件B-17"


def test_a_record_of_before_the_codes_is_decided_the_same() -> None:
    """Of an earlier version: other words, no code, and fewer data than are kept now."""
    told = confirmed_record()
    stored = json.loads(told)
    for reason in stored["episode"]["why"]:
        reason["zh"], reason["en"] = "旧的说法", "words of then"
        del reason["code"]
        reason["data"].pop("names", None)
    assert stored["episode"]["why"][0]["data"] == {"permits": 1}
    assert replay(Record.from_json(json.dumps(stored).encode())).same


@pytest.mark.parametrize("what", ["code", "data"])
def test_another_code_or_other_data_are_another_decision(what: str) -> None:
    record = Record.from_json(confirmed_record())
    assert replay(record).same
    first, *others = record.episode.why
    changed = (
        dataclasses.replace(first, code="scored")
        if what == "code"
        else dataclasses.replace(first, data=first.data | {next(iter(first.data)): 99})
    )
    other = dataclasses.replace(record.episode, why=(changed, *others))
    assert replay(dataclasses.replace(record, episode=other)).differs == ("why",)


def confirmed_record() -> bytes:
    """Of a stall that stayed, beside a permit that does not cover it now."""
    zone = Zone(name="square", watch=("street_vending",))
    camera = Camera(id="cam", source="x", analyse_fps=0.1, zones=(zone,))
    permit = Permit(
        name="market",
        camera="cam",
        polygon=((0, 0), (1, 0), (1, 1), (0, 1)),
        hours=["Sun 00:00-01:00"],
    )
    site = Site(site=SiteInfo(name="t"), cameras=(camera,), permits=(permit,))
    rules = CameraRules(camera_rules(site, camera, threshold=0.4), model={})
    box, score = np.array([[20, 20, 60, 60]], np.float32), np.array([0.7], np.float32)
    seen = make_detections(box, score, np.array([0]), ["stall"])
    start, pixels = datetime(2026, 11, 20, 12, tzinfo=UTC), np.zeros((100, 100, 3), np.uint8)
    frames = [Frame(pixels, "cam", start + timedelta(seconds=10 * n), n) for n in range(60)]
    events = [event for frame in frames for event in rules.look(frame, seen)]
    (confirmed,) = [one for one in events if one.episode.stage is EpisodeStage.CONFIRMED]
    assert confirmed.record is not None
    return confirmed.record
