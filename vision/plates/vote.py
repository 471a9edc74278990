"""Vote: one plate from the readings of several looks, character by character."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from vision.plates.reading import PlateReading


def vote(readings: Sequence[PlateReading]) -> PlateReading | None:
    """What most speaks for; None of no reading.

    A look counts by its confidence. The length that most speaks for is taken; at each place the
    character that most of the looks of that length speak for, and its chance is that of those that
    say so, the others counting as nothing.
    """
    by_length: dict[int, list[PlateReading]] = defaultdict(list)
    for reading in readings:
        by_length[len(reading.text)].append(reading)
    if not by_length:
        return None
    agreed = max(by_length.values(), key=lambda some: sum(one.confidence for one in some))
    total = sum(one.confidence for one in agreed)
    text, chances = "", list[float]()
    for place in range(len(agreed[0].text)):
        said: Counter[str] = Counter()
        for one in agreed:
            said[one.text[place]] += one.confidence * one.chances[place]  # type: ignore[assignment]
        character, weight = said.most_common(1)[0]
        text += character
        chances.append(round(weight / total, 4) if total else 0.0)
    colours: dict[str, float] = defaultdict(float)
    for one in agreed:
        colours[one.colour] += one.confidence
    colour = max(agreed, key=lambda one: colours[one.colour]).colour
    return PlateReading(text, tuple(chances), colour)
