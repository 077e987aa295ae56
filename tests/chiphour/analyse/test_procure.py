"""TEST PROCURE: the cheapest mix, held against every mix there is.

Takes   `analyse/procure.py`, small random markets.
Gives   failures.
Keeps   a deadline, memory, places and stock; what an interruption costs.
Source  docs/formulation/auction.md, section 3; decision 0044.
"""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.analyse.procure import Job
from chiphour.analyse.procure import JobRefused
from chiphour.analyse.procure import Way
from chiphour.analyse.procure import cheapest
from chiphour.analyse.procure import checked
from chiphour.analyse.procure import costed
from chiphour.analyse.procure import useful_share
from chiphour.units import NS_PER_HOUR

JOB = Job(
    gpus=4,
    hours=100,
    chips=("H100",),
    left_ns=None,
    memory_gb_min=0,
    countries=(),
    interruptible=True,
    checkpoint_ns=NS_PER_HOUR,
    restart_ns=NS_PER_HOUR // 2,
    pi_ppm=100_000,
    together=False,
)
WAY = Way("acme", "cards", "H100", "SXM", "OD", 3_000_000, 1, None, 80, "US")


def test_an_hour_that_may_be_interrupted_does_less():
    """A tenth is interrupted: 0.9 is left, less a tenth of half a checkpoint and a restart."""
    assert useful_share(JOB) == Fraction(9, 10) - Fraction(1, 10) * (
        Fraction(1, 2) + Fraction(1, 2)
    )
    found = costed(JOB, WAY._replace(tenor="INT", price_microusd=1_600_000))
    assert found.paid_hours == 125
    assert found.cost_microusd == 200_000_000
    assert found.useful_microusd == 2_000_000


def test_a_commitment_is_paid_for_whole_terms():
    found = costed(JOB, WAY._replace(tenor="R1M", price_microusd=1_000_000))
    assert (found.paid_hours, found.cost_microusd) == (730, 730_000_000)
    long = JOB._replace(hours=731)
    assert costed(long, WAY._replace(tenor="R1M")).paid_hours == 1_460


def test_a_faster_chip_needs_fewer_hours():
    fast = JOB._replace(speed_ppm=(("H100", 2_000_000),))
    assert costed(fast, WAY).paid_hours == 50


@pytest.mark.parametrize(
    ("job", "way", "words"),
    [
        ({"interruptible": False}, {"tenor": "INT"}, "may be taken away"),
        ({"memory_gb_min": 100}, {}, "it has 80 GB, less than 100"),
        ({"memory_gb_min": 80}, {"memory_gb": None}, "its memory is not stated"),
        ({"countries": ("DE",)}, {}, "it stands in US"),
        ({"countries": ("US",)}, {"country": None}, "where it stands is not stated"),
        ({}, {"gpus_most": 0}, "it is sold out"),
        ({"together": True}, {"gpus_most": 3}, "it has 3 GPUs, 4 are needed"),
        ({"left_ns": 99 * NS_PER_HOUR}, {}, "it needs 100 hours, the deadline leaves 99"),
        ({"pi_ppm": 900_000}, {"tenor": "INT"}, "interruptions would lose more"),
    ],
)
def test_what_cannot_do_it_says_why(job, way, words):
    found = costed(JOB._replace(**job), WAY._replace(**way))
    assert words in found.reason
    assert cheapest(JOB._replace(**job), [found]).chosen == ()


def test_the_deadline_counts_what_interruptions_take():
    """125 hours of running: a deadline of 124 is missed, though 100 useful hours would fit."""
    way = WAY._replace(tenor="INT")
    assert costed(JOB._replace(left_ns=124 * NS_PER_HOUR), way).reason
    assert not costed(JOB._replace(left_ns=125 * NS_PER_HOUR), way).reason


def test_no_stock_says_how_many_were_found():
    few = [costed(JOB, WAY._replace(gpus_most=1)), costed(JOB, WAY._replace(gpus_most=2))]
    assert cheapest(JOB, few).reason == "4 GPUs are needed, 3 were found that can do it"


WAYS = st.builds(
    lambda price, least, more: WAY._replace(
        price_microusd=price, gpus_least=least, gpus_most=None if more is None else least + more
    ),
    st.integers(1, 50),
    st.integers(1, 4),
    st.none() | st.integers(0, 3),
)


@given(st.lists(WAYS, max_size=4), st.integers(1, 5), st.booleans())
def test_no_mix_is_cheaper(ways, gpus, together):
    """Try every number of GPUs at every way: none that has them all costs less."""
    job = JOB._replace(gpus=gpus, together=together)
    costs = [costed(job, way) for way in ways]
    found = cheapest(job, costs)
    least = None
    for counts in itertools.product(range(gpus + 1), repeat=len(costs)):
        used = [(way, n) for way, n in zip(costs, counts, strict=True) if n]
        fits = all(
            not w.reason and (w.way.gpus_most is None or n <= w.way.gpus_most) for w, n in used
        )
        if sum(counts) == gpus and fits and (not together or len(used) == 1):
            cost = sum(w.cost_microusd * max(n, w.way.gpus_least) for w, n in used)
            least = cost if least is None else min(least, cost)
    assert (found.cost_microusd if found.chosen else None) == least
    if found.chosen:
        assert sum(count for _, count, _ in found.chosen) == gpus
        assert sum(w.cost_microusd * paid for w, _, paid in found.chosen) == found.cost_microusd


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"gpus": 0}, "gpus: expected 1 to 1024"),
        ({"hours": -1}, "hours: expected 1 to"),
        ({"left_ns": 0}, "deadline: expected a time to come"),
        ({"chips": ()}, "chips: expected one or more"),
    ],
)
def test_what_is_no_job_is_refused(change, words):
    with pytest.raises(JobRefused, match=words):
        checked(JOB._replace(**change))
