"""Vending of other sub-types: who keeps moving on, and what stands before a shop."""

from datasets.renderer.motion import Path
from datasets.scenarios.cast import pushed_cart
from datasets.scenarios.post import Cast
from datasets.scenarios.scenario import Scenario
from datasets.scenarios.vending import FAR, MARKET_POST, NEAR, SPOT, M, one_stall, street


def subtypes() -> list[Scenario]:
    """A roaming vendor, one who only rests, and goods outside a shop."""
    post = MARKET_POST
    shop = post.but(shows="shop_outside", subtype="shop_outside", dwell=10 * M)
    return [
        post.scenario(
            "vendor-roams", "three stops of three minutes each, one after the other",
            18 * M, _roaming(3.0, 3.0, 3.0),
            # Five minutes of stops are over two minutes into the second one.
            post.stayed(1 * M, 11 * M, "roaming_vendor", delay=0.5 * M),
        ),
        post.scenario(
            "vendor-rests-twice", "two stops of two minutes each are four minutes",
            12 * M, _roaming(2.0, 2.0), tags=("confuser",),
        ),
        shop.scenario(
            "shop-trades-outside", "goods before a shop's door for twelve minutes",
            17 * M, one_stall((1 * M, 13 * M), seed=6, style="table", shade="canopy"),
            shop.stayed(1 * M, 13 * M),
        ),
        shop.scenario(
            "shop-unloads", "goods before a shop's door for nine minutes, where ten are the rule",
            13 * M, one_stall((1 * M, 10 * M), seed=6, style="table", shade="canopy"),
            tags=("confuser",),
        ),
    ]  # fmt: skip


def _roaming(*stops: float) -> Cast:
    """A cart that stops for so many minutes at one spot after the other, half a minute between."""
    spots = (NEAR, SPOT, FAR)
    keys: list[tuple[float, float, float]] = []
    t = 1 * M
    for (x, y), stop in zip(spots, stops, strict=False):
        keys += [(t, x, y), (t + stop * M, x, y)]
        t += (stop + 0.5) * M
    way = Path.of(*keys, facing=90.0)
    return lambda: street(pushed_cart("cart", way))
