"""audit_whole: an audit from the paths to the published report, as who has an engine runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from models.catalogue import find
from vision.audit.auditor import CAMERA, Attributes, Auditor, Progress
from vision.audit.folder import AuditFolder
from vision.audit.intake import Item, in_order, parted, take_in
from vision.audit.records import Report
from vision.audit.report import compose, publish
from vision.audit.videos import VideoAuditor, VideoProgress
from vision.engines.engine import Engine
from vision.engines.truck_state import MODEL, open_truck_state
from vision.errors import EngineError, PictureError


def audit_whole(
    paths: Sequence[Path],
    claimed: AuditFolder,
    eyes: Engine,
    language: Literal["zh", "en"],
    *,
    asked: str,
    pictured: Callable[[Progress], None],
    watched: Callable[[VideoProgress], None],
) -> Report:
    """Look at all that the paths hold and write the report into the folder.

    Args:
        asked: the engine that was asked for; it runs the reader of truck states too.
        pictured, watched: called as it goes on, from this thread.

    Raises:
        PictureError: the paths hold nothing to look at.
        EvidenceError: the folder cannot be written to; what was done stays in its journal.
        EngineError: the engine cannot look at any picture.
    """
    intake = take_in(paths, leave_out=claimed.root)
    if not any(isinstance(one, Item) for one in intake):
        raise PictureError("there is nothing to audit in what was given")
    states, states_sha256 = _truck_states(eyes, asked)
    auditor = Auditor(claimed, eyes, language, states, states_sha256)
    photos, films = parted(intake)
    pictures, problems = auditor.run(photos, pictured)
    videos, unread = VideoAuditor(claimed, eyes, auditor.settings, states).run(films, watched)
    report = compose(
        auditor.started_at,
        auditor.settings,
        pictures,
        in_order(intake, [*problems, *unread]),
        claimed,
        videos=videos,
    )
    publish(report, claimed)
    return report


def _truck_states(engine: Engine, asked: str) -> tuple[Attributes | None, str]:
    """The reader of truck states and its weights' hash; without it trucks are only counted."""
    if "truck" not in engine.model.classes:
        return None, ""
    try:
        return open_truck_state({CAMERA}, engine=asked), find(MODEL).sha256
    except EngineError:
        return None, ""
