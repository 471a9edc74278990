"""Pictures told: on how many a class is seen where it is, and on how many where it is not.

Where one stall ends and the next begins is a matter of taste, and boxes are held to it; whether
there is vending in a picture is what a reviewer asks first.
"""

from typing import Any

import numpy as np

from models.evaluation.bootstrap import Floats, interval, ratio
from models.evaluation.figures import ClassView
from models.evaluation.table import Table


def told(table: Table, weights: Floats, threshold: float) -> dict[str, dict[str, Any]]:
    """Counts pictures of each class by source, wherever in the picture it is seen.

    Args:
        table: The pictures.
        weights: From `bootstrap.draws`.
        threshold: Score from which a detection counts.

    Returns:
        Class, for those with objects anywhere, to `{"sources": {source: {"with", "told", "without",
        "falsely"}}, "told", "falsely"}`: counts of pictures by source; over all, the shares of
        those with it and of those without it that it is seen on, as `Interval`.
    """
    everywhere = np.ones(len(table.pictures), bool)
    result = {}
    for label, name in enumerate(table.classes):
        view = ClassView(table, label, everywhere)
        has = view.per_picture(view.objects("picture")) > 0
        if not has.any():
            continue
        sure = view.shown("score") >= threshold
        seen = view.per_picture(view.shown("picture")[sure]) > 0
        without = table.measures[:, label] & ~has
        counted = {"with": has, "told": has & seen, "without": without, "falsely": without & seen}
        result[name] = {
            "sources": {
                str(source): {k: int(v[table.sources == source].sum()) for k, v in counted.items()}
                for source in np.unique(table.sources[table.measures[:, label]])
            },
            "told": interval(ratio(weights @ (has & seen), weights @ has)),
            "falsely": interval(ratio(weights @ (without & seen), weights @ without)),
        }
    return result
