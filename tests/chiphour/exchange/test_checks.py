"""CHECKS: the first of several reasons, and each that only this rulebook has.

Takes   orders with one fault, or several, in a small market.
Gives   the reason with the lowest number.
Keeps   nothing changed by a refusal.
Source  Rulebook 1.3, 6.6, 7.2, 9.5 to 9.8, 9.11, 10.2, 10.3.
"""

import pytest

from chiphour.exchange.commands import STP_SHIFT
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Mode
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Stp
from chiphour.exchange.commands import TimeInForce


def send(market, account, side, price, lots, **columns):
    given = {"order_type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC, "contract": 0}
    given |= {"account": account, "side": side, "price_ticks": price, "lots": lots}
    return market.do(Kind.ORDER, **(given | columns))


def reason(events):
    return events[0].get("reason")


def test_the_static_band_is_measured_from_s(market):
    market.list(1, static_band_ppm=10_000)  # 3 cents.
    for price, found in ((303, None), (304, "PRICE_OUT_OF_BAND"), (297, None)):
        assert reason(send(market, 8, Side.BUY, price, 1, contract=1)) == found
    market.mark(quality=Quality.STALE)
    assert reason(send(market, 8, Side.BUY, 306, 1, contract=1)) is None
    assert reason(send(market, 8, Side.BUY, 307, 1, contract=1)) == "PRICE_OUT_OF_BAND"


def test_a_fill_beyond_the_dynamic_band_begins_a_call(market):
    market.list(1, dynamic_band_ppm=10_000, call_s=120)
    send(market, 8, Side.SELL, 303, 1, contract=1)
    send(market, 8, Side.SELL, 304, 1, contract=1)
    events = send(market, 9, Side.BUY, 304, 3, contract=1)
    kinds = [event["kind"] for event in events]
    assert kinds == ["ACCEPTED", "FILL", "CALL_BEGUN", "RESTED"]
    assert events[2]["reason"] == "BAND"
    ioc = {"time_in_force": TimeInForce.IOC, "contract": 1}
    assert reason(send(market, 9, Side.BUY, 300, 1, **ioc)) == "CONTRACT_NOT_OPEN"
    posts = {"flags": Flag.POST_ONLY, "contract": 1}
    assert reason(send(market, 9, Side.BUY, 300, 1, **posts)) == "CONTRACT_NOT_OPEN"
    kinds = [event["kind"] for event in send(market, 10, Side.SELL, 300, 1, contract=1)]
    assert kinds == ["ACCEPTED", "RESTED"]


def test_the_rest_of_an_immediate_order_goes_when_a_call_begins(market):
    market.list(1, dynamic_band_ppm=10_000, call_s=120)
    send(market, 8, Side.SELL, 304, 1, contract=1)
    ioc = {"time_in_force": TimeInForce.IOC, "contract": 1}
    events = send(market, 9, Side.BUY, 304, 3, **ioc)
    assert [event["kind"] for event in events] == ["ACCEPTED", "CALL_BEGUN", "CANCELLED"]
    assert events[2]["reason"] == "CALL_BEGUN"


@pytest.mark.parametrize(("lots", "fills"), [(8, 2), (9, 0)])
def test_all_or_nothing(lots, fills, market):
    send(market, 8, Side.SELL, 300, 6, order_type=OrderType.ICEBERG, trigger_ticks=5)
    send(market, 9, Side.SELL, 301, 2)
    send(market, 9, Side.SELL, 302, 1)
    events = send(market, 10, Side.BUY, 301, lots, time_in_force=TimeInForce.FOK)
    kinds = [event["kind"] for event in events]
    assert kinds.count("FILL") == (3 if fills else 0)
    if not fills:
        assert (events[-1]["reason"], events[-1]["lots_left"]) == ("FILL_OR_KILL", 9)


def test_all_or_nothing_counts_no_lots_of_its_own_group(market):
    send(market, 8, Side.SELL, 300, 6)
    send(market, 9, Side.SELL, 301, 2)
    fok = {"time_in_force": TimeInForce.FOK}
    stops = fok | {"flags": Stp.CANCEL_TAKER << STP_SHIFT}
    assert send(market, 8, Side.BUY, 301, 2, **stops)[-1]["reason"] == "FILL_OR_KILL"
    kinds = [event["kind"] for event in send(market, 8, Side.BUY, 301, 2, **fok)]
    assert kinds == ["ACCEPTED", "CANCELLED", "FILL"]


def test_post_only_never_takes(market):
    send(market, 9, Side.SELL, 301, 2)
    post = {"flags": Flag.POST_ONLY}
    assert reason(send(market, 8, Side.BUY, 301, 1, **post)) == "POST_ONLY_CROSSES"
    assert reason(send(market, 8, Side.BUY, 300, 1, **post)) is None


def test_modes_of_a_contract_and_of_a_member(market):
    send(market, 8, Side.BUY, 300, 5)
    send(market, 9, Side.SELL, 300, 5)
    market.do(Kind.HALT, contract=0, mode=Mode.REDUCE_ONLY)
    assert reason(send(market, 8, Side.BUY, 299, 1)) == "REDUCE_ONLY"
    assert reason(send(market, 8, Side.SELL, 301, 5)) is None  # W stays 5.
    market.do(Kind.HALT, contract=0, mode=Mode.HALTED)
    assert reason(send(market, 8, Side.SELL, 301, 1)) == "CONTRACT_HALTED"
    market.do(Kind.HALT, account=8, mode=Mode.HALTED)
    assert reason(send(market, 8, Side.SELL, 301, 1)) == "ACCOUNT_BLOCKED"
    market.do(Kind.HALT, contract=0, mode=Mode.NORMAL)
    market.do(Kind.HALT, account=8, mode=Mode.NORMAL)
    market.mark(quality=Quality.HALTED)
    assert reason(send(market, 9, Side.SELL, 301, 1)) == "REDUCE_ONLY"


def test_the_cap_of_open_interest_is_for_new_risk(market):
    market.list(1, open_interest_cap_lots=5)
    send(market, 8, Side.BUY, 300, 5, contract=1)
    send(market, 9, Side.SELL, 300, 5, contract=1)
    assert reason(send(market, 10, Side.BUY, 299, 1, contract=1)) == "OPEN_INTEREST_ABOVE_MAX"
    assert reason(send(market, 8, Side.SELL, 301, 5, contract=1)) is None


def test_of_several_reasons_the_first_is_told(market):
    faults = {"account": 7, "contract": 9, "lots": 0, "price_ticks": 1}
    mended = {"account": 8, "contract": 0, "lots": 1, "price_ticks": 299}
    expected = ["ACCOUNT_RESERVED", "CONTRACT_UNKNOWN", "LOTS_NOT_POSITIVE", "PRICE_OUT_OF_RANGE"]
    given = {"side": 1, "order_type": 1, "time_in_force": 1} | faults
    for column, found in zip(mended, expected, strict=True):
        assert reason(market.do(Kind.ORDER, **given)) == found
        given[column] = mended[column]
    assert reason(market.do(Kind.ORDER, **given)) is None
