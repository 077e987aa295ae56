"""WEBHOOKS: an alert sent to an address, signed, to where the operator lets it go.

Takes   an address, a secret, a body; the hosts that the operator allows.
Gives   `signature`; `where`, an address that may be sent to; `send`, one attempt.
Keeps   no request to a place that was not meant: a name is looked up once, every address that it
        has must be allowed, and the connection goes to that address; nobody is redirected, no proxy
        is asked, nothing of the answer but its status is read. An attempt ends within DEADLINE_S.
Source  Decision 0042; RFC 2104 (HMAC).

    MarketError
    └── AddressForbidden    an address that may not be sent to, or is none

Without an allowed host the operator's rules may go to this machine's loopback, and members' rules
nowhere: a member who could make us send to ourselves would reach what listens here for us alone. A
host that is allowed, `NAME` or `NAME:PORT`, is for both. Whoever owns a name may let it lead to
this machine or to one beside it: such an address must be allowed by itself too, but for
`localhost`. Link-local addresses, where clouds keep their machines' secrets, are never sent to.
"""

import asyncio
import hmac
import re
import socket
import ssl
from collections.abc import Set
from functools import cache
from hashlib import sha256
from ipaddress import IPv4Address
from ipaddress import IPv6Address
from ipaddress import ip_address
from typing import NamedTuple

import httpx

from chiphour.observe.observation import MarketError

URL_CHARACTERS_MAX = 500
DEADLINE_S = 10.0
CONNECT_S = 5.0
SIGNATURE = "Chiphour-Signature"
HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")
PORTS = {"http": 80, "https": 443}
Address = IPv4Address | IPv6Address


class AddressForbidden(MarketError):
    """An address that may not be sent to, or is none."""


class Target(NamedTuple):
    """Where to send: the URL as it was given, its parts."""

    url: str
    scheme: str
    host: str
    port: int


def signature(secret: str, time_s: int, body: bytes) -> str:
    """Sign a body at a time: `t=SECONDS,v1=HEX`, HMAC-SHA256 over `SECONDS.` and the body."""
    digest = hmac.new(secret.encode(), f"{time_s}.".encode() + body, sha256).hexdigest()
    return f"t={time_s},v1={digest}"


def target_of(url: str, allowed: Set[str], by_operator: bool) -> Target:
    """Read an address that a rule may name; raises AddressForbidden. Nothing is looked up."""
    if len(url) > URL_CHARACTERS_MAX:
        raise AddressForbidden(
            f"url: expected at most {URL_CHARACTERS_MAX} characters, found {len(url)}"
        )
    try:
        read = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):
        raise AddressForbidden(
            f"url: expected an address such as https://example.org/hook, found {url[:60]!r}"
        ) from None
    host = read.raw_host.decode("ascii", "replace")
    if read.scheme not in PORTS or not _is_host(host):
        raise AddressForbidden(f"url: expected http:// or https://, found {url[:60]!r}")
    if read.userinfo or read.fragment:
        raise AddressForbidden("url: expected neither a password nor a fragment, found one")
    port = PORTS[read.scheme] if read.port is None else read.port
    if not 0 < port < 1 << 16:
        raise AddressForbidden(f"url: expected a port from 1 to 65535, found {port}")
    target = Target(url, read.scheme, host, port)
    if not _is_named(target, allowed) and not by_operator:
        raise AddressForbidden(
            f"url: expected a host that the operator allows, found {host}:{target.port}"
        )
    return target


def _is_host(text: str) -> bool:
    try:
        return bool(HOST.fullmatch(text) or ip_address(text))
    except ValueError:
        return False


def _is_named(target: Target, allowed: Set[str]) -> bool:
    return target.host in allowed or f"{target.host}:{target.port}" in allowed


async def where(target: Target, allowed: Set[str]) -> Address:
    """Look a host up, and give the address to connect to; raises AddressForbidden, OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    addresses = [ip_address(each[4][0]) for each in found]
    for address in addresses:
        plain = getattr(address, "ipv4_mapped", None) or address
        if wanted := _unmeant(target, plain, allowed):
            raise AddressForbidden(f"{target.host}: expected {wanted}, found {address}")
    return addresses[0]


def _unmeant(target: Target, address: Address, allowed: Set[str]) -> str:
    """Say what was expected in place of an address that nobody meant, or ""."""
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return "an ordinary address"
    if not _is_named(target, allowed):
        return "" if address.is_loopback else "this machine, or a host that is allowed"
    if address.is_global or _is_named(target._replace(host=str(address)), allowed):
        return ""
    is_local = address.is_loopback and target.host == "localhost"
    return "" if is_local else "a public address, or one that is allowed by itself"


async def send(target: Target, allowed: Set[str], body: bytes, headers: dict[str, str]) -> str:
    """Make one attempt; give "" where it was taken (2xx), else why not, in one line."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            return await _attempt(target, await where(target, allowed), body, headers)
    except TimeoutError:
        return f"expected an answer within {DEADLINE_S:.0f} s, found none"
    except AddressForbidden as fault:
        return str(fault)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as fault:
        return f"expected an answer, found {type(fault).__name__}"


@cache
def _context() -> ssl.SSLContext:
    """Read the authorities of this machine once: each time would hold up the loop."""
    return ssl.create_default_context()


async def _attempt(target: Target, address: Address, body: bytes, headers: dict[str, str]) -> str:
    at = httpx.URL(target.url).copy_with(host=str(address))
    host = f"[{target.host}]" if ":" in target.host else target.host
    named = {"Host": f"{host}:{target.port}", "Content-Type": "application/json"}
    async with (
        httpx.AsyncClient(
            timeout=CONNECT_S, trust_env=False, follow_redirects=False, verify=_context()
        ) as client,
        client.stream(
            "POST",
            at,
            content=body,
            headers=named | headers,
            extensions={"sni_hostname": target.host},
        ) as answer,
    ):
        return "" if answer.is_success else f"expected 2xx, found {answer.status_code}"
