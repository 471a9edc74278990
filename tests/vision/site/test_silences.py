"""Silences: in force for their time and their matchers; one that never ends is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from vision.errors import SiteError
from vision.site import Site
from vision.site.file import load_site
from vision.site.silences import Silence

SHANGHAI = ZoneInfo("Asia/Shanghai")
FAIR = {
    "name": "Spring fair",
    "kinds": ["street_vending"],
    "from": "2026-10-01 08:00",
    "until": "2026-10-03T20:00:00+08:00",
    "reason": "licensed by the mayor's office",
    "by": "Li Wei",
}
FILE = """\
site: {name: Zengdu}
cameras:
  - {id: gate, source: gate.mp4, zones: [{name: pavement, watch: [street_vending]}]}
silences:
  - name: fair
    from: 2026-10-01 08:00
    until: 2026-10-03 20:00:00
    reason: a fair
    by: Li Wei
"""


def test_a_time_without_an_offset_is_the_sites():
    fair = Silence.model_validate(FAIR)
    first = datetime(2026, 10, 1, 0, 0, tzinfo=UTC)
    last = datetime(2026, 10, 3, 12, 0, tzinfo=UTC)
    assert fair.covers(first, SHANGHAI)
    assert not fair.covers(last, SHANGHAI), "the end is no part of it"
    assert fair.covers(last.replace(hour=11, minute=59), SHANGHAI)
    assert not fair.covers(first, ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("matchers", "matches"),
    [
        ({"kinds": []}, True),
        ({"kinds": ["dirty_truck"]}, False),
        ({"cameras": ["gate", "yard"]}, True),
        ({"cameras": ["yard"]}, False),
        ({"zones": ["pavement"]}, True),
        ({"cameras": ["gate"], "zones": ["square"]}, False),
    ],
)
def test_all_matchers_have_to_match_and_an_empty_one_does(matchers, matches):
    silence = Silence.model_validate(FAIR | matchers)
    assert silence.matches("street_vending", "gate", "pavement") is matches


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("    until: 2026-10-03 20:00:00\n", "never ends"),
        ("    reason: a fair\n", "silences.0.reason: is required"),
        ("    by: Li Wei\n", "silences.0.by: is required"),
        ("    from: 2026-10-01 08:00\n", "silences.0.from: is required"),
    ],
)
def test_what_is_missing_is_named_with_its_line(tmp_path, change, said):
    path = tmp_path / "site.yaml"
    path.write_text(FILE)
    assert load_site(path).silences[0].name == "fair"
    path.write_text(FILE.replace(change, ""))
    with pytest.raises(SiteError, match=rf"site.yaml:5: .*{said}"):
        load_site(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"until": None}, "never ends"),
        ({"until": "never"}, "until"),
        ({"until": "2026-09-30"}, "ends before it starts"),
        ({"until": "2028-01-01"}, "lasts 4.. days"),
        ({"cameras": ["gaet"]}, "no camera is called 'gaet'"),
        ({"zones": ["paevment"]}, "no zone is called 'paevment'"),
        ({"kinds": ["vending"]}, "is no kind"),
        ({"reason": ""}, "reason"),
    ],
)
def test_a_silence_that_cannot_work_is_refused_in_words(change, said):
    site = {"site": {"name": "Zengdu"}, "cameras": [{"id": "gate", "source": "gate.mp4"}]}
    Site.model_validate(site | {"silences": [FAIR | {"zones": ["whole picture"]}]})
    with pytest.raises(ValidationError, match=said):
        Site.model_validate(site | {"silences": [FAIR | change]})


def test_names_are_told_apart_and_a_site_can_be_written_and_read_again():
    site = {"site": {"name": "Zengdu"}, "silences": [FAIR]}
    read = Site.model_validate(site)
    assert Site.model_validate(read.model_dump()) == read
    assert Site.model_validate(read.model_dump(mode="json")) == read
    with pytest.raises(ValidationError, match="share this name"):
        Site.model_validate(site | {"silences": [FAIR, FAIR]})
