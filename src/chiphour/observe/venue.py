"""VENUE: what a reader is given, what it gives back, and what it says of itself.

Takes   nothing.
Gives   the records `Venue`, `Recorded`, `Request`, `Rate` and `Body`; the protocol `Reader`.
Keeps   readers pure: a reader names what to fetch and reads what came, it never fetches. A secret
        is named here; only the fetcher knows its value. Hosts and machines are known by salted
        hashes.
Source  Methodology, "Observations"; decisions 0003 and 0015.

A folder `venues/<name>/` holds VENUE, `sample/`, and three functions:

    requests() -> Iterator[Request]           what one poll asks for
    stated_ns(content, shape) -> int | None   when the bytes say that they were fetched
    read(body) -> Iterator[Observation | Request]     a Request is a page that goes on

A venue with a book may have `requests_book() -> Iterator[Request]` too: the part of it that
perpetuals follow, asked for every 15 seconds, in shapes that end in PART.
"""

import hashlib
from collections.abc import Iterator
from typing import Literal
from typing import NamedTuple
from typing import Protocol

from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData

KEY_SALT = "chiphour observations 2026"

PART = "-part"  # Ends the shape of what `requests_book` asks for: some of what the venue offers.
LINK_CHARACTERS_MAX = 2_000

Evidence = Literal["recorded", "schema"]


class Recorded(NamedTuple):
    """Where recordings of a source lie below a folder of recordings, and which shape they have.

    `glob` is a pattern of `fnmatch` over the whole path, such as "vast/*/offers_*.json.gz".
    """

    glob: str
    shape: str


class Venue(NamedTuple):
    """A source of observations: who publishes it, how it is asked, what is plausible.

    `evidence` is "recorded" where `sample/` holds bytes that the source really sent, "schema" where
    they were written from a published description: then no fix considers its rows. `compared` says
    that the whole source is for comparison only. `site` is where a person looks the price up;
    `description` is where the shapes are described. Of the fetching: `base_url` has no final slash
    ("" is a source that is only recorded); `requests_per_minute`, `pages_max` for each poll,
    `body_bytes_max` for each answer, `deadline_s` for a whole poll. `content_types` are the media
    types that an answer may have. Bounds are inclusive, in nano-dollars per GPU-hour, for a chip
    that the vocabulary lacks; a known chip has its own. `reader_version` changes whenever the same
    bytes would give other observations.
    """

    name: str
    publisher: str
    terms: str
    description: str
    site: str
    recordings: tuple[Recorded, ...]
    cadence: str
    feed: str
    evidence: Evidence
    reader_version: str
    compared: bool = False
    base_url: str = ""
    requests_per_minute: int = 30
    pages_max: int = 20
    body_bytes_max: int = 16 << 20
    deadline_s: int = 60
    content_types: tuple[str, ...] = ("application/json",)
    price_nanousd_min: int = 5_000_000
    price_nanousd_max: int = 40_000_000_000


class Request(NamedTuple):
    """One thing to ask a venue for.

    `shape` names what the answer looks like, and comes back in `Body.shape`. `path` begins with a
    slash, may end in a query that is already encoded, and follows `Venue.base_url`. `body` is the
    JSON text of a POST, "" for a GET. `secret` names what the operator must provide, such as
    "VERDA_TOKEN"; `secret_as` says how it is sent: "bearer", "header NAME" or "query NAME".
    """

    shape: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: str = ""
    secret: str = ""
    secret_as: str = "bearer"


class Rate(NamedTuple):
    """What one unit of a currency cost in nano-dollars, and when that was published.

    `proved` is False where its reader has not yet read bytes that its source really sent.
    """

    currency: str
    published_ns: int
    nanousd: int
    proved: bool = True


class Body(NamedTuple):
    """The bytes of one answer, and all else that a reader may use.

    `observed_ns` is the time of the poll, the same for all its answers, unless the bytes carry
    times of their own. `rates` holds, for each currency, the last rate published before it.
    `dated` is False for a recording of which nobody knows the time.
    """

    content: bytes
    shape: str
    observed_ns: int
    received_ns: int
    sha256: str
    rates: tuple[Rate, ...] = ()
    dated: bool = True

    def at(self, time_ns: int) -> "Body":
        """Give the same body for a row that says when it was seen: at `time_ns`."""
        return self._replace(observed_ns=time_ns, received_ns=time_ns)


class Reader(Protocol):
    """The module of a venue's folder."""

    @property
    def VENUE(self) -> Venue:  # noqa: N802
        """Give what the source is."""
        ...

    def requests(self) -> Iterator[Request]:
        """Yield what one poll asks for, first pages only; nothing for a source only recorded."""
        ...

    def stated_ns(self, content: bytes, shape: str) -> int | None:
        """Give the time of fetching that a recording states, or None; raises UnexpectedData."""
        ...

    def read(self, body: Body) -> Iterator[Observation | Request]:
        """Yield what a body holds, in its order, and the requests for pages that follow.

        Raises UnexpectedData for anything that the reader does not know.
        """
        ...


def body_of(
    content: bytes,
    shape: str,
    observed_ns: int,
    received_ns: int,
    rates: tuple[Rate, ...] = (),
    dated: bool = True,
) -> Body:
    """Give a body with the hash of its bytes."""
    sha256 = hashlib.sha256(content).hexdigest()
    return Body(content, shape, observed_ns, received_ns, sha256, rates, dated)


def next_page(request: Request, link: str, venue: Venue) -> Request:
    """Turn a link to the next page into a request like the one for the page before.

    Raises UnexpectedData for a link that does not go on at the same address: a page never sends us,
    or a secret, to another host or path.
    """
    before = f"{venue.base_url}{request.path.partition('?')[0]}?"
    with_port = f"{venue.base_url}:443/"
    if link.startswith(with_port):
        link = f"{venue.base_url}/{link.removeprefix(with_port)}"
    if not link.startswith(before) or len(link) > LINK_CHARACTERS_MAX:
        raise UnexpectedData(f"{venue.name}: expected a page of {before}, found {link[:100]!r}")
    return request._replace(path=link.removeprefix(venue.base_url), query=())


def salted_key(venue: str, kind: str, identifier: str) -> str:
    """Give the 128-bit key, in hexadecimal, under which a host or machine of a venue is known."""
    return hashlib.sha256(f"{KEY_SALT}:{venue}:{kind}:{identifier}".encode()).hexdigest()[:32]
