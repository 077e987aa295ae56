"""ANSWER: how the server answers: bodies with a tag, faults in words, headers that close doors.

Takes   bytes, faults.
Gives   responses.
Keeps   an unchanged body unsent (304); a parameter that is not known unanswered; a fault as one
        sentence, JSON for programs and a page for people; on every response the headers that let a
        page run no script and fetch nothing.
Source  Decision 0010; RFC 9110 sections 8.8.3 and 13.1.2.
"""

import hashlib
import logging
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from http import HTTPStatus
from typing import cast

from litestar import Request
from litestar import Response
from litestar.datastructures import MutableScopeHeaders
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.exceptions import MethodNotAllowedException
from litestar.exceptions import NotFoundException
from litestar.exceptions import ValidationException
from litestar.params import QueryParameter
from litestar.types import Message
from litestar.types import Scope

from chiphour.adapters.serve.view import IndexView
from chiphour.observe.observation import MarketError
from chiphour.publish.datasets import json_bytes
from chiphour.publish.page import message_page

Asked = Request[None, None, State]

JSON = "application/json"
CSV = "text/csv"  # In UTF-8: Litestar says so to text.
HTML = "text/html"
SVG = "image/svg+xml"
TEXT = "text/plain"
REVALIDATED = "no-cache"  # May be kept, but ask before each use.
NEVER_KEPT = "no-store"
IMMUTABLE = "public, max-age=31536000, immutable"  # It will never be otherwise.
# Where a fault is answered as JSON.
FOR_PROGRAMS = (
    *("/api/", "/badge/", "/cards/", "/cite/", "/data/", "/feeds/"),
    *("/healthz", "/log/", "/schema"),
)
ECHOED_MOST = 60  # Characters of a request that a fault repeats.
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
    ),
}


def view_of(request: Asked) -> IndexView:
    """Give the index that this server shows."""
    return cast(IndexView, request.app.state.view)


def answered(
    request: Asked, body: bytes, media_type: str, keeping: str = REVALIDATED
) -> Response[bytes]:
    """Answer with a body and its tag; with 304 and no body when the asker has it already."""
    headers = {"Cache-Control": keeping}
    if media_type != HTML:
        headers["Access-Control-Allow-Origin"] = "*"  # Open data: any page may read it.
    if keeping != NEVER_KEPT:
        headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        if has_tag(request.headers.get("if-none-match", ""), headers["ETag"]):
            return Response(b"", status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def has_tag(header: str, tag: str) -> bool:
    """Tell whether If-None-Match names a tag; weakly compared, as it asks."""
    given = [each.strip().removeprefix("W/") for each in header.split(",")]
    return tag in given or given == ["*"]


def found(text: str) -> str:
    """Repeat what was asked in a fault, cut to a length that fits a line."""
    return repr(text if len(text) <= ECHOED_MOST else text[:ECHOED_MOST] + "\u2026")


def day_from_text(text: str, days: Sequence[date], what: str = "release") -> date:
    """Read a day that has a release, or another thing; raises what the server answers 4xx for."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValidationException(
            f"date: expected a day such as 2026-07-20, found {found(text)}"
        ) from None
    if day not in days:
        known = f"from {min(days)} to {max(days)}" if days else "(there is none yet)"
        raise NotFoundException(f"date: expected a day with a {what} {known}, found {day}")
    return day


def refuse_unknown(request: Asked) -> None:
    """Refuse a parameter that an address for programs does not know; raises ValidationException.

    One that was misspelt, or belongs to another address, would get the answer to another question.
    Pages for people pass over what links carry along.
    """
    if not request.url.path.startswith(FOR_PROGRAMS):
        return
    given = request.route_handler.parsed_fn_signature.parameters.items()
    declared = [(name, each.kwarg_definition) for name, each in given]
    known = sorted(each.name or name for name, each in declared if isinstance(each, QueryParameter))
    for name in request.query_params:
        if name not in known:
            expected = f"one of {', '.join(known)}" if known else "none here"
            raise ValidationException(f"parameter: expected {expected}, found {found(name)}")


def refused(request: Asked, fault: Exception) -> Response[bytes]:
    """Answer a fault: JSON to programs, a page to people. What is ours to mend is logged."""
    if isinstance(fault, NotFoundException) and fault.detail == HTTPStatus.NOT_FOUND.phrase:
        status, words = 404, f"expected an address of this market, found {found(request.url.path)}"
    elif isinstance(fault, ValidationException) and isinstance(fault.extra, list):
        status, words = 400, "; ".join(_parameter_words(request, each) for each in fault.extra)
    elif isinstance(fault, MethodNotAllowedException):
        status, words = 405, f"expected {_allowed(fault)}, found {found(request.method)}"
    elif isinstance(fault, HTTPException):
        status, words = fault.status_code, fault.detail
    elif isinstance(fault, MarketError):
        status, words = 503, str(fault)
    else:
        logging.getLogger(__name__).error("request %s failed", request.url.path, exc_info=fault)
        status, words = 500, "expected an answer, found a fault of the server; it is in its log"
    headers = {"Cache-Control": NEVER_KEPT, **(getattr(fault, "headers", None) or {})}
    if request.url.path.startswith(FOR_PROGRAMS):
        body, media_type = json_bytes({"error": words}), JSON
    else:
        title = HTTPStatus(status).phrase
        frame = view_of(request).frame()
        body, media_type = message_page(title, f"{words[0].upper()}{words[1:]}.", frame), HTML
    return Response(body, status_code=status, media_type=media_type, headers=headers)


def _allowed(fault: MethodNotAllowedException) -> str:
    """Say which methods an address has; where it has GET it has HEAD too."""
    words = (fault.headers or {}).get("allow", "").split(", ")
    heads = ["HEAD"] if "GET" in words else []
    return " or ".join([*sorted(each for each in words if each != "OPTIONS"), *heads])


def _parameter_words(request: Asked, extra: Mapping[str, str]) -> str:
    """Say which parameter was expected otherwise, as Litestar found it."""
    key, message = extra.get("key", ""), extra.get("message", "")
    if extra.get("source") in ("body", "header"):  # It may hold a secret: nothing is repeated.
        return f"{key or 'body'}: {message[:1].lower()}{message[1:]}"
    given = request.query_params.get(key, request.path_params.get(key))
    return f"{key}: {message[:1].lower()}{message[1:]}, found {found(str(given))}"


async def close_doors(message: Message, scope: Scope) -> None:
    """Put the security headers on every response, faults included."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in SECURITY_HEADERS.items():
            headers[name] = value
