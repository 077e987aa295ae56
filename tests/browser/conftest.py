"""CONFTEST: the page as a person has it: the real market, the real build, Debian's chromium.

Takes   `site`, a chromium on the PATH.
Gives   `opened`, which opens an address in a window of its own.
Keeps   every window honest: a fault in the console, an exception, a request to another host fails
        the test that saw it. Without a chromium the tests skip, but never where CHIPHOUR_WEB says
        that the page is required.
Source  Decision 0041.
"""

import os
import shutil
from collections.abc import Callable
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import expect
from playwright.sync_api import sync_playwright

from browser.windows import Window
from browser.windows import settled
from upped import Site

expect.set_options(timeout=30_000)  # A machine may be busy; what never comes is still a fault.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Debian's chromium, for one file: its driver's event loop runs in this very thread.

    A test elsewhere that calls `asyncio.run` on the same worker needs the thread without one.
    """
    found = shutil.which("chromium")
    if found is None:
        if os.environ.get("CHIPHOUR_WEB") == "require":
            pytest.fail("expected chromium on the PATH, found none: `apt install chromium`")
        pytest.skip("no chromium on the PATH")
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


Opened = Callable[..., Window]


@pytest.fixture
def opened(site: Site, browser: Browser) -> Iterator[Opened]:
    """Give `opened(address, width=1280, scheme="light")`: a window with the page in it."""
    windows: list[Window] = []

    def opens(address: str = "/", width: int = 1280, scheme: str = "light") -> Window:
        window = Window(browser, site, width, scheme)
        windows.append(window)
        window.page.goto(address)
        settled(window.page)
        return window

    yield opens
    faults = [fault for window in windows for fault in window.end()]
    assert not faults, faults
