"""REGISTER: the venues: whose each is, and what its prices may do in the index.

Takes   a venue's word.
Gives   its row, or None: a venue that is not registered is never guessed.
Keeps   venues of one owner together (they are one member of a panel), and aggregators, which
        repeat prices of other venues, out of every panel. A reader in `venues/` is collected, shown
        and compared without a row here; only a row, in a new version of this file, admits it.
Source  Methodology, "Venues"; decisions 0004 and 0015. A new venue is a row, and a new VERSION.
"""

import hashlib
from typing import Literal
from typing import NamedTuple

from chiphour.observe.observation import canonical_json
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE

VERSION = "2026-11-27.2"  # The day of its last change. A test holds it to the hash of the rows.

Role = Literal[
    "eligible", "cross-check", "reference", "aggregator", "excluded", "candidate", "publisher"
]
ROLES: dict[Role, str] = {
    "eligible": "enters the panel",
    "cross-check": "compared with the fix, never part of it",
    "reference": "a hyperscaler's list price: shown, never part of it",
    "aggregator": "resells or repeats other venues: would count them twice",
    "excluded": "sells another product",
    "candidate": "has a reader but no row here yet: shown, never part of it",
    "publisher": "publishes others' prices, currency rates or index levels, and sells nothing",
}
Feed = Literal["book", "posted"]

# How much capacity a venue has, for weights: 3, 2, 1, and 1 where nobody knows.
TIERS = {1: "over 10,000 GPUs", 2: "1,000 to 10,000 GPUs", 3: "under 1,000 GPUs", 0: "unknown"}


class Registered(NamedTuple):
    """A venue. On a marketplace hosts set the price: by the hour it is SPOT, elsewhere OD.

    `feed` is "book" where every host's offer is seen, "posted" where one price stands for many.
    `tier` is a key of TIERS and `citation` says who counted. `terms_reviewed` is the day on which
    its terms were last read for what collecting them allows, "" where nobody has. It is polled
    every `poll_ns`; a price older than `stale_ns` says nothing of now.
    """

    venue: str
    owner: str
    role: Role
    marketplace: bool
    note: str
    feed: Feed = "posted"
    poll_ns: int = 30 * NS_PER_MINUTE
    stale_ns: int = 24 * NS_PER_HOUR
    terms_reviewed: str = ""
    tier: int = 0
    citation: str = ""


_CARD_NS = 10 * NS_PER_MINUTE  # A marketplace's card: the real-time index takes it at 15 minutes.
_OWN = "own rate card"
_HOSTS = "hosts set the price"
_SERVERLESS = "serverless: billed by request or second of work, not by the chip-hour"
_LIST = "hyperscaler list price"
_TABLE = "a third party's table of many venues"
_DIGEST = "known from third parties' tables only"

# Who counted the GPUs: by owner, (tier, source).
_CAPACITY: dict[str, tuple[int, str]] = {
    "coreweave": (1, "Form S-1 of 3 March 2025: more than 250,000 GPUs at the end of 2024"),
    "lambda": (1, "The Information, September 2025: NVIDIA rents 18,000 of its GPUs from Lambda"),
    "vast": (1, "its own statement, 2026: over 10,000 GPUs in 40 data centres"),
}


def _rows() -> tuple[Registered, ...]:
    eligible = (
        Registered("vast", "vast", "eligible", True, _HOSTS, "book", stale_ns=NS_PER_HOUR),
        Registered("hyperbolic", "hyperbolic", "eligible", True, _HOSTS, "book"),
        Registered("akash", "akash", "cross-check", True, "shows the median bid of some weeks"),
        Registered("spheron", "spheron", "eligible", True, _HOSTS, poll_ns=_CARD_NS),
        Registered("tensordock", "tensordock", "eligible", True, _HOSTS, poll_ns=_CARD_NS),
        Registered("salad", "salad", "eligible", True, _HOSTS, poll_ns=_CARD_NS),
        Registered(
            "sfcompute", "sfcompute", "eligible", True, "order book of clusters", poll_ns=_CARD_NS
        ),
        Registered("thundercompute", "thundercompute", "eligible", True, _HOSTS, poll_ns=_CARD_NS),
        Registered(
            *("runpod", "runpod", "eligible", False, "secure: own; community: hosts' prices"),
            poll_ns=_CARD_NS,
        ),
        Registered("datacrunch", "verda", "eligible", False, "the former name of verda"),
        Registered("verda", "verda", "eligible", False, _OWN),
        Registered("hyperstack", "nexgen", "eligible", False, "NexGen Cloud's rate card"),
    )
    rate_cards = (
        "coreweave crusoe digitalocean gmicloud hotaisle jarvislabs lambda latitude massedcompute "
        "nebius ovh scaleway seeweb together voltagepark vultr"
    )
    digests = (
        "acecloud beam beyondpl buildai civo cloudrift cr8dl cudo dataoorts enverge exoscale "
        "fluidstack flyio gcore genesiscloud gpuhub lyceum novita novonimbus oblivus packetai "
        "qubrid theta upcloud"
    )
    tables = "brainbreeze cherielilili cloudgpus gpuhunt gpupricing nixj9 romaindeniau sooddvs"
    hyperscalers = "aws azure gcp oci"
    serverless = "baseten cerebrium fal fireworks koyeb modal replicate"
    return (
        *eligible,
        *(Registered(word, word, "eligible", False, _OWN) for word in rate_cards.split()),
        *(Registered(word, word, "reference", False, _LIST) for word in hyperscalers.split()),
        Registered("primeintellect", "primeintellect", "aggregator", False, "resells other clouds"),
        Registered("shadeform", "shadeform", "aggregator", False, "resells other clouds"),
        *(Registered(word, word, "excluded", False, _SERVERLESS) for word in serverless.split()),
        Registered("paperspace", "digitalocean", "cross-check", False, "DigitalOcean's since 2023"),
        *(Registered(word, word, "cross-check", False, _DIGEST) for word in digests.split()),
        Registered(
            *("ecb", "ecb", "publisher", False, "euro foreign exchange reference rates"),
            poll_ns=6 * NS_PER_HOUR,
            stale_ns=7 * NS_PER_DAY,
        ),
        Registered(
            *(
                "gpurentalprices",
                "gpurentalprices",
                "publisher",
                False,
                "list prices of many venues",
            ),
            terms_reviewed="2026-11-27",
        ),
        Registered(
            *("ccir", "ccir", "publisher", False, "captures, rate cards, its own indices"),
            terms_reviewed="2026-11-27",
        ),
        Registered("eucri", "eucri", "publisher", False, "its readings and the EU-CRI indices"),
        Registered("silicondata", "silicondata", "publisher", False, "Silicon Data's indices"),
        *(Registered(word, word, "publisher", False, _TABLE) for word in tables.split()),
    )


def _counted(row: Registered) -> Registered:
    tier, citation = _CAPACITY.get(row.owner, (0, ""))
    return row._replace(tier=tier, citation=citation)


REGISTER = {row.venue: _counted(row) for row in _rows()}
REGISTER_SHA256 = hashlib.sha256(
    canonical_json([row._asdict() for row in REGISTER.values()]).encode()
).hexdigest()

assert len(REGISTER) == len(_rows())
assert all(row.role in ROLES and row.tier in TIERS for row in REGISTER.values())


def registered(venue: str) -> Registered | None:
    """Find a venue by its word, or give None."""
    return REGISTER.get(venue)


def standing(venue: str) -> Registered:
    """Give a venue's row, or that of a candidate: what a reader without a row is treated as."""
    return registered(venue) or Registered(venue, venue, "candidate", False, "not registered yet")
