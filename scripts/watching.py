"""What `watch`, `serve`, `city` and `snapshot` share: from arguments to a pipeline made ready."""

from __future__ import annotations

import logging
import re
import stat
from collections.abc import Callable, Collection, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from vision.errors import SiteError

if TYPE_CHECKING:
    from api.cases.intake import CaseIntake, DetectorInfo
    from api.site_in_force import SiteInForce
    from api.storage.database import Database
    from models.catalogue import ModelEntry
    from vision.engines import Engine
    from vision.logs import Logs
    from vision.pipeline import Pipeline
    from vision.pipeline.event_writer import Sink
    from vision.site import Site
    from vision.workers import Workers
    from vision.workers.worker import Build

# Where a command that was given no site keeps what it stores.
HOME = Path("var")


def choose_site(
    site: Path | None, sources: Sequence[str], *, pace: str = "realtime", pictures: bool = True
) -> Site:
    """The site of a site file, or one made of bare sources, with its data in a folder of theirs.

    Args:
        site: a site file.
        sources: addresses of cameras, files or folders.
        pace: `fast` reads recordings as fast as possible.
        pictures: look at the pictures of presets too.

    Raises:
        SiteError: neither or both were given, or the site file is wrong.
    """
    from vision.redaction import REDACTION, secrets_of
    from vision.site import Site
    from vision.site.file import load_site
    from vision.sources.address import as_text
    from vision.view.preset_finder import PresetFinder

    if (site is None) == (not sources):
        raise SiteError("give either a site file or one or more --source ADDRESS")
    if site is not None:
        chosen = load_site(site, look_at=PresetFinder if pictures else None)
        REDACTION.hide(secrets_of(chosen))
        if pace == "fast":
            cameras = tuple(c.model_copy(update={"pace": "fast"}) for c in chosen.cameras)
            return chosen.model_copy(update={"cameras": cameras})
        return chosen
    REDACTION.hide(secrets_of(sources))
    # Every kind is watched, and a passing truck needs several looks.
    return Site.for_sources(
        [as_text(source) for source in sources],
        home_of(sources).resolve(),
        pace=pace,
        analyse_fps=5,
    )


def home_of(sources: Sequence[str]) -> Path:
    """Return the data folder for bare sources, separate from any site's and from other sources'.

    It is named after the first source and a hash of all, so that no two share one; a new password
    is no new source.
    """
    shown = [_shown(source) for source in sources]
    last = re.split(r"[/\\]", shown[0].rstrip("/\\"))[-1]
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", last).strip("-")[:40] or "source"
    told = sha256("\n".join(shown).encode("utf-8", "surrogateescape")).hexdigest()
    return HOME / "sources" / f"{name}-{told[:8]}"


def _shown(source: str) -> str:
    from vision.sources.address import parse_address

    address = parse_address(source)
    local = not address.network and "://" not in source and not source.isdigit()
    return str(Path(source).absolute()) if local else address.shown


def make_intake(database: Database, site: SiteInForce, detector: DetectorInfo) -> CaseIntake:
    """What makes cases, tells receivers of them, and heeds call-backs that waited for it."""
    from api.callbacks.desk import CallbackDesk
    from api.cases.intake import CaseIntake
    from api.delivery.events import Announcer

    announce = Announcer(site.now).announce
    then = CallbackDesk(database, site, announce).settle
    return CaseIntake(database, site, detector, announce, then)


def make_pipeline(
    site: Site,
    engine: Engine,
    sinks: Sequence[Sink],
    *,
    quarantine: str | None = "quarantine",
    cameras: Collection[str] | None = None,
    reopen: Callable[[], Engine] | None = None,
    made: Callable[..., Pipeline] | None = None,
) -> Pipeline:
    """Put the pipeline of a site together; nothing runs yet.

    Args:
        site: what to watch.
        engine: runs inference.
        sinks: take the events with their evidence.
        quarantine: folder name, in `storage.folder`, for events that these sinks could not store;
            None: the rules' memory keeps them until the next start.
        cameras: ids of those to watch; all by default.
        reopen: makes another engine when this one has failed; `open_engine` by default.
        made: makes it; `Pipeline` by default.

    Raises:
        EngineError: the truck-state weights are missing, cannot be read or converted, or the device
            is not there.
    """
    from vision.engines.truck_state import open_truck_state
    from vision.evidence import EvidenceStore
    from vision.pipeline import Pipeline
    from vision.pipeline.trucks import Trucks

    storage = site.storage
    for folder in (storage.files, storage.folder / "memory"):
        keep_private(folder)
    model = site.model
    trucks = Trucks.of(site, engine.model.threshold, cameras)
    return (made or Pipeline)(
        site,
        engine,
        sinks,
        evidence=EvidenceStore(storage.files),
        memory=storage.folder / "memory",
        quarantine=storage.folder / quarantine if quarantine is not None else None,
        truck_state=(
            open_truck_state(
                trucks.cameras,
                min_score=trucks.min_score,
                engine=model.engine,
                device=model.device,
            )
            if trucks.cameras
            else None
        ),
        cameras=cameras,
        reopen=reopen,
    )


def make_workers(
    site: Site,
    model: ModelEntry,
    sink: Sink,
    *,
    count: int,
    quarantine: str = "quarantine",
    logs: Logs | None = None,
    build: Build | None = None,
) -> Workers:
    """Put the camera workers of a site together; nothing runs yet.

    Args:
        site: what to watch.
        model: what `site.model` names.
        sink: takes the events with their evidence.
        count: number of processes.
        quarantine: as in `make_pipeline`.
        logs: what the workers log and how; warnings as text by default.
        build: puts the pipeline of each together; as `make_pipeline` does by default.
    """
    from vision.workers import Workers

    folder = site.storage.folder
    return Workers(
        site,
        model,
        count=count,
        build=build or partial(_in_worker, quarantine=quarantine, logs=logs),
        sink=sink,
        leases=folder / "leases",
        memory=folder / "memory",
        quarantine=folder / quarantine,
    )


def _in_worker(
    site: Site,
    cameras: Sequence[str],
    opener: Callable[[], Engine],
    sink: Sink,
    *,
    quarantine: str,
    logs: Logs | None,
) -> Pipeline:
    """The pipeline of a worker, in its process."""
    from vision.logs import LogFormat, Logs, set_up
    from vision.redaction import REDACTION, secrets_of

    set_up(logs or Logs(logging.WARNING, LogFormat.TEXT))
    REDACTION.hide(secrets_of(site))
    return make_pipeline(
        site, opener(), [sink], quarantine=quarantine, cameras=cameras, reopen=opener
    )


def keep_private(folder: Path) -> None:
    """Make a folder of pictures of people for its owner only; take it from others where it exists.

    What lies in it is reached by nobody who may not enter. A group that was let in stays in. A
    folder that cannot be made is reported by what writes to it.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=stat.S_IRWXU, exist_ok=True)
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) & ~stat.S_IRWXO)
    except OSError:
        return
