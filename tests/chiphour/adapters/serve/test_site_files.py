"""SITE_FILES: icons, manifest, robots.txt and sitemap, over a real connection.

Takes   the served index.
Gives   failures.
Keeps   what is listed alive.
Source  Decision 0041.
"""

import io
import re

import httpx
import pytest
from PIL import Image


@pytest.mark.parametrize(
    ("path", "media_type", "size"),
    [
        ("/favicon.ico", "image/x-icon", 48),
        ("/apple-touch-icon.png", "image/png", 180),
        ("/icon-192.png", "image/png", 192),
        ("/icon-512.png", "image/png", 512),
    ],
)
def test_icons_are_pictures(index_address, path, media_type, size):
    answer = httpx.get(index_address + path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert Image.open(io.BytesIO(answer.content)).size == (size, size)


def test_the_manifest_leads_to_its_icons(index_address):
    answer = httpx.get(index_address + "/site.webmanifest")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    for icon in answer.json()["icons"]:
        assert httpx.get(index_address + icon["src"]).status_code == 200


def test_what_the_sitemap_lists_is_there(index_address):
    robots = httpx.get(index_address + "/robots.txt").text
    (sitemap,) = re.findall(r"^Sitemap: (\S+)$", robots, re.M)
    assert sitemap == index_address + "/sitemap.xml"
    answer = httpx.get(sitemap)
    assert answer.headers["content-type"].startswith("application/xml")
    found = re.findall(r"<loc>([^<]+)</loc>", answer.text)
    assert len(found) > 50
    for address in (*found[:4], found[len(found) // 2], found[-1]):
        assert httpx.get(address).status_code == 200, address


def test_the_sitemap_lists_each_report_and_its_page_names_its_card(index_address):
    found = re.findall(r"<loc>([^<]+)</loc>", httpx.get(f"{index_address}/sitemap.xml").text)
    reports = [address for address in found if "/report/" in address]
    assert len(reports) == 2
    for address in reports:
        assert httpx.get(address).status_code == 200
        card = address.replace("/report/", "/cards/report/") + ".png"
        assert httpx.get(card).headers["content-type"] == "image/png"


def test_a_host_that_is_none_is_not_written_down(index_address):
    headers = {"Host": "under_score"}
    assert httpx.get(index_address + "/sitemap.xml", headers=headers).status_code == 404
    assert "Sitemap" not in httpx.get(index_address + "/robots.txt", headers=headers).text
