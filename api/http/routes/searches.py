"""`/v1/searches`: searches that somebody keeps for themselves."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, JsonValue

from api.cases.case_filter import Order
from api.http.context import Reader, Shared
from api.http.parameters import named, title
from api.http.problems import GUARDED, WRITING, Refusal, described
from api.http.routes.case_lists import CaseQuery
from api.searches.desk import Saved
from api.words.said import say

router = APIRouter(prefix="/v1/searches", tags=["searches"], responses=described(*GUARDED))
_EXAMPLE: JsonValue = {
    "name": "解放路待审核",
    "query": {"stage": ["pending_review"], "text": "解放路", "order": "oldest"},
}


class SavedQuery(CaseQuery):
    """A list's filter and order, by the names of its parameters."""

    order: Order = Order.NEWEST


class SearchRequest(BaseModel):
    """What to keep, and what to call it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    name: Annotated[str, title(100)]
    query: SavedQuery


class SearchView(BaseModel):
    """A saved search; `query` holds only what was given."""

    id: str
    name: str
    query: dict[str, str | list[str]]
    made_at: datetime


class SearchList(BaseModel):
    """The saved searches of who asks, by name."""

    items: list[SearchView]


@router.get("", operation_id="listSearches")
def list_searches(shared: Shared, who: Reader) -> SearchList:
    """List one's own saved searches."""
    return SearchList(items=[_view(saved) for saved in shared.searches.list(who)])


@router.post("", operation_id="saveSearch", responses=described(409, *WRITING))
def save_search(shared: Shared, who: Reader, request: SearchRequest) -> SearchView:
    """Save a search; one of one's own of the same name is replaced."""
    query = request.query.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    return _view(shared.searches.save(who, request.name, query))


@router.delete(
    "/{search_id}",
    operation_id="deleteSearch",
    status_code=204,
    responses=described(404, 422),
)
def delete_search(
    shared: Shared, who: Reader, search_id: Annotated[str, named("01J9ZK3V5Q8T6W2Y4B7N0C1D2E")]
) -> None:
    """Delete one of one's own saved searches."""
    if not shared.searches.delete(who, search_id):
        raise Refusal(HTTPStatus.NOT_FOUND, say("search_unknown"))


def _view(saved: Saved) -> SearchView:
    return SearchView(id=saved.id, name=saved.name, query=dict(saved.query), made_at=saved.made_at)
