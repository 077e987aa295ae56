"""VENUE NAMES: what other sources call a venue, read into the register's word.

Takes   a third party's word for a venue, and the register.
Gives   the venue's word in the register; what an hour there is called that nobody is bound to.
Keeps   exactness after case and punctuation: "Vast.ai" and "vast-ai" are one name, and no part of
        one is ever enough. A name that neither the register nor this table holds stays as it is:
        whoever checks the row sees that the register lacks it.
Source  Decision 0015; the names in the recorded tables.
"""

import re

from chiphour.observe.register import registered

_LETTERS = re.compile(r"[^\W_]+")  # And digits, of any script.
_VENUE_BY_NAME = {
    "awsec2": "aws",
    "awssagemaker": "aws",
    "crusoecloud": "crusoe",
    "cudocompute": "cudo",
    "lambdalabs": "lambda",
    "latitudesh": "latitude",
    "oblivuscloud": "oblivus",
    "oracle": "oci",
    "oraclecloud": "oci",
    "ovhcloud": "ovh",
    "runpodcommunity": "runpod",
    "runpodio": "runpod",
    "thunder": "thundercompute",
    "vastai": "vast",
}

assert all(registered(venue) is not None for venue in _VENUE_BY_NAME.values())
assert all(registered(name) is None for name in _VENUE_BY_NAME)


def venue_named(name: str) -> str:
    """Read a source's name for a venue; one that is unknown stays as it is written."""
    spelled = "".join(_LETTERS.findall(name.lower()))
    venue = _VENUE_BY_NAME.get(spelled, spelled)
    return name if registered(venue) is None else venue


def hourly_tenor(venue: str) -> str:
    """Give the tenor of an hour that is neither committed nor preemptible.

    It is SPOT on a marketplace; elsewhere, and where the register lacks the venue, OD.
    """
    row = registered(venue)
    return "SPOT" if row is not None and row.marketplace else "OD"
