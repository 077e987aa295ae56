"""WINDOWS: a served market, and windows of a browser that look at it.

Takes   an address, a browser of Playwright.
Gives   `Window`, `settled`.
Keeps   all that goes wrong in a window, to be told at its end.
Source  Decision 0041.
"""

from pathlib import Path

from playwright.sync_api import Browser
from playwright.sync_api import Page

from upped import Site

ROOT = Path(__file__).resolve().parents[2]
WIDTHS = (390, 1280, 1920)
PATIENCE_MS = 20_000


class Window:
    """A window of its own, and what went wrong in it."""

    def __init__(self, browser: Browser, site: Site, width: int, scheme: str) -> None:
        """Open it; nothing is shared with another window."""
        height = 844 if width < 600 else 1080
        self.site, self.faults = site, []
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            base_url=site.address,
            has_touch=width < 600,
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.context.new_page()
        self.expected: tuple[str, ...] = ()  # Parts of faults that a test brings about itself.
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda fault: self.faults.append(f"exception: {fault}"))
        self.page.on("request", self._asked)

    def _heard(self, message) -> None:
        if message.type == "error":
            self.faults.append(f"console: {message.text} {message.location}")

    def _asked(self, request) -> None:
        here = (self.site.address, self.site.address.replace("http", "ws", 1), "data:", "blob:")
        if not request.url.startswith(here):
            self.faults.append(f"request to another host: {request.url}")

    def end(self) -> list[str]:
        """Close it; give the faults that no test brought about."""
        self.context.close()
        return [each for each in self.faults if not any(part in each for part in self.expected)]


def settled(page: Page) -> None:
    """Wait until the page is drawn: a heading stands, and no skeleton does but where all do."""
    page.wait_for_selector("h1")
    if not page.url.endswith("/design"):
        page.wait_for_function("() => !document.querySelector('.skeleton')")
