"""The sheet of a case in a real browser: one page of A4, whatever the case holds."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from functools import cache
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest

from api.evidence.manifest import By, Item, Sheet
from api.evidence.report import render
from api.evidence.scope import Scope
from api.evidence.words import WORDS
from api.storage.tables import CaseRow, SightingRow
from tests.api.world import NOON
from tests.real.console import HOSTILE, browser
from tests.real.sheet import printed
from vision.kinds import catalogue

__all__ = ["browser"]

LONG = "解放路与人民路交叉口西北角市场大门外人行道" * 30
WORD = "x" * 400
ACCURATE = {"model": "streetwarden-n", "version": "0.1", "sha256": "ab" * 32, "threshold": 0.25}
REVIEW = {
    "decision": "confirm",
    "reason": None,
    "checks": dict.fromkeys(("authentic", "clear", "complete", "accurate"), True),
    "note": "占压盲道",
    "reviewer": "Officer Li",
    "at": (NOON + timedelta(hours=1)).isoformat(),
}
SHEET = Sheet(
    site="曾都区城市管理执法局",
    timezone=ZoneInfo("Asia/Shanghai"),
    scope=Scope.OFFICER,
    made_at=NOON + timedelta(days=1),
    by=By("Officer Li", "officer", "complaint 4711"),
    head=(7, "cd" * 32),
    fingerprint="ef" * 32,
    faults=(),
    camera_place={"lon": 113.3803, "lat": 31.7102, "crs": "WGS84"},
)


def a_case(**changes) -> CaseRow:
    given = {
        "id": "SW-01J9ZK3V5Q8T6W2Y4B7N0C1D2E",
        "stage": "emitted",
        "kind": "street_vending",
        "subtype": "stall",
        "camera": "gate",
        "zone": "north pavement",
        "asset": None,
        "codes": [{"scheme": "GB/T 47678.5-2026", "code": "09006", "name": "占道经营"}],
        "lon": 113.38,
        "lat": 31.71,
        "crs": "WGS84",
        "accuracy_m": 8.0,
        "method": "homography",
        "address": "解放路12号",
        "grid": "421303001002003",
        "division": "421303",
        "department": {"code": "11421303MB1234567X", "name": "曾都区城管局"},
        "first_seen_at": NOON,
        "confirmed_at": NOON + timedelta(minutes=5),
        "last_seen_at": NOON + timedelta(minutes=25),
        "cleared_at": None,
        "ended_at": None,
        "ended_by": None,
        "dwell_s": 1500.0,
        "looks": 26,
        "score": 0.83,
        "clock": "stream",
        "why": [{"zh": "同一位置持续5分钟", "en": "stayed 5 min", "data": {}}],
        "detector": ACCURATE,
        "legal_use": "lead_only",
        "legal_use_reason": "no admissibility file is kept for this device",
        "review": REVIEW,
        "sightings": [SightingRow(camera="gate")],
    }
    return CaseRow(**(given | changes))


def items(count: int, **changes) -> list[Item]:
    """Evidence of so many moments: an original, a masked and an annotated picture of each."""
    made = []
    for n in range(count):
        for role in ("original", "masked", "annotated"):
            digest = f"{n:02x}{ord(role[0]):02x}" * 16
            of = None if role == "original" else f"{n:02x}{ord('o'):02x}" * 16
            moment = ("opened", "confirmed", "cleared")[n % 3]
            name = f"{role}/{n:02d}-{moment}.jpg"
            item = Item(digest, role, moment, "gate", NOON, "image/jpeg", 9, of, name, None)
            made.append(replace(item, **changes))
    return made


@cache
def picture(_digest: str = "") -> bytes:
    pixels = np.random.default_rng(1).integers(0, 255, (1080, 1920, 3), np.uint8)
    return cv2.imencode(".jpg", cv2.GaussianBlur(pixels, (0, 0), 20))[1].tobytes()


SIX = [SightingRow(camera=f"camera-number-{n}-of-the-long-road") for n in range(6)]
EXTREMES = {
    "plain": (a_case(), items(3), SHEET),
    "long address": (
        a_case(address=LONG, zone=LONG, why=[{"zh": LONG, "en": LONG, "data": {}}] * 9),
        items(2),
        SHEET,
    ),
    "no position": (
        a_case(lon=None, lat=None, crs=None, accuracy_m=None, method=None),
        items(1),
        SHEET,
    ),
    "six sightings": (a_case(sightings=SIX, looks=98765), items(18), SHEET),
    "nothing decided": (
        a_case(
            review=None,
            stage="pending_review",
            codes=[],
            department=None,
            address="",
            grid="",
            division="",
        ),
        [],
        SHEET,
    ),
    "hostile": (
        a_case(
            zone=HOSTILE,
            address=HOSTILE,
            camera=HOSTILE,
            review=REVIEW | {"reviewer": HOSTILE, "note": HOSTILE},
        ),
        items(1),
        replace(SHEET, site=HOSTILE),
    ),
    "all at once": (
        a_case(
            address=LONG,
            zone=WORD,
            sightings=SIX,
            asset=WORD,
            legal_use_reason=LONG,
            department={"code": WORD, "name": LONG},
            codes=[{"scheme": WORD, "code": WORD, "name": LONG}] * 9,
            why=[{"zh": LONG, "en": LONG, "data": {}}] * 9,
            review=REVIEW | {"note": LONG, "reviewer": WORD},
            detector=ACCURATE | {"model": WORD},
            ended_by="unwatched",
            ended_at=NOON,
            dwell_s=9e7,
            accuracy_m=123456.0,
            method="manual",
            clock="arrival",
        ),
        [*items(18), *items(9, file=None, absent="altered")],
        replace(SHEET, site=LONG, by=By(LONG, "officer", LONG), faults=(LONG, LONG)),
    ),
    "a word": (a_case(address=WORD, zone=WORD), items(3), SHEET),
}


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("name", list(EXTREMES))
def test_a_case_is_one_sheet_of_a4(browser, name, scope):
    case, evidence, sheet = EXTREMES[name]
    html = render(case, evidence, replace(sheet, scope=scope), picture).decode()
    done = printed(browser, html)
    assert done.pages == 1
    assert done.beyond == []
    assert done.asked == []
    assert done.complaints == []
    assert "<script" not in html
    assert "<img src=x" not in html
    assert (HOSTILE in done.text) == (name == "hostile")
    for word in (WORDS["authentic"], ("四项核对", "Four checks"), ("签名公钥指纹", "Signed by")):
        assert all(part in done.text for part in word)
    assert re.search("无坐标|95 %|误差未知", done.text)


@pytest.mark.parametrize("kind", [kind.name for kind in catalogue().kinds])
def test_each_kind_says_what_it_is_in_both_languages(browser, kind):
    known = catalogue().kind(kind)
    for subtype in known.subtypes:
        case = a_case(kind=kind, subtype=subtype.name)
        done = printed(browser, render(case, items(2), SHEET, picture).decode())
        assert done.pages == 1
        assert subtype.en in done.text
        assert subtype.zh in done.text
        assert ("lasted" in done.text) == (kind != "dirty_truck")


def test_a_public_sheet_names_nobody():
    case = a_case(review=REVIEW | {"reviewer": "Officer Wang", "note": "Mrs Zhao's stall"})
    for scope in Scope:
        html = render(case, items(2), replace(SHEET, scope=scope, by=None), picture).decode()
        for name in ("Officer Wang", "Zhao"):
            assert (name in html) == (scope is not Scope.PUBLIC)
