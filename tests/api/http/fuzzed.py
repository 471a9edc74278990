"""A server that schemathesis asks everything its OpenAPI document allows, and what it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

import httpx

from api.access.roles import Role
from api.http.app import create_app
from api.setup.site_file import SiteFile
from tests.api.world import CONFIRM, SECRET, World, cleared, make_event, make_site, served
from vision.site import Site

CHECKS = "all"
_SESSION = (
    *("--exclude-operation-id", "signOut", "--exclude-operation-id", "callBack"),
    *("--exclude-checks", "ignored_auth"),
)
"""A session never calls back. It cannot leave a cookie out that it was given as a header; by key it
does, and `tests/api/access/test_every_door.py` tries every route without."""

# A header too many is nothing wrong, though it thinks so of routes that ask for headers. What each
# parameter may be, the document says; which of them contradict each other it cannot: two dates that
# lie too far apart, or a text that is no list.
SETTINGS = """
[[operations]]
include-path-regex = "^/v1/(cameras|registers|baseline|site)"
checks.positive_data_acceptance.expected-statuses = ["2xx", 401, 403, 404, 409, 412, 422, 429]

[[operations]]
include-path-regex = "^/open311/v2/requests"
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 403, 404, 429]

[[operations]]
include-path-regex = "^/v1/audits"
checks.positive_data_acceptance.expected-statuses = ["2xx", 401, 403, 404, 409, 412, 422, 429, 507]
checks.negative_data_rejection.expected-statuses = ["2xx", "4xx"]
"""
SETUP = "^/v1/(cameras/[^/]+(/setup)?$|cameras$|registers|baseline|site/(file|changes))"
EXAMPLE = "01J9ZK3V5Q8T6W2Y4B7N0C1D2E"
"""The ULID of the case that the OpenAPI document's examples name."""


def example_site(root: Path) -> Site:
    """A site with the camera and the receiver of the document's examples."""
    hook = {"name": "case-system", "url": "https://main.example/in", "secret": SECRET}
    return make_site(root, hook, camera="market-gate")


def fuzz(
    world: World,
    folder: Path,
    *,
    seed: int,
    examples: int,
    by_session: bool = False,
    operation: str | None = None,
    file: SiteFile | None = None,
) -> str:
    """Run every check of schemathesis on a server with two cases; gives what it found wrong.

    The first case, the camera and the receiver are those of the document's examples. An admin asks,
    by their key or by their session; they do not sign out in between. With `operation` only that
    one is asked, as a receiver, and the first case is one that it has. With `file`, which is the
    site's, what reads and changes it is asked alone.

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
    if file is not None:
        only = ["--include-path-regex", SETUP]
    # The coverage phase takes most of a minute, and shows the same whoever asks.
    whole = operation is None and not by_session
    phases = "examples,coverage,fuzzing" if whole else "examples,fuzzing"
    role = Role.ADMIN if operation is None else Role.RECEIVER
    headers = {"Authorization": f"Bearer {world.key(role)}"}
    if by_session:
        headers = world.signed_in(Role.ADMIN)
    given = [part for name, value in headers.items() for part in ("--header", f"{name}: {value}")]
    (folder / "schemathesis.toml").write_text(SETTINGS)
    app = create_app(world.site, world.database, world.evidence, file=file)
    # It tries many wrong keys, and wants to hear each time that they are wrong.
    with (
        mock.patch("api.access.wrong_keys.FREE", 10**6),
        mock.patch("api.access.lockout.FREE", 10**6),
        mock.patch("api.access.lockout.FREE_ADDRESS", 10**6),
        served(app) as address,
    ):
        # Made at the first asking, for seconds: longer than schemathesis waits on a busy machine.
        assert httpx.get(f"{address}/openapi.json", timeout=120).is_success
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
                *given,
                # They have no end: tests/api/live. What tus sends it cannot write.
                *("--exclude-operation-id", "listen", "--exclude-operation-id", "followAudit"),
                *("--exclude-operation-id", "appendToUpload"),
                *(_SESSION if by_session else ()),
                *("--phases", phases),
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
