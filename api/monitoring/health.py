"""Readiness: the health checks of database, evidence folder, outbox and cameras."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel, Field

from api.access.roles import Principal, Right
from api.errors import DatabaseUnavailable
from api.monitoring.watch import Watch
from api.storage.database import Database
from vision.evidence.space import SAID, left_out
from vision.evidence.store import EvidenceStore
from vision.sources.status import CameraState
from vision.view.health import ADVICE, View

# Below this a disk fills up within minutes of evidence; better to say so before.
LEAST_FREE_BYTES = 64 * 1024 * 1024
_WORKING = frozenset(
    {CameraState.ALIVE, CameraState.ENDED, CameraState.CONNECTING, CameraState.PAUSED}
)


class Check(BaseModel):
    """One thing the server needs. `ready` false with `required` true makes the server not ready.

    `detail` may name addresses and paths: null for who gives no key of an admin or auditor that
    sees the camera.
    """

    name: str = Field(examples=["database"])
    ready: bool
    required: bool
    detail: str | None = Field(examples=["takes writes"])
    camera: str | None = Field(default=None, description="The camera that it is about.")


class Readiness(BaseModel):
    """Whether the server can do its work, and each check."""

    ready: bool
    checks: list[Check]

    def with_checks(self, checks: Iterable[Check]) -> Readiness:
        """The same with more checks, that are not required."""
        return Readiness(ready=self.ready, checks=[*self.checks, *checks])

    def told_to(self, who: Principal | None, cameras: Collection[str]) -> Readiness:
        """What this key's holder, who sees these cameras, or a stranger, may read of it."""
        if who is not None and who.may(Right.DELIVERIES):
            hidden = [c.camera is not None and c.camera not in cameras for c in self.checks]
        else:
            hidden = [True] * len(self.checks)
        checks = [
            check.model_copy(update={"detail": None}) if hide else check
            for check, hide in zip(self.checks, hidden, strict=True)
        ]
        return Readiness(ready=self.ready, checks=checks)


def readiness(
    database: Database, evidence: EvidenceStore, watch: Watch | None, *, outbox_alive: bool
) -> Readiness:
    """Look at the database, the evidence store, the outbox and the cameras, now."""
    checks = [_database(database), *_evidence(evidence), _outbox(alive=outbox_alive)]
    checks += _cameras(watch) if watch is not None else ()
    return Readiness(ready=all(c.ready or not c.required for c in checks), checks=checks)


def stamped(problem: str | None) -> Check:
    """Whether the time-stamp authority stamps records; cases do not wait for it."""
    detail = f"{problem}; records wait and are stamped when it answers" if problem else "stamps"
    return Check(name="timestamps", ready=problem is None, required=False, detail=detail)


def asked(problem: str | None) -> Check:
    """Whether the site's model answers about cases; none waits for it."""
    detail = f"{problem}; cases are reviewed without it" if problem else "answers"
    return Check(name="second opinion", ready=problem is None, required=False, detail=detail)


def filed(problem: str | None) -> Check:
    """Whether the site file is in force as it is; with mistakes what it was before goes on."""
    detail = f"{problem}; what it was before is in force" if problem else "in force"
    return Check(name="site file", ready=problem is None, required=False, detail=detail)


def unanswered(patience_s: float) -> Readiness:
    """Readiness where the checks themselves do not come back."""
    detail = (
        f"the checks have not ended for {patience_s:g} s: the database or the disk does not "
        "answer; see whether they run"
    )
    check = Check(name="storage", ready=False, required=True, detail=detail)
    return Readiness(ready=False, checks=[check])


def _database(database: Database) -> Check:
    try:
        database.check()
    except DatabaseUnavailable as error:
        return Check(name="database", ready=False, required=True, detail=str(error))
    return Check(name="database", ready=True, required=True, detail="takes writes")


def _evidence(store: EvidenceStore) -> Iterator[Check]:
    """The folder that takes files; and, where they are moved on from it, whether they are."""
    yield _folder(store.root)
    if level := left_out(store.root):
        yield Check(name="evidence space", ready=False, required=False, detail=SAID[level])
    waiting = store.waiting
    if waiting is not None:
        problem = store.problem
        detail = f"{waiting} files wait on this disk for their upload"
        detail = f"{problem}; {detail}, cases are made meanwhile" if problem else detail
        yield Check(name="evidence upload", ready=problem is None, required=False, detail=detail)


def _folder(root: Path) -> Check:
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
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


def _outbox(*, alive: bool) -> Check:
    detail = "runs" if alive else "the webhook worker stopped; restart the server, see its log"
    return Check(name="outbox", ready=alive, required=True, detail=detail)


def _cameras(watch: Watch) -> Iterator[Check]:
    """One camera that is away does not stop the others; all of them away is no watching."""
    problem = watch.problem
    yield Check(name="watch", ready=problem is None, required=True, detail=problem or "looks")
    for process in watch.processes:  # one that is down does not stop the others
        yield Check(
            name=f"process {process.name}",
            ready=process.up,
            required=False,
            detail=f"{process.detail} ({process.restarts} restarts)",
        )
    if count := watch.quarantined:
        detail = (
            f"{count} episodes could not be stored and lie in the folder quarantine beside the "
            "evidence, each with why; see to that and restart: they are tried again at the start"
        )
        yield Check(name="quarantine", ready=False, required=False, detail=detail)
    states = watch.status()
    working = [s for s in states if s.state in _WORKING]
    detail = f"{len(working)} of {len(states)} cameras work"
    yield Check(name="cameras", ready=bool(working) or not states, required=True, detail=detail)
    for status in states:
        if status.state not in _WORKING:
            detail = status.error or status.state.value
            name = f"camera {status.camera}"
            yield _about(status.camera, name, detail)
        elif status.view is not View.CLEAR:
            yield _about(status.camera, f"view of {status.camera}", ADVICE[status.view])


def _about(camera: str, name: str, detail: str) -> Check:
    return Check(name=name, ready=False, required=False, detail=detail, camera=camera)
