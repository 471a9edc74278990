"""Vending, looked at through a bad line: lost and repeated looks, gaps, clocks that are set."""

from datasets.scenarios.look import losing, stepping, twice, without
from datasets.scenarios.scenario import Scenario
from datasets.scenarios.vending import MARKET_POST, M, one_stall

HOUR = 60 * M
UNSURE = MARKET_POST.stayed(0.0).but(opened=None, confirmed=None)
"""Where a stay began cannot be said on a clock that jumped; that it is there can."""


def lines() -> list[Scenario]:
    """Looks that never come, come in part, or come two times."""
    post = MARKET_POST
    return [
        post.scenario(
            "looks-lost", "two looks in five are lost while a stall stays",
            losing(post.looks(14 * M), 0.4, seed=3, keep=(2 * M, 9.5 * M)),
            one_stall((2 * M, 10 * M)), post.stayed(2 * M, 10 * M), tags=("dropped",),
        ),
        post.scenario(
            "looks-lost-while-passing", "lost looks do not make a short stay a long one",
            losing(post.looks(11 * M), 0.4, seed=4, keep=()),
            one_stall((2 * M, 6 * M), seed=6, style="table", shade="canopy"), tags=("dropped",),
        ),
        post.scenario(
            "looks-twice", "each picture comes two times; a stall stays",
            twice(post.looks(14 * M)), one_stall((2 * M, 10 * M)), post.stayed(2 * M, 10 * M),
            tags=("repeated",),
        ),
        post.scenario(
            "looks-twice-while-short", "each picture comes two times, which is no longer stay",
            twice(post.looks(11 * M)), one_stall((2 * M, 6 * M), seed=6, style="table"),
            tags=("repeated",),
        ),
        post.scenario(
            "gap-while-it-stays", "a confirmed stall is still there after twenty blind minutes",
            without(post.looks(36 * M), (9 * M, 29 * M)), one_stall((1 * M, 33 * M)),
            post.stayed(1 * M, 33 * M), tags=("gap",),
        ),
        post.scenario(
            "gone-after-a-gap", "a confirmed stall left while the camera was blind",
            without(post.looks(36 * M), (9 * M, 29 * M)), one_stall((1 * M, 15 * M)),
            # It was last seen before the gap; two clean minutes count from the first clean look.
            post.stayed(1 * M).but(last_seen=9 * M, cleared=31 * M), tags=("gap",),
        ),
        post.scenario(
            "gap-between-short-stays", "blind time is no presence: two minutes and two are four",
            without(post.looks(38 * M), (3 * M, 33 * M)), one_stall((1 * M, 35 * M), seed=6),
            tags=("gap",),
        ),
        post.scenario(
            "two-blind-minutes", "a line that is down for four looks does not end a stay",
            without(post.looks(15 * M), (4 * M, 6 * M)), one_stall((2 * M, 11 * M)),
            post.stayed(2 * M, 11 * M), tags=("gap", "dropped"),
        ),
    ]  # fmt: skip


def clocks() -> list[Scenario]:
    """A camera's clock is set while a stall stays."""
    post = MARKET_POST
    return [
        post.scenario(
            "clock-set-back-a-little", "the clock goes back by 45 seconds in the middle of a stay",
            stepping(post.looks(15 * M), 4 * M, -45.0), one_stall((2 * M, 11 * M)),
            post.stayed(2 * M, 11 * M - 45.0), tags=("clock",),
        ),
        post.scenario(
            "clock-set-back-an-hour", "a clock that was an hour fast is set right; the stall stays",
            stepping(post.looks(22 * M), 4 * M, -HOUR), one_stall((2 * M, 18 * M)),
            UNSURE.but(last_seen=18 * M - HOUR, cleared=20 * M - HOUR),
            tags=("clock",),
        ),
        post.scenario(
            "clock-set-forward-an-hour", "a clock that was an hour slow is set right: a gap",
            stepping(post.looks(20 * M), 4 * M, HOUR), one_stall((2 * M, 16 * M)),
            UNSURE.but(last_seen=16 * M + HOUR, cleared=18 * M + HOUR),
            tags=("clock",),
        ),
        post.scenario(
            "clock-set-forward-while-short", "the hour that a clock jumps is no hour of standing",
            stepping(post.looks(11 * M), 4 * M, HOUR), one_stall((2.5 * M, 4.5 * M), seed=6),
            tags=("clock",),
        ),
    ]  # fmt: skip
