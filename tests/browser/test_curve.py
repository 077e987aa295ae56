"""TEST CURVE: the forward curve shows each price that the API tells, with its source.

Takes   the served market; chromium.
Gives   failures.
Keeps   a price that there is none of told as none, with the reason; marks apart from the curve.
Source  Decisions 0025 and 0047.
"""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.extra

SLUG = "h100-sxm-od"


def shown(price_usd):
    """Write a price as the page does: with four places, half to even."""
    return f"{Decimal(price_usd):.4f}"


def test_each_price_stands_in_the_table_and_on_the_chart(site, opened):
    """Compare the table with the API: every point once, marks of futures beside them."""
    points = site.operator.get(f"/api/curve/{SLUG}").json()["points"]
    page = opened(f"/curve/{SLUG}").page
    futures = [each for each in points if each["source"] == "future"]
    rows = page.get_by_role("table").locator("tbody tr")
    expect(rows).to_have_count(len(points) + len(futures))
    fix = next(each for each in points if each["source"] == "fix")
    expect(rows.first).to_contain_text(shown(fix["price_usd"]))
    for each in futures:
        own = rows.filter(has_text=each["name"])
        expect(own).to_have_count(2)
        told = shown(each["price_usd"]) if each["price_usd"] else "none: "
        expect(own.first).to_contain_text(told)
        expect(own.last).to_contain_text("demonstration counts")
    expect(page.get_by_role("img", name="Prices of")).to_be_visible()
    assert page.locator("circle").count() >= len(futures)


def test_another_series_is_chosen_and_the_address_says_so(opened):
    page = opened("/curve").page
    page.get_by_label("Series").select_option("h200-sxm-od")
    page.wait_for_url("**/curve/h200-sxm-od")
    expect(page.get_by_role("heading", name="Forward curve")).to_be_visible()
    page.get_by_text("one H200 SXM GPU for one hour").wait_for()


def test_a_series_that_is_not_there_is_told_with_the_next_step(opened):
    window = opened("/curve")
    window.expected = ("404",)
    window.page.evaluate(
        "history.pushState(null, '', '/curve/none'); dispatchEvent(new Event('popstate'))"
    )
    expect(window.page.get_by_text("There is no series of this name")).to_be_visible()
    window.page.get_by_role("link", name="To the curve of H100 SXM").click()
    expect(window.page.get_by_role("table")).to_be_visible()
