"""Divisions of a scope, as they are stored: made canonical."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from api.errors import CaseError
from api.words.said import say
from vision.registers.divisions import canonical


def scope_of(codes: Collection[str]) -> list[str] | None:
    """The divisions that somebody is limited to; None for no limit, where none is given.

    Raises:
        CaseError: one is no code.
    """
    try:
        return sorted({canonical(code) for code in codes}) or None
    except ValueError:
        wrong = next(code for code in codes if not _is(code))
        raise CaseError(say("scope_division_form", division=wrong)) from None


def claimed(codes: Iterable[str]) -> list[str]:
    """The divisions that an identity provider says; what is no code opens nothing."""
    return sorted({canonical(code) for code in codes if _is(code)})


def _is(code: str) -> bool:
    try:
        canonical(code)
    except ValueError:
        return False
    return True
