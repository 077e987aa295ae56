"""AUCTION_PLAN: what a plan moves is what is owed, and nothing is kept that nothing needs.

Takes   random payments that sum to zero, random collateral and needs.
Gives   postings; balances after them, one by one.
Keeps   collateral never below zero on the way; the auction's account empty at the end.
Source  docs/formulation/runs.md, sections 3 and 6.
"""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from chiphour.adapters.auction_plan import COLLATERAL_ITEM
from chiphour.adapters.auction_plan import SETTLEMENT_ITEM
from chiphour.adapters.auction_plan import award_plan
from chiphour.adapters.auction_plan import release_plan
from chiphour.adapters.auction_plan import settlement_plan
from chiphour.auction.award import AUCTION_ACCOUNT
from chiphour.auction.award import COLLATERAL_ACCOUNT
from chiphour.auction.settle import DEFAULT
from chiphour.auction.settle import NOWHERE
from chiphour.auction.settle import Payment
from chiphour.auction.settle import transfers

ACCOUNTS = st.integers(8, 12)
AMOUNTS = st.integers(0, 10**9)


@st.composite
def payments(draw):
    found = []
    for _ in range(draw(st.integers(0, 6))):
        source, target, amount = draw(ACCOUNTS), draw(ACCOUNTS), draw(AMOUNTS)
        for account, part in ((source, -amount), (target, amount)):
            found.append(Payment(7, account, DEFAULT, *NOWHERE, part))
    return found


def moved(plan):
    """Give what each account gained; collateral and the auction's account never below zero."""
    kept = Counter({COLLATERAL_ACCOUNT: 0})
    for posting in plan:
        assert posting.amount_microusd > 0
        kept[posting.source] -= posting.amount_microusd
        kept[posting.target] += posting.amount_microusd
    assert kept[AUCTION_ACCOUNT] == 0
    return kept


@given(payments(), st.dictionaries(ACCOUNTS, AMOUNTS), st.dictionaries(ACCOUNTS, AMOUNTS))
def test_a_settlement_pays_what_is_owed_and_keeps_what_is_needed(drawn, kept, needs):
    plan = settlement_plan(drawn, 7, kept, lambda account: needs.get(account, 0), COLLATERAL_ITEM)
    totals, gained, left = Counter(), moved(plan), dict(kept)
    for payment in drawn:
        totals[payment.account] += payment.amount_microusd
    for posting in plan:
        left[posting.account] = left.get(posting.account, 0) + posting.kept_microusd
        assert left[posting.account] >= 0
    for account in range(8, 13):
        before = kept.get(account, 0)
        assert gained[account] + left.get(account, 0) - before == totals[account]
        assert left.get(account, 0) <= max(needs.get(account, 0), 0) or before == 0
    items = [posting.item for posting in plan]
    assert len(set(items)) == len(items)
    assert all(item > SETTLEMENT_ITEM for item in items if item >= SETTLEMENT_ITEM)


@given(payments(), st.dictionaries(ACCOUNTS, AMOUNTS))
def test_an_award_keeps_the_items_of_its_result(drawn, kept):
    paid = transfers(drawn, 7, AUCTION_ACCOUNT)
    plan = award_plan(paid, kept, lambda _: 0, COLLATERAL_ITEM, sorted(kept))
    assert [posting.item for posting in plan[: len(paid)]] == [each.item for each in paid]
    assert all(posting.item >= COLLATERAL_ITEM for posting in plan[len(paid) :])
    moved(plan)


@given(st.dictionaries(ACCOUNTS, AMOUNTS))
def test_what_is_called_off_gives_all_back(kept):
    plan = release_plan(kept, lambda _: 0, COLLATERAL_ITEM)
    assert {each.account: each.amount_microusd for each in plan} == {
        account: amount for account, amount in kept.items() if amount
    }
