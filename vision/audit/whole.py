"""audit_whole: an audit from its intake to its published report, for the command and the API."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Literal

from models.catalogue import find
from vision.audit.auditor import Auditor, Progress
from vision.audit.folder import AuditFolder
from vision.audit.intake.items import Item, Problem, in_order, parted
from vision.audit.records import Report
from vision.audit.report.areas import EVERYWHERE, Areas
from vision.audit.report.report import compose, publish
from vision.audit.sheet import Sheet
from vision.audit.sight import CAMERA, Attributes
from vision.audit.videos.auditing import VideoAuditor, VideoProgress
from vision.engines.engine import Engine
from vision.engines.truck_state import MODEL, open_truck_state
from vision.errors import EngineError


def audit_whole(
    intake: Sequence[Item | Problem],
    claimed: AuditFolder,
    eyes: Engine,
    language: Literal["zh", "en"],
    *,
    asked: str,
    pictured: AbstractContextManager[Callable[[Progress], None]],
    watched: AbstractContextManager[Callable[[VideoProgress], None]],
    laid: Callable[[int, int], None] = lambda _, __: None,
    unread: Callable[[str], None] = lambda _: None,
    before: Callable[[Auditor], None] | None = None,
    name: str = "",
    checked: Sheet | None = None,
    areas: Areas = EVERYWHERE,
) -> Report:
    """Look at all that was taken in and write the report into the folder.

    Args:
        asked: the engine that was asked for; it runs the reader of truck states too.
        pictured, watched: entered while photos and while videos are looked at; what they give is
            called as that goes on, from this thread.
        laid: called with how many pictures are laid over others that may show the same, and of
            how many.
        unread: called with why the states of trucks cannot be read; they are counted all the same.
        before: called with the auditor before it looks: what is put into the journal then, by the
            same auditor elsewhere, is not looked at here.
        name, checked, areas: see `compose` and `publish`.

    Raises:
        EvidenceError: the folder cannot be written to; what was done stays in its journal.
        EngineError: the engine cannot look at any picture.
        PictureError: `checked` is of other pictures.
    """
    states, states_sha256 = truck_states(eyes, asked, unread)
    auditor = Auditor(claimed, eyes, language, states, states_sha256)
    photos, films = parted(intake)
    if before is not None:
        before(auditor)
    with pictured as show:
        pictures, problems = auditor.run(photos, show)
    with watched as show_film:
        videos, unseen = VideoAuditor(claimed, eyes, auditor.settings, states).run(films, show_film)
    report = compose(
        auditor.started_at,
        auditor.settings,
        pictures,
        in_order(intake, [*problems, *unseen]),
        claimed,
        videos=videos,
        name=name,
        checked=checked,
        laid=laid,
    )
    publish(report, claimed, areas=areas)
    return report


def truck_states(
    engine: Engine, asked: str, unread: Callable[[str], None]
) -> tuple[Attributes | None, str]:
    """The reader of truck states and its weights' hash; without it trucks are only counted."""
    if "truck" not in engine.model.classes:
        return None, ""
    try:
        read = open_truck_state({CAMERA}, min_score=engine.model.threshold, engine=asked)
    except EngineError as error:
        unread(str(error))
        return None, ""
    return read, find(MODEL).sha256
