"""A change in a site file's text touches nothing else in it."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.setup.edit import edited
from api.setup.written import Parts
from vision.errors import SiteError
from vision.site.yaml_tree import read_tree

Change = Callable[[dict[str, Any]], None]
TEXT = """\
# East district
site: {name: 城东, timezone: Asia/Shanghai}   # who we are

cameras:
  # the first one
  - id: gate
    source: ${GATE}        # from the environment
    analyse_fps: 1
    place: {lon: 113.38, lat: 31.71}  # WGS 84
    zones:
      - name: north          # drawn by Li
        polygon: [[0.1, 0.6],   # corner
                  [0.9, 0.6],
                  [0.9, 0.95]]
        watch: [street_vending]
      - {name: shop, watch: [street_vending]}

    privacy: [[[0, 0], [0.2, 0], [0.2, 0.3]]]
  # the second one
  - {id: yard, source: yard.mp4}
permits: []
silences:
# none by now
webhooks:
- name: main
  secret: |
    whsec
    two

- name: other   # the last
"""


def parse(text: str) -> dict[str, Any]:
    value = read_tree(text, Path("site.yaml")).value
    assert isinstance(value, dict)
    return value


def changed(text: str, change: Change) -> str:
    old = parse(text)
    new = copy.deepcopy(old)
    change(new)
    parts = Parts()
    read_tree(text, Path("site.yaml"), parts.take)
    found = edited(text, parts.root, old, new)
    assert parse(found) == new, found
    return found


def lines(before: str, after: str) -> list[str]:
    """The lines that came and went."""
    found = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in found if line[0] in "+-"]


def gate(site: dict[str, Any]) -> dict[str, Any]:
    found = site["cameras"][0]
    assert isinstance(found, dict)
    return found


def zone(name: str) -> dict[str, Any]:
    return {"name": name, "polygon": [[0, 0], [1, 0], [1, 1]], "watch": ["street_vending"]}


CHANGES: dict[str, tuple[Change, list[str]]] = {
    "nothing": (lambda _s: None, []),
    "a scalar": (
        lambda s: gate(s).update(analyse_fps=2.5),
        ["-     analyse_fps: 1", "+     analyse_fps: 2.5"],
    ),
    "a zone moved": (
        lambda s: gate(s)["zones"][0].update(polygon=[[0, 0], [1, 0], [1, 1]]),
        [
            "-         polygon: [[0.1, 0.6],   # corner",
            "-                   [0.9, 0.6],",
            "-                   [0.9, 0.95]]",
            "+         polygon: [[0, 0], [1, 0], [1, 1]]",
        ],
    ),
    "a zone added": (
        lambda s: gate(s)["zones"].append(zone("占道 x")),
        [
            "+       - {name: 占道 x, polygon: [[0, 0], [1, 0], [1, 1]], watch: [street_vending]}"
        ],
    ),
    "a zone removed, another added": (
        lambda s: gate(s).update(zones=[gate(s)["zones"][0], zone("x")]),
        [
            "+       - {name: x, polygon: [[0, 0], [1, 0], [1, 1]], watch: [street_vending]}",
            "-       - {name: shop, watch: [street_vending]}",
        ],
    ),
    "the first zone removed": (
        lambda s: gate(s)["zones"].pop(0),
        [
            "-       - name: north          # drawn by Li",
            "-         polygon: [[0.1, 0.6],   # corner",
            "-                   [0.9, 0.6],",
            "-                   [0.9, 0.95]]",
            "-         watch: [street_vending]",
        ],
    ),
    "hours added to a zone": (
        lambda s: gate(s)["zones"][1].update(hours=["Mon-Sun 06:00-23:00"]),
        [
            "-       - {name: shop, watch: [street_vending]}",
            "+       - {name: shop, watch: [street_vending], hours: [Mon-Sun 06:00-23:00]}",
        ],
    ),
    "a setting added": (
        lambda s: gate(s).update(candidate_fps=2, ground=[[0, 0, 1, 1]]),
        ["+     candidate_fps: 2", "+     ground: [[0, 0, 1, 1]]"],
    ),
    "a setting removed": (lambda s: gate(s).pop("place"), [
        "-     place: {lon: 113.38, lat: 31.71}  # WGS 84"
    ]),
    "zones removed": (lambda s: gate(s).pop("zones"), [
        "-     zones:",
        "-       - name: north          # drawn by Li",
        "-         polygon: [[0.1, 0.6],   # corner",
        "-                   [0.9, 0.6],",
        "-                   [0.9, 0.95]]",
        "-         watch: [street_vending]",
        "-       - {name: shop, watch: [street_vending]}",
    ]),
    "zones of a camera that had none": (
        lambda s: s["cameras"][1].update(
            zones=[{"name": "a", "watch": ["street_vending"]}]
        ),
        [
            "-   - {id: yard, source: yard.mp4}",
            "+   - {id: yard, source: yard.mp4, zones: [{name: a, watch: [street_vending]}]}",
        ],
    ),
    "a camera added": (
        lambda s: s["cameras"].append({"id": "new", "source": "n.mp4", "zones": [zone("a")]}),
        [
            "+   - id: new",
            "+     source: n.mp4",
            "+     zones:",
            "+       - {name: a, polygon: [[0, 0], [1, 0], [1, 1]], watch: [street_vending]}",
        ],
    ),
    "a camera removed": (
        lambda s: s["cameras"].pop(1),
        ["-   - {id: yard, source: yard.mp4}"],
    ),
    "all cameras removed": (lambda s: s.update(cameras=[]), []),
    "a permit into an empty list": (
        lambda s: s.update(permits=[{"name": "p", "hours": []}]),
        ["- permits: []", "+ permits: [{name: p, hours: []}]"],
    ),
    "a silence behind nothing": (
        lambda s: s.update(silences=[{"name": "fair"}]),
        ["+   - {name: fair}"],
    ),
    "an asset where there were none": (
        lambda s: s.update(assets=[{"id": "b-1", "at_wgs84": [1, 2]}]),
        ["+ assets:", "+   - {id: b-1, at_wgs84: [1, 2]}"],
    ),
    "a text of several lines": (lambda s: s["webhooks"][0].update(secret="x"), [
        "-   secret: |", "-     whsec", "-     two", "+   secret: x",
    ]),
    "items in another order": (lambda s: gate(s)["zones"].reverse(), []),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_touches_its_own_lines_alone(name):
    change, expected = CHANGES[name]
    found = changed(TEXT, change)
    if expected or name == "nothing":
        assert sorted(lines(TEXT, found)) == sorted(expected)


TEXTS = [
    *("no", "True", "~", "1", "1e5", "0x1", "12:30", "2026-01-01", "", " a", "a ", "a: b", "a:"),
    *("a #b", "#a", "- a", "-", "&a", "*a", "!a", "%a", "@a", "`a`", "[a]", "{a}", "a, b", "'a'"),
    *('"a"', "a\\b", "a\nb", "a\tb", "\u00a0", "\u2028", "占 道", "ñ b", "${A}", "http://a/b?c=d"),
    *("rtsp://u:p@h/1", "x" * 300, "😀", "a  b", "| a", "> a", "?", "...", "<<", "=", "a:b", ":a"),
]


def test_every_text_comes_back_as_it_was():
    keyed = {"x": TEXTS, **{text: [text, {text: text}] for text in TEXTS if text != "<<"}}
    after = changed(TEXT, lambda s: gate(s).update(keyed))
    changed(after, lambda s: s["cameras"].append({"id": "x", "source": keyed, **keyed}))


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_a_file_without_a_last_line_feed_is_whole(name):
    changed(TEXT.rstrip("\n"), CHANGES[name][0])


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_and_its_opposite_say_what_was_said(name):
    after = changed(TEXT, CHANGES[name][0])

    def back(site: dict[str, Any]) -> None:
        was = parse(TEXT)
        site.clear()
        site.update(was)

    assert parse(changed(after, back)) == parse(TEXT)


@pytest.mark.parametrize(
    "text",
    [
        "cameras:\n- id: a\n  zones:\n  - name: x\n- id: b\n",
        "cameras: [{id: a, zones: [{name: x}]}, {id: b}]\n",
        '{"cameras": [{"id": "a", "zones": [{"name": "x"}]},\n {"id": "b"}]}',
        "cameras:\n  -\n    id: a\n    zones:\n      -   name: x   # here\n  - id: b\n",
        "cameras:\n  - zones: # here\n      - name: x\n    id: a\n  - id: b # there",
        "cameras:\n  - id: a\n    zones: [{name: x}, # one\n      ]\n  - id: b\n\n\n# end\n",
        "cameras:\n  - id: a\n    'zones':\n    - &x {name: x}\n  - {id: b}\n",
        "---\ncameras:\n  - id: a\n    zones:\n      - name: x\n  - id: b\n...\n",
    ],
)
def test_however_it_is_written_it_can_be_changed(text):
    first = changed(text, lambda s: s["cameras"][0]["zones"].append({"name": "y", "watch": ["k"]}))
    second = changed(first, lambda s: s["cameras"][0]["zones"].pop(0))
    third = changed(second, lambda s: s["cameras"][1].update(zones=[{"name": "z", "n": 1}]))
    fourth = changed(third, lambda s: s["cameras"].append({"id": "c", "source": "s"}))
    fifth = changed(fourth, lambda s: s["cameras"].pop(0))
    assert [camera["id"] for camera in parse(fifth)["cameras"]] == ["b", "c"]


def test_an_alias_is_replaced_where_it_stands_and_a_shared_part_is_found_out():
    text = "cameras:\n  - {id: a, zones: &z [{name: x}]}\n  - {id: b, zones: *z}\n"
    found = changed(text, lambda s: s["cameras"][1].update(zones=[{"name": "y"}]))
    assert found.splitlines()[:2] == text.splitlines()[:2]
    # What the caller refuses: it reads the new text and compares.
    with pytest.raises(SiteError, match=r"\*z stands for &z"):
        changed(text, lambda s: s["cameras"][0].update(zones=[{"name": "y"}, 1]))
    with pytest.raises(AssertionError):
        changed(text, lambda s: s["cameras"][0]["zones"].append({"name": "y"}))


def test_what_is_merged_in_can_be_overridden():
    text = "x: &x {analyse_fps: 1}\ncameras:\n  - <<: *x\n    id: a\n"
    found = changed(text, lambda s: s["cameras"][0].update(analyse_fps=2))
    assert lines(text, found) == ["+     analyse_fps: 2"]
