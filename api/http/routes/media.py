"""`/v1/media`: stored pictures, masked unless an original is asked for with a reason."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import StringConstraints

from api.evidence.media import MediaDesk
from api.http.context import Reader, Shared
from api.http.problems import GUARDED, described

router = APIRouter(prefix="/v1/media", tags=["media"], responses=described(*GUARDED, 404, 410, 422))
# Four characters or more between spaces.
_SAID = r"^\s*[^\s\x00][^\x00]{2,498}[^\s\x00]\s*$"
_TYPES = ("image/jpeg", "image/png", "video/mp4")
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", examples=["9f86d081884c7d65" + "0" * 48])]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, pattern=_SAID)]


@router.get(
    "/{sha256}",
    operation_id="getMedia",
    response_class=Response,
    responses={
        200: {
            "description": "The picture. `Content-Location` names the one that was served.",
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}} for kind in _TYPES
            },
        }
    },
)
def get_media(
    shared: Shared,
    who: Reader,
    sha256: Digest,
    reason: Annotated[
        Reason | None,
        Query(description="Why an original is looked at; it is logged with the key's holder."),
    ] = None,
) -> Response:
    """Get a picture: a derivative, or an original with a reason and a role that may."""
    picture = MediaDesk(shared.database, shared.evidence).fetch(who, sha256, reason)
    return Response(
        picture.content,
        media_type=picture.media_type,
        headers={
            "Content-Location": picture.sha256,  # beside what was asked for, under any prefix
            "ETag": f'"{picture.sha256}"',
        },
    )
