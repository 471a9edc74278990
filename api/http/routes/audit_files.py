"""`/v1/audits/{audit_id}/files`: uploads in pieces, by tus 1.0.0 (core, creation, termination).

Any tus client can resume: tus-js-client with this address as its `endpoint` and the key in its
`headers`. See <https://tus.io/protocols/resumable-upload>.
"""

from __future__ import annotations

import base64
import binascii
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Header, Request, Response
from starlette.requests import ClientDisconnect

from api.audits.folders import Upload
from api.http.context import AuditReader, Context, Inspector, Shared
from api.http.parameters import named
from api.http.problems import GUARDED, WRITING, Refusal, described
from api.http.routes.audits import AuditId
from api.storage.tables import AuditFileRow
from api.words.said import say

router = APIRouter(prefix="/v1/audits", tags=["audits"], responses=described(*GUARDED))
VERSION = "1.0.0"
OCTETS = "application/offset+octet-stream"
TAKES_S = 100.0
"""Seconds of one request, for each answer has to be over in 120 (`api.http.connections`); what has
come by then is kept, and the client goes on from there."""
_BLOCK = 2**20
"""Bytes that are gathered before they are written."""
_LARGEST = 2**53 - 1
"""What a number in JSON holds exactly."""
FileId = Annotated[str, named("01J9ZK3V5Q8T6W2Y4B7N0C1D2F")]
Version = Annotated[
    str | None,
    Header(alias="Tus-Resumable", max_length=16, description="The client's version of tus."),
]
_SAYS_OFFSET: dict[str, Any] = {
    "Upload-Offset": {"schema": {"type": "integer"}, "description": "Bytes that are here."},
    "Tus-Resumable": {"schema": {"type": "string"}},
}


@router.post(
    "/{audit_id}/files",
    operation_id="beginUpload",
    status_code=201,
    response_class=Response,
    responses={
        201: {
            "description": "`Location` is where its bytes are sent to, relative to this address.",
            "headers": {"Location": {"schema": {"type": "string"}}},
        },
        **described(404, 409, 412, 507, *WRITING),
    },
)
def begin_upload(
    shared: Shared,
    _who: Inspector,
    audit_id: AuditId,
    length: Annotated[
        int,
        Header(
            alias="Upload-Length", ge=0, le=_LARGEST, description="Bytes.", examples=[2_457_600]
        ),
    ],
    metadata: Annotated[
        str,
        Header(
            alias="Upload-Metadata",
            max_length=8192,
            description="`filename` and the name in Base64; folders before it by `/`. Or "
            "`relativePath`, as Uppy says it.",
            examples=["filename cGhvdG9zL0lNR18wMDAxLmpwZw=="],
        ),
    ],
    version: Version = None,
) -> Response:
    """Begin an upload; its bytes are sent by `PATCH`, from `Upload-Offset: 0` on."""
    _speaks(version)
    row = shared.audits.add_file(audit_id, _name(metadata), length)
    # Relative, so that it holds behind a proxy's path as well.
    headers = {"Location": f"files/{row.id}", "Tus-Resumable": VERSION}
    return Response(status_code=HTTPStatus.CREATED, headers=headers)


@router.head(
    "/{audit_id}/files/{file_id}",
    operation_id="getUploadOffset",
    response_class=Response,
    responses={
        200: {
            "description": "How far the upload is.",
            "headers": {"Upload-Length": {"schema": {"type": "integer"}}, **_SAYS_OFFSET},
        },
        **described(404, 412, 422),
    },
)
def get_upload_offset(
    shared: Shared,
    _who: AuditReader,
    audit_id: AuditId,
    file_id: FileId,
    version: Version = None,
) -> Response:
    """Say from which byte on an upload goes on."""
    _speaks(version)
    row = shared.audits.store.file(audit_id, file_id)
    return _stands(HTTPStatus.OK, shared.audits.folders.offset(row), row.size)


@router.patch(
    "/{audit_id}/files/{file_id}",
    operation_id="appendToUpload",
    status_code=204,
    response_class=Response,
    responses={
        204: {
            "description": "Kept, as far as `Upload-Offset` says: after 100 s an answer says so "
            "before all has come, and the client goes on from there.",
            "headers": _SAYS_OFFSET,
        },
        **described(404, 409, 412, 415, 507, *WRITING),
    },
    openapi_extra={
        "requestBody": {
            "content": {OCTETS: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def append_to_upload(
    request: Request,
    shared: Shared,
    _who: Inspector,
    *,
    audit_id: AuditId,
    file_id: FileId,
    offset: Annotated[
        int,
        Header(
            alias="Upload-Offset", ge=0, le=_LARGEST, description="Of the first byte.", examples=[0]
        ),
    ],
    version: Version = None,
) -> Response:
    """Append bytes to an upload, from where it stands; what has come is kept whatever happens."""
    _speaks(version)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != OCTETS:
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            say("audit_content_type", wanted=OCTETS),
            {"Connection": "close"},
        )
    row = await anyio.to_thread.run_sync(shared.audits.open_file, audit_id, file_id)
    there = await _appended(shared, row, offset, request)
    return _stands(HTTPStatus.NO_CONTENT, there, None)


@router.delete(
    "/{audit_id}/files/{file_id}",
    operation_id="endUpload",
    status_code=204,
    response_class=Response,
    responses=described(404, 409, 412, 422),
)
def end_upload(
    shared: Shared,
    _who: Inspector,
    audit_id: AuditId,
    file_id: FileId,
    version: Version = None,
) -> Response:
    """Remove a file of an audit that has not been started."""
    _speaks(version)
    shared.audits.remove_file(audit_id, file_id)
    return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Tus-Resumable": VERSION})


async def _appended(shared: Context, row: AuditFileRow, offset: int, request: Request) -> int:
    """Write what comes; how many bytes there are then."""
    entered = shared.audits.folders.upload(row, offset)
    upload = await anyio.to_thread.run_sync(entered.__enter__)
    try:
        with anyio.move_on_after(TAKES_S):
            await _write_all(upload, request)
        await anyio.to_thread.run_sync(upload.sync)
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(partial(entered.__exit__, None, None, None))
    return upload.offset


async def _write_all(upload: Upload, request: Request) -> None:
    gathered = bytearray()
    try:
        async for piece in request.stream():
            gathered += piece
            if len(gathered) >= _BLOCK:
                await anyio.to_thread.run_sync(upload.write, bytes(gathered))
                gathered.clear()
    except ClientDisconnect:
        pass  # what has come is kept
    if gathered:
        await anyio.to_thread.run_sync(upload.write, bytes(gathered))


def _stands(status: HTTPStatus, offset: int, size: int | None) -> Response:
    headers = {"Upload-Offset": str(offset), "Tus-Resumable": VERSION, "Cache-Control": "no-store"}
    if size is not None:
        headers["Upload-Length"] = str(size)
    return Response(status_code=status, headers=headers)


def _speaks(version: str | None) -> None:
    if version not in {None, VERSION}:
        raise Refusal(
            HTTPStatus.PRECONDITION_FAILED,
            say("audit_protocol", version=VERSION),
            {"Tus-Version": VERSION},
        )


def _name(metadata: str) -> str:
    """The name that a client gives its file."""
    given: dict[str, str] = {}
    try:
        for pair in metadata.split(","):
            key, _, value = pair.strip().partition(" ")
            given[key] = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        given = {}
    name = given.get("relativePath", "")
    name = given.get("filename", "") if name in {"", "null"} else name.removeprefix("/")
    if not name:
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, say("audit_metadata"))
    return name
