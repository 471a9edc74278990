"""`/v1/media`: stored pictures, masked unless an original is asked for with a reason."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import StringConstraints

from api.evidence.media import MediaDesk
from api.http.context import Reader, Shared
from api.http.problems import described

router = APIRouter(prefix="/v1/media", tags=["media"], responses=described(401, 403, 404, 422, 503))
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", examples=["9f86d081884c7d65" + "0" * 48])]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=4, max_length=500)]


@router.get(
    "/{sha256}",
    operation_id="getMedia",
    response_class=Response,
    responses={
        200: {
            "description": "The picture. `Content-Location` names the one that was served.",
            "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
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
            "Content-Location": f"/v1/media/{picture.sha256}",
            "ETag": f'"{picture.sha256}"',
            "Cache-Control": "no-store" if picture.original else "private, max-age=3600",
            "Vary": "Authorization",
        },
    )
