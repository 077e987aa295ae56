"""BUCKETS: every offer lies in exactly one bucket, and the buckets lie side by side.

Takes   rows made by Hypothesis, and a few by hand.
Gives   failures.
Keeps   what a rule left out apart.
Source  Decision 0041.
"""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from chiphour.index.buckets import BUCKETS_LEAST
from chiphour.index.buckets import BUCKETS_MOST
from chiphour.index.buckets import buckets_of
from chiphour.index.buckets import step_of
from chiphour.units import NANOUSD_PER_TICK
from records import FIXED
from records import observation

FIXING = FIXED._replace(members=())
ROWS = st.lists(
    st.builds(
        lambda price, gpus, venue: (price, gpus, venue),
        st.integers(1, 20_000_000_000),
        st.integers(1, 16),
        st.sampled_from(["verda", "lambda", "aws"]),  # The last one's role keeps it out.
    ),
    max_size=40,
)


def rows_from(plain):
    return [
        observation(venue=venue, price_nanousd=price, gpus=gpus, row=str(place), feed="posted")
        for place, (price, gpus, venue) in enumerate(plain)
    ]


@given(ROWS)
def test_every_offer_lies_in_one_bucket(plain):
    rows = rows_from(plain)
    found = buckets_of(FIXING, rows)
    sound = [row for row in rows if row.venue != "aws"]
    assert found.offers == len(sound) == sum(bucket.offers for bucket in found.buckets)
    assert sum(b.left_out for b in found.buckets) + found.outside == len(rows) - len(sound)
    assert len(found.buckets) <= max(BUCKETS_LEAST, len(sound)) <= BUCKETS_MOST
    for bucket, after in zip(found.buckets, found.buckets[1:], strict=False):
        assert bucket.to_ticks == after.from_ticks
    for bucket in found.buckets:
        low, high = (at * NANOUSD_PER_TICK for at in (bucket.from_ticks, bucket.to_ticks))
        inside = [row for row in sound if low <= Fraction(row.price_nanousd, row.gpus) < high]
        assert (len(inside), sum(row.gpus for row in inside)) == (bucket.offers, bucket.gpus)


@given(st.integers(0, 10**12))
def test_the_step_is_round_and_the_least_that_does(span):
    step = step_of(span, BUCKETS_MOST)
    assert str(step).rstrip("0") in ("1", "2", "5")
    assert span // step + 2 <= BUCKETS_MOST
    less = {"1": step // 2, "2": step // 2, "5": step * 2 // 5}[str(step).rstrip("0")]
    assert step == 100 or span // less + 2 > BUCKETS_MOST


def test_a_machine_of_a_book_counts_once_as_it_was_seen_last():
    early = observation(
        venue="vast", source="vast", feed="book", kind="ask", machine_key="m", observed_ns=1_000
    )
    late = early._replace(observed_ns=2_000, price_nanousd=2_000_000_000, gpus=1)
    found = buckets_of(FIXING, [late, early])
    assert (found.offers, found.low_ticks, found.high_ticks) == (1, 20_000, 20_000)


def test_without_offers_there_are_no_buckets():
    found = buckets_of(FIXING, rows_from([(1_000_000_000, 1, "aws")]))
    assert (found.offers, found.buckets, found.median_ticks, found.outside) == (0, (), None, 1)
