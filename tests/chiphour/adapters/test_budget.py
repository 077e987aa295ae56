"""BUDGET: a bucket of credits against the sum that it is short for.

Takes   costs and times, as hypothesis makes them up; clocks that go back.
Gives   failures.
Keeps   everything whole numbers.
Source  Decision 0035.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.adapters.budget import Budget
from chiphour.adapters.budget import Rate
from chiphour.units import NS_PER_SECOND

rates = st.builds(Rate, st.integers(1, 50), st.integers(1, 20))
steps = st.lists(st.tuples(st.integers(-(10**9), 4 * 10**9), st.integers(0, 50)), max_size=40)


@given(rates, steps)
def test_no_more_is_paid_than_there_was_and_came_back(rate, steps):
    """Pay whatever can be paid: the sum is at most the beginning and what time has brought."""
    budget, paid, now_ns, latest_ns = Budget(rate, 0), 0, 0, 0
    for step_ns, cost in steps:
        now_ns += step_ns
        latest_ns = max(latest_ns, now_ns)
        if cost <= rate.most and budget.wait_ns(cost, now_ns) == 0:
            budget.pay(cost, now_ns)
            paid += cost
        assert 0 <= budget.left(now_ns) <= rate.most
        most = rate.most * NS_PER_SECOND + latest_ns * rate.per_second
        assert paid * NS_PER_SECOND <= most


@given(rates, st.data())
def test_a_wait_is_enough_and_none_shorter_is(rate, data):
    """Empty it in part; what the wait says is the first moment at which the cost can be paid."""
    budget = Budget(rate, 0)
    budget.pay(data.draw(st.integers(0, rate.most)), 0)
    cost = data.draw(st.integers(0, rate.most))
    wait_ns = budget.wait_ns(cost, 0)
    if wait_ns:
        assert budget.wait_ns(cost, wait_ns - 1) == 1
    assert budget.wait_ns(cost, wait_ns) == 0
    budget.pay(cost, wait_ns)


def test_it_fills_up_and_no_further():
    budget = Budget(Rate(10, 2), 0)
    budget.pay(10, 0)
    assert (budget.left(0), budget.wait_ns(1, 0)) == (0, NS_PER_SECOND // 2)
    assert budget.left(NS_PER_SECOND) == 2
    assert budget.left(10**12) == 10


def test_what_is_not_there_cannot_be_paid():
    budget = Budget(Rate(10, 2), 0)
    budget.pay(10, 0)
    with pytest.raises(AssertionError):
        budget.pay(1, 0)
