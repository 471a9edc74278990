"""Plan: machines, links, storage and people that a city's cameras need, as tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain
from math import ceil

from jinja2 import Environment, StrictUndefined

from scripts.bench.city.box import Held, Kind, most
from scripts.bench.city.inputs import Box, City, Group, Measured, Stream

_SMALL = Box(cores=2, gpus=0, workers=1, memory_gb=8, link_gbit_s=1)
_LARGE = Box(cores=16, gpus=1, workers=1, memory_gb=128, link_gbit_s=10)
KNOWN: tuple[tuple[str, Box, Stream, int, str], ...] = (
    ("2 cores, 1080p, quiet", _SMALL, "1080p", 16, "18 are not"),
    ("2 cores, 640×360, quiet", _SMALL, "360p", 20, "21 are not"),
    ("16 cores, H100, 1080p", _LARGE, "1080p", 218, "of 256 asked, by one process"),
)
"""What a box, its streams and the cameras that it was measured to hold at a look a second."""
SCALES = (0.1, 0.3, 1.0, 3.0, 10.0)
_PEOPLE = 100


@dataclass(frozen=True, slots=True)
class Part:
    """Something that all cameras share, and how busy it is.

    Attributes:
        use: of what there is, at each of the scales.
        more: how there can be more of it.
    """

    name: str
    use: tuple[float, ...]
    more: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a city needs.

    Attributes:
        per_box: cameras of each group's mix that one box holds, and how it fares with them.
        bare: the same without a GPU.
        boxes, bare_boxes: with the spare.
    """

    city: City
    measured: Measured
    per_box: int
    fares: Held
    bare: int
    boxes: int
    bare_boxes: int
    parts: tuple[Part, ...]


def plan(city: City, measured: Measured) -> Plan:
    """Simulate a box with the city's mix of cameras, and add up the rest."""
    mix, fits = _mix(city, measured), _memory_fits(city.box, measured)
    per_box, fares = most(city.box, mix, measured)
    bare, _ = most(city.box.model_copy(update={"gpus": 0}), mix, measured)
    per_box, bare = (max(1, min(count, fits)) for count in (per_box, bare))
    boxes, bare_boxes = (
        ceil(city.cameras / (count * (1 - city.spare))) for count in (per_box, bare)
    )
    parts = tuple(_parts(city, measured))
    return Plan(city, measured, per_box, fares, bare, boxes, bare_boxes, parts)


def _mix(city: City, measured: Measured) -> list[Kind]:
    """A hundred cameras or so in the city's proportions, well shuffled: no two runs of one kind."""
    kinds = list(chain.from_iterable(_kinds(group, city, measured) for group in city.groups))
    step = 37  # coprime to the number of them, or the list is cut to one that is
    while len(kinds) % step == 0:
        kinds.pop()
    return [kinds[n * step % len(kinds)] for n in range(len(kinds))]


def _kinds(group: Group, city: City, measured: Measured) -> list[Kind]:
    count = max(1, round(200 * group.cameras / city.cameras))
    crowded = round(count * group.crowded)
    crowd = measured.look.crowd.value
    return [Kind(group.stream, group.looks_s, crowd if n < crowded else 1.0) for n in range(count)]


def _memory_fits(box: Box, measured: Measured) -> int:
    """Cameras that a box has memory for."""
    free = box.memory_gb * 1000 - box.workers * measured.memory_mb.process.value
    return int(free / measured.memory_mb.camera.value)


def _parts(city: City, measured: Measured) -> list[Part]:
    case = measured.case
    at_peak = [city.scaled(times).cases_day / city.hours / 3600 * city.peak for times in SCALES]
    megabytes = _evidence_mb(city, measured) / city.cases_day
    takes = case.take_ms.value / 1000
    to_store = tuple(peak * megabytes * 8 / 1000 for peak in at_peak)
    sends = case.deliver_per_s.value
    return [
        Part(
            "cases made in one database, one at a time",
            tuple(peak * takes for peak in at_peak),
            "a database per district",
        ),
        Part(
            "webhooks of one service",
            tuple(peak / sends for peak in at_peak),
            "another `serve` on the database",
        ),
        Part("evidence on one link of 1 Gbit/s to the store", to_store, "10 Gbit/s"),
        Part(
            f"{_PEOPLE} reviewers",
            tuple(_reviewers(city.scaled(times), measured) / _PEOPLE for times in SCALES),
            "people; fewer wrong cases",
        ),
    ]


def known(measured: Measured) -> list[tuple[str, int, str, int]]:
    """What was measured of whole boxes, beside what the simulation makes of them."""
    return [
        (name, held, beyond, most(box, [Kind(stream, 1.0)], measured)[0])
        for name, box, stream, held, beyond in KNOWN
    ]


def tables(made: Plan, checked: Sequence[tuple[str, int, str, int]]) -> str:
    """The plan's numbers as Markdown, by the template `tables.md`."""
    city, measured, box = made.city, made.measured, made.city.box
    streams, memory = measured.stream_mbit_s, measured.memory_mb
    megabytes = box.workers * memory.process.value + made.per_box * memory.camera.value
    template = (files("scripts.bench.city") / "tables.md").read_text(encoding="utf-8")
    text = Environment(undefined=StrictUndefined, autoescape=False).from_string(template)  # noqa: S701 - Markdown of our own numbers
    return text.render(
        plan=made,
        city=city,
        case=measured.case,
        checked=checked,
        scales=SCALES,
        gbit=sum(g.cameras * streams[g.stream].value for g in city.groups) / 1000,
        memory_gb=megabytes / 1000,
        evidence_gb=_evidence_mb(city, measured) / 1000,
        reviewers=_reviewers(city, measured),
        first=max(made.parts, key=lambda part: part.use[SCALES.index(1.0)]).name,
    ).strip()


def _reviewers(city: City, measured: Measured) -> float:
    return city.cases_day * measured.case.review_s.value / 3600 / city.reviewer_hours


def _evidence_mb(city: City, measured: Measured) -> float:
    """Megabytes of a day's cases."""
    streams, pictures = measured.stream_mbit_s, measured.case.evidence_mb
    return sum(
        group.cameras
        * group.cases_day
        * (pictures[group.stream].value + city.clip_s * streams[group.stream].value / 8)
        for group in city.groups
    )
