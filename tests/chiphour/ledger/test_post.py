"""POST: what one account is debited, another is credited.

Takes   random postings among a few accounts; a balance at its bound.
Gives   balances.
Keeps   their sum.
Source  Rulebook 1.2, 3.6.
"""

import numba
import numpy as np
import pytest

from chiphour.ledger import post


def door(function):
    """Make an inner function callable from Python."""
    if numba.config.DISABLE_JIT:
        return function
    return numba.njit(lambda *arguments: function(*arguments))


def test_postings_keep_the_sum():
    do = door(post.post)
    accounts = np.zeros((5, 8), np.int64)
    random = np.random.default_rng(2)
    plain = [0] * 5
    for _ in range(500):
        source, target = (int(account) for account in random.integers(0, 5, 2))
        amount = int(random.integers(-(1 << 50), 1 << 50))
        do(accounts, source, target, amount)
        plain[source] -= amount
        plain[target] += amount
    assert accounts[:, post.CASH].tolist() == plain
    assert accounts[:, post.CASH].sum() == 0
    assert not accounts[:, post.CASH + 1 :].any()


@pytest.mark.parametrize("sign", [1, -1])
def test_a_balance_stays_within_its_bound(sign):
    credit = door(post.credit)
    accounts = np.zeros((1, 8), np.int64)
    credit(accounts, 0, sign * post.CASH_MICROUSD_MAX)
    with pytest.raises(AssertionError):
        credit(accounts, 0, sign)
    assert accounts[0, post.CASH] == sign * post.CASH_MICROUSD_MAX
