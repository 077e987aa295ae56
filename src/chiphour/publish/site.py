"""SITE: the small files that browsers and searches ask a site for.

Takes   the address of the site; what it shows.
Gives   robots.txt, a sitemap, the manifest of the page.
Keeps   a sitemap of whole addresses only, as its protocol asks: without a known address there is
        none, and robots.txt names none.
Source  RFC 9309 (robots.txt); the sitemaps protocol 0.9; W3C Web Application Manifest.
"""

import json
from collections.abc import Iterable
from collections.abc import Sequence
from datetime import date

from chiphour.index.series import ALL_SERIES
from chiphour.publish.addresses import release_path
from chiphour.publish.addresses import report_path
from chiphour.publish.addresses import series_path
from chiphour.publish.html import escaped

ADDRESSES_MOST = 50_000  # As the protocol has it; a day of a series has no line of its own.
ICONS = (192, 512)
TOUCH_ICON = 180
REPORTS = "/report"
PAGES = ("/news", "/references", "/log")
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def robots_text(address: str) -> bytes:
    """Say what may be read by whom: all by all, but for what answers programs and signs in."""
    lines = ["User-agent: *", "Disallow: /api/v2/", "Disallow: /ws/", "Allow: /"]
    if address:
        lines += ["", f"Sitemap: {address}/sitemap.xml"]
    return ("\n".join(lines) + "\n").encode()


def sitemap_xml(
    address: str, days: Sequence[date], pages: Iterable[str] = (), reports: Sequence[date] = ()
) -> bytes:
    """List the pages: of series, of releases and of reports, the latest first of both.

    `days` are those of releases; `pages` are further addresses.
    """
    assert address, "the protocol asks for whole addresses"
    latest = max(days).isoformat() if days else ""
    found = {"/": latest} | dict.fromkeys((*PAGES, *pages), "")
    found |= {series_path(series): latest for series in ALL_SERIES}
    if reports:
        found[REPORTS] = max(reports).isoformat()
    dated = [(day, release_path(day), "") for day in days]
    dated += [(day, report_path(day), day.isoformat()) for day in reports]  # It never changes.
    found |= {path: changed for _, path, changed in sorted(dated, reverse=True)}
    lines = [_entry(address + path, day) for path, day in list(found.items())[:ADDRESSES_MOST]]
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{NAMESPACE}">\n'
    return (head + "".join(lines) + "</urlset>\n").encode()


def _entry(address: str, day: str) -> str:
    changed = f"<lastmod>{day}</lastmod>" if day else ""
    return f"<url><loc>{escaped(address)}</loc>{changed}</url>\n"


def manifest_json() -> bytes:
    """Describe the page to a browser that puts it on a home screen."""
    icons = [
        {"src": f"/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png"}
        for size in ICONS
    ]
    drawn = {"src": "/favicon.svg", "sizes": "any", "type": "image/svg+xml"}
    return json.dumps(
        {
            "name": "chiphour",
            "short_name": "chiphour",
            "description": "Reference prices of GPU-hours, and what trades on them.",
            "start_url": "/",
            "display": "minimal-ui",
            "background_color": "#fcfbf8",
            "theme_color": "#fcfbf8",
            "icons": [drawn, *icons],
        },
        separators=(",", ":"),
    ).encode()
