"""Opinion: what a vision-language model on the site's own network said of a case's masked picture.

It stands beside the rule's reasons and orders the queue a little. It decides nothing: no step reads
it, and no receiver is told of it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import ConfigDict, Field

from api.cases.parts import Part, Sha256


class Answer(StrEnum):
    """What a model may answer to the kind's question."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


class Opinion(Part):
    """A model's answer, with what it was asked about and by which words.

    `why` is the model's own sentence: words of a machine that may have read them in the picture,
    without control characters, to be shown as text and never as markup. The whole prompt is in the
    case's log.
    """

    model_config = ConfigDict(extra="forbid", protected_namespaces=())
    answer: Answer
    why: str = Field(max_length=300)
    model: str = Field(description="As the endpoint named it in its answer.")
    host: str = Field(description="Host and port of the endpoint.", examples=["10.0.0.9:8000"])
    picture: Sha256 = Field(description="Of the masked picture that was sent.")
    prompt_sha256: Sha256
    ms: int = Field(description="Milliseconds until the answer was there.")
    at: datetime
