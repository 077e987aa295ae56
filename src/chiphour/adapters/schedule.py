"""SCHEDULE: when each venue is polled, and the proof that the times were chosen beforehand.

Takes   a venue, a lane, when it was last polled, the time, the secret seed of the collector.
Gives   when the next poll is due; the five times before a strike; their commitment and reveal.
Keeps   five polls before each strike, one in each slot of two minutes, none in a slot's last
        twenty seconds: so they lie twenty seconds apart at least, and the last one ends before
        the strike. Who lacks the seed can foresee none of them; who has the reveal can check all.
Source  Requirement O3; index design, "Window". Pure: the time and the seed are passed in.

    book      every 15 s: the venues with a book, what the perpetual's index needs of them
    round     every 30 min, or at the venue's own interval: all venues, all that they offer
    strike    [strike - 10 min, strike): the venues with a book, all that they offer
"""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import date
from datetime import timedelta
from typing import Literal
from typing import NamedTuple

from chiphour.observe.observation import canonical_json
from chiphour.observe.venue import Reader
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from chiphour.units import day_from_ns
from chiphour.units import strike_ns

Lane = Literal["book", "round", "strike"]

BOOK_NS = 15 * NS_PER_SECOND
ROUND_NS = 30 * NS_PER_MINUTE
LANES: dict[Lane, int] = {"book": BOOK_NS, "round": ROUND_NS}  # The lanes that repeat.

STRIKE_POLLS = 5
WINDOW_NS = 10 * NS_PER_MINUTE
SLOT_NS = 2 * NS_PER_MINUTE
GUARD_NS = 20 * NS_PER_SECOND  # At the end of a slot: a poll that began before has time to end.
SEED_BYTES_MIN = 16

assert STRIKE_POLLS * SLOT_NS == WINDOW_NS
assert GUARD_NS < SLOT_NS


class Commitment(NamedTuple):
    """The hash that was published of a venue's times before the strike of a day, and when."""

    venue: str
    day: date
    sha256: str
    committed_ns: int


class Revealed(NamedTuple):
    """The times of one venue before one strike, from the opening of the window, and their nonce."""

    venue: str
    day: date
    nonce: str
    offsets_ns: tuple[int, ...]


def lanes_of(venue: Venue) -> tuple[Lane, ...]:
    """Give the lanes in which a venue is polled."""
    return ("strike", "round", "book") if venue.feed == "book" else ("round",)


def requests_of(reader: Reader, lane: Lane) -> tuple[Request, ...]:
    """Give what a poll of a lane asks for.

    A reader may offer `requests_book()`: the part that the perpetual's index needs.
    """
    fewer = getattr(reader, "requests_book", None) if lane == "book" else None
    wanted: Iterator[Request] = reader.requests() if fewer is None else fewer()
    return tuple(wanted)


def due_ns(lane: Lane, last_ns: int, now_ns: int, interval_ns: int | None = None) -> int:
    """Give when a lane that repeats is due next; at once where it never ran (0).

    A last poll that lies ahead means that the clock was set back: it does not count.
    """
    if not 0 < last_ns <= now_ns:
        return now_ns
    return last_ns + (LANES[lane] if interval_ns is None else interval_ns)


def next_strike_day(now_ns: int) -> date:
    """Give the day of the first strike that is later than now."""
    today = day_from_ns(now_ns)
    return today if now_ns < strike_ns(today) else today + timedelta(days=1)


def offsets_ns(seed: bytes, venue: str, day: date) -> tuple[int, ...]:
    """Give the five times from the opening of the window, one in each slot."""
    width_ns = SLOT_NS - GUARD_NS
    return tuple(
        slot * SLOT_NS + int(_keyed(seed, f"{venue} {day.isoformat()} {slot}"), 16) % width_ns
        for slot in range(STRIKE_POLLS)
    )


def strike_polls_ns(seed: bytes, venue: str, day: date) -> tuple[int, ...]:
    """Give the five times before the strike of a day."""
    opens_ns = strike_ns(day) - WINDOW_NS
    return tuple(opens_ns + offset_ns for offset_ns in offsets_ns(seed, venue, day))


def next_strike_poll_ns(seed: bytes, venue: str, last_ns: int, now_ns: int) -> int:
    """Give the next time of the lane "strike" that was not polled and is not missed.

    `last_ns` is when this lane last began a poll. A poll may be late, until the guard of its slot.
    """
    day = next_strike_day(now_ns)
    while True:
        opens_ns = strike_ns(day) - WINDOW_NS
        for slot, poll_ns in enumerate(strike_polls_ns(seed, venue, day)):
            closes_ns = opens_ns + (slot + 1) * SLOT_NS - GUARD_NS
            if now_ns < closes_ns and not poll_ns <= last_ns < closes_ns:
                return poll_ns
        day += timedelta(days=1)


def reveal(seed: bytes, venue: str, day: date) -> Revealed:
    """Give what is published after the strike: anyone can then check the commitment."""
    nonce = _keyed(seed, f"{venue} {day.isoformat()} nonce")
    return Revealed(venue, day, nonce, offsets_ns(seed, venue, day))


def commitment(seed: bytes, venue: str, day: date) -> str:
    """Give what is published before the window opens: a hash that hides the times and binds us."""
    return _hash_of(reveal(seed, venue, day))


def check_reveal(committed: str, revealed: Revealed) -> bool:
    """Tell whether a reveal is what was committed to, with one time in each slot."""
    slots = [offset_ns // SLOT_NS for offset_ns in revealed.offsets_ns]
    early = all(0 <= offset_ns % SLOT_NS < SLOT_NS - GUARD_NS for offset_ns in revealed.offsets_ns)
    is_lawful = slots == list(range(STRIKE_POLLS)) and early
    return is_lawful and committed == _hash_of(revealed)


def _keyed(seed: bytes, text: str) -> str:
    assert len(seed) >= SEED_BYTES_MIN, "a seed that can be guessed hides nothing"
    return hmac.new(seed, text.encode(), hashlib.sha256).hexdigest()


def _hash_of(revealed: Revealed) -> str:
    fields = revealed._asdict() | {"day": revealed.day.isoformat()}
    return hashlib.sha256(canonical_json(fields).encode()).hexdigest()
