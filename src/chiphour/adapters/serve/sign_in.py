"""SIGN_IN: who asks, proved: a member by the signature of a request, the operator by a password.

Takes   a request's header `Authorization`, its method, raw path and body, and where it came from.
Gives   guards; `Signed`, as the request's `auth`.
Keeps   nobody let in who is not proved; a line in the trail for each use and each refusal. Wrong
        answers are limited by address, and passwords together too. A password travels over TLS or
        inside this machine alone, a run's token inside it alone.
Source  RFC 7617 (Basic), RFC 6750 (Bearer); Deribit's API v2, "Authentication"; decision 0034.
"""

import asyncio
import binascii
import time
from base64 import b64decode
from collections.abc import Awaitable
from collections.abc import Callable
from typing import Any
from typing import NamedTuple
from typing import NoReturn
from typing import cast

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.exceptions import NotAuthorizedException
from litestar.exceptions import PermissionDeniedException
from litestar.exceptions import TooManyRequestsException
from litestar.handlers import BaseRouteHandler

from chiphour.adapters.attempts import is_loopback
from chiphour.adapters.serve.index_app import BODY_BYTES_MAX
from chiphour.adapters.serve.market_view import MarketView
from chiphour.adapters.serve.office import Office
from chiphour.adapters.serve.office import office_of
from chiphour.units import NS_PER_SECOND
from chiphour.units import div_ceil
from chiphour.wire.key import READ
from chiphour.wire.key import Key
from chiphour.wire.key import Use
from chiphour.wire.signature import SCHEMES
from chiphour.wire.signature import SignInRefused
from chiphour.wire.signature import Why
from chiphour.wire.signature import http_claim

BODY_S_MAX = 10  # That a body may take to come.
HEADER_LENGTH_MAX = 1_024
CHALLENGE = 'Basic realm="chiphour operator", charset="UTF-8"'
FORBIDDEN = (Why.SCOPE, Why.CONTRACT, Why.ADDRESS)
JSON_BODY = "application/json"
WITH_BODY = ("POST", "PUT")

# For OpenAPI: how a handler's requests are signed.
OPERATOR_SECURITY: list[dict[str, list[str]]] = [{"operator": []}, {"token": []}]
MEMBER_SECURITY: list[dict[str, list[str]]] = [{"signature": []}]


class Signed(NamedTuple):
    """Who asks: a member by a key, or, without one, the operator."""

    address: str
    key: Key | None = None

    @property
    def account(self) -> int:
        """Give the account that a member's key acts for."""
        assert self.key is not None
        return self.key.account


SignedRequest = Request[Any, Signed, State]
Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]


async def operator_only(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Let the operator in, nobody else."""
    request = cast(SignedRequest, connection)
    body = await _body(request)
    request.scope["auth"] = await _operator(request)
    _check_shape(handler, body)


def member_with(scope: str) -> Guard:
    """Give a guard that lets in members whose key has a scope."""

    async def guard(
        connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        request = cast(SignedRequest, connection)
        body = await _body(request)
        request.scope["auth"] = await _member(request, scope)
        _check_shape(handler, body)

    return guard


def member_or_operator_with(scope: str) -> Guard:
    """Give a guard that lets in the operator, and members whose key has a scope."""

    async def guard(
        connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        request = cast(SignedRequest, connection)
        body = await _body(request)
        scheme = request.headers.get("authorization", "").partition(" ")[0]
        is_member = scheme in SCHEMES
        asked = _member(request, scope) if is_member else _operator(request)
        request.scope["auth"] = await asked
        _check_shape(handler, body)

    return guard


member_or_operator = member_or_operator_with(READ)


async def anybody_or_member(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Let everybody in; who signs, with a key that reads, is known."""
    request = cast(SignedRequest, connection)
    body = await _body(request)
    request.scope["auth"] = None
    if "authorization" in request.headers:
        request.scope["auth"] = await _member(request, READ)
    _check_shape(handler, body)


def market_asked(request: SignedRequest) -> MarketView:
    """Give the market that this server shows."""
    return cast(MarketView, request.app.state.view)


async def _body(request: SignedRequest) -> bytes:
    """Read the body, within bounds; a request that changes something must say that it is JSON.

    No page of another site can make a browser send that without asking first.
    """
    try:
        async with asyncio.timeout(BODY_S_MAX):
            body = await request.body()
    except TimeoutError:
        _refuse_body(408, f"body: expected it within {BODY_S_MAX} s, found less of it")
    except HTTPException as fault:  # Litestar has a bound, and its own words for it.
        words = f"body: expected at most {BODY_BYTES_MAX} bytes, found more"
        _refuse_body(fault.status_code, words)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method in WITH_BODY and kind != JSON_BODY:
        _refuse_body(415, f"Content-Type: expected {JSON_BODY}, found another")
    if request.method not in WITH_BODY and body:
        _refuse_body(400, "body: expected none, found one")
    return body


def _check_shape(handler: BaseRouteHandler, body: bytes) -> None:
    """Refuse a body of another shape; Litestar would read a 1 as true, and a "3" as 3."""
    data = handler.parsed_fn_signature.parameters.get("data")
    if data is None:
        return
    try:
        msgspec.json.decode(body, type=data.annotation, strict=True)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as fault:
        words = str(fault).replace(", got ", ", found ")
        _refuse_body(400, f"body: expected JSON of its shape, found: {words}")


def _refuse_body(status: int, words: str) -> NoReturn:
    raise HTTPException(status_code=status, detail=words) from None


async def _operator(request: SignedRequest) -> Signed:
    office, address = office_of(request), _address(request)
    scheme, _, proof = request.headers.get("authorization", "").partition(" ")
    if len(proof) > HEADER_LENGTH_MAX or scheme not in ("Basic", "Bearer"):
        _unproved("expected the operator's password or this run's token, found neither")
    if not is_loopback(address) and (scheme == "Bearer" or request.url.scheme != "https"):
        raise PermissionDeniedException(
            "expected a password over TLS, or from this machine, found another way"
        )
    _take(office.passwords.take(address))
    if not await _is_operator(office, scheme, proof):
        await asyncio.to_thread(office.keys.note, _use(request), f"operator {scheme.lower()}")
        _unproved("expected the operator's password or this run's token, found another")
    office.passwords.give_back(address)
    await asyncio.to_thread(office.keys.note_operator, _use(request))
    return Signed(address)


async def _is_operator(office: Office, scheme: str, proof: str) -> bool:
    if scheme == "Bearer":
        return office.operator.admits_token(proof)
    try:
        user, _, password = b64decode(proof, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return False
    return await asyncio.to_thread(office.operator.admits_password, user, password)


async def _member(request: SignedRequest, scope: str) -> Signed:
    office, address = office_of(request), _address(request)
    target = request.scope["raw_path"]
    if query := request.scope["query_string"]:
        target += b"?" + query
    header = request.headers.get("authorization", "")
    _take(office.strangers.take(address))
    try:
        claim = http_claim(header, request.method, target, await request.body())
    except SignInRefused as fault:
        await asyncio.to_thread(office.keys.note, _use(request, scope), str(fault.why))
        _refuse(fault)
    try:
        key = await asyncio.to_thread(office.keys.admit, claim, _use(request, scope))
    except SignInRefused as fault:
        if fault.key_id:  # Proved: a member that may not do this is no stranger.
            office.strangers.give_back(address)
        _refuse(fault)
    office.strangers.give_back(address)
    return Signed(address, key)


def _use(request: SignedRequest, scope: str = "") -> Use:
    what = f"{request.method} {request.scope['path']}"
    return Use(time.time_ns(), _address(request), what, scope)


def _address(request: SignedRequest) -> str:
    return request.client.host if request.client else ""


def _take(wait_ns: int) -> None:
    if wait_ns:
        wait_s = div_ceil(wait_ns, NS_PER_SECOND)
        raise TooManyRequestsException(
            f"expected fewer wrong sign-ins from there, found too many: wait {wait_s} s",
            headers={"Retry-After": str(wait_s)},
        )


def _unproved(words: str) -> NoReturn:
    raise NotAuthorizedException(words, headers={"WWW-Authenticate": CHALLENGE})


def _refuse(fault: SignInRefused) -> NoReturn:
    if fault.why == Why.FULL:
        raise TooManyRequestsException(fault.reason)
    if fault.why in FORBIDDEN:
        raise PermissionDeniedException(fault.reason)
    schemes = ", ".join(SCHEMES)
    raise NotAuthorizedException(fault.reason, headers={"WWW-Authenticate": schemes})
