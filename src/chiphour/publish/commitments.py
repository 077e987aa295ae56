"""COMMITMENTS: when books are polled before a strike: a hash before it, the times after it.

Takes   what was committed to for each venue and day, what was revealed, when the venue was polled.
Gives   plain objects with all that somebody needs who checks that no time was chosen afterwards.
Keeps   the times of a strike to come unseen: there is nothing of them in here before the reveal.
Source  Decision 0015; design O3.

To check one: note `sha256` before the window opens. After the strike, write the JSON object of
`venue`, `day`, `nonce` and `offsets_ns` with sorted keys and no spaces; its SHA-256 must be that
one. The offsets, in nanoseconds from `opens`, must lie one in each slot of two minutes, none in its
last twenty seconds, and a poll of `polls` must follow each, or the venue was not asked then.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from chiphour.publish.columns import Json
from chiphour.units import iso_from_ns

COMMITMENTS_MOST = 1_000
COMMITMENTS_DEFAULT = 100


class Uncovered(NamedTuple):
    """What a commitment hid: its nonce and its times, from the opening of the window; since when
    that is known.
    """

    nonce: str
    offsets_ns: tuple[int, ...]
    revealed_ns: int


class Committed(NamedTuple):
    """A commitment to the times of one venue before one strike, with what became of it.

    `polls_ns` are the times between `opens_ns` and `strike_ns` at which polls began that were kept.
    """

    venue: str
    day: date
    sha256: str
    committed_ns: int
    opens_ns: int
    strike_ns: int
    uncovered: Uncovered | None
    polls_ns: tuple[int, ...]


def commitments_object(found: Sequence[Committed]) -> Json:
    """Give commitments as a plain object, the latest day first."""
    return {"commitments": [_commitment_object(one) for one in found]}


def _commitment_object(one: Committed) -> Json:
    hidden = one.uncovered
    return {
        "venue": one.venue,
        "day": one.day.isoformat(),
        "sha256": one.sha256,
        "committed": iso_from_ns(one.committed_ns),
        "opens": iso_from_ns(one.opens_ns),
        "strike": iso_from_ns(one.strike_ns),
        "revealed": iso_from_ns(hidden.revealed_ns) if hidden else None,
        "nonce": hidden.nonce if hidden else None,
        "offsets_ns": list(hidden.offsets_ns) if hidden else None,
        "polls": [iso_from_ns(time_ns) for time_ns in one.polls_ns],
    }
