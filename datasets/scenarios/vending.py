"""Vending: stalls that stay, and what only looks like one that does."""

import numpy as np

from datasets.renderer.buses import bus_mesh
from datasets.renderer.cycles import bicycle_mesh, motorcycle_mesh
from datasets.renderer.motion import Path
from datasets.renderer.raster import Pose
from datasets.renderer.scene import Actor
from datasets.renderer.vehicles import car_mesh
from datasets.scenarios.cast import passers, people, pushed_cart, stall, there, traffic
from datasets.scenarios.look import Span
from datasets.scenarios.post import SHANGHAI, Cast, Post, local
from datasets.scenarios.scenario import Scenario
from datasets.scenarios.stage import DAY, DUSK, NIGHT, RAIN
from datasets.scenarios.stages.market import LANES, MARKET, STRIP, WALKS
from datasets.scenarios.sway import shaking

M = 60.0
SPOT, NEAR, FAR = (-6.6, 9.2), (-7.0, 5.6), (-8.2, 12.6)
"""Three places in the strip, metres."""
MARKET_POST = Post(
    "market",
    MARKET,
    STRIP,
    "street_vending",
    "stall",
    seconds=30.0,
    condition=DAY,
    start=local(SHANGHAI, 2026, 11, 20, 9, 0),
    dwell=5 * M,
    clear=2 * M,
)
"""As shipped: five minutes and three looks, over after two minutes."""


def street(*things: list[Actor], seed: int = 0, umbrellas: bool = False) -> list[Actor]:
    """Things in the street's ordinary life."""
    life = [
        *passers(3, WALKS, seed=seed, umbrella=umbrellas, share=0.5),
        *traffic(2, LANES, seed=seed, share=0.4),
    ]
    return [*life, *(actor for thing in things for actor in thing)]


def one_stall(*spans: Span, seed: int = 5, style: str = "tricycle", shade: str = "parasol") -> Cast:
    """A street with one stall in the strip."""
    return lambda: street(stall("stall", SPOT, *spans, seed=seed, style=style, shade=shade))


def lit_stall(*spans: Span) -> Cast:
    """A street with one food cart, of those that trade at night."""
    return one_stall(*spans, seed=14, style="foodcart", shade="none")


def stays() -> list[Scenario]:
    """How long is long enough, and where."""
    post = MARKET_POST
    return [
        post.scenario(
            "stall-stays", "a stall stays nine minutes and leaves",
            15 * M, one_stall((2 * M, 11 * M)), post.stayed(2 * M, 11 * M),
        ),
        post.scenario(
            "stall-stays-a-minute-more", "six minutes are one more than the rule asks",
            11 * M, one_stall((2 * M, 8 * M), seed=6, style="table", shade="canopy"),
            post.stayed(2 * M, 8 * M),
        ),
        post.scenario(
            "stall-stays-a-minute-less", "four minutes are one less than the rule asks",
            11 * M, one_stall((2 * M, 6 * M), seed=6, style="table", shade="canopy"),
        ),
        post.scenario(
            "stall-away-for-a-minute", "who is back before the episode is over never left",
            16 * M, one_stall((1 * M, 6.5 * M), (7.5 * M, 13 * M)), post.stayed(1 * M, 13 * M),
        ),
        post.scenario(
            "stall-comes-back", "two visits, twelve minutes apart, are two episodes",
            30 * M, one_stall((1 * M, 8 * M), (20 * M, 27 * M)),
            post.stayed(1 * M, 8 * M), post.stayed(20 * M, 27 * M),
        ),
        post.scenario(
            "goods-on-a-cloth", "a trader without a stall, goods on the ground",
            13 * M, one_stall((1 * M, 9 * M), seed=12, style="cloth", shade="none"),
            post.stayed(1 * M, 9 * M),
        ),
        post.scenario(
            "stalls-beyond-the-zone", "permitted stalls stand beside the zone all day",
            12 * M,
            lambda: street(
                stall("permitted-1", (-6.9, 20.2), seed=31, style="table", shade="canopy"),
                stall("permitted-2", (-6.9, 24.6), seed=32, style="table", shade="canopy"),
            ),
            tags=("confuser",),
        ),
    ]  # fmt: skip


def passing() -> list[Scenario]:
    """Carts that pass, pause or follow each other, and what is no stall at all."""
    post, often = (
        MARKET_POST,
        MARKET_POST.but(
            seconds=5.0, dwell=30.0, clear=15.0, settings={"dwell": "30s", "clear": "15s"}
        ),
    )
    return [
        often.scenario(
            "cart-passes", "a cart pushed through the strip for longer than the rule's dwell",
            90.0, _carts((5.0, 0.28)), tags=("confuser",),
        ),
        often.scenario(
            "cart-follows-cart", "one cart after the other never adds up to a stay",
            120.0, _carts(*((15.0 * k, 0.7) for k in range(7))), tags=("confuser",),
        ),
        post.scenario(
            "cart-pauses", "a cart that rests for three minutes and goes on",
            12 * M,
            lambda: street(
                pushed_cart(
                    "cart",
                    Path.of((2 * M, -7.4, -4.0), (2.5 * M, *SPOT), (5.5 * M, *SPOT),
                            (6 * M, -7.4, 24.0), facing=90.0),
                )
            ),
            tags=("confuser",),
        ),
        post.scenario(
            "cars-parked-in-the-strip", "cars, a motorcycle and a bicycle stand, nobody sells",
            12 * M, _parked, tags=("confuser",),
        ),
        post.but(condition=RAIN).scenario(
            "umbrellas-wait", "people wait in the rain under umbrellas, which are no parasols",
            12 * M,
            lambda: street(
                people("waiting", ((-6.4, 8.0), (-6.6, 9.4), (-8.2, 11.0)), (1 * M, 11 * M),
                       seed=3, umbrella=True),
                umbrellas=True,
            ),
            tags=("confuser",),
        ),
    ]  # fmt: skip


def markets() -> list[Scenario]:
    """Several stalls: one market, vendors that relieve each other or change places."""
    post = MARKET_POST
    spots = ((-6.4, 5.2), (-6.6, 7.6), (-6.6, 10.0), (-6.8, 12.4), (-8.9, 6.6))
    return [
        post.scenario(
            "market-of-many", "five stalls that come and go one by one are one episode",
            18 * M,
            lambda: street(*(
                stall(f"stall-{k}", spot, ((1 + k) * M, (10 + k) * M), seed=40 + k,
                      style=("tricycle", "table", "cart", "foodcart", "table")[k],
                      shade=("parasol", "canopy", "parasol", "none", "none")[k])
                for k, spot in enumerate(spots)
            )),
            post.stayed(1 * M, 14 * M),
        ),
        post.scenario(
            "stall-relieved-at-its-spot", "dwell belongs to the spot: two vendors, one stay",
            16 * M,
            lambda: street(
                stall("first", SPOT, (2 * M, 6 * M), seed=5),
                stall("second", SPOT, (6 * M, 12 * M), seed=15, style="cart"),
            ),
            post.stayed(2 * M, 12 * M),
        ),
        post.scenario(
            "stall-joined-by-another", "the market goes on as long as some stall of it is there",
            16 * M,
            lambda: street(
                stall("first", SPOT, (1 * M, 8 * M), seed=5),
                stall("second", NEAR, (2 * M, 12 * M), seed=15, style="table"),
            ),
            post.stayed(1 * M, 12 * M),
        ),
        post.scenario(
            "next-stall-soon", "the strip is never free for two minutes: one market",
            20 * M,
            lambda: street(
                stall("first", SPOT, (1 * M, 8 * M), seed=5),
                stall("second", NEAR, (9 * M, 16 * M), seed=15, style="table"),
            ),
            post.stayed(1 * M, 16 * M),
        ),
        post.scenario(
            "next-stall-later", "who comes after the strip was free is another violation",
            22 * M,
            lambda: street(
                stall("first", SPOT, (1 * M, 8 * M), seed=5),
                stall("second", NEAR, (11 * M, 18 * M), seed=15, style="table"),
            ),
            post.stayed(1 * M, 8 * M), post.stayed(11 * M, 18 * M),
        ),
        post.scenario(
            "vendors-change-places", "two stalls swap spots behind a bus: track ids do not matter",
            16 * M,
            lambda: street(
                stall("first", SPOT, (1 * M, 5 * M), seed=5),
                stall("first again", NEAR, (5 * M, 12 * M), seed=5),
                stall("second", NEAR, (1 * M, 5 * M), seed=15, style="cart"),
                stall("second again", SPOT, (5 * M, 12 * M), seed=15, style="cart"),
                [_bus((4.5 * M, 5.5 * M))],
            ),
            post.stayed(1 * M, 12 * M), tags=("occlusion", "id switch"),
        ),
    ]  # fmt: skip


def hidden() -> list[Scenario]:
    """What comes between the camera and the stall, and what makes it hard to see."""
    post = MARKET_POST
    front = ((-5.9, 7.9), (-5.5, 8.3), (-5.2, 8.8), (-4.9, 9.2), (-5.7, 7.3))
    return [
        post.scenario(
            "crowd-in-front", "customers hide most of the stall for a minute, three times",
            15 * M,
            lambda: street(
                stall("stall", SPOT, (1 * M, 12 * M), seed=17, style="table", shade="none"),
                people("customer", front, (2.5 * M, 3.5 * M), (6 * M, 7 * M), (9 * M, 10 * M)),
            ),
            post.stayed(1 * M, 12 * M), tags=("occlusion",),
        ),
        post.scenario(
            "bus-in-front", "a bus stops before the stall for a minute and a half",
            15 * M,
            lambda: street(stall("stall", SPOT, (1 * M, 12 * M)), [_bus((7 * M, 8.5 * M))]),
            post.stayed(1 * M, 12 * M), tags=("occlusion",),
        ),
        post.but(condition=NIGHT, start=local(SHANGHAI, 2026, 11, 20, 20, 0)).scenario(
            "stall-at-night", "a stall under street lamps",
            14 * M, lit_stall((2 * M, 10 * M)),
            post.stayed(2 * M, 10 * M),
        ),
        post.but(condition=DUSK, start=local(SHANGHAI, 2026, 11, 20, 17, 30)).scenario(
            "stall-at-dusk", "a stall when the lamps have just been lit",
            14 * M, one_stall((2 * M, 10 * M), seed=6, style="table"), post.stayed(2 * M, 10 * M),
        ),
        post.but(condition=RAIN).scenario(
            "stall-in-rain", "a stall under its parasol, people under umbrellas",
            14 * M,
            lambda: street(stall("stall", SPOT, (2 * M, 10 * M)), umbrellas=True),
            post.stayed(2 * M, 10 * M),
        ),
        post.but(sway=shaking(1)).scenario(
            "camera-shakes", "the pole shakes in the wind while a stall stays",
            14 * M, one_stall((2 * M, 10 * M)), post.stayed(2 * M, 10 * M), tags=("shake",),
        ),
    ]  # fmt: skip


def _carts(*starts: tuple[float, float]) -> Cast:
    """Carts by (first second, metres per second), along the strip."""
    return lambda: street(*(
        pushed_cart(
            f"cart-{k}",
            Path.at_speed(start, speed, (-7.0, 1.0), (-6.8, 15.5)),
            seed=21 + k % 3,
            style=("cart", "tricycle", "cart")[k % 3],
        )
        for k, (start, speed) in enumerate(starts)
    ))  # fmt: skip


def _bus(*spans: Span) -> Actor:
    """A bus at the kerb, between the camera and the strip."""
    return there("bus", bus_mesh(np.random.default_rng(3)), Pose(-2.9, 5.4, 0.0, -90.0), *spans)


def _parked() -> list[Actor]:
    rng = np.random.default_rng(51)
    here = (1 * M, 11 * M)
    return street(
        [
            there("van", car_mesh(rng, "van"), Pose(-7.0, 12.2, 0.0, 90.0), here),
            there("sedan", car_mesh(rng, "sedan"), Pose(-6.4, 6.6, 0.0, 90.0), here),
            there("motorcycle", motorcycle_mesh(rng, None), Pose(-8.9, 9.0, 0.0, 20.0), here),
            there("bicycle", bicycle_mesh(rng, None), Pose(-8.9, 10.2, 0.0, 10.0), here),
        ]
    )
