"""Parameters: the types of path, query and body values, limited to what the databases accept."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import AfterValidator, Field, StringConstraints

from api.cases.instant import Instant
from api.storage.limits import LARGEST_ID, TEXT
from vision.registers.divisions import FORM, canonical

__all__ = ["DivisionCode", "Instant", "Name", "RowId", "named", "title"]

Name = Annotated[str, StringConstraints(pattern=TEXT, max_length=64)]
"""A kind's, camera's, case's or receiver's name."""
DivisionCode = Annotated[str, StringConstraints(pattern=f"^({FORM})$"), AfterValidator(canonical)]
"""A division's code, with or without the zeros that fill it up."""
RowId = Annotated[int, Field(ge=0, le=LARGEST_ID)]


def named(example: str) -> Any:
    """A path's parameter with an example."""
    return Path(pattern=TEXT, max_length=64, examples=[example])


def title(longest: int) -> StringConstraints:
    """What a person calls something: not blank, and without what no database takes (zero)."""
    return StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=longest,
        pattern=r"^[^\x00]*[^\s\x00][^\x00]*$",
    )
