"""TEST EVERY PAGE: what must hold for each page, whatever it shows.

Takes   web/routes.json; the served market.
Gives   failures; with CHIPHOUR_SHOTS a folder of pictures to be looked at.
Keeps   axe-core without a violation on every page, light and dark, wide and narrow; no request
        elsewhere and no fault in the console (conftest); nothing wider than its window; the policy
        that forbids inline script.
Source  Decision 0041; WCAG 2.2 AA, as axe-core 4.14 tests it.
"""

import json
import os
from pathlib import Path

import httpx
import pytest

from browser.windows import ROOT
from browser.windows import WIDTHS
from browser.windows import settled

pytestmark = pytest.mark.extra

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What holds is only counted: all of its nodes would come through the debugger.
RUN_AXE = """async tags => {
    const found = await axe.run(document, {runOnly: tags, resultTypes: ["violations"]});
    const told = found.violations.map(({id, help, nodes}) =>
        [id, help, nodes.slice(0, 3).map(node => node.html.slice(0, 160))]);
    return {violations: told, passes: found.passes.length};
}"""
VALUES = {
    "{slug}": "h100-sxm-od",
    "{day}": "2026-07-20",
    "{chip}": "h100-sxm",
    "{contract}": "H100SXMOD_USDC-PERPETUAL",
}
RUN_STATES = ("cleared", "open")  # The demonstration has a run of each.


def addresses() -> list[str]:
    """Give one address of each kind, from the table that page and server share."""
    found = []
    for route in json.loads((ROOT / "web" / "routes.json").read_text()):
        for path in route["paths"]:
            for name, value in VALUES.items():
                path = path.replace(name, value)
            states = RUN_STATES if "{run}" in path else ("",)
            found += [path.replace("{run}", f"{{{state}}}") for state in states]
    return found


def filled(site, path):
    """Put into an address what the market has: the run in a state, the day of the last report."""
    if path.startswith("/report"):
        return path.replace("{date}", site.last_report())
    for state in RUN_STATES:
        if f"{{{state}}}" in path:
            return path.replace(f"{{{state}}}", str(site.run_in(state)))
    return path


@pytest.mark.parametrize("path", addresses())
def test_axe_finds_nothing(site, opened, path):
    """Run axe-core on the page in dark and narrow, and in light and wide."""
    path = filled(site, path)
    for width, scheme in ((390, "dark"), (1280, "light")):
        page = opened(path, width, scheme).page
        # Not as a script tag: the policy of the page forbids it. The debugger may.
        page.evaluate(AXE.read_text())
        found = page.evaluate(RUN_AXE, TAGS)
        assert not found["violations"], (path, width, scheme, found["violations"])
        assert found["passes"] > 0


@pytest.mark.parametrize("path", addresses())
def test_nothing_is_wider_than_its_window(site, opened, path):
    """From 360 to 2,560 px the page never scrolls sideways; a table scrolls in itself."""
    page = opened(filled(site, path), 360).page
    for width in (360, 768, 2560):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(100)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path}: {wide} px in a window of {width}"


@pytest.mark.parametrize("path", addresses())
def test_a_page_has_its_landmarks_its_name_and_its_labels(site, opened, path):
    """One main, one h1, a title of its own; the labels of a replay are seen on every page."""
    page = opened(filled(site, path)).page
    assert page.locator("main").count() == 1
    assert page.locator("h1").count() == 1
    assert page.title().endswith("chiphour") and len(page.title()) > len("chiphour")
    labels = site.operator.get("/api/frame").json()["labels"]
    shown = page.locator("aside.labels").inner_text()
    assert labels[1] in shown and "Replay" in shown
    assert page.evaluate("document.querySelector('main').innerText.length") > 40


def test_no_inline_script_is_in_the_shell_and_the_policy_allows_none(site):
    """Every script and style of the shell is a file of ours, and nothing else may run."""
    answer = httpx.get(site.address, headers={"accept": "text/html"})
    policy = dict(
        part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'" and policy["style-src"] == "'self'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "<style" not in answer.text and " style=" not in answer.text
    for part in answer.text.split("<script")[1:]:
        assert 'src="/assets/' in part.split(">")[0]


def test_a_click_stays_in_the_page_and_the_history_goes_back(opened):
    page = opened("/").page
    page.evaluate("window.kept = true")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Prices").click()
    page.wait_for_url("**/prices")
    settled(page)
    assert page.evaluate("window.kept") is True  # It was not loaded anew.
    page.go_back()
    settled(page)
    assert page.url.endswith("/")


def test_a_secret_in_the_address_is_taken_out_at_once(opened):
    page = opened("/prices?client_secret=abcdef&chip=H100").page
    assert "abcdef" not in page.url and "chip=H100" in page.url
    assert "abcdef" not in page.content()


def test_the_appearance_is_chosen_and_kept(opened):
    page = opened("/prices").page
    page.get_by_label("Appearance").select_option("dark")
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.reload()
    settled(page)
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == dark
    assert dark == "rgb(18, 17, 15)"


def test_a_server_that_is_gone_is_told_with_the_next_step(opened):
    """Cut the API: each page says so and offers to try again, and then works."""
    window = opened("/prices")
    window.expected = ("Failed to load resource", "net::ERR")
    window.page.route("**/api/**", lambda route: route.abort())
    window.page.reload()
    window.page.get_by_text("is it running?").first.wait_for()
    window.page.unroute("**/api/**")
    window.page.get_by_role("button", name="Try again").click()
    window.page.get_by_role("table").wait_for()


@pytest.mark.skipif("CHIPHOUR_SHOTS" not in os.environ, reason="CHIPHOUR_SHOTS names no folder")
@pytest.mark.parametrize("path", addresses())
def test_pictures_to_be_looked_at(site, opened, path):
    """Write a picture of each page at each width, light and dark."""
    folder = Path(os.environ["CHIPHOUR_SHOTS"])
    name = path.strip("/").replace("/", "-") or "release"
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            page = opened(filled(site, path), width, scheme).page
            page.wait_for_timeout(500)
            file = folder / f"{name}-{width}-{scheme}.png"
            page.screenshot(path=file, full_page=True)
            assert file.stat().st_size > 5_000
