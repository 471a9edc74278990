"""What the console's tests share: Chromium, and a page on which nothing may go wrong unseen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

AXE = Path(__file__).parents[1] / "api" / "console" / "vendor" / "axe-core" / "axe.min.js"
HOSTILE = "<img src=x onerror=document.title='owned'>"
"""What no name or note may do to a page."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; the test is skipped where none is installed."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no Chromium is installed; install Debian's package chromium")
    with sync_playwright() as playwright:
        expect.set_options(timeout=15_000)  # whatever else this machine does
        opened = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a module."""
    with chromium() as started:
        yield started


@contextmanager
def opened(browser: Browser, address: str, **options: object) -> Iterator[Page]:
    """A page of a browser of its own; errors of its scripts, and what the policy refused, fail."""
    wanted = {"viewport": {"width": 1366, "height": 768}, "locale": "en-GB"} | options
    context = browser.new_context(**wanted)  # type: ignore[arg-type]
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(error.stack or str(error)))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.goto(address)
    yield page
    context.close()
    # The browser writes down each answer that is no success by itself.
    faults = [text for text in complaints if "Failed to load resource" not in text]
    assert not faults, faults


def findings(page: Page) -> list[str]:
    """What axe finds serious or critical, with where it is."""
    # What fades in is looked at when it is there.
    page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")
    return [
        f"{rule['id']}: {node['target'][0]}: {node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]
