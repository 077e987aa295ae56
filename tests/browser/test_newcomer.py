"""TEST NEWCOMER: somebody who never was here opens the release and believes nothing untested.

Takes   the served market.
Gives   failures.
Keeps   the path whole: open `/`, read a fix, see its constituents, check its proof in the browser,
        download; and the proof refused where one byte of it is wrong.
Source  Issue of the web page, "Shows" 1; decision 0041.
"""

import json
from pathlib import Path

import httpx
import pytest

from browser.windows import settled

pytestmark = pytest.mark.extra

SLUG = "h100-sxm-od"
HOLDS = "It holds: the key signed for exactly this fix"
REFUSED = "Refused: this is not the fix that the log's key signed for"
STEPS = 5


def latest(site):
    """Give the latest fix of the series, as programs read it."""
    return httpx.get(f"{site.address}/api/series/{SLUG}").json()["latest"]


def checked(page):
    """Press the button that checks the proof; give the titles of the notice that follows."""
    page.get_by_role("button", name="Check the proof in this browser").click()
    page.locator("#proof .notice").wait_for()
    return page.locator("#proof .notice .title").inner_text()


def test_a_newcomer_reads_a_fix_sees_who_made_it_proves_it_and_takes_it_along(site, opened):
    fix = latest(site)
    page = opened("/").page
    row = page.get_by_role("row", name="CHR.H100.SXM.OD").first
    assert fix["fix_usd"] in row.inner_text()

    row.get_by_role("link").first.click()
    page.wait_for_url(f"**/series/{SLUG}")
    settled(page)
    assert page.locator("[data-fix]").inner_text() == f"${fix['fix_usd']}"

    panel = page.get_by_role("table", name="Owners with a price")
    for member in fix["members"]:
        shown = panel.get_by_role("row", name=member["name"]).inner_text()
        assert f"{float(member['rate_usd']):.4f}" in shown
        assert ("kept" in shown) is member["kept"]

    assert checked(page) == HOLDS
    steps = page.get_by_role("list", name="Steps of the proof").get_by_role("listitem")
    assert steps.count() == STEPS
    assert all("holds" in each.inner_text() for each in steps.all())

    with page.expect_download() as started:
        page.get_by_role("link", name="The whole history, CSV").click()
    text = Path(started.value.path()).read_text()
    assert text.startswith("series,") and f",{fix['fix_usd']}," in text


def broken(record, part):
    """Change one byte of a signed fix."""
    if part == "document":
        record["document"]["kept"] += 1
    elif part == "figure":
        record["document"]["fix_ticks"] += 1
    elif part == "leaf":
        record["leaf"] = record["leaf"].replace('"time":"20', '"time":"30')
    elif part == "path":
        record["path"][0] = ("B" if record["path"][0][0] == "A" else "A") + record["path"][0][1:]
    else:
        lines = record["checkpoint"].split("\n")
        letter = "B" if lines[4][-20] == "A" else "A"
        lines[4] = lines[4][:-20] + letter + lines[4][-19:]
        record["checkpoint"] = "\n".join(lines)
    return record


@pytest.mark.parametrize(
    ("part", "step"),
    [
        ("figure", "what this page shows"),
        ("document", "hash that stands in the leaf"),
        ("leaf", "is in the tree"),
        ("path", "is in the tree"),
        ("signature", "signed that root"),
    ],
)
def test_one_wrong_byte_is_refused_where_it_is(site, opened, part, step):
    """The server that lies is found out by the browser that asks it."""
    page = opened(f"/series/{SLUG}").page

    def lie(route):
        record = broken(route.fetch().json(), part)
        route.fulfill(body=json.dumps(record), content_type="application/json")

    page.route("**/api/signed/**", lie)
    assert checked(page) == REFUSED
    last = page.get_by_role("list", name="Steps of the proof").get_by_role("listitem").last
    assert "refused" in last.inner_text() and step in last.inner_text()


def test_a_key_that_was_noted_elsewhere_is_held_against_the_log(site, opened):
    page = opened(f"/series/{SLUG}").page
    assert checked(page) == HOLDS
    field = page.get_by_label("The log's key")
    name, _, blob = field.input_value().split("+", 2)
    field.fill(f"{name}+00000000+{blob}")
    assert checked(page) == REFUSED


def test_the_time_of_the_reader_is_in_the_address(site, opened):
    """A strike that has become final shows its provisional word again, by a link."""
    history = httpx.get(f"{site.address}/api/series/{SLUG}?last=30").json()["history"]
    day = next(each["date"] for each in reversed(history) if each["vintage"] == "final")
    page = opened(f"/series/{SLUG}/{day}").page
    page.get_by_role("table", name="Vintages").get_by_role("link", name="show").first.click()
    settled(page)
    assert "as_of=" in page.url
    assert "As it was known at" in page.locator("main").inner_text()
    page.locator("dl.key").get_by_text("provisional").wait_for()
    page.get_by_role("button", name="Show it as it is known now").click()
    settled(page)
    assert "as_of" not in page.url


def test_the_arrow_keys_walk_the_history_and_enter_opens_a_day(opened):
    page = opened(f"/series/{SLUG}").page
    chart = page.get_by_role("slider")
    chart.focus()
    before = chart.get_attribute("aria-valuetext")
    page.keyboard.press("ArrowLeft")
    assert chart.get_attribute("aria-valuetext") != before
    day = chart.get_attribute("aria-valuetext").split(":")[0]
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/series/{SLUG}/{day}")


def test_what_is_chosen_is_in_the_address_and_comes_back_with_it(opened):
    page = opened("/").page
    page.get_by_role("button", name="30 days").first.click()
    page.get_by_role("button", name="Change", exact=True).click()
    assert "sort=d30" in page.url and "chart=change" in page.url
    page.reload()
    settled(page)
    assert page.locator("th[aria-sort=ascending]").count() >= 1
    page.goto(f"/series/{SLUG}?beside=plain&range=30&cite=bibtex")
    settled(page)
    assert page.get_by_role("button", name="No screen").get_attribute("aria-pressed") == "true"
    page.get_by_text("@misc{").wait_for()


def test_a_name_with_markup_in_it_stays_a_name(opened):
    window = opened("/")
    window.expected = ("status of 400", "status of 404")
    window.page.goto("/series/%3Cimg%20src=x%20onerror=alert(1)%3E")
    settled(window.page)
    assert window.page.locator("main img").count() == 0
    assert window.page.locator("main").get_by_role("link").count() >= 1  # The next step.


def test_a_day_without_a_release_says_what_to_do(opened):
    window = opened("/")
    window.expected = ("status of 404",)
    window.page.goto("/release/2019-01-01")
    settled(window.page)
    assert "There is no release of 2019-01-01" in window.page.locator("main").inner_text()
    window.page.get_by_role("link", name="To the latest release").click()
    window.page.wait_for_url("**/")


def test_no_chart_library_comes_with_the_release(opened):
    """What the release loads first is small: its chart is its own lines."""
    page = opened("/").page
    files = page.evaluate("performance.getEntriesByType('resource').map(each => each.name)")
    assert not [name for name in files if "lightweight" in name]
    kilobytes = page.evaluate(
        "performance.getEntriesByType('resource')"
        ".filter(each => each.name.includes('/assets/'))"
        ".reduce((sum, each) => sum + each.encodedBodySize, 0) / 1000"
    )
    assert 0 < kilobytes <= 150
