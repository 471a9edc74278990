"""`/v1/audits/{audit_id}/report` and what lies beside it: an audit's results."""

from __future__ import annotations

import html
import re
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Query
from fastapi import Path as PathValue
from fastapi.responses import FileResponse, StreamingResponse

from api.access.access_log import What, note_access
from api.access.roles import Principal
from api.http.context import AuditReader, Context, Shared
from api.http.problems import GUARDED, Refusal, described
from api.http.routes.audits import AuditId
from api.http.routes.media import Reason
from api.words.said import say
from vision.audit.report.report import FILES
from vision.errors import EvidenceUnavailable

router = APIRouter(prefix="/v1/audits", tags=["audits"], responses=described(*GUARDED, 422))
PAGE = "report.html"
"""Of `FILES`, the one that is looked at and not taken away."""
AT_ONCE = 2
"""Zips that are made at the same time."""
_HTML = "text/html; charset=utf-8"
_KINDS = {
    "json": "application/json",
    "csv": "text/csv",
    "html": "text/html",
    "kml": "application/vnd.google-earth.kml+xml",
}
_BINARY = {"type": "string", "format": "binary"}
_BLOCK = 1 << 20
_HEAD = 1 << 16
_POLICY = re.compile(r'http-equiv="Content-Security-Policy"\s+content="([^"]*)"')
_STRICTEST = "default-src 'none'"
_packing = threading.BoundedSemaphore(AT_ONCE)
Why = Annotated[
    Reason | None,
    Query(description="Why the file is taken; who took it is logged with or without one."),
]


@router.get(
    "/{audit_id}/report",
    operation_id="getAuditReport",
    response_class=FileResponse,
    responses={
        200: {
            "description": "A page, with its pictures beside it.",
            "content": {"text/html": {"schema": {"type": "string"}}},
        },
        **described(404, 409),
    },
)
def get_audit_report(shared: Shared, _who: AuditReader, audit_id: AuditId) -> FileResponse:
    """Get the report as a page; it runs the report's own script alone."""
    path = shared.audits.result(audit_id, PAGE)
    return FileResponse(path, media_type=_HTML, headers=_headers(path))


@router.get(
    "/{audit_id}/pictures/{picture}",
    operation_id="getAuditPicture",
    response_class=FileResponse,
    responses={
        200: {
            "description": "A masked picture of the report.",
            "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
        },
        **described(404, 409),
    },
)
def get_audit_picture(
    shared: Shared,
    _who: AuditReader,
    audit_id: AuditId,
    picture: Annotated[
        str,
        PathValue(
            pattern=r"^[0-9a-z][0-9a-z-]{0,60}\.jpg$",
            max_length=64,
            examples=["0123456789abcdef0123-012345.jpg"],
        ),
    ],
) -> FileResponse:
    """Get a picture that the report shows."""
    path = shared.audits.result(audit_id, f"pictures/{picture}")
    return FileResponse(path, media_type="image/jpeg")


@router.get(
    "/{audit_id}/everything.zip",
    operation_id="exportAudit",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The report in all its forms, with its pictures.",
            "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        },
        **described(404, 409),
    },
)
def export_audit(
    shared: Shared, who: AuditReader, audit_id: AuditId, reason: Why = None
) -> StreamingResponse:
    """Take all of a report as a zip."""
    found = shared.audits.results(audit_id, FILES)
    if not _packing.acquire(blocking=False):
        raise Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE,
            say("audit_exports_busy", most=AT_ONCE, wait_s=5),
            {"Retry-After": "5"},
        )
    try:
        file = _packed(found)
    except OSError as error:
        raise EvidenceUnavailable(
            f"no zip can be made ({error.strerror or error}); free space, or set TMPDIR"
        ) from error
    finally:
        _packing.release()
    _note(shared, who, audit_id, "everything.zip", reason)
    headers = {"Content-Disposition": f'attachment; filename="{audit_id}.zip"'}
    return StreamingResponse(_blocks(file), media_type="application/zip", headers=headers)


def _form(name: str) -> Callable[..., FileResponse]:
    """The route's function that gives the report in this form."""

    def get_audit_form(
        shared: Shared, who: AuditReader, audit_id: AuditId, reason: Why = None
    ) -> FileResponse:
        path = shared.audits.result(audit_id, name)
        _note(shared, who, audit_id, name, reason)
        if name.endswith(".html"):
            return FileResponse(path, media_type=_HTML, headers=_headers(path))
        return FileResponse(path, media_type=_kind(name), filename=f"{audit_id}-{name}")

    return get_audit_form


def _kind(name: str) -> str:
    suffix = name.rpartition(".")[2]
    return _KINDS.get(suffix, "application/octet-stream")


for _name in FILES:
    if _name != PAGE:
        router.add_api_route(
            f"/{{audit_id}}/{_name}",
            _form(_name),
            operation_id="getAudit" + _name.title().replace(".", "").replace("-", ""),
            summary=f"Take the report as {_name}",
            response_class=FileResponse,
            responses={
                200: {
                    "description": "The report in this form.",
                    "content": {_kind(_name): {"schema": _BINARY}},
                },
                **described(404, 409),
            },
        )


def _note(shared: Context, who: Principal, audit_id: str, name: str, reason: str | None) -> None:
    with shared.database.write() as session:
        note_access(session, who, What.EXPORT, reason or "", detail=f"{audit_id}/{name}")


def _headers(page: Path) -> dict[str, str]:
    """The policy that the page states itself, which allows its own script and nothing else."""
    with page.open(encoding="utf-8") as file:
        stated = _POLICY.search(file.read(_HEAD))
    policy = html.unescape(stated[1]) if stated else _STRICTEST
    return {"Content-Security-Policy": f"{policy}; frame-ancestors 'none'"}


def _packed(found: list[tuple[str, Path]]) -> BinaryIO:
    """A zip in a file without a name: whatever ends this process, nothing half-written is left."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - who reads it closes it
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
            for name, path in found:
                stored = zipfile.ZIP_STORED if path.suffix == ".jpg" else zipfile.ZIP_DEFLATED
                zipped.write(path, name, stored)
    except BaseException:
        file.close()
        raise
    return file


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while block := file.read(_BLOCK):
            yield block
