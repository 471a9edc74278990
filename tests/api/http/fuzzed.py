"""A server that schemathesis asks everything its OpenAPI document allows, and what it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

from api.access.roles import Role
from api.http.app import create_app
from tests.api.world import CONFIRM, SECRET, World, cleared, make_event, make_site, served
from vision.site import Site

CHECKS = "all"
EXAMPLE = "01J9ZK3V5Q8T6W2Y4B7N0C1D2E"
"""The ULID of the case that the OpenAPI document's examples name."""


def example_site(root: Path) -> Site:
    """A site with the camera and the receiver of the document's examples."""
    hook = {"name": "case-system", "url": "https://main.example/in", "secret": SECRET}
    return make_site(root, hook, camera="market-gate")


def fuzz(
    world: World, folder: Path, *, seed: int, examples: int, operation: str | None = None
) -> str:
    """Run every check of schemathesis on a server with two cases; gives what it found wrong.

    The first case, the camera and the receiver are those of the document's examples.
    With `operation` only that one is asked, as a receiver, and the first case is one that it has.

    It runs in a process of its own: its warnings are not ours.
    """
    event = make_event(camera="market-gate")
    with mock.patch("api.cases.new_case.ULID", return_value=EXAMPLE):
        assert world.take(event) == f"SW-{EXAMPLE}"
    world.take(cleared(event))
    world.case(camera="market-gate", kind="dirty_truck", subtype="spill")
    if operation is not None:
        world.review(f"SW-{EXAMPLE}", CONFIRM)
        world.step(f"SW-{EXAMPLE}", {"step": "emit", "data": {"to": "case-system"}})
    only = [] if operation is None else ["--include-operation-id", operation]
    # Of one operation with a model for each event the coverage phase alone takes most of a minute.
    phases = "examples,coverage,fuzzing" if operation is None else "examples,fuzzing"
    key = world.key(Role.ADMIN if operation is None else Role.RECEIVER)
    app = create_app(world.site, world.database, world.evidence)
    # It tries many wrong keys, and wants to hear each time that they are wrong.
    with mock.patch("api.access.wrong_keys.FREE", 10**6), served(app) as address:
        done = subprocess.run(
            [
                *(
                    sys.executable,
                    "-m",
                    "schemathesis.cli",
                    "run",
                    f"{address}/openapi.json",
                    *only,
                ),
                *("--checks", CHECKS, "--seed", str(seed), "--max-examples", str(examples)),
                *(
                    "--header",
                    f"Authorization: Bearer {key}",
                    "--phases",
                    phases,
                ),
                *("--generation-database", "none", "--no-color"),
                *("--suppress-health-check", "all", "--request-timeout", "30"),
            ],
            cwd=folder,
            env=os.environ | {"COLUMNS": "200", "NO_PROXY": "*"},
            capture_output=True,
            text=True,
            check=False,
        )
    return "" if done.returncode == 0 else done.stdout + done.stderr
