"""SETTLEMENT: a week of runs, with outages and interruptions, down to the last receipt.

Takes   random closed runs, virtual trades among them; random meters; random collateral.
Gives   payments of every run, of delivery, penalties, defaults; a receipt for each obligation.
Keeps   every settlement at zero and the whole at zero; receipts that say what was paid.
Source  docs/formulation/runs.md, sections 2 to 4, 8 and 9.
"""

import json
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.delivery import Window
from chiphour.auction.delivery import advanced
from chiphour.auction.delivery import deliveries
from chiphour.auction.delivery import opened
from chiphour.auction.delivery import submitted
from chiphour.auction.obligations import obligations_of
from chiphour.auction.positions import VIRTUAL
from chiphour.auction.positions import positions_after
from chiphour.auction.positions import trades_between
from chiphour.auction.receipt import check_receipt
from chiphour.auction.receipt import receipt
from chiphour.auction.receipt import terms
from chiphour.auction.settle import cover_defaults
from chiphour.auction.settle import settle_delivery
from chiphour.auction.settle import settle_run
from chiphour.auction.settle import totals_microusd
from chiphour.auction.settle import transfers
from chiphour.auction.shortfall import Penalty
from chiphour.auction.shortfall import metered_of
from chiphour.auction.shortfall import penalties
from chiphour.units import NS_PER_HOUR
from chiphour.units import microusd_from_text
from metered import key_of
from metered import reading
from metered import verify
from settled import H100
from settled import NEW
from settled import RATES
from settled import TIERS
from settled import prices
from settled import runs

LAST, FUND, MARKET = 5, 6, 5
POOLS = {(account, product): "pool" for account in range(8, 14) for product in (H100, NEW)}
KEYS = {account: key_of(account).public_key().public_bytes_raw() for account in range(5, 14)}
WINDOW = Window(1, 1, 1, 1, 0)


def closed_out(trades, real_time):
    """Add a last run, at real-time prices, in which virtual positions are closed.

    Account 8 takes over for delivery what was held virtually in sum.
    """
    held = positions_after(trades)
    virtual = [p for p in held if p.kind == VIRTUAL]
    left = Counter()
    for p in virtual:
        left[p.slot] += p.quantity_hundredths
    after = {(p.account, p.slot): p for p in held if p.kind != VIRTUAL}
    for slot, quantity in left.items():
        known = after.get((8, slot))
        total = quantity + (known.quantity_hundredths if known else 0)
        template = virtual[0]._replace(account=8, kind="physical")
        after[8, slot] = template._replace(
            product=slot.product, tier=slot.tier, hour_ns=slot.hour_ns, quantity_hundredths=total
        )
    kept = [p for p in after.values() if p.quantity_hundredths]
    return [*trades, *trades_between(LAST, held, kept, real_time)]


def metered(owed, draw):
    """Draw what one pool delivered in each hour: all of it, nothing, or some whole chips."""
    case = opened(owed, WINDOW, MARKET)
    for hour, awarded in enumerate(owed.awarded_hundredths):
        most = awarded // 100
        chips = draw(st.sampled_from((0, most, most // 2)))
        row = reading((chips, 3_600), second=hour * 3_600, account=owed.supplier, owed=owed)
        case = submitted(case, row, owed.end_ns)
    return advanced(case, owed.end_ns + 10 * NS_PER_HOUR)


@given(runs(), prices(), RATES, st.integers(0, 10**10), st.data())
def test_a_week_of_runs_sums_to_zero_and_its_receipts_say_what_was_paid(
    trades, real_time, rate_ppm, fund, data
):
    """Runs, an unwinding of virtual trades, delivery with outages, penalties, defaults."""
    trades = closed_out(trades, real_time)
    positions = positions_after(trades)
    cases = [metered(owed, data.draw) for owed in obligations_of("r", positions, POOLS)]
    owed = [row for case in cases for row in deliveries(case)]
    fine = Penalty(rate_ppm, None)
    settlements = [settle_run(run, trades) for run in range(1, LAST + 1)]
    due = settle_delivery(6, positions, metered_of(owed, TIERS), real_time)
    due += penalties(6, owed, TIERS, real_time, fine)
    collateral = data.draw(st.dictionaries(st.integers(8, 13), st.integers(0, 10**9)))
    covering, _ = cover_defaults(6, due, collateral, FUND, fund)
    settlements.append((*due, *covering))
    for payments in settlements:
        assert sum(totals_microusd(payments).values()) == 0
        balances = Counter()
        for transfer in transfers(payments, 6, 2):
            balances[transfer.source] -= transfer.amount_microusd
            balances[transfer.target] += transfer.amount_microusd
        assert balances[2] == 0
    said = Counter()
    for case in cases:
        by = terms(TIERS, case, real_time, fine)
        body = receipt(case, by)
        check_receipt(body, case, by, KEYS, verify)
        for hour in json.loads(body)["hours"]:
            paid = microusd_from_text(hour["payment"]) + microusd_from_text(hour["penalty"])
            said[case.obligation.supplier] -= paid
            said[case.obligation.buyer] += paid
    assert +Counter(totals_microusd(due)) == +said
    assert -Counter(totals_microusd(due)) == -said
