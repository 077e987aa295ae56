"""VENUE: what a reader says of itself.

Takes   nothing.
Gives   the record `Venue` that each folder of `venues` holds as VENUE; salted keys.
Keeps   personal identifiers out of the records: hosts and machines are known by salted hashes.
Source  Methodology, "Observations"; decision 0003.

A folder `venues/<name>/` holds VENUE, `sample/`, and two functions:

    fetched_ns(body) -> int     when the recording says that it was fetched, UTC nanoseconds
    read(body, received_ns, raw_sha256) -> Iterator[Observation]
"""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple
from typing import Protocol

from chiphour.observe.observation import Observation

KEY_SALT = "chiphour observations 2026"


class Venue(NamedTuple):
    """A source of prices. Bounds are inclusive, in nano-dollars per GPU-hour.

    `recordings` is the folder of its recordings; `feed` is "book" or "posted"; a price older than
    `staleness_ns` says nothing of now. `reader_version` changes whenever the same bytes would give
    other observations.
    """

    name: str
    publisher: str
    terms: str
    recordings: str
    cadence: str
    feed: str
    price_nanousd_min: int
    price_nanousd_max: int
    staleness_ns: int
    reader_version: str


class Reader(Protocol):
    """The module of a venue's folder."""

    @property
    def VENUE(self) -> Venue:  # noqa: N802
        """Give what the source is."""
        ...

    def fetched_ns(self, body: bytes) -> int:
        """Give the time of fetching that a recording states; raises UnexpectedData."""
        ...

    def read(self, body: bytes, received_ns: int, raw_sha256: str) -> Iterator[Observation]:
        """Yield the observations of a body, in its order; raises UnexpectedData."""
        ...


def salted_key(venue: str, kind: str, identifier: str) -> str:
    """Give the 128-bit key, in hexadecimal, under which a host or machine of a venue is known."""
    return hashlib.sha256(f"{KEY_SALT}:{venue}:{kind}:{identifier}".encode()).hexdigest()[:32]
