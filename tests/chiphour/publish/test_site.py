"""SITE: what searches are told.

Takes   an address, days.
Gives   failures.
Keeps   whole addresses in a sitemap.
Source  The sitemaps protocol; RFC 9309.
"""

import json
from datetime import date
from datetime import timedelta
from xml.etree import ElementTree

import pytest

from chiphour.publish.site import ADDRESSES_MOST
from chiphour.publish.site import NAMESPACE
from chiphour.publish.site import manifest_json
from chiphour.publish.site import robots_text
from chiphour.publish.site import sitemap_xml

HOST = "https://chiphour.example"


def addresses(body: bytes) -> list[str]:
    return [each.text for each in ElementTree.fromstring(body).iter(f"{{{NAMESPACE}}}loc")]


def test_a_sitemap_lists_series_and_releases_once():
    found = addresses(sitemap_xml(HOST, [date(2026, 7, 10), date(2026, 7, 11)], ["/prices"]))
    assert len(set(found)) == len(found)
    assert all(address.startswith(f"{HOST}/") for address in found)
    wanted = ("/", "/prices", "/series/h100-sxm-od", "/release/2026-07-11")
    assert {HOST + path for path in wanted} <= set(found)


def test_a_sitemap_lists_reports_with_when_they_were_made():
    """The newest days come first, reports among releases; the page of the last says when."""
    days, reports = [date(2026, 7, 10), date(2026, 7, 12)], [date(2026, 7, 11), date(2026, 7, 13)]
    body = sitemap_xml(HOST, days, ["/report"], reports)
    found = addresses(body)
    assert len(set(found)) == len(found)
    dated = [each.removeprefix(HOST) for each in found if each[-3:-2] == "-" and "2026" in each]
    assert dated == [
        *("/report/2026-07-13", "/release/2026-07-12"),
        *("/report/2026-07-11", "/release/2026-07-10"),
    ]
    for path, day in (("/report", "2026-07-13"), ("/report/2026-07-11", "2026-07-11")):
        assert f"<loc>{HOST}{path}</loc><lastmod>{day}</lastmod>".encode() in body
    assert f"{HOST}/report" not in addresses(sitemap_xml(HOST, days))


def test_a_sitemap_is_bounded_and_needs_an_address():
    days = [date(1900, 1, 1) + timedelta(days=n) for n in range(ADDRESSES_MOST + 10)]
    assert len(addresses(sitemap_xml(HOST, days))) == ADDRESSES_MOST
    with pytest.raises(AssertionError):
        sitemap_xml("", [])


def test_robots_name_the_sitemap_only_where_there_is_one():
    assert robots_text(HOST).endswith(b"\nSitemap: https://chiphour.example/sitemap.xml\n")
    assert b"Sitemap" not in robots_text("")


def test_the_manifest_names_icons_of_this_host():
    icons = json.loads(manifest_json())["icons"]
    assert [icon["src"] for icon in icons] == ["/favicon.svg", "/icon-192.png", "/icon-512.png"]
