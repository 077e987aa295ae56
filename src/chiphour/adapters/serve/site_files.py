"""SITE_FILES: icons, manifest, robots.txt, sitemap.

Takes   requests; the address under which the public reads this, or else that it was asked by.
Gives   bytes of `publish`.
Keeps   icons drawn once.
Source  Decision 0041.
"""

from collections.abc import Sequence
from functools import cache

from litestar import Response
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler

from chiphour.adapters.serve.answer import TEXT
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.answer import view_of
from chiphour.adapters.serve.asked import frame_of
from chiphour.adapters.serve.web_page import Page
from chiphour.publish.card import icon_ico
from chiphour.publish.card import icon_png
from chiphour.publish.site import ICONS
from chiphour.publish.site import TOUCH_ICON
from chiphour.publish.site import manifest_json
from chiphour.publish.site import robots_text
from chiphour.publish.site import sitemap_xml

PNG = "image/png"
ICO = "image/x-icon"
XML = "application/xml"
MANIFEST = "application/manifest+json"
FOR_A_DAY = "public, max-age=86400"

drawn = cache(icon_png)
drawn_ico = cache(icon_ico)


@get("/favicon.ico", include_in_schema=False, media_type=ICO, sync_to_thread=True)
def favicon_ico(request: Asked) -> Response[bytes]:
    """Give the icon for browsers that ask for no other."""
    return answered(request, drawn_ico(), ICO, FOR_A_DAY)


@get("/apple-touch-icon.png", include_in_schema=False, media_type=PNG, sync_to_thread=True)
def touch_icon(request: Asked) -> Response[bytes]:
    """Give the icon for a home screen."""
    return answered(request, drawn(TOUCH_ICON), PNG, FOR_A_DAY)


def _icon(size: int) -> HTTPRouteHandler:
    @get(f"/icon-{size}.png", include_in_schema=False, media_type=PNG, sync_to_thread=True)
    def icon(request: Asked) -> Response[bytes]:
        return answered(request, drawn(size), PNG, FOR_A_DAY)

    return icon


@get("/site.webmanifest", include_in_schema=False, media_type=MANIFEST, sync_to_thread=False)
def manifest(request: Asked) -> Response[bytes]:
    """Give the manifest of the page."""
    return answered(request, manifest_json(), MANIFEST, FOR_A_DAY)


@get("/robots.txt", include_in_schema=False, media_type=TEXT, sync_to_thread=True)
def robots(request: Asked) -> Response[bytes]:
    """Say what may be read by whom."""
    return answered(request, robots_text(frame_of(request).address), TEXT, FOR_A_DAY)


@get("/sitemap.xml", include_in_schema=False, media_type=XML, sync_to_thread=True)
def sitemap(request: Asked) -> Response[bytes]:
    """List the pages of this site; without a host there is no list."""
    address = frame_of(request).address
    if not address:
        raise NotFoundException("expected a host to write addresses with, found none")
    page: Page = request.app.state.get("page", Page())
    is_market = hasattr(view_of(request), "contracts")
    further = [
        path
        for route in page.routes
        if (page.shell or route.plain) and (is_market or not route.market)
        for path in ("/" + "/".join(parts) for parts in route.paths)
        if "{" not in path
    ]
    view = view_of(request)
    return answered(request, sitemap_xml(address, view.days(), further, view.report_days()), XML)


SITE_FILES: Sequence[HTTPRouteHandler] = (
    favicon_ico,
    touch_icon,
    *map(_icon, ICONS),
    manifest,
    robots,
    sitemap,
)
