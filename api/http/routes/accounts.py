"""What requests about users and keys have in common: names, scopes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, WithJsonSchema

from api.http.parameters import DivisionCode, Name
from api.storage.limits import TEXT
from vision.fields import KindName
from vision.kinds import catalogue

Kind = Annotated[
    KindName,
    WithJsonSchema({"type": "string", "enum": [kind.name for kind in catalogue().kinds]}),
]
Label = Annotated[str, StringConstraints(pattern=TEXT, max_length=200)]
Cameras = Annotated[list[Name], Field(max_length=2000)]
Kinds = Annotated[list[Kind], Field(max_length=100)]
Divisions = Annotated[list[DivisionCode], Field(max_length=1000)]
