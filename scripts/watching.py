"""What `watch` and `serve` share: from arguments to a pipeline ready to start."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vision.engines import Engine
from vision.errors import SiteError
from vision.evidence import EvidenceStore
from vision.pipeline import Pipeline
from vision.pipeline.event_writer import Sink
from vision.site import Site
from vision.site.file import load_site

# Where a command that was given no site keeps what it stores.
HOME = Path("var")


def choose_site(site: Path | None, sources: Sequence[str], *, pace: str = "realtime") -> Site:
    """The site of a site file, or one made of bare sources.

    Raises:
        SiteError: neither or both were given, or the site file is wrong.
    """
    if (site is None) == (not sources):
        raise SiteError("give either a site file or one or more --source ADDRESS")
    if site is not None:
        chosen = load_site(site)
        if pace == "fast":
            cameras = tuple(c.model_copy(update={"pace": "fast"}) for c in chosen.cameras)
            return chosen.model_copy(update={"cameras": cameras})
        return chosen
    # Every kind is watched, and a passing truck needs several looks.
    return Site.for_sources(sources, HOME.resolve(), pace=pace, analyse_fps=5)


def make_pipeline(
    site: Site, engine: Engine, sinks: Sequence[Sink], *, quarantine: str = "quarantine"
) -> Pipeline:
    """Put the pipeline of a site together; nothing runs yet.

    Args:
        site: what to watch.
        engine: what looks.
        sinks: take what is found.
        quarantine: name of the folder, beside the evidence, of what these sinks could not store.

    Raises:
        EngineError: the truck-state weights are missing or unreadable.
    """
    from vision.engines.truck_state import open_truck_state

    evidence = Path(site.storage.evidence)
    trucks = {c.id for c in site.cameras for z in c.watched_zones if "dirty_truck" in z.watch}
    return Pipeline(
        site,
        engine,
        sinks,
        evidence=EvidenceStore(evidence),
        memory=evidence.parent / "memory",
        quarantine=evidence.parent / quarantine,
        truck_state=open_truck_state(trucks) if trucks else None,
    )
