"""Catalogue: every word list that the API owns, by name, for the console and for integrators."""

from __future__ import annotations

from typing import Final

from api.words.invalid import INVALID
from api.words.log_reasons import LOG_REASONS
from api.words.problems import PROBLEMS
from api.words.said import LISTS
from vision.rules.reasons import TEMPLATES
from vision.sentence import Lists

CATALOGUE: Final[Lists] = {
    "reasons": TEMPLATES,
    "problems": PROBLEMS,
    "invalid": INVALID,
    "log_reasons": LOG_REASONS,
    **LISTS,
}
"""`reasons` are those of our own kinds: another package's says its own, kept in the case."""
