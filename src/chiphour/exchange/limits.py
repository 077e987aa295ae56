"""LIMITS: every capacity and bound of the exchange, and that their products fit an int64.

Takes   nothing, or other capacities (small ones in tests, other mixes in benchmarks).
Gives   `Limits`, the capacities of one market: they stand in its journal's first line.
Keeps   the worst product of any formula below 2^63: asserted here, once.
Source  Rulebook 1; decision 0005.
"""

from typing import NamedTuple

ORDER_LOTS_MAX = (1 << 24) - 1
OPEN_INTEREST_LOTS_MAX = (1 << 31) - 1
MONEY_MICROUSD_MAX = 1 << 60  # All that the outside world may have paid in.
CASH_MICROUSD_MAX = (1 << 61) - 1  # The most that one account may hold or owe: asserted.
FILLS_MAX = 256  # Fills and self-trade steps that one order may cause; fills that end a draining.
CANCELS_MAX = 256  # Orders that one ADVANCE cancels when contracts stop and orders end.
PAIRS_MAX = 256  # Pairs that one ADVANCE makes at the end of a call.
STEPS_MAX = 64  # Steps of the queue of work that one command drains.
SCAN_ROWS = 1024  # Rows of accounts that one command scans.
REDUCING_MAX = 16  # Resting reduce-only orders of a position.
WAITING_MAX = 32  # Waiting orders of a position.
PAYMENTS_MAX = 1024  # Positions that one ADVANCE pays.
MOVE_MICROUSD_MOST = 1 << 28  # Of marks, for one lot: how far a bound on an account reaches.
ACCOUNTS_RESERVED = 8

# Rows of the accounts table that are no member's.
OUTSIDE = 0  # Holds the opposite of all money that we hold.
INSURANCE_FUND = 1
AUCTION = 2  # What passes through the auction; zero after each run's last transfer.
FEES = 3  # What takers paid, less what makers received.


class Limits(NamedTuple):
    """The capacities of one market. A full table is a refusal, never an exception."""

    accounts: int = 1 << 16
    contracts: int = 64
    indexes: int = 512
    orders: int = 1 << 18
    positions: int = 1 << 17
    positions_per_account: int = 16
    window_ticks: int = 1 << 18  # A power of two, at least 64.
    price_microusd_max: int = (1 << 30) - 1  # Of any price, index or fix, either sign.
    position_lots_max: int = (1 << 26) - 1  # |position| + open lots, one account and contract.
    triggers: int = 4096  # Waiting orders of a contract.
    ids: int = 1 << 18  # Members' own order ids, of two days.

    @property
    def work(self) -> int:
        """Give the most items that can wait in the queue of work."""
        return 2 * self.orders + self.accounts + self.contracts * self.triggers + 4096

    @property
    def events_per_command(self) -> int:
        """Give the most events that one command can cause, what it drains included."""
        taker = 3 * FILLS_MAX * (2 + REDUCING_MAX) + 2 * CANCELS_MAX
        return 3 * taker + 4 * STEPS_MAX + SCAN_ROWS + PAYMENTS_MAX + 8 * self.contracts + 16


def check_limits(limits: Limits) -> None:
    """Assert that no formula of the rulebook can overflow an int64 under these limits."""
    difference_max = 2 * limits.price_microusd_max  # M - S, p - S
    worth_max = limits.positions_per_account * limits.position_lots_max * difference_max
    assert worth_max < 1 << 61  # The sum of lots x (M - S) over an account.
    assert CASH_MICROUSD_MAX + worth_max < 1 << 62  # Equity.
    reach = limits.positions_per_account * limits.position_lots_max
    assert reach * MOVE_MICROUSD_MOST < 1 << 61  # What marks may have moved an account by.
    assert limits.window_ticks & (limits.window_ticks - 1) == 0 and limits.window_ticks >= 64
    assert limits.accounts > ACCOUNTS_RESERVED
    assert MONEY_MICROUSD_MAX * 2 < 1 << 63


check_limits(Limits())
