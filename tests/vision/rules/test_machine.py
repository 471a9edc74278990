"""Whatever a camera shows, and in whatever order, no episode breaks the machine's promises."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from vision.episodes import EpisodeEvent, EpisodeStage
from vision.rules.sight import overlap

Box = tuple[float, float, float, float]
LEFT, RIGHT, MOVED = (0.1, 0.4, 0.3, 0.8), (0.6, 0.4, 0.8, 0.8), (0.15, 0.4, 0.35, 0.8)
DWELL, LOOKS, CLEAR, INTERVAL = 10.0, 3, 5.0, 1.0
STAGES = {
    (EpisodeStage.OPENED,),
    (EpisodeStage.OPENED, EpisodeStage.DROPPED),
    (EpisodeStage.OPENED, EpisodeStage.CONFIRMED),
    (EpisodeStage.OPENED, EpisodeStage.CONFIRMED, EpisodeStage.CLEARED),
}

# Seconds to the next look: in step, together, late, after a gap, or the clock was set back.
steps = st.one_of(
    st.just(INTERVAL),
    st.sampled_from([0.0, 0.5, 2.0, 4.0]),
    st.sampled_from([6.0, 60.0, 3600.0]),
    st.sampled_from([-1.0, -30.0]),
)
things = st.lists(
    st.tuples(st.sampled_from([LEFT, RIGHT, MOVED]), st.sampled_from([0.41, 0.6, 0.9])),
    max_size=3,
)
timelines = st.lists(st.tuples(steps, things), max_size=80)
# Most of the time things stay as they are: else hardly anything would ever be confirmed.
stays = st.lists(st.tuples(st.lists(steps, min_size=1, max_size=25), things), max_size=8).map(
    lambda parts: [(step, seen) for steps_, seen in parts for step in steps_]
)


def classes(kind: str) -> str:
    return {"street_vending": "stall", "overflowing_bin": "overflowing_bin"}[kind]


@pytest.mark.parametrize("kind", ["street_vending", "overflowing_bin"])
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(  # two that stop in turn, and a gap: the first one's time counted twice
    timeline=[
        (1.0, [(LEFT, 0.41), (RIGHT, 0.41)]),
        (1.0, []),
        (4.0, [(LEFT, 0.41), (RIGHT, 0.41)]),
        (1.0, [(RIGHT, 0.41)]),
        (6.0, [(LEFT, 0.41)]),
    ],
)
@given(timeline=st.one_of(timelines, stays))
def test_no_order_of_looks_breaks_an_episode(
    scene: type[Any], kind: str, timeline: list[tuple[float, Any]]
) -> None:
    s = scene(kind, dwell=f"{DWELL}s", looks=LOOKS, clear=f"{CLEAR}s")
    at = elapsed = 0.0
    shown: list[tuple[float, list[Box]]] = []
    for step, seen in timeline:
        at += step
        elapsed += max(step, 0.0)
        events = s.look(at, [(classes(kind), box, score) for box, score in seen])
        shown.append((elapsed, [box for box, _ in seen]))
        _check_places(s.rule.remember(), kind)
        for event in events:
            _check(event, shown, kind)
    stages: dict[str, list[EpisodeStage]] = defaultdict(list)
    for event in s.events:
        stages[event.episode.id].append(event.episode.stage)
    assert all(tuple(one) in STAGES for one in stages.values()), stages


def _check(event: EpisodeEvent, shown: list[tuple[float, list[Box]]], kind: str) -> None:
    episode = event.episode
    assert episode.opened_at <= episode.last_seen_at
    seen = [at for at, boxes in shown if boxes]
    assert episode.looks <= len(seen)
    assert episode.score >= 0.4
    if episode.stage is EpisodeStage.CONFIRMED:
        assert any(overlap(episode.box, box)[0] > 0 for box in shown[-1][1]), "it is there"
        assert episode.confirmed_at == event.frame.captured_at
        assert episode.looks >= LOOKS
        # A gap counts only for bins, which are looked at far apart.
        apart = [b - a for a, b in pairwise(seen)]
        most = sum(apart) if kind == "overflowing_bin" else sum(s for s in apart if s <= 5)
        stayed = [r.data.get("dwell_s", r.data.get("occupied_s", 0.0)) for r in episode.why]
        assert DWELL <= max(stayed) <= most + 0.1
    if episode.stage is EpisodeStage.CLEARED and kind == "overflowing_bin":
        for _, boxes in shown[-2:]:
            assert not any(overlap(episode.box, box)[0] > 0.6 for box in boxes), "it is still there"


def _check_places(places: list[dict[str, Any]], kind: str) -> None:
    boxes = [stay["sight"]["box"] for place in places for stay in place["stays"]]
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            assert overlap(one, other)[0] < 0.95, "one thing is at two places"
    if kind == "street_vending":
        assert len(places) <= 1, "a market is one place"
