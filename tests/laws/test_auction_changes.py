"""AUCTION CHANGES: a bid at the door says what is to change; who thinks in totals loses nothing.

Takes   random positions; what each account wants in all, at its values and costs.
Gives   one run of totals (eq. 26) and one of changes: bids, offers, leasebacks, purchases back.
Keeps   the same award, worth as much, to whoever states its totals as changes; positions of those
        who say nothing; and what reading a change as a total would cost shown.
Source  docs/formulation/runs.md, sections 2 and 12, equations 26 and 29; decision 0050.
"""

from fractions import Fraction

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from auction_small import PRODUCT
from auction_small import buyer
from auction_small import pool
from auction_small import run_of
from chiphour.auction.clear import clear
from chiphour.auction.instance import from_fields
from chiphour.auction.positions import ON_DEMAND
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import Position
from chiphour.auction.positions import Trade
from chiphour.auction.positions import positions_after
from chiphour.auction.settle import settle_run
from chiphour.auction.settle import totals_microusd
from chiphour.auction.solve import solve
from chiphour.auction.standing import self_schedules
from chiphour.auction.trades import trades
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import NS_PER_HOUR
from chiphour.units import ns_from_iso

OPENS_NS = ns_from_iso("2026-12-07T00:00:00Z")
HOURS, CAP = 2, "50"
BUYERS, SELLERS = (10, 11, 12), (20, 21, 22)


@st.composite
def markets(draw):
    """Draw what each wants in all, and what it holds: chips and tenths of a dollar, all apart."""
    prices = draw(st.lists(st.integers(1, 99), min_size=6, max_size=6, unique=True))
    wants = {
        account: (draw(st.integers(1, 12)), price)
        for account, price in zip((*BUYERS, *SELLERS), prices, strict=True)
    }
    held = dict.fromkeys((*BUYERS, *SELLERS), 0)
    for _ in range(draw(st.integers(1, 4))):
        size = draw(st.integers(1, 6))
        held[draw(st.sampled_from(BUYERS))] += size
        held[draw(st.sampled_from(SELLERS))] -= size
    return wants, held


def usd(tenths):
    return f"{tenths / 10}"


def positions_of(held):
    return tuple(
        Position(account, PHYSICAL, PRODUCT, ON_DEMAND.name, OPENS_NS + h * NS_PER_HOUR, n * 100)
        for account, n in sorted(held.items())
        for h in range(HOURS)
        if n
    )


def totals(wants):
    """What each wants in all, whatever it holds."""
    bids = [buyer(each, str(wants[each][0]), usd(wants[each][1])) for each in BUYERS]
    return bids + [pool(each, str(wants[each][0]), usd(wants[each][1])) for each in SELLERS]


def changes(wants, held):
    """The same, as changes of what is held (eq. 29): more of it, or some of it back."""
    bids = []
    for account, (chips, price) in wants.items():
        has = abs(held[account])
        more, less, lost = max(chips - has, 0), min(chips, has), max(has - chips, 0)
        gets, gives = (buyer, leaseback) if account in BUYERS else (pool, buyer)
        # What it has beyond its wants goes at any price; what it lacks of its sales comes at any.
        any_price = "0" if account in BUYERS else CAP
        for n, (offer, size, at) in enumerate(
            ((gets, more, usd(price)), (gives, less, usd(price)), (gives, lost, any_price))
        ):
            if size:
                bids.append(offer(account, str(size), at) | {"id": f"{account}.{n}"})
    return bids


def leaseback(account, chips, price):
    return pool(account, chips, price) | {"kind": "leaseback", "position": "mine"}


def cleared(bids, number=2):
    instance = from_fields(run_of(bids, number=number))
    return instance, clear(instance, solve)


def chips_of(positions):
    return {(each.account, each.hour_ns): each.quantity_hundredths for each in positions}


@settings(derandomize=True, max_examples=40)
@given(markets())
def test_totals_stated_as_changes_end_in_the_same_positions(market):
    """Of distinct values and costs the best award is one: both runs find it, and pay x at λ."""
    wants, held = market
    before = positions_of(held)
    instance, result = cleared(totals(wants))
    whole = positions_after((*_bought(before), *trades(instance, result, before)))
    instance, found = cleared(changes(wants, held))
    changed = trades(instance, found)
    after = positions_after((*_bought(before), *changed))
    assert chips_of(after) == chips_of(whole)
    # What is kept was worth something before: the run of changes counts the difference alone.
    kept = sum(
        min(chips, abs(held[account])) * price * (1 if account in BUYERS else -1)
        for account, (chips, price) in wants.items()
    )
    lacking = sum(max(0, -held[each] - wants[each][0]) for each in SELLERS)
    expected = Fraction(result.welfare_nanousd, NANOUSD_PER_USD)
    expected += HOURS * (lacking * int(CAP) - Fraction(kept, 10))
    assert abs(Fraction(found.welfare_nanousd, NANOUSD_PER_USD) - expected) < Fraction(1, 1000)
    for trade in changed:
        key = trade.account, trade.hour_ns
        moved = chips_of(after).get(key, 0) - chips_of(before).get(key, 0)
        own = [t for t in changed if (t.account, t.hour_ns) == key]
        assert sum(t.quantity_hundredths for t in own) == moved


def _bought(before):
    """Give the trades of a first run that lead to positions."""
    return tuple(Trade(1, *each[:-1], each.quantity_hundredths, 1) for each in before)


@settings(derandomize=True, max_examples=20)
@given(markets())
def test_who_says_nothing_keeps_what_it_holds_and_pays_nothing(market):
    """One buyer and one seller bid; of all others no position and no dollar moves."""
    wants, held = market
    bids = [each for each in changes(wants, held) if each["account"] in (10, 20)]
    instance, result = cleared(bids or totals(wants)[:1])
    changed = trades(instance, result)
    assert {trade.account for trade in changed} <= {10, 20}
    assert {each for each, paid in totals_microusd(settle_run(2, changed)).items() if paid} <= {
        10,
        20,
    }


def test_an_offer_of_what_is_left_read_as_a_total_would_cost_its_seller():
    """Six chips sold, four left and offered: a change sells four, a total buys two back.

    Its price is the same in both, and so is what it says. A member that means "four more" would
    have to deliver less than it sold and pay for that.
    """
    before = positions_of({10: 6, 20: -6})
    bids = [pool(20, "4", "1"), buyer(11, "4", "3")]
    instance, result = cleared(bids)
    adds = {t.account: t.quantity_hundredths for t in trades(instance, result)}
    assert adds == {11: 400, 20: -400}
    standing = self_schedules(instance, before)
    instance, result = cleared([*bids, *standing])
    paid = totals_microusd(settle_run(2, trades(instance, result, before)))
    after = positions_after((*_bought(before), *trades(instance, result, before)))
    sold = {each.quantity_hundredths for each in after if each.account == 20}
    assert sold == {-400} and paid[20] < 0
