"""TEST FIX MARKET: books and trades as snapshots and refreshes; contracts, states, positions.

Takes   pictures of a market, requests good and bad.
Gives   the law: a listener that applies refreshes to its snapshot holds the book.
Keeps   every message legal and within its bound.
Source  FIX 4.4 volume 3; decision 0032.
"""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange.commands import Mode
from chiphour.wire import fix_market as market
from chiphour.wire.dialect import Instrument
from chiphour.wire.fix import Message
from chiphour.wire.fix_market import KINDS
from chiphour.wire.fix_market import MarketRefused
from chiphour.wire.fix_market import MarketRequest
from chiphour.wire.fix_market import Picture
from chiphour.wire.fix_market import Print
from chiphour.wire.fix_market import market_request
from fix_legal import legal
from fix_trader import NAME
from fix_trader import message
from told import NOW
from told import told_market

LISTED = Instrument(0, NAME, told_market().row(), "CHR.H100.SXM.OD", 0)
BY_NAME = {NAME: LISTED}
ALL = MarketRequest("r", "1", 100, KINDS, (0,))


def request(symbols=(NAME,), kinds="01", **more):
    fields = {"request_id": "r", "subscription": "1", "depth": "10"} | more
    head = message("V", **{name: value for name, value in fields.items() if value is not None})
    groups = ((267, str(len(kinds))), *((269, kind) for kind in kinds))
    named = ((146, str(len(symbols))), *((55, name) for name in symbols))
    return Message("V", (*head.fields, *groups, *named))


def test_request_is_read_and_what_is_not_offered_is_refused_by_its_reason():
    found = market_request(request(kinds="0126C3"), BY_NAME)
    assert found == MarketRequest("r", "1", 10, tuple("0126C3"), (0,))
    assert market_request(request(depth="0"), BY_NAME).depth == 100
    assert market_request(request(kinds="00"), BY_NAME).kinds == ("0",)
    assert market_request(message("V", request_id="r", subscription="2"), BY_NAME).kinds == ()
    for reason, wrong in (
        ("0", {"symbols": ("OTHER",)}),
        ("1", {"request_id": None}),
        ("2", {"symbols": ()}),
        ("2", {"symbols": (NAME,) * 65}),
        ("4", {"subscription": "3"}),
        ("5", {"depth": "101"}),
        ("5", {"depth": "x"}),
        ("6", {"update_type": "0"}),
        ("8", {"kinds": "4"}),
        ("8", {"kinds": ""}),
    ):
        with pytest.raises(MarketRefused) as caught:
            market_request(request(**wrong), BY_NAME)
        assert caught.value.reason == reason, wrong
        legal("Y", market.market_reject(request(**wrong), caught.value))


SIDES = st.dictionaries(st.integers(-50, 50), st.integers(1, 9), max_size=40)
PICTURES = st.builds(
    lambda bids, offers, *values: Picture(
        tuple(sorted(bids.items(), reverse=True)), tuple(sorted(offers.items())), *values
    ),
    *(SIDES, SIDES, st.integers(-9, 9), st.integers(0, 9), st.integers(0, 9)),
)


def entries_of(fields, first):
    """Split the entries of a W or X, each begun by the tag `first`."""
    found = []
    for tag, value in fields:
        if tag == first:
            found.append({})
        if found:
            found[-1][tag] = value
    return found


@settings(max_examples=80)
@given(st.lists(PICTURES, min_size=1, max_size=5))
def test_refreshes_applied_to_a_snapshot_give_the_book(pictures):
    """Show pictures one after another: what a listener holds is the last one's snapshot."""

    def key(entry):
        return entry[269], entry[270] if entry[269] in "01" else ""

    def shown(seen):
        fields = market.snapshot(ALL, LISTED, seen)
        legal("W", fields)
        entries = entries_of(fields, 269)
        assert str(len(entries)) == dict(fields)[268]
        return {key(each): (each.get(270), each.get(271)) for each in entries}

    held = shown(pictures[0])
    for before, now in pairwise(pictures):
        for fields in market.refreshes(ALL, LISTED, before, now):
            legal("X", fields)
            for entry in entries_of(fields, 279):
                assert (entry[279] == "0") == (key(entry) not in held)
                if entry[279] == "2":
                    del held[key(entry)]
                else:
                    held[key(entry)] = (entry.get(270), entry.get(271))
        if before == now:
            assert not market.refreshes(ALL, LISTED, before, now)
        assert held == shown(now)


def test_longest_messages_fit_and_trades_are_numbered():
    levels = tuple((10**8 + ticks, 10**9) for ticks in range(100))
    prints = [Print(10**12 + n, -(10**8), 16_000_000, NOW) for n in range(50)]
    seen = Picture(levels, levels, 10**9, 10**9, 10**9)
    legal("W", market.snapshot(ALL._replace(id="i" * 64), LISTED, seen, prints))
    found = market.refreshes(ALL._replace(id="i" * 64), LISTED, Picture(), seen, prints)
    for fields in found:
        legal("X", fields)
    assert len(found) == 3
    only = ALL._replace(kinds=("2",))
    (fields,) = market.refreshes(only, LISTED, seen, seen, prints[:1])
    assert dict(fields)[278] == f"0-{10**12}"
    assert not market.refreshes(only, LISTED, Picture(), seen)


def test_contracts_are_listed_in_parts_and_defined_one_by_one():
    many = [LISTED._replace(number=n, name=f"N{n}_USDC-31AUG26") for n in range(130)]
    asked = message("x", security_req_id="s", list_type="4")
    parts = market.security_lists(asked, many)
    for fields in parts:
        legal("y", fields)
    assert [dict(fields)[893] for fields in parts] == ["N", "N", "Y"]
    assert sum(int(dict(fields)[146]) for fields in parts) == 130 == int(dict(parts[0])[393])
    (one,) = market.security_lists(
        message("x", security_req_id="s", list_type="0", symbol=NAME), [LISTED, *many]
    )
    assert dict(one)[55] == NAME and dict(one)[58] == "TICK_SIZE 0.01"
    for kind, symbol, result in (("1", None, "1"), ("0", "OTHER", "2")):
        more = {"symbol": symbol} if symbol else {}
        (none,) = market.security_lists(
            message("x", security_req_id="s", list_type=kind, **more), many
        )
        legal("y", none)
        assert dict(none)[560] == result
    for symbol, kind in ((NAME, "1"), ("OTHER", "6")):
        asked = message("c", security_req_id="s", security_request_type="0", symbol=symbol)
        fields = market.security_definition(asked, BY_NAME)
        legal("d", fields)
        assert dict(fields)[323] == kind


def test_state_says_whether_orders_match():
    row = list(LISTED.row)
    for state, mode, expected in (
        (State.OPEN, Mode.NORMAL, "17"),
        (State.OPEN, Mode.HALTED, "2"),
        (State.CALL, Mode.NORMAL, "21"),
        (State.STOPPED, Mode.NORMAL, "18"),
        (State.LISTED, Mode.NORMAL, "18"),
    ):
        row[table.STATE], row[table.MODE] = state, mode
        assert market.trading_status(row) == expected
        row[table.HAS_LAST], row[table.LAST_TICKS] = int(state == State.OPEN), 250
        fields = market.security_status("e", LISTED._replace(row=row), NOW, mode == Mode.HALTED)
        legal("f", fields)
        assert ((31, "2.5") in fields) == (state == State.OPEN)


def test_positions_are_long_or_short_and_payments_are_unasked():
    asked = market.position_report("p-0", LISTED, 8, 5, "p", 1, NOW)
    paid = market.position_report("9-1", LISTED, 8, -5, time_ns=NOW, paid_microusd=-1)
    for fields in (asked, paid):
        legal("AP", fields)
    assert dict(asked)[704] == "5" and 325 not in dict(asked)
    assert dict(paid)[705] == "5" and dict(paid)[708] == "-0.000001"
    for result, status in (("2", "0"), ("3", "2"), ("4", "2")):
        fields = market.positions_ack(message("AN", pos_req_id="p"), 8, result, "why")
        legal("AO", fields)
        assert dict(fields)[729] == status
