"""AUCTION_PLAN: which money moves when a run is cleared, and when its delivery is settled.

Takes   an award or the payments of a settlement; the collateral behind it; what is needed after it.
Gives   postings, in an order in which each can be done.
Keeps   what is owed paid out of collateral, which its owner cannot withdraw meanwhile; all payments
        in before all payments out; what an account is paid beside its collateral, as long as it
        needs more than that; what nothing needs any more given back.
Source  docs/formulation/runs.md, sections 3 and 6; docs/formulation/auction.md, section 6.

The items of an award are those of its result; collateral and settlement have numbers of their own.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from functools import cache

from chiphour.adapters.auction_run import Posting
from chiphour.auction.award import AUCTION_ACCOUNT
from chiphour.auction.award import COLLATERAL_ACCOUNT
from chiphour.auction.settle import Payment
from chiphour.auction.settle import transfers
from chiphour.ledger.transfer import Transfer

COLLATERAL_ITEM = 1 << 40
SETTLEMENT_ITEM = 1 << 41
Needed = Callable[[int], int]


def award_plan(
    paid: Sequence[Transfer],
    kept_microusd: Mapping[int, int],
    needed: Needed,
    item: int,
    of_run: Sequence[int],
) -> list[Posting]:
    """Give the postings of an award; `kept_microusd` is all collateral of an account.

    Collateral of the accounts `of_run` that exceeds what each needs afterwards is given back, by
    items from `item` on.
    """
    return _plan(paid, kept_microusd, needed, item, of_run, 0)


def settlement_plan(
    payments: Sequence[Payment],
    run: int,
    kept_microusd: Mapping[int, int],
    needed: Needed,
    item: int,
) -> list[Posting]:
    """Give the postings of a settlement whose defaults are covered: payers have what they owe."""
    paid = transfers(payments, run, AUCTION_ACCOUNT)
    accounts = sorted(kept_microusd)
    return _plan(paid, kept_microusd, needed, item, accounts, SETTLEMENT_ITEM)


def release_plan(kept_microusd: Mapping[int, int], needed: Needed, item: int) -> list[Posting]:
    """Give back what exceeds the need of each account."""
    return list(_released(dict(kept_microusd), needed, item, sorted(kept_microusd)))


def _plan(
    paid: Sequence[Transfer],
    kept_microusd: Mapping[int, int],
    needed: Needed,
    item: int,
    accounts: Sequence[int],
    first_item: int,
) -> list[Posting]:
    left, needed, own = dict(kept_microusd), cache(needed), frozenset(accounts)
    plan = []
    for transfer in paid:
        source, target, amount = transfer.source, transfer.target, transfer.amount_microusd
        account = source if target == AUCTION_ACCOUNT else target
        if account == source and left.get(account, 0) >= amount:
            source = COLLATERAL_ACCOUNT
            left[account] -= amount
        elif account == target and account in own and left.get(account, 0) < needed(account):
            target = COLLATERAL_ACCOUNT
            left[account] = left.get(account, 0) + amount
        plan.append(Posting(first_item + transfer.item, account, source, target, amount))
    return [*plan, *_released(left, needed, item, accounts)]


def _released(
    left: Mapping[int, int], needed: Needed, item: int, accounts: Sequence[int]
) -> Iterator[Posting]:
    for account in accounts:
        free = left.get(account, 0) - needed(account)
        if left.get(account, 0) > 0 and free > 0:
            yield Posting(item, account, COLLATERAL_ACCOUNT, account, free)
            item += 1
