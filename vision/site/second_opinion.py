"""SecondOpinion: a vision-language model on the site's own network that is asked about cases."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, IPvAnyNetwork, SecretStr

from vision.durations import Duration
from vision.fields import KindName, Part
from vision.kinds import catalogue
from vision.mistakes.wrong import wrong
from vision.site.web_address import WebAddress

LONGEST_WAIT = timedelta(minutes=5)
"""A model on a CPU takes a minute for a picture; what takes longer than this has hung."""


def _a_wait(length: timedelta) -> timedelta:
    if not timedelta(seconds=1) <= length <= LONGEST_WAIT:
        raise ValueError(wrong("opinion_timeout"))
    return length


def _of_known(questions: dict[str, str]) -> dict[str, str]:
    known = [kind.name for kind in catalogue().kinds]
    known += [f"{kind.name}/{sub.name}" for kind in catalogue().kinds for sub in kind.subtypes]
    for name in questions:
        if name not in known:
            raise ValueError(wrong("question_of_none", name=name, known=known))
    return questions


_Question = Annotated[str, Field(min_length=1, max_length=1000)]


class SecondOpinion(Part):
    """An OpenAI-compatible endpoint that is asked about the masked picture of each case.

    `url` is what `/chat/completions` is added to; `model` the name that the endpoint knows it by;
    `key` its bearer token. It is connected to at private addresses, and at those of `allow`.
    `timeout` is for one answer as a whole. `kinds`: only about these; empty: about all that have a
    question. `questions` stand for those of `kinds.yaml`, by kind or by `kind/sub-type`, in the
    site's language.
    """

    url: WebAddress
    model: Annotated[str, Field(min_length=1, max_length=200)]
    key: SecretStr | None = None
    allow: tuple[IPvAnyNetwork, ...] = ()
    timeout: Annotated[Duration, AfterValidator(_a_wait)] = timedelta(seconds=30)
    kinds: tuple[KindName, ...] = ()
    questions: Annotated[dict[str, _Question], AfterValidator(_of_known)] = Field(
        default_factory=dict
    )
