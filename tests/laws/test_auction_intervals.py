"""AUCTION INTERVALS: runs of hours and of parts of an hour add up, whatever they trade.

Takes   a day-ahead run of hours and a real-time run of 5 to 30 minutes over them, random; readings.
Gives   trades, positions, obligations, payments of all of them together.
Keeps   a sum of zero in each run, in delivery and in all; every chip-hour counted once: as a trade,
        as a position, as an obligation, as a sale.
Source  docs/formulation/runs.md, sections 2 to 4, 7 and 8; decision 0050.
"""

from collections import defaultdict
from itertools import groupby

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from auction_small import PRODUCT
from auction_small import buyer
from auction_small import pool
from auction_small import run_of
from chiphour.auction.award import AUCTION_ACCOUNT
from chiphour.auction.clear import clear
from chiphour.auction.delivery import Window
from chiphour.auction.delivery import advanced
from chiphour.auction.delivery import deliveries
from chiphour.auction.delivery import from_json as case_from_json
from chiphour.auction.delivery import opened
from chiphour.auction.delivery import submitted
from chiphour.auction.delivery import to_json as case_to_json
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.grid import SETTLE_MINUTES
from chiphour.auction.instance import from_fields
from chiphour.auction.meter import CHIP_SECONDS_PER_HUNDREDTH
from chiphour.auction.obligations import from_json as obligation_from_json
from chiphour.auction.obligations import obligations_of
from chiphour.auction.obligations import to_json as obligation_to_json
from chiphour.auction.pairs import sales
from chiphour.auction.pairs import sales_from_json
from chiphour.auction.pairs import sales_to_json
from chiphour.auction.positions import ON_DEMAND
from chiphour.auction.positions import RESERVED
from chiphour.auction.positions import positions_after
from chiphour.auction.receipt import receipt
from chiphour.auction.receipt import terms
from chiphour.auction.settle import settle_delivery
from chiphour.auction.settle import settle_run
from chiphour.auction.settle import total_microusd
from chiphour.auction.settle import totals_microusd
from chiphour.auction.shortfall import Penalty
from chiphour.auction.shortfall import metered_of
from chiphour.auction.shortfall import penalties
from chiphour.auction.slots import chip_hours_of
from chiphour.auction.slots import slots_each
from chiphour.auction.solve import solve
from chiphour.auction.term import run_prices
from chiphour.auction.trades import trades
from chiphour.units import NS_PER_HOUR
from metered import reading
from metered import readings

PARTS = SETTLE_MINUTES[:-1]
POOLS = (20, 21)
BUYERS = (10, 11)
OFFERED = {(account, PRODUCT): f"pool-{account}" for account in (*POOLS, *BUYERS)}
TIERS = (RESERVED, ON_DEMAND)
WINDOW = Window(1, 1, 1, 1, 0)
PENALTY = Penalty(100_000, None)
METER = 5
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)
chips = st.sampled_from(("0.05", "0.5", "3", "6", "7.77", "10"))
dollars = st.integers(1, 60).map(lambda tenths: f"{tenths / 10}")


@st.composite
def books(draw, number, step, settle, intervals):
    """Draw a run: two pools, two buyers; a buyer may offer, too, what it bought."""
    bids = [pool(each, draw(chips), draw(dollars), intervals=intervals) for each in POOLS]
    bids += [buyer(each, draw(chips), draw(dollars)) for each in BUYERS]
    if draw(st.booleans()):
        bids.append(pool(10, draw(chips), draw(dollars), "back", intervals))
    if draw(st.booleans()):
        bids.append(buyer(20, draw(chips), draw(dollars)) | {"id": "again"})
    fields = run_of(bids, number, "real-time" if number > 1 else "day-ahead", step, intervals)
    return fields | {"delivery": fields["delivery"] | {"settle_minutes": settle}}


def cleared(fields):
    """Clear a run; give its trades and payments, which are those of its award."""
    instance = from_fields(fields)
    result = clear(instance, solve)
    found = trades(instance, result)
    paid = settle_run(instance.run, found)
    assert total_microusd(paid) == 0
    moved = defaultdict(int)
    for transfer in result.transfers:
        moved[transfer.source] -= transfer.amount_microusd
        moved[transfer.target] += transfer.amount_microusd
    moved.pop(AUCTION_ACCOUNT, None)
    assert without_zeros(totals_microusd(paid)) == without_zeros(moved)
    assert awarded_in(instance, result) == held_by(found)
    return instance, found, paid


def without_zeros(totals):
    return {account: total for account, total in totals.items() if total}


def awarded_in(instance, result):
    """Give the chip-hours, in hundredths, that an award gives each account in all."""
    found = defaultdict(int)
    for part in result.award.parts:
        for line in part.lines:
            each = chip_hours_of(instance.grid, line.quantity_hundredths)
            found[part.account] += part.side * each * slots_each(instance.grid)
    return without_zeros(found)


def held_by(rows):
    found = defaultdict(int)
    for row in rows:
        found[row.account] += row.quantity_hundredths
    return without_zeros(found)


def delivered_in_full(owed):
    """Give a reading of all that was awarded, second by second, in whole chips."""
    counts, seconds = [], owed.minutes * 60
    for hour, awarded in enumerate(owed.awarded_hundredths):
        most = owed.chips_max(hour)
        full, rest = divmod(awarded * CHIP_SECONDS_PER_HUNDREDTH, most)
        last = [(rest, 1), (0, seconds - full - 1)] if full < seconds else []
        counts += [(most, full), *last]
    counts = [each for each in counts if each[1]]
    joined = [
        (chips, sum(seconds for _, seconds in group))
        for chips, group in groupby(counts, key=lambda each: each[0])
    ]
    return reading(*joined, account=owed.supplier, owed=owed)


@settings(derandomize=True, max_examples=25, suppress_health_check=SLOW)
@given(st.sampled_from(PARTS).flatmap(lambda m: st.tuples(
    st.just(m), books(1, 60, m, 2), books(2, m, m, 120 // m))), st.data())  # fmt: skip
def test_hours_and_their_parts_add_up(drawn, data):
    minutes, ahead, realtime = drawn
    _, first, paid = cleared(ahead)
    instance, second, more = cleared(realtime)
    held = positions_after((*first, *second))
    assert held_by(held) == held_by((*first, *second))
    by_slot = defaultdict(int)
    for each in held:
        by_slot[each.slot] += each.quantity_hundredths
    assert not any(by_slot.values())
    assert {each.hour_ns % (minutes * NS_PER_HOUR // 60) for each in (*first, *second)} <= {0}
    every = obligations_of("a" * 64, held, OFFERED, minutes)
    assert {obligation_from_json(obligation_to_json(each)) for each in every} == set(every)
    owed_hundredths = sum(sum(each.awarded_hundredths) for each in every)
    assert owed_hundredths == sum(max(0, each.quantity_hundredths) for each in held)
    prices = {
        price.slot: price.price_ticks
        for run in (first, second)
        for price in run_prices(run, instance.kind, 0, minutes)
    }
    whole = data.draw(st.booleans())
    cases = [read_out(owed, whole, data) for owed in every]
    found = [row for case in cases for row in deliveries(case)]
    settled = settle_delivery(2, held, metered_of(found, TIERS), prices)
    fined = penalties(2, found, TIERS, prices, PENALTY)
    assert total_microusd(settled) == 0 == total_microusd(fined)
    assert sum(totals_microusd((*paid, *more, *settled, *fined)).values()) == 0
    if whole:
        assert not settled and not fined
    for case in cases:
        assert b'"awarded"' in receipt(case, terms(TIERS, case, prices, PENALTY))
        assert case_from_json(case_to_json(case)) == case


def read_out(owed, whole, data):
    """Give the final case of an obligation: delivered in full, or as is drawn."""
    case = opened(owed, WINDOW, METER)
    rows = [delivered_in_full(owed)] if whole else data.draw(readings(owed.supplier, owed))
    for row in rows:
        case = submitted(case, row, owed.end_ns)
    return advanced(case, case.final_ns)


@settings(derandomize=True, max_examples=15, suppress_health_check=SLOW)
@given(st.sampled_from(PARTS).flatmap(lambda m: books(2, m, m, 120 // m)))
def test_every_part_of_an_hour_is_in_one_sale(fields):
    _, found, _ = cleared(fields)
    sold = sales(found, "real-time", (), {})
    assert sales_from_json(sales_to_json(sold)) == sold
    assert sum(sale.quantity_hundredths for sale in sold) == sum(
        max(0, trade.quantity_hundredths) for trade in found
    )
    for (slot, price), group in groupby(
        sorted(sold, key=_place), key=lambda sale: (sale.delivered_from_ns, sale.price_ticks)
    ):
        own = [t for t in found if (t.hour_ns, t.price_ticks) == (slot, price)]
        bought = sum(max(0, trade.quantity_hundredths) for trade in own)
        assert sum(sale.quantity_hundredths for sale in group) == bought


def _place(sale):
    return sale.delivered_from_ns, sale.price_ticks


@pytest.mark.parametrize("minutes", [5, 10, 20])
def test_a_gang_that_no_part_of_an_hour_holds_exactly_is_refused(minutes):
    """A chip for 5, 10 or 20 minutes is no whole hundredth of a chip-hour; three chips are."""
    fields = run_of([], step=minutes, intervals=6)
    products = [fields["products"][0] | {"domain_chips": 12, "gang_chips": [1, 3, 12]}]
    for size, taken in ((1, False), (3, True), (12, True)):
        fields |= {"products": products, "bids": [pool(20, "12", "1", intervals=6), gang(size)]}
        if not taken:
            with pytest.raises(RequestMalformed, match=f"in {minutes} minutes, a multiple of 3"):
                from_fields(fields)
            continue
        instance, found, _ = cleared_gang(fields)
        assert held_by(found) == {10: size * minutes * 100 // 60, 20: -size * minutes * 100 // 60}
        assert instance.grid.slot_minutes == minutes


def cleared_gang(fields):
    instance = from_fields(fields)
    result = clear(instance, solve)
    found = trades(instance, result)
    assert total_microusd(settle_run(instance.run, found)) == 0
    return instance, found, result


def gang(size):
    start = {"from": "2026-12-07T00:00:00Z", "to": "2026-12-07T00:00:00Z"}
    mode = {
        "type": "gang",
        "id": "g",
        "chips": size,
        "intervals": 1,
        "start": start,
        "migratable": True,
        "products": [{"product": PRODUCT, "value_usd": "9"}],
    }
    facts = {"class": "training", "unit": "run"}
    return {"kind": "buy", "id": "gang", "account": 10, "workload": facts, "modes": [mode]}
