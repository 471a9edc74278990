from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.sources.key_frame_policy import KeyFramePolicy


def _decoded(
    keys: list[int], frames: int, *, interval: float, rate: int = 10, live: bool = False
) -> list[int]:
    """Numbers of the frames that are decoded, of a stream with key frames at `keys`."""
    policy, wanted = KeyFramePolicy(interval, live=live), []
    for number in range(frames):
        if policy.wants(number / rate, key=number in keys):
            wanted.append(number)
            if policy.only_keys:
                policy.gave(1)
    return wanted


def test_key_frames_are_enough_once_they_have_come_often_enough() -> None:
    assert _decoded(list(range(0, 100, 10)), 100, interval=1.0) == [
        *range(41),  # the fifth key frame is the first that is known to be enough
        *range(50, 100, 10),
    ]


def test_a_live_stream_looked_at_seldom_is_hoped_to_have_enough_key_frames() -> None:
    keys = list(range(5, 100, 10))  # it is joined in the middle
    assert _decoded(keys, 100, interval=1.0, live=True) == keys


def test_first_packets_whose_time_is_not_known_yet_disappoint_nobody() -> None:
    policy = KeyFramePolicy(1.0, live=True)
    assert not policy.wants(None, key=False)
    assert policy.wants(None, key=True)
    assert [policy.wants(n / 10, key=n % 10 == 0) for n in range(1, 21)] == [
        n % 10 == 0 for n in range(1, 21)
    ]


def test_a_live_stream_without_times_is_decoded_whole_after_two_key_frames() -> None:
    policy = KeyFramePolicy(10, live=True)
    assert [policy.wants(None, key=n % 5 == 0) for n in range(12)] == [
        *[n % 5 == 0 for n in range(5)],
        *[True] * 7,
    ]


def test_two_key_frames_of_one_time_are_one() -> None:
    policy = KeyFramePolicy(1.0, live=True)
    keys_and_others = [(n / 10, n % 10 == 0) for n in (0, 0, 5, 10, 10, 15, 20, 20, 25)]
    wanted = [policy.wants(at, key=key) for at, key in keys_and_others]
    assert wanted == [True, True, False] * 3


def test_a_live_stream_that_disappoints_is_decoded_whole_from_its_next_key_frame() -> None:
    keys = list(range(0, 100, 20))
    assert _decoded(keys, 100, interval=1.0, live=True) == [0, *range(20, 100)]


def test_a_live_stream_with_more_looks_learns_sooner_than_a_recording() -> None:
    keys = list(range(0, 60, 5))
    assert _decoded(keys, 60, interval=0.5, live=True) == [*range(11), *range(15, 60, 5)]


def test_a_live_stream_without_any_key_frame_is_decoded_in_the_end() -> None:
    wanted = _decoded([], 400, interval=1.0, live=True)
    assert wanted == list(range(300, 400))


@pytest.mark.parametrize("live", [True, False])
def test_key_frames_far_apart_are_enough_for_looks_as_far_apart(live: bool) -> None:
    """However many packets lie between them."""
    keys = list(range(0, 6000, 500))
    wanted = _decoded(keys, 6000, interval=60.0, live=live)
    assert [number for number in wanted if number > 2000] == [k for k in keys if k > 2000]


def test_a_live_stream_whose_key_frames_cease_is_decoded_in_the_end() -> None:
    wanted = _decoded([0], 1000, interval=50.0, live=True)
    assert wanted == [0, *range(811, 1000)]  # overdue after 51 s, and 300 packets more in vain


def test_everything_is_decoded_where_looks_are_more_frequent() -> None:
    assert _decoded(list(range(0, 100, 10)), 100, interval=0.9) == list(range(100))


def test_when_key_frames_stay_away_everything_is_decoded_again_from_the_next() -> None:
    keys = [*range(0, 60, 10), 95]
    assert _decoded(keys, 110, interval=1.0) == [*range(41), 50, *range(95, 110)]


def test_a_stream_without_times_is_decoded_whole() -> None:
    policy = KeyFramePolicy(10)
    assert all(policy.wants(None, key=n % 5 == 0) for n in range(100))


def test_key_frames_that_give_no_picture_are_not_relied_upon() -> None:
    policy = KeyFramePolicy(1)
    for number in range(5):
        policy.wants(number, key=True)
    assert policy.only_keys
    policy.gave(0)
    policy.wants(5, key=True)
    policy.gave(0)
    assert not policy.only_keys
    assert all(policy.wants(n / 10, key=n % 10 == 0) for n in range(60, 200))


def test_what_was_left_out_while_nobody_watched_needs_a_key_frame_first() -> None:
    policy = KeyFramePolicy(0.1)
    assert policy.wants(0, key=True)
    policy.skipped()
    assert not policy.wants(0.2, key=False)
    assert policy.wants(0.3, key=True)
    assert policy.wants(0.4, key=False)
    assert policy.left_out == 2


@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=40),
    st.floats(0.05, 5),
    st.booleans(),
)
def test_nothing_is_decoded_without_what_it_rests_on(
    gaps: list[int], interval: float, live: bool
) -> None:
    """A frame is decoded only if all since its key frame were, and every key frame is."""
    keys = [0]
    for gap in gaps:
        keys.append(keys[-1] + gap)
    decoded = _decoded(keys, keys[-1] + 20, interval=interval, live=live)
    known = set(decoded)
    assert known >= set(keys)
    for number in decoded:
        key = max(k for k in keys if k <= number)
        assert set(range(key, number)) <= known


@given(st.lists(st.integers(1, 12), min_size=5, max_size=60))
def test_no_look_is_lost_while_key_frames_come_often_enough(gaps: list[int]) -> None:
    """At gaps of up to 1.2 s, each stretch of 1.2 s has a decoded frame."""
    keys = [0]
    for gap in gaps:
        keys.append(keys[-1] + gap)
    decoded = _decoded(keys, keys[-1] + 1, interval=1.2)
    assert max(b - a for a, b in pairwise(decoded)) <= 12


def test_looks_that_come_closer_want_every_frame_until_they_are_far_apart_again() -> None:
    policy, wanted = KeyFramePolicy(1.0, live=True), []
    for number in range(120):
        if number in (40, 80):
            policy.look_every(0.2 if number == 40 else 1.0)
        if policy.wants(number / 10, key=number % 10 == 0):
            wanted.append(number)
            if policy.only_keys:
                policy.gave(1)
    seldom = [n for n in range(120) if n % 10 == 0]
    assert wanted == sorted({*seldom, *range(40, 81)})
