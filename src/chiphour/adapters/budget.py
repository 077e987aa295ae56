"""BUDGET: how much one may ask for: a bucket of credits that fills up again.

Takes   a cost, the time.
Gives   what is left after it; or how long to wait until it can be paid.
Keeps   credits whole, between none and the most there may be; a clock put back fills nothing.
Source  The token bucket, as in RFC 2697 and in Deribit's rate limits; decision 0035.

Cancelling costs nothing and is never refused.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple

from chiphour.units import NS_PER_SECOND
from chiphour.units import div_ceil

BUDGETS_MAX = 1 << 14
NS_PER_MS = 1_000_000


class Rate(NamedTuple):
    """Credits that there are at most, and how many come back in a second."""

    most: int = 5_000
    per_second: int = 1_000


class Budget:
    """The credits of one account, one connection or one address."""

    def __init__(self, rate: Rate, now_ns: int) -> None:
        """Begin with all of them."""
        assert rate.most > 0 and rate.per_second > 0
        self._rate = rate
        self._left = rate.most * NS_PER_SECOND  # In parts of a second's worth, to stay whole.
        self._since_ns = now_ns

    def left(self, now_ns: int) -> int:
        """Give the credits that are left."""
        self._fill(now_ns)
        return self._left // NS_PER_SECOND

    def wait_ns(self, cost: int, now_ns: int) -> int:
        """Give how long to wait until a cost can be paid; 0 for now."""
        assert 0 <= cost <= self._rate.most
        self._fill(now_ns)
        missing = cost * NS_PER_SECOND - self._left
        return 0 if missing <= 0 else div_ceil(missing, self._rate.per_second)

    def pay(self, cost: int, now_ns: int) -> None:
        """Pay a cost that `wait_ns` found payable now."""
        assert now_ns <= self._since_ns and self._left >= cost * NS_PER_SECOND
        self._left -= cost * NS_PER_SECOND

    def _fill(self, now_ns: int) -> None:
        if now_ns > self._since_ns:
            gained = (now_ns - self._since_ns) * self._rate.per_second
            self._left = min(self._rate.most * NS_PER_SECOND, self._left + gained)
        self._since_ns = max(self._since_ns, now_ns)


class Budgets:
    """The budgets of all accounts and addresses, whichever door they come through."""

    def __init__(self, rate: Rate, most: int = BUDGETS_MAX) -> None:
        """Remember at most so many; of more, who has been silent longest begins anew."""
        self.rate, self._most = rate, most
        self._budgets: OrderedDict[Hashable, Budget] = OrderedDict()

    def of(self, name: Hashable, now_ns: int) -> Budget:
        """Give the budget of an account or of an address."""
        found = self._budgets.get(name)
        if found is None:
            found = self._budgets[name] = Budget(self.rate, now_ns)
            if len(self._budgets) > self._most:
                self._budgets.popitem(last=False)
        self._budgets.move_to_end(name)
        return found

    def spend(self, name: Hashable, cost: int, now_ns: int) -> str:
        """Take a cost, or say why not."""
        budget = self.of(name, now_ns)
        if wait_ns := budget.wait_ns(cost, now_ns):
            wait_ms = div_ceil(wait_ns, NS_PER_MS)
            per_second = self.rate.per_second
            return f"expected at most {per_second} credits a second, found more: wait {wait_ms} ms"
        budget.pay(cost, now_ns)
        return ""
