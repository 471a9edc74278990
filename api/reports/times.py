"""Times: how long review and handling took, as median and 90th percentile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from api.reports.facts import Facts
from api.reports.schemas import Spread

TIMES = ("to_review", "to_handle")


def times(facts: Facts, by: Sequence[str]) -> Mapping[tuple[str, str], Mapping[str, Spread]]:
    """The spread of each of `TIMES`, by what it is broken down by (or `all`), and by its name."""
    gathered: dict[tuple[str, str], dict[str, list[NDArray[np.int64]]]] = {}
    for alike, some in facts.items():
        for what in TIMES:
            took = np.array(getattr(some, what), dtype=np.int64)
            for one in by if len(took) else ():
                key = "" if one == "all" else getattr(alike, one)
                if key is None:  # as in `api.reports.rows`
                    continue
                gathered.setdefault((one, key), {}).setdefault(what, []).append(took)
    return {
        key: {what: _spread(np.concatenate(parts)) for what, parts in lasted.items()}
        for key, lasted in gathered.items()
    }


def _spread(took: NDArray[np.int64]) -> Spread:
    took.sort()
    many = len(took)
    # The nearest rank: the least that nine in ten do not exceed.
    ninth = took[(9 * many + 9) // 10 - 1]
    return Spread(cases=many, median_s=float(np.median(took)), p90_s=float(ninth))
