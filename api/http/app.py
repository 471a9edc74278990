"""The API as one FastAPI app."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from zoneinfo import ZoneInfo

from fastapi import APIRouter, FastAPI
from prometheus_client import generate_latest

from api import console
from api.access.keys import KeyStore
from api.access.last_used import LastUsed
from api.access.pruning import rules as of_access
from api.access.rate_limit import RateLimits
from api.access.roles import Principal
from api.access.sessions import SessionStore
from api.access.sign_in import SignInDesk
from api.access.users import UserStore
from api.access.wrong_keys import WrongKeys
from api.audits.candidates import Candidates
from api.audits.desk import AuditDesk
from api.audits.followers import Followers
from api.callbacks.desk import CallbackDesk
from api.cases.claims import ClaimDesk
from api.cases.grace_timer import GraceTimer
from api.cases.plates import PlateDesk
from api.cases.queue import QueueDesk
from api.cases.reobservation import Reobservation
from api.cases.review import ReviewDesk
from api.cases.step_desk import StepDesk
from api.cases.store import CaseStore
from api.delivery.alerts import Alerts
from api.delivery.events import Announcer
from api.delivery.pruning import rules as of_deliveries
from api.delivery.worker import Outbox
from api.errors import DatabaseUnavailable
from api.evidence.nightly import Nightly
from api.evidence.retention import Purge
from api.evidence.stamper import Stamper
from api.http import problems
from api.http.background import Background, running
from api.http.context import Context
from api.http.cookies import Cookie
from api.http.doorkeeper import Doorkeeper, Doors
from api.http.guards import BodyLimit, Guards
from api.http.openapi import describe
from api.http.prefix import Prefix, path_of
from api.http.routers import ROUTERS
from api.http.signatures import Signatures
from api.http.way_in import OwnWays
from api.live.feed import LiveFeed
from api.monitoring.health import Readiness, asked, filed, readiness, stamped
from api.monitoring.metrics import registry
from api.monitoring.receivers import receivers
from api.monitoring.viewers import Viewers
from api.monitoring.watch import Watch
from api.opinions.asker import Asker
from api.opinions.pruning import rules as of_opinions
from api.own_thread import OwnThread
from api.searches.desk import SearchDesk
from api.searches.desk import rules as of_searches
from api.setup.pruning import rules as of_setup
from api.setup.setup import Setup
from api.setup.site_file import SiteFile
from api.site_in_force import SiteInForce
from api.storage.database import Database
from api.storage.pruning import prune
from vision.evidence.store import EvidenceStore
from vision.site import Site


def create_app(
    site: Site | SiteInForce,
    database: Database,
    evidence: EvidenceStore,
    *,
    watch: Watch | None = None,
    outbox: Outbox | None = None,
    file: SiteFile | None = None,
) -> FastAPI:
    """The app of one site; its lifespan runs what works beside the requests.

    Args:
        site: cameras, receivers, language; a holder where others follow its changes too.
        database: opened; the caller closes it after the app has ended.
        evidence: where the pictures are.
        watch: the running pipeline; None for a review server without one.
        outbox: a worker with other settings than the default ones.
        file: that the site is of; without one nothing of it can be changed here.

    Raises:
        SiteError: a webhook's secret cannot be used.
        TimeStampError: the certificate of the time-stamp authority cannot be read.
    """
    in_force = SiteInForce.of(site)
    site = in_force.now
    worker = outbox or Outbox(database, site, evidence=evidence)
    stamper = Stamper(database, site.timestamps) if site.timestamps is not None else None
    asks = site.second_opinion
    asker = Asker(database, evidence, site, asks) if asks is not None else None
    used = LastUsed(database)
    key_store = KeyStore(database, used)
    sessions = SessionStore(database, site.access, used)
    announcer = Announcer(site)
    from_receivers = CallbackDesk(database, in_force, announcer.announce)
    routers = (*ROUTERS, *_provider(site, database, sessions))
    cookie = Cookie(site)
    doors = Doors(
        keys=key_store,
        sessions=sessions,
        cookie=cookie,
        wrong=WrongKeys(),
        limits=RateLimits(),
        own_ways=OwnWays(routers),
    )

    waiting = QueueDesk(database, in_force)

    def stands(who: Principal) -> bool:
        return key_store.stands(who) if who.session is None else sessions.stands(who)

    live = LiveFeed(database, in_force, watch, total=waiting.total, stands=stands)
    apply = watch.apply if watch is not None else None
    desks = Setup.of(database, in_force, file, apply, changed=live.announce_site)

    def ready() -> Readiness:
        with suppress(DatabaseUnavailable):  # then who was known before is known still
            key_store.learn()
        found = readiness(database, evidence, watch, outbox_alive=worker.alive)
        checks = [] if stamper is None else [stamped(stamper.problem)]
        if asker is not None:
            checks.append(asked(asker.problem))
        if desks.following is not None:
            checks.append(filed(desks.following.problem))
        with suppress(DatabaseUnavailable):  # which is a check of its own
            checks += receivers(database, [hook.name for hook in site.webhooks])
        return found.with_checks(checks)

    audits = AuditDesk(
        database,
        in_force,
        Candidates(database, in_force, evidence, announcer.announce, from_receivers.settle),
        stands,
    )
    shared = Context(
        in_force=in_force,
        database=database,
        evidence=evidence,
        watch=watch,
        keys=key_store,
        users=UserStore(database),
        sessions=sessions,
        sign_in=SignInDesk(database, sessions),
        cookie=cookie,
        cases=CaseStore(database, in_force),
        review=ReviewDesk(database, in_force, announcer.announce),
        plates=PlateDesk(database, in_force),
        steps=StepDesk(
            database, in_force, announcer.announce, announcer.recall, from_receivers.settle
        ),
        callbacks=from_receivers,
        setup=desks,
        claims=ClaimDesk(database, site.review.claim),
        queue=waiting,
        searches=SearchDesk(database),
        audits=audits,
        live=live,
        outbox=worker,
        doors=doors,
        readiness=OwnThread("readiness", ready),
        metrics=OwnThread("metrics", lambda: generate_latest(registry(database, watch))),
    )

    app = _bare(
        site,
        (
            worker,
            desks.following,
            Alerts(database, site),
            stamper,
            asker,
            used,
            GraceTimer(
                Reobservation(
                    database,
                    in_force,
                    announcer.announce,
                    watch.look_again if watch else None,
                    from_receivers.settle,
                )
            ),
            _nightly(site, database, evidence),
            live,
            audits.runner,
        ),
    )
    app.state.context = shared
    problems.install(app)
    app.state.routers = routers
    app.state.end_streams = partial(_end_streams, live, shared.viewers, audits.followers)
    app.add_middleware(Signatures, webhooks=site.webhooks, doors=doors)
    app.add_middleware(BodyLimit)
    app.add_middleware(Doorkeeper, doors=doors)
    app.add_middleware(Guards, url=site.site.url, tiles=site.console.map.tiles or "")
    app.add_middleware(Prefix, url=site.site.url)
    for router in routers:
        app.include_router(router)
    app.include_router(console.page(site, path_of(site.site.url)))
    app.mount("/static", console.static())
    describe(app)
    return app


def _end_streams(live: LiveFeed, viewers: Viewers, followers: Followers) -> None:
    """End what would be answered for minutes yet; in the server's own thread."""
    live.end_all()
    viewers.end()
    followers.end()


def _provider(site: Site, database: Database, sessions: SessionStore) -> Iterable[APIRouter]:
    """The routes of the site's identity provider, which need the extra `oidc`."""
    if site.access.oidc is not None:
        from api.http.routes.oidc import oidc_router  # noqa: PLC0415

        yield oidc_router(site, site.access.oidc, database, sessions)


def _nightly(site: Site, database: Database, evidence: EvidenceStore) -> Nightly:
    rules = [*of_deliveries(), *of_access(), *of_searches(), *of_setup(), *of_opinions()]
    return Nightly(
        Purge(database, evidence, site.retention) if site.retention is not None else None,
        ZoneInfo(site.site.timezone),
        prune=lambda now, stopping: prune(database, rules, now, stopping),
    )


def _bare(site: Site, background: Iterable[Background | None]) -> FastAPI:
    """An app without routes, in whose lifespan these run."""
    return FastAPI(
        title="Streetwarden",
        version=version("streetwarden"),
        summary="Cases of non-contact city-management enforcement: review, evidence, webhooks.",
        license_info={"name": "AGPL-3.0-only", "identifier": "AGPL-3.0-only"},
        lifespan=running(one for one in background if one is not None),
        # The stock documentation pages load scripts from elsewhere; /openapi.json, which `describe`
        # serves, says it all.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        # A redirect to the address without the slash would name the host that was asked for.
        redirect_slashes=False,
        servers=[{"url": site.site.url.rstrip("/")}] if site.site.url else None,
    )
