"""Readiness: what this server needs to do its work, and what of it is missing now."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from api.errors import DatabaseUnavailable
from api.http.context import Context
from vision.sources.status import CameraState
from vision.view.health import ADVICE, View

# Below this a disk fills up within minutes of evidence; better to say so before.
LEAST_FREE_BYTES = 64 * 1024 * 1024
_WORKING = frozenset(
    {CameraState.ALIVE, CameraState.ENDED, CameraState.CONNECTING, CameraState.PAUSED}
)


class Check(BaseModel):
    """One thing the server needs. `ready` false with `required` true makes the server not ready."""

    name: str
    ready: bool
    required: bool
    detail: str


class Readiness(BaseModel):
    """Whether the server can do its work, and each check."""

    ready: bool
    checks: list[Check]


def readiness(shared: Context) -> Readiness:
    """Look at the database, the evidence folder, the outbox and the cameras, now."""
    checks = [_database(shared), _evidence(shared.evidence.root), _outbox(shared)]
    checks += _cameras(shared)
    return Readiness(ready=all(c.ready or not c.required for c in checks), checks=checks)


def _database(shared: Context) -> Check:
    try:
        shared.database.check()
    except DatabaseUnavailable as error:
        return Check(name="database", ready=False, required=True, detail=str(error))
    return Check(name="database", ready=True, required=True, detail="takes writes")


def _evidence(root: Path) -> Check:
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root) as probe:
            probe.write(b"\0" * 4096)
        free = shutil.disk_usage(root).free
    except OSError as error:
        detail = f"evidence cannot be written ({error.strerror}); free space or make it writable"
        return Check(name="evidence", ready=False, required=True, detail=detail)
    if free < LEAST_FREE_BYTES:
        detail = f"only {free // 2**20} MiB are free for evidence; free space"
        return Check(name="evidence", ready=False, required=True, detail=detail)
    return Check(name="evidence", ready=True, required=True, detail="takes files")


def _outbox(shared: Context) -> Check:
    alive = shared.outbox.alive
    detail = "runs" if alive else "the webhook worker stopped; restart the server, see its log"
    return Check(name="outbox", ready=alive, required=True, detail=detail)


def _cameras(shared: Context) -> Iterator[Check]:
    """One camera that is away does not stop the others; all of them away is no watching."""
    if shared.watch is None:
        return
    problem = shared.watch.problem
    yield Check(name="watch", ready=problem is None, required=True, detail=problem or "looks")
    if count := shared.watch.quarantined:
        detail = (
            f"{count} episodes could not be stored and lie in the folder quarantine beside the "
            "evidence, each with why; see to that and restart: they are tried again at the start"
        )
        yield Check(name="quarantine", ready=False, required=False, detail=detail)
    states = shared.watch.status()
    working = [s for s in states if s.state in _WORKING]
    detail = f"{len(working)} of {len(states)} cameras work"
    yield Check(name="cameras", ready=bool(working) or not states, required=True, detail=detail)
    for status in states:
        if status.state not in _WORKING:
            detail = status.error or status.state.value
            name = f"camera {status.camera}"
            yield Check(name=name, ready=False, required=False, detail=detail)
        elif status.view is not View.CLEAR:
            name, detail = f"view of {status.camera}", ADVICE[status.view]
            yield Check(name=name, ready=False, required=False, detail=detail)
