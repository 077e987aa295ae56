"""BREAKER: how long to leave a venue alone that does not answer as it should.

Takes   the breaker of one venue, the time, what became of the last poll, a jitter.
Gives   the next breaker; whether the venue may be asked now.
Keeps   a venue unasked before `retry_ns`, and never asked earlier than its Retry-After says. One
        success closes. The waits never shorten from one failure to the next, whatever the jitter,
        and end at an hour. Pure: time and chance are passed in.
Source  Decision 0015.

    closed ──third failure──▶ open ──asked at retry_ns──▶ half-open ──failure──▶ open, for longer
      ▲                                                       │
      └──────────────────────── success ──────────────────────┘
"""

from typing import Literal
from typing import NamedTuple

from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_SECOND
from chiphour.units import PPM
from chiphour.units import div_floor

State = Literal["closed", "open", "half-open"]

TOLERATED = 2  # Failures in a row that a closed breaker bears; the next one opens it.
SOON_NS = 5 * NS_PER_SECOND  # The wait after the first failure; it doubles at the second.
OPEN_NS = 30 * NS_PER_SECOND  # The wait when it opens; it doubles at each further failure.
WAIT_NS_MAX = NS_PER_HOUR
JITTER_SHARE = 4  # The jitter adds up to a quarter: less than a doubling, so waits never shorten.
DOUBLINGS_MAX = 7  # 30 s doubled seven times is more than an hour.

assert SOON_NS << (TOLERATED - 1) < OPEN_NS
assert OPEN_NS << DOUBLINGS_MAX > WAIT_NS_MAX


class Breaker(NamedTuple):
    """What is known of a venue's failures. `failures` are those in a row.

    `opened_ns` is when it last opened from closed, 0 while it is closed; the venue is left alone
    until `retry_ns`.
    """

    state: State
    failures: int
    opened_ns: int
    retry_ns: int


CLOSED = Breaker("closed", 0, 0, 0)


def may_ask(breaker: Breaker, now_ns: int) -> bool:
    """Tell whether the venue may be asked; half-open, one question is under way already."""
    return breaker.state != "half-open" and now_ns >= breaker.retry_ns


def after_asking(breaker: Breaker, now_ns: int) -> Breaker:
    """Give the breaker while a question is under way: an open one is half-open."""
    assert may_ask(breaker, now_ns)
    return breaker._replace(state="half-open") if breaker.state == "open" else breaker


def after_success(breaker: Breaker) -> Breaker:
    """Give the breaker after an answer that is as it should be."""
    return CLOSED


def after_failure(
    breaker: Breaker, now_ns: int, retry_after_ns: int | None, jitter_ppm: int
) -> Breaker:
    """Give the breaker after a failure; `retry_after_ns` is the wait that the venue asked for.

    `jitter_ppm`, 0 to 1,000,000, is the share that is taken of the greatest jitter.
    """
    failures = breaker.failures + 1
    wait_ns = max(backoff_ns(failures, jitter_ppm), retry_after_ns or 0)
    if failures <= TOLERATED:
        return Breaker("closed", failures, 0, now_ns + wait_ns)
    return Breaker("open", failures, breaker.opened_ns or now_ns, now_ns + wait_ns)


def backoff_ns(failures: int, jitter_ppm: int) -> int:
    """Give the wait after that many failures in a row: 5 s, 10 s; then 30 s, 60 s ... an hour."""
    assert failures >= 1
    assert 0 <= jitter_ppm <= PPM
    if failures <= TOLERATED:
        least_ns = SOON_NS << (failures - 1)
    else:
        least_ns = OPEN_NS << min(failures - TOLERATED - 1, DOUBLINGS_MAX)
    return min(least_ns + div_floor(least_ns * jitter_ppm, JITTER_SHARE * PPM), WAIT_NS_MAX)
