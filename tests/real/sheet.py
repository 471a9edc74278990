"""The sheet of a package as Chromium prints it."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass

from playwright.sync_api import Browser

_BEYOND = """() => {
  const sheet = document.querySelector(".sheet").getBoundingClientRect();
  const beyond = (element) => {
    const box = element.getBoundingClientRect();
    return box.width && (box.bottom > sheet.bottom + 1 || box.right > sheet.right + 1);
  };
  const all = [...document.querySelectorAll(".sheet *")];
  return all.filter(beyond).map((element) => element.outerHTML.slice(0, 120));
}"""


@dataclass(frozen=True, slots=True)
class Printed:
    """What was printed: its pages, what would be cut off, and what the page complained of."""

    pdf: bytes
    text: str
    beyond: list[str]
    complaints: list[str]
    asked: list[str]

    @property
    def pages(self) -> int:
        """How many sheets of A4 it takes."""
        return len(re.findall(rb"/Type\s*/Page\b", self.pdf))


def printed(browser: Browser, html: str) -> Printed:
    """Print a page, with nothing to be had from the network."""
    with closing(browser.new_page()) as page:
        complaints: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.set_content(html, wait_until="load")
        return Printed(
            page.pdf(prefer_css_page_size=True),
            page.locator(".sheet").inner_text(),
            page.evaluate(_BEYOND),
            complaints,
            [url for url in asked if not url.startswith("data:")],
        )
