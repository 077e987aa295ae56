"""TEST BREAKER: a venue that fails is left alone for longer and longer, one that answers is not.

Takes   sequences of successes and failures, of any length, at any times.
Gives   laws of the breaker.
Keeps   the venue's own word, Retry-After, above ours.
Source  Decision 0015.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.adapters.breaker import CLOSED
from chiphour.adapters.breaker import TOLERATED
from chiphour.adapters.breaker import WAIT_NS_MAX
from chiphour.adapters.breaker import after_asking
from chiphour.adapters.breaker import after_failure
from chiphour.adapters.breaker import after_success
from chiphour.adapters.breaker import backoff_ns
from chiphour.adapters.breaker import may_ask
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_SECOND
from chiphour.units import PPM

JITTER = st.integers(0, PPM)
FAILURE = st.tuples(
    st.integers(0, 2 * NS_PER_DAY), st.none() | st.integers(0, NS_PER_DAY), JITTER
)  # How long after it might be asked again it was, the wait that it asked for, the jitter.
NOW = st.integers(0, 1 << 61)


def failed(failures, now_ns=0):
    """Let a venue fail each time that it is asked; give the breaker and the time of the last."""
    breaker = CLOSED
    for late_ns, retry_after_ns, jitter_ppm in failures:
        now_ns = max(now_ns, breaker.retry_ns) + late_ns
        breaker = after_failure(after_asking(breaker, now_ns), now_ns, retry_after_ns, jitter_ppm)
    return breaker, now_ns


@given(st.lists(FAILURE, min_size=1, max_size=30), NOW, st.integers(-NS_PER_DAY, NS_PER_DAY))
def test_nobody_asks_before_its_time(failures, now_ns, away_ns):
    breaker, _ = failed(failures, now_ns)
    assert may_ask(breaker, breaker.retry_ns + away_ns) == (away_ns >= 0)


@given(st.lists(FAILURE, min_size=1, max_size=30), NOW)
def test_a_retry_after_is_always_respected(failures, now_ns):
    breaker, last_ns = failed(failures, now_ns)
    _, retry_after_ns, jitter_ppm = failures[-1]
    assert breaker.retry_ns >= last_ns + (retry_after_ns or 0)
    assert breaker.retry_ns == last_ns + max(
        retry_after_ns or 0, backoff_ns(len(failures), jitter_ppm)
    )


@given(st.lists(FAILURE, max_size=30), NOW)
def test_a_success_closes(failures, now_ns):
    breaker, _ = failed(failures, now_ns)
    asked = after_asking(breaker, breaker.retry_ns)
    assert after_success(asked) == CLOSED
    assert may_ask(CLOSED, 0)


@given(st.lists(FAILURE, max_size=30), NOW)
def test_it_opens_at_the_third_failure_and_not_before(failures, now_ns):
    breaker, _ = failed(failures, now_ns)
    assert breaker.state == ("closed" if len(failures) <= TOLERATED else "open")
    assert breaker.failures == len(failures)
    assert (breaker.opened_ns > 0) <= (breaker.state == "open")


@given(st.lists(FAILURE, min_size=3, max_size=10), NOW)
def test_half_open_lets_one_request_through(failures, now_ns):
    breaker, _ = failed(failures, now_ns)
    asked = after_asking(breaker, breaker.retry_ns)
    assert asked.state == "half-open"
    assert not may_ask(asked, breaker.retry_ns + NS_PER_DAY)
    assert asked.opened_ns == breaker.opened_ns


@given(st.integers(1, 200), JITTER, JITTER)
def test_waits_never_shorten_and_are_bounded(failures, jitter_ppm, other_ppm):
    """Whatever the jitter of either: a later failure waits at least as long as the one before."""
    wait_ns = backoff_ns(failures, jitter_ppm)
    assert 0 < wait_ns <= backoff_ns(failures + 1, other_ppm) <= WAIT_NS_MAX


def test_waits_are_those_of_the_table():
    least = [backoff_ns(failures, 0) // NS_PER_SECOND for failures in range(1, 13)]
    assert least == [5, 10, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert backoff_ns(3, PPM) == 37_500_000_000


def test_who_may_not_ask_does_not():
    breaker, _ = failed([(0, None, 0)] * 3)
    with pytest.raises(AssertionError):
        after_asking(breaker, breaker.retry_ns - 1)
