"""The routers of the API, one of each noun; the order is that of the OpenAPI document."""

from __future__ import annotations

from fastapi import APIRouter

from api.http.routes import (
    access_log,
    audit_files,
    audit_results,
    audits,
    callbacks,
    cameras,
    case_lists,
    cases,
    claims,
    divisions,
    events,
    health,
    keys,
    media,
    open311,
    packages,
    probe,
    queue,
    registers,
    reports,
    searches,
    session,
    setup,
    sight,
    site_changes,
    steps,
    users,
    webhooks,
    words,
)
from api.http.routes import map as map_routes
from api.http.routes import site as site_routes

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    site_routes.router,
    divisions.router,
    case_lists.router,
    cases.router,
    steps.router,
    callbacks.router,
    claims.router,
    searches.router,
    queue.router,
    events.router,
    packages.router,
    media.router,
    cameras.router,
    map_routes.router,
    probe.router,  # before `cameras/{camera}`, which would take its name for a camera's
    setup.router,
    registers.router,
    site_changes.router,
    sight.router,
    webhooks.router,
    session.router,
    users.router,
    keys.router,
    access_log.router,
    reports.router,
    audits.router,
    audit_files.router,
    audit_results.router,
    open311.router,
    words.router,
)
