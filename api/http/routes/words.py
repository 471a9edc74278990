"""`/v1/words`: what the API says to people, by code, in Chinese and English; for anybody.

A program's own words: nothing of a site or a case is in them. The sign-in form needs them before
anybody is known.
"""

from __future__ import annotations

import hashlib
from functools import cache

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from api.http.problems import described
from api.http.way_in import WayIn, lets_in
from api.words.catalogue import CATALOGUE

router = APIRouter(prefix="/v1", tags=["words"], responses=described(401, 429))
_FRESH = "public, no-cache"
"""Kept by whoever likes, and asked for anew each time: that costs an ETag."""


class Phrase(BaseModel):
    """A word or a sentence; in a sentence stand values, as the list's description says."""

    zh: str
    en: str


List = dict[str, Phrase]


class Words(BaseModel):
    """Lists of words by code.

    A sentence holds values: `{name}` or `{name:form}`. Forms: `.0f`, `.1f`, `.2f` (decimals),
    `duration` (seconds, in the two largest units), `time` (an ISO 8601 time, shown as a time of
    day); any other form names a list here, in which the value is looked up, and said as it is if it
    is not there. A list of values is joined by `、` and `, `. What stands in `[…]` is left out
    where its first value is missing, zero or empty.
    """

    reasons: List = Field(description="A case's `why[].code`; the values are its `data`.")
    problems: List = Field(description="A problem's `code`; the values are its `params`.")
    invalid: List = Field(description="`errors[].code` of a problem, or of the site file.")
    legal_reasons: List = Field(description="A case's `legal_why[].code`.")
    log: List = Field(description="A log entry's `action`.")
    log_reasons: List = Field(
        description="`data.said[].code` of a log entry whose reason a program gave, where it is "
        "none of `problems`; the values are its `params`."
    )
    stages: List
    steps: List
    outcomes: List
    decisions: List
    rejections: List
    checks: List
    roles: List
    legal_uses: List
    permit_checks: List = Field(description="`permit_check.result`.")
    units: List = Field(description="`deadline.unit`.")
    clocks: List
    methods: List = Field(description="`where.method`.")
    moments: List = Field(description="`evidence[].moment`.")
    evidence: List = Field(description="`evidence[].role`.")
    ended_by: List
    obstacles: List = Field(description="Why the site file cannot be written.")
    things: List = Field(description="What a mistake in the site file is about.")
    yaml_mends: List = Field(description="What to do about what is no YAML.")
    gaps: List = Field(description="`data.gaps[].cause` of a log entry.")


@router.get(
    "/words",
    operation_id="getWords",
    response_model=Words,
    responses={304: {"description": "Unchanged since the ETag of `If-None-Match`."}},
    openapi_extra=lets_in(WayIn.NOBODY),
)
async def get_words(request: Request) -> Response:
    """Get every word and sentence that the API owns, in Chinese and English; needs no key."""
    body, tag = _written()
    headers = {"ETag": tag, "Cache-Control": _FRESH}
    asked = request.headers.get("if-none-match", "")
    known = [one.strip().removeprefix("W/") for one in asked.split(",")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@cache
def _written() -> tuple[bytes, str]:
    """The answer, which changes with the program alone, and its ETag."""
    lists = {
        name: {code: Phrase(zh=said.zh, en=said.en) for code, said in words.items()}
        for name, words in CATALOGUE.items()
    }
    body = Words.model_validate(lists).model_dump_json().encode()
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'
