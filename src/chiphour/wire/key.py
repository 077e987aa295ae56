"""KEY: what a key may do, and whether a use of it is allowed: pure.

Takes   a `Key`, and a `Use` that somebody who holds it wants to make.
Gives   `check_use`, which returns, or raises `SignInRefused`; the words for scopes.
Keeps   nothing allowed that the key does not say: no scope, contract or address beyond its lists.
        An IPv4 address is one address, however it came.
Source  Decision 0029; Deribit's API v2, "Access scope"; RFC 4291 2.5.5.2.

    MarketError
    └── SignInRefused   (signature.py) revoked, expired, or not for this address, scope, contract
"""

import ipaddress
from collections.abc import Iterable
from typing import NamedTuple

from chiphour.units import iso_from_ns
from chiphour.wire.signature import Why
from chiphour.wire.signature import refuse

READ, TRADE, WITHDRAW = "read", "trade", "withdraw"
BID = "bid"  # In the auction: bids, readings, disputes.
SCOPES = frozenset({READ, TRADE, WITHDRAW, BID})

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Key(NamedTuple):
    """What a key may do, without its secret.

    `account` is the account or sub-account that it acts for. `contracts` are names of contracts,
    or their first words for all contracts on a series; none stands for all. `networks` are those
    that it may come from; none stands for all.
    """

    id: str
    account: int
    name: str
    scopes: frozenset[str]
    contracts: frozenset[str]
    networks: tuple[Network, ...]
    expires_ns: int | None
    idempotent_labels: bool
    algorithm: str
    created_ns: int
    revoked_ns: int | None


class Use(NamedTuple):
    """What somebody wants to do, as the trail has it.

    `scope` is what the use needs, or "" for none; `contract` the name of what it trades. `what` is
    a word for the trail, such as a method; never a path with its query, which may hold a token.
    """

    now_ns: int
    address: str
    what: str
    scope: str = ""
    contract: str = ""


def check_use(key: Key, use: Use) -> None:
    """Raise SignInRefused for a use that the key does not allow.

    Ask it after the proof only: who holds the key may know why it does not do.
    """
    if key.revoked_ns is not None:
        refuse(Why.REVOKED, "a key in force", "one that was revoked", key.id)
    if key.expires_ns is not None and use.now_ns >= key.expires_ns:
        refuse(Why.EXPIRED, "a key in force", f"one until {iso_from_ns(key.expires_ns)}", key.id)
    if key.networks and not _is_within(use.address, key.networks):
        refuse(Why.ADDRESS, "an address of the key's list", use.address or "none", key.id)
    if use.scope and use.scope not in key.scopes:
        refuse(Why.SCOPE, f"a key with {use.scope}", words_of(key.scopes), key.id)
    words = {use.contract, use.contract.partition("_")[0]}
    if use.scope == TRADE and key.contracts and not words & key.contracts:
        found = use.contract or "a use that names none"
        refuse(Why.CONTRACT, f"one of {words_of(key.contracts)}", found, key.id)


def words_of(words: Iterable[str]) -> str:
    """Write words in one order, a space between two."""
    return " ".join(sorted(words))


def _is_within(address: str, networks: tuple[Network, ...]) -> bool:
    """Tell whether an address is on a list; an IPv4 address counts as itself however it came."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    plain = getattr(found, "ipv4_mapped", None) or found
    return any(plain in network for network in networks)
