"""TEST DIALECT: contracts, prices, amounts and times as Deribit's clients write them.

Takes   contracts of every type; prices and amounts that hypothesis draws.
Gives   instruments, ticks, lots, refusals with the nearest legal values.
Keeps   every price and amount exact, whatever its sign and its digits.
Source  Deribit's API v2; rulebook 1.1, 1.2, 9.7.
"""

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.contracts import table
from chiphour.contracts.average import Average
from chiphour.contracts.basis import Basis
from chiphour.contracts.basis import Leg
from chiphour.contracts.future import Future
from chiphour.contracts.perpetual import Perpetual
from chiphour.contracts.spread import Spread
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.compose import command
from chiphour.exchange.limits import ORDER_LOTS_MAX
from chiphour.exchange.limits import Limits
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference_rules import in_static_band
from chiphour.exchange.reference_rules import in_window
from chiphour.units import strike_ns
from chiphour.wire import dialect
from chiphour.wire.jsonrpc import Fields
from chiphour.wire.jsonrpc import Number
from chiphour.wire.jsonrpc import RpcRefused
from chiphour.wire.jsonrpc import answer

TICKERS = {1: "CHR.H100.SXM.OD", 2: "CHR.H200.SXM.OD"}
H100, H200 = (Leg(TICKERS[number], number) for number in (1, 2))
FAR, NEAR = date(2026, 10, 31), date(2026, 9, 30)
CONTRACTS = (
    Perpetual(H100.ticker, 1),
    Future(H100.ticker, 1, NEAR),
    Average(H100.ticker, 1, NEAR),
    Basis(H200, H100, None),
    Basis(H200, H100, date(2026, 8, 28)),
    Spread(H100.ticker, 1, FAR, NEAR, 2, 1),
)
FIELDS = (
    "instrument_name instrument_id kind instrument_type base_currency quote_currency "
    "counter_currency settlement_currency settlement_period price_index creation_timestamp "
    "expiration_timestamp is_active tick_size tick_size_steps min_trade_amount contract_size "
    "maker_commission taker_commission max_leverage"
).split()
TICKS = (1, 7, 100, 2_500, 1_000_000)
BOUND_MICROUSD = Limits().price_microusd_max


def row_with(terms=(), **state):
    """Give a contract's row: its terms, then the columns named."""
    row = [*terms, *[0] * (table.CONTRACT_COLUMNS - len(terms))]
    for name, value in state.items():
        row[getattr(table, name.upper())] = value
    return row


def listed(contract, number=0, **state):
    """Give a contract as an instrument, open unless the state says otherwise."""
    row = row_with(contract.lower(), **{"state": table.State.OPEN} | state)
    return dialect.instrument_of(number, row, TICKERS.get, lambda _: strike_ns(FAR), 7_000_001)


def ticked(tick_microusd, **state):
    """Give an instrument with this tick."""
    return listed(Perpetual(H100.ticker, 1), tick_microusd=tick_microusd, **state)


def refused(call, *given):
    with pytest.raises(RpcRefused) as caught:
        call(*given)
    return caught.value


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda each: each.name)
def test_instrument_has_what_clients_need(contract):
    found = dialect.instrument(listed(contract, 5))
    assert set(FIELDS) <= set(found) and not any(value is None for value in found.values())
    assert found["instrument_name"] == contract.name and found["instrument_id"] == 5
    assert found["counter_currency"] == found["settlement_currency"] == "USDC"  # Linear.
    assert found["kind"] == "future" and found["is_active"] is True
    expiry_ns = contract.lower()[table.EXPIRY_NS]
    assert (found["settlement_period"] == "perpetual") == (expiry_ns == 0)
    if expiry_ns:
        assert found["expiration_timestamp"] * 10**6 == expiry_ns
    assert found["creation_timestamp"] == 7
    assert b'"tick_size":0.0001,' in answer(1, found, 0, 0)


def test_instruments_of_one_expiry_differ_in_their_first_word():
    found = [dialect.instrument(listed(contract)) for contract in CONTRACTS]
    assert len({(each["base_currency"], each["expiration_timestamp"]) for each in found}) == 6
    assert {each["price_index"] for each in found} == {
        "CHR.H100.SXM.OD",
        "CHR.H200.SXM.OD-CHR.H100.SXM.OD",
    }


def test_fees_and_leverage_are_those_of_the_terms():
    terms = {"taker_fee_ppm": 500, "maker_rebate_ppm": 25, "tier_1_ppm": 120_000}
    found = dialect.instrument(listed(CONTRACTS[0], **terms))
    assert found["taker_commission"] == Decimal("0.0005")
    assert found["maker_commission"] == Decimal("-0.000025")
    assert found["max_leverage"] == 8
    assert dialect.max_leverage(row_with(tier_1_ppm=0)) == 1_000_000
    assert dialect.max_leverage(row_with(tier_1_ppm=2_000_000)) == 1


@pytest.mark.parametrize(
    ("day", "period"),
    [(date(2026, 8, 31), "month"), (date(2026, 8, 28), "week"), (date(2026, 8, 27), "day")],
)
def test_settlement_period_is_that_of_the_expiry(day, period):
    found = dialect.instrument(listed(Future(H100.ticker, 1, day)))
    assert found["settlement_period"] == period


def test_every_state_of_a_contract_has_a_word():
    words = {s: dialect.instrument(listed(CONTRACTS[0], state=s))["state"] for s in table.State}
    assert words[table.State.CALL] == "open" and words[table.State.EXPIRED] == "delivered"
    assert words[table.State.ABSENT] == "inactive"
    assert [
        s for s in table.State if dialect.instrument(listed(CONTRACTS[0], state=s))["is_active"]
    ] == [
        table.State.OPEN,
        table.State.CALL,
    ]


@given(st.data(), st.sampled_from(TICKS))
def test_price_goes_out_and_comes_back_exactly(data, tick_microusd):
    instrument = ticked(tick_microusd)
    most = BOUND_MICROUSD // tick_microusd
    ticks = data.draw(st.integers(-most, most))
    written = msgspec.json.Encoder(decimal_format="number").encode(dialect.price(ticks, instrument))
    assert b"e" not in written.lower()
    number = Fields({"price": Number(written.decode())}).take_number("price")
    assert dialect.ticks_of(number, instrument) == ticks
    assert Decimal(number) * 10**6 == ticks * tick_microusd


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_dollars_are_written_exactly_with_eighteen_digits(amount_microusd):
    found = dialect.from_millionths(amount_microusd)
    assert found * 10**6 == amount_microusd
    assert str(found) == f"{found:f}" and not (("." in str(found)) and str(found).endswith("0"))


@given(st.decimals(-1000, 1000, places=9), st.sampled_from(TICKS))
def test_price_off_the_tick_is_refused_with_its_neighbours(value, tick_microusd):
    instrument = ticked(tick_microusd)
    tick = Decimal(tick_microusd).scaleb(-6)
    if value % tick == 0:
        assert dialect.ticks_of(Number(f"{value:f}"), instrument) * tick == value
        return
    found = refused(dialect.ticks_of, Number(f"{value:f}"), instrument)
    assert (found.code, found.data["reason"]) == (10043, "PRICE_OFF_TICK")
    below, above = found.data["nearest"]
    assert below < value < above and above - below == tick
    for each in (below, above):
        dialect.ticks_of(Number(str(each)), instrument)


def test_price_beyond_any_bound_is_refused_with_the_bound():
    instrument = ticked(100)
    for text, code, bound in (
        ("1073.7419", 10007, "1073.7418"),
        ("-1073.7419", 10005, "-1073.7418"),
        ("1e99", 10007, "1073.7418"),
        ("-999999999999999999", 10005, "-1073.7418"),
    ):
        found = refused(dialect.ticks_of, Number(text), instrument)
        assert (found.code, found.data["nearest"]) == (code, [Decimal(bound)])
        dialect.ticks_of(Number(bound), instrument)


def test_bound_of_a_price_is_the_markets():
    limits = Limits(price_microusd_max=5_000_000)
    found = refused(dialect.ticks_of, Number("5.0001"), ticked(100), "price", limits)
    assert found.data["nearest"] == [Decimal(5)]
    assert dialect.ticks_of(Number("5"), ticked(100), "price", limits) == 50_000


# The codes that ccxt knows for futures, without those it takes for a limit on requests or for
# maintenance, and tries again (version 4.5, `exceptions` of its class `deribit`).
KNOWN = {
    *range(10001, 10028), *range(10029, 10036), *range(10043, 10047), 10048, 11008,
    *range(11029, 11032), *range(11036, 11040), *range(11041, 11051), 11054, 13002,
    13020, 13021,
}  # fmt: skip
AGAIN = {Reason.TIME_DECREASES: 10040, Reason.ADVANCE_DUE: 10041}


def test_every_code_is_known_to_clients_and_only_what_passes_is_tried_again():
    for reason, code in dialect.CODES.items():
        assert code.code == AGAIN[reason] if reason in AGAIN else code.code in KNOWN


def test_trigger_off_the_tick_has_a_code_of_its_own():
    found = refused(dialect.ticks_of, Number("1.00001"), ticked(100), "trigger_price")
    assert found.code == 10044 and found.data["param"] == "trigger_price"


@given(st.integers(1, ORDER_LOTS_MAX))
def test_amount_goes_out_and_comes_back_exactly(lots):
    assert dialect.lots_of(Number(dialect.amount(lots))) == lots
    assert dialect.lots_of(Number(f"{lots}.0")) == lots


@pytest.mark.parametrize(
    ("text", "code", "nearest"),
    [
        ("1.5", 10021, [1, 2]),
        ("0", 10002, [1]),
        ("0.99", 10002, [1]),
        ("-3", 10002, [1]),
        ("16777215.5", 10021, [ORDER_LOTS_MAX]),
        ("1e50", 10021, [ORDER_LOTS_MAX]),
    ],
)
def test_amount_off_the_lot_is_refused_with_its_neighbours(text, code, nearest):
    found = refused(dialect.lots_of, Number(text))
    assert (found.code, found.data["nearest"]) == (code, nearest)


@given(
    st.integers(-(10**7), 10**7),
    st.integers(1, 10**7),
    st.integers(0, 500_000),
    st.sampled_from(TICKS),
    st.sampled_from(Quality),
)
def test_band_and_window_are_those_of_the_rulebook(middle, base, rate_ppm, tick, quality):
    limits = Limits(window_ticks=256)
    state = {"settlement_microusd": middle, "base_microusd": base, "static_band_ppm": rate_ppm}
    instrument = ticked(tick, price_ticks_min=-70, quality=quality, **state)
    lowest, highest = dialect.band_ticks(instrument)
    for ticks in (lowest - 1, lowest, highest, highest + 1):
        assert in_static_band(instrument.row, ticks) == (lowest <= ticks <= highest)
    lowest, highest = dialect.window_ticks(instrument, limits)
    for ticks in (lowest - 1, lowest, highest, highest + 1):
        assert in_window(instrument.row, ticks, limits) == (lowest <= ticks <= highest)


@given(st.integers(0, 1 << 62))
def test_milliseconds_lose_less_than_one(time_ns):
    assert 0 <= time_ns - dialect.ns_of_ms(dialect.ms_of_ns(time_ns)) < 10**6


def test_every_reason_has_a_code():
    assert set(dialect.CODES) == set(Reason) - {Reason.NONE}
    assert {dialect.CODES[reason].code for reason in Reason if reason >= 100} == {11044}
    names = {}
    for code in dialect.CODES.values():
        assert names.setdefault(code.code, code.message) == code.message


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (Reason.ORDER_UNKNOWN, 10004),
        (Reason.MARGIN_INSUFFICIENT, 10009),
        (Reason.FUNDS_INSUFFICIENT, 10009),
        (Reason.POST_ONLY_CROSSES, 11054),
        (Reason.CONTRACT_UNKNOWN, 13020),
        (Reason.ADVANCE_DUE, 10041),
        (Reason.ORDERS_FULL, 10014),
        (Reason.IDS_FULL, 10013),
        (Reason.TRIGGERS_FULL, 10013),
        (Reason.ACCOUNT_BLOCKED, 13002),
        (Reason.REDUCE_ONLY, 10021),
    ],
)
def test_reason_is_said_with_its_code_and_its_name(reason, code):
    found = dialect.refused_by(reason)
    assert found.code == code and found.data["reason"] == reason.name


@given(st.integers(-400, 400), st.sampled_from(("PRICE_OUT_OF_BAND", "PRICE_OUT_OF_RANGE")))
def test_price_out_of_bounds_is_refused_with_the_nearest_that_is_not(ticks, name):
    limits = Limits(window_ticks=256)
    state = {"settlement_microusd": 500, "base_microusd": 10_000, "static_band_ppm": 100_000}
    instrument = ticked(10, price_ticks_min=-70, quality=Quality.LIVE, **state)
    row = command(Kind.ORDER, side=Side.BUY, price_ticks=ticks)
    found = dialect.refused_by(Reason[name], row, instrument, limits)
    (nearest,) = found.data["nearest"]
    lowest, highest = (-50, 150) if name == "PRICE_OUT_OF_BAND" else (-70, 185)
    assert nearest == dialect.price(max(lowest, min(highest, ticks)), instrument)
    low, high = (10006, 10008) if name == "PRICE_OUT_OF_BAND" else (10005, 10007)
    assert found.code == (low if ticks < lowest else high)


@pytest.mark.parametrize("kind", [Kind.ORDER, Kind.AMEND])
def test_post_only_that_crosses_is_offered_the_price_behind_the_book(kind):
    """New or edited: an AMEND has no side of its own."""
    for side, behind in ((Side.BUY, 99), (Side.SELL, 101)):
        row = command(kind, price_ticks=100, **{"side": side} if kind == Kind.ORDER else {})
        given = {"opposite_ticks": 100, "side": side}
        found = dialect.refused_by(Reason.POST_ONLY_CROSSES, row, ticked(100), **given)
        assert found.data["nearest"] == [dialect.price(behind, ticked(100))]
        del given["side"]
        found = dialect.refused_by(Reason.POST_ONLY_CROSSES, row, ticked(100), **given)
        assert "nearest" not in found.data  # Nothing is better than the wrong one.
