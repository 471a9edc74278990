"""Fitness: whether a site can be watched by a city at all, said before anything is started."""

from __future__ import annotations

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from vision.errors import SiteError
from vision.site import Site
from vision.sources.address import SourceKind, parse_address


def check_site(site: Site, machines: int) -> None:
    """See that all that has to outlive a machine lies where every machine reaches it.

    Args:
        machines: of the cluster.

    Raises:
        SiteError: it does not; the message says what to change.
    """
    if not site.cameras:
        raise SiteError("the site has no camera to watch")
    try:
        backend = make_url(site.storage.database).get_backend_name()
    except ArgumentError:
        backend = "nothing"
    if backend not in {"postgresql", "postgres"}:
        raise SiteError(
            "a city keeps its leases and its rules' memory in the case database, which every "
            "machine has to reach: name a PostgreSQL in storage.database "
            "(postgresql+psycopg://user:password@host/name)"
        )
    if site.storage.bucket is None and machines > 1:
        raise SiteError(
            f"evidence in a folder is on one machine, and this cluster has {machines}: name a "
            "bucket in storage.evidence (s3://BUCKET/PREFIX)"
        )
    devices = [
        camera.id
        for camera in site.cameras
        if parse_address(camera.source).kind is SourceKind.DEVICE
    ]
    if devices and machines > 1:
        raise SiteError(
            f"camera {devices[0]} is a device of one machine, which no other can take over: watch "
            "it there by `streetwarden serve`, as a site of its own"
        )
