"""`/v1/cases/{case_id}/package`: the evidence package of a case, as a zip."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from api.errors import OriginalRefused
from api.evidence.package import PackageDesk
from api.evidence.scope import Scope
from api.http.context import Reader, Shared
from api.http.problems import GUARDED, Refusal, described
from api.http.routes.cases import CaseId
from api.http.routes.media import Reason
from api.words.said import say
from vision.errors import EvidenceUnavailable

router = APIRouter(prefix="/v1/cases", tags=["cases"], responses=described(*GUARDED, 422))
AT_ONCE = 2
"""Packages that are made at the same time: each reads and writes as fast as the disk can."""
_BLOCK = 1 << 20
_making = threading.BoundedSemaphore(AT_ONCE)


@router.get(
    "/{case_id}/package",
    operation_id="getCasePackage",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "A zip; `streetwarden verify`, or the `verify.py` in it, checks it.",
            "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        },
        **described(404, 409),
    },
)
def get_case_package(
    shared: Shared,
    who: Reader,
    case_id: CaseId,
    scope: Annotated[
        Scope,
        Query(
            description="`officer`: with originals, for a `reason`, each logged as a look. "
            "`receiver`: derivatives, the whole log, hashes of the originals. `public`: masked "
            "pictures and no person's name. The last two want a case that a person confirmed.",
        ),
    ] = Scope.RECEIVER,
    reason: Annotated[
        Reason | None,
        Query(description="Why the originals are wanted; it is logged with the key's holder."),
    ] = None,
) -> StreamingResponse:
    """Get the evidence package of a case: a signed zip that can be checked without this server."""
    if scope is Scope.OFFICER and reason is None:
        raise OriginalRefused(say("package_reason_missing"))
    desk = PackageDesk(
        shared.database, shared.evidence, shared.site.site, shared.site.storage.key_file
    )
    if not _making.acquire(blocking=False):
        raise Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE,
            say("packages_busy", most=AT_ONCE, wait_s=5),
            {"Retry-After": "5"},
        )
    try:
        file = _nameless()
        try:
            made = desk.make(who, case_id, scope, reason or "", file)
        except BaseException:
            file.close()
            raise
    finally:
        _making.release()
    return StreamingResponse(
        _blocks(file),
        media_type="application/zip",
        headers={
            "Content-Length": str(made.size),
            "Content-Disposition": f'attachment; filename="{made.name}"',
        },
    )


def _nameless() -> BinaryIO:
    """A file without a name: whatever ends this process, nothing half-written is left."""
    try:
        return tempfile.TemporaryFile()
    except OSError as error:
        raise EvidenceUnavailable(
            f"no temporary file can be made ({error.strerror}); free space, or set TMPDIR"
        ) from error


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while block := file.read(_BLOCK):
            yield block
