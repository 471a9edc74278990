"""Limits: what the model that looked cannot see, from the card that ships with it."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from vision.audit.records import Settings


@dataclass(frozen=True, slots=True)
class Measured:
    """How a class was found on the validation pictures: shares 0..1 of so many objects."""

    name: str
    objects: int
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What a card says.

    Attributes:
        text: the whole card, Markdown, English.
        pictures: it was measured on.
        measured: by class, in the card's order.
        fails: where it fails, one sentence or more each, English.
    """

    text: str
    pictures: int
    measured: tuple[Measured, ...]
    fails: tuple[str, ...]

    @property
    def address(self) -> str:
        """The whole card as an address, so that a page has it in itself."""
        return f"data:text/markdown;base64,{base64.b64encode(self.text.encode()).decode()}"


def limits(settings: Settings) -> Limits | None:
    """Of the model that looked; None where no card is of just these weights, as of one's own."""
    return _limits(settings.model, settings.sha256)


@cache
def _limits(model: str, sha256: str) -> Limits | None:
    if not re.fullmatch(r"[\w.-]+", model):
        return None
    cards = files("models").joinpath("cards")
    facts, card = cards.joinpath(f"{model}.json"), cards.joinpath(f"{model}.md")
    if not (facts.is_file() and card.is_file()):
        return None
    text, tree = card.read_text(encoding="utf-8"), json.loads(facts.read_text(encoding="utf-8"))
    if sha256 not in text:
        return None
    overall = tree["evaluation"]["overall"]
    classes = (
        Measured(name, of["objects"], of["precision"][0], of["recall"][0])
        for name, of in overall["classes"].items()
        if of["objects"] and None not in (of["precision"][0], of["recall"][0])
    )
    return Limits(text, overall["pictures"], tuple(classes), _bullets(text, "Where it fails"))


def _bullets(text: str, heading: str) -> tuple[str, ...]:
    """A section's list items, each on one line and without Markdown's marks."""
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    lines = re.split(r"^- ", found[1], flags=re.MULTILINE)[1:] if found else []
    return tuple(re.sub(r"[`*]", "", " ".join(line.split())) for line in lines)
