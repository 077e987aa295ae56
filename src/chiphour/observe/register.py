"""REGISTER: the venues: whose each is, and what its prices may do in the index.

Takes   a venue's word.
Gives   its row, or None: a venue that is not registered is never guessed.
Keeps   venues of one owner together (they are one member of a panel), and aggregators, which
        repeat prices of other venues, out of every panel.
Source  Methodology, "Venues"; decision 0004. A new venue is a row.
"""

from typing import Literal
from typing import NamedTuple

Role = Literal["eligible", "cross-check", "reference", "aggregator", "excluded"]


class Registered(NamedTuple):
    """A venue. On a `marketplace` hosts set the price: by the hour it is SPOT, elsewhere OD.

    role    eligible     enters the panel
            cross-check  compared with the fix, never part of it
            reference    a hyperscaler's list price: shown, never part of it
            aggregator   resells or repeats other venues: would count them twice
            excluded     sells another product
    """

    venue: str
    owner: str
    role: Role
    marketplace: bool
    note: str


_OWN = "own rate card"
_HOSTS = "hosts set the price"
_SERVERLESS = "serverless: billed by request or second of work, not by the chip-hour"
_LIST = "hyperscaler list price"


def _rows() -> tuple[Registered, ...]:
    eligible = (
        Registered("vast", "vast", "eligible", True, _HOSTS),
        Registered("spheron", "spheron", "eligible", True, _HOSTS),
        Registered("tensordock", "tensordock", "eligible", True, _HOSTS),
        Registered("salad", "salad", "eligible", True, _HOSTS),
        Registered("sfcompute", "sfcompute", "eligible", True, "order book of clusters"),
        Registered("thundercompute", "thundercompute", "eligible", True, _HOSTS),
        Registered("runpod", "runpod", "eligible", False, "secure: own; community: hosts' prices"),
        Registered("datacrunch", "verda", "eligible", False, "the former name of verda"),
        Registered("verda", "verda", "eligible", False, _OWN),
        Registered("hyperstack", "nexgen", "eligible", False, "NexGen Cloud's rate card"),
    )
    rate_cards = (
        "coreweave crusoe digitalocean gmicloud hotaisle jarvislabs lambda latitude massedcompute "
        "nebius ovh scaleway seeweb together voltagepark vultr"
    )
    hyperscalers = "aws azure gcp oci"
    serverless = "baseten cerebrium fal fireworks koyeb modal replicate"
    return (
        *eligible,
        *(Registered(word, word, "eligible", False, _OWN) for word in rate_cards.split()),
        *(Registered(word, word, "reference", False, _LIST) for word in hyperscalers.split()),
        Registered("primeintellect", "primeintellect", "aggregator", False, "resells other clouds"),
        Registered("shadeform", "shadeform", "aggregator", False, "resells other clouds"),
        *(Registered(word, word, "excluded", False, _SERVERLESS) for word in serverless.split()),
    )


REGISTER = {row.venue: row for row in _rows()}

assert len(REGISTER) == len(_rows())


def registered(venue: str) -> Registered | None:
    """Find a venue by its word, or give None."""
    return REGISTER.get(venue)
