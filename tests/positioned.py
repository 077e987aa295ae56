"""POSITIONED: states of the exchange with positions in them, and small markets that made some.

Takes   a random source; or an empty market.
Gives   a state whose contracts are of every shape, and accounts that hold some of them, written
        straight into the tables; or a market in plain terms, trades, ticks and rounds of the scan.
Keeps   the chains of an account as the kernel keeps them.
Source  Rulebook 4, 6; `exchange/state.py`.
"""

from chiphour.contracts import settings
from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.contracts.table import Type
from chiphour.exchange import state as col
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Quality
from chiphour.exchange.limits import Limits
from chiphour.units import NS_PER_SECOND

LIMITS = Limits(
    accounts=24, contracts=8, indexes=5, orders=20, positions=200, window_ticks=64, ids=8
)
RATES = (term.RATE_1_PPM, term.RATE_2_PPM, term.RATE_3_PPM, term.RATE_4_PPM)
# Terms of a market without calls, bands of fills and fees, whose I is the last tick.
PLAIN = {
    "opening_call_s": 0,
    "call_s": 0,
    "index_ticks": 1,
    "taker_fee_ppm": 0,
    "static_band_ppm": 200_000,
    "fixed_window": 0,
}


def state_of(random):
    """Allocate a state: four contracts of one index, two of two, two calendars; random settings."""
    state = col.allocate(LIMITS)
    for contract in range(LIMITS.contracts):
        row = state.contracts[contract]
        row[term.STATE] = State.OPEN
        row[term.TYPE] = Type.CALENDAR if contract >= 6 else Type.FUTURE
        row[term.INDEX] = 1 + contract % 4
        row[term.INDEX_B] = 1 + (contract + 1) % 4 if contract in (4, 5) else 0
        row[term.LEG_FAR], row[term.LEG_NEAR] = (contract - 5, 0) if contract >= 6 else (-1, -1)
        row[term.TICK_MICROUSD] = 100
        row[term.QUALITY] = Quality.LIVE
        row[term.TIER_1_LOTS : term.TIER_3_LOTS + 1] = sorted(
            random.choice(range(1, 400), 3, replace=False)
        )
        row[term.SETTLEMENT_MICROUSD] = random.integers(2_000_000, 4_000_000)
        mark(random, state, contract)
    for pair in range(int(random.integers(0, settings.PAIRS + 1))):
        first, second = random.choice(range(1, 5), 2, replace=False)
        state.market[col.SETTINGS, settings.PAIR_A + pair] = first
        state.market[col.SETTINGS, settings.PAIR_B + pair] = second
        state.market[col.SETTINGS, settings.PAIR_CREDIT_PPM + pair] = random.integers(0, 150_000)
    return state


def mark(random, state, contract):
    """Give a contract the values of another mark, any ones."""
    row = state.contracts[contract]
    legs = random.integers(1_000_000, 4_000_000, 2)
    two = row[term.INDEX_B] > 0 or row[term.TYPE] == Type.CALENDAR
    row[term.MARK_MICROUSD] = random.integers(2_000_000, 4_000_000)
    row[term.BASE_MICROUSD] = -(-int(legs.sum()) // 2) if two else legs[0]
    row[term.LEG_A_MICROUSD] = legs[0]
    row[term.LEG_B_MICROUSD] = legs[1] if two else 0
    for rate, share in zip(RATES, sorted(random.integers(0, 1_000_001, 4)), strict=True):
        row[rate] = share


def hold(state, account, lots_by_contract):
    """Give an account so many lots of each contract, and no open orders."""
    before = 0
    for contract, lots in lots_by_contract.items():
        place = contract * LIMITS.accounts + account
        state.positions[place, col.POSITION_LOTS] = lots
        state.positions[place, col.POSITION_NEXT] = before
        state.positions[place, col.POSITION_PREVIOUS] = 0
        if before:
            state.positions[before, col.POSITION_PREVIOUS] = place
        before = place
    state.accounts[account, col.ACCOUNT_FIRST] = before
    state.accounts[account, col.ACCOUNT_POSITIONS] = len(lots_by_contract)
    state.accounts[account, col.ACCOUNT_GROUP] = -1 - account


def hold_some(random, state, account):
    """Give an account some lots of some contracts, long and short."""
    contracts = random.choice(LIMITS.contracts, int(random.integers(1, 7)), replace=False)
    lots = random.integers(-1_000, 1_001, len(contracts))
    held = {int(c): int(n) for c, n in zip(contracts, lots, strict=True) if n != 0}
    hold(state, account, held)
    return held


def renew(state):
    """Make all that is cached untrue, as a mark does."""
    state.market[0, col.EPOCH] += 1


def opened(empty, dollars=1_000, members=(8, 9, 10, 11), fund=0, limits=None, **terms):
    """Open a small market's contract 0 in these terms; members have so many dollars each."""
    market = empty(**(limits or {}))
    for account in members:
        market.member(account, dollars)
    if fund:
        market.do(Kind.DEPOSIT, account=1, amount_microusd=fund * 1_000_000)
    market.fix()
    market.list(0, **(PLAIN | terms))
    return market


def trade(market, buyer, seller, cents, lots, contract=0):
    """Let one member buy of another."""
    market.order(buyer, "buy", cents, lots, contract=contract)
    market.order(seller, "sell", cents, lots, contract=contract)


def tick(market, microusd, seconds=1, index=1):
    """Let time pass, then mark with a tick."""
    market.time_ns += seconds * NS_PER_SECOND
    return market.mark(microusd, index=index)


def rounds(market, most=200):
    """Send ADVANCEs until queue and scan are done; gives their events."""
    events = []
    for _ in range(most):
        state = market.engine._state.market[0]
        if state[col.WORK_COUNT] == 0 and state[col.SCAN_LEFT] == 0:
            return events
        events += market.advance()
    raise AssertionError("the work does not end")
