"""TEST FIX ORDERS: what FIX asks is what the dialect asks, and what it cannot ask is refused.

Takes   NewOrderSingles of every shape, and the params of the dialect that mean the same.
Gives   commands, refusals by name and tag.
Keeps   one meaning for both doors; no price through a float.
Source  FIX 4.4 volume 4; rulebook 9, 12.2; decision 0032.
"""

import json

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.exchange import commands as c
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import named_command
from chiphour.units import ns_from_iso
from chiphour.wire import fix_tags as tag
from chiphour.wire.dialect_orders import command_of as dialect_command_of
from chiphour.wire.fix_orders import FixRefused
from chiphour.wire.fix_orders import Mark
from chiphour.wire.fix_orders import client_order_id
from chiphour.wire.fix_orders import command_of
from chiphour.wire.fix_orders import marks_of
from chiphour.wire.fix_orders import private_of
from chiphour.wire.jsonrpc import RpcRefused
from chiphour.wire.jsonrpc import parse_request
from fix_trader import NAME
from fix_trader import FixFloor
from fix_trader import message
from fix_trader import new_order
from told import told_market

SEAT = "8/CHIPHOUR"
FLOOR = FixFloor(told_market())
FORCES = {"0": "good_til_day", "1": "good_til_cancelled", "3": "immediate_or_cancel"}
FORCES["4"] = "fill_or_kill"
TYPES = {"1": "market", "2": "limit", "3": "stop_market", "4": "stop_limit"}
TYPES |= {"J": "take_market", "P": "trailing_stop"}
SOURCES = {"1": "mark_price", "2": "last_price", "3": "index_price"}


def row_of(asked, floor=FLOOR):
    return named_command(command_of(asked, floor.asker(8, SEAT), floor.told.time_ns))


def refused(asked, floor=FLOOR):
    with pytest.raises(FixRefused) as caught:
        command_of(asked, floor.asker(8, SEAT), floor.told.time_ns)
    return caught.value


DECIMALS = st.decimals(-4, 9, places=3).map(str)


@st.composite
def orders(draw):
    """Draw an order in both languages: the fields of a D, and the method and params of a buy."""
    kind, force = draw(st.sampled_from("1234JP")), draw(st.sampled_from("0134"))
    side = draw(st.sampled_from("12"))
    lots = draw(st.one_of(st.integers(1, 40).map(str), DECIMALS))
    fix = {"side": side, "order_qty": lots, "ord_type": kind, "time_in_force": force}
    fix |= {"price": None}
    params = {"instrument_name": NAME, "type": TYPES[kind], "amount": lots}
    market = kind == "1" and force in "01"
    params["time_in_force"] = FORCES["3" if market else force]
    instructions = set(draw(st.sampled_from(["", "6", "6A", "E", "6E", "A"])))
    for word, name in (("6", "post_only"), ("A", "reject_post_only"), ("E", "reduce_only")):
        if word in instructions:
            params[name] = True
    if kind in "24":
        fix["price"] = params["price"] = draw(DECIMALS)
    if kind in "34J":
        fix["stop_px"] = params["trigger_price"] = draw(DECIMALS)
    if kind == "P":
        instructions.add("a")
        fix["peg_offset"] = draw(DECIMALS)
        params["trigger_offset"] = fix["peg_offset"].lstrip("-")
    if kind in "34JP":
        source = draw(st.sampled_from("123"))
        fix["trigger_method"], params["trigger"] = source, SOURCES[source]
    if kind == "2" and draw(st.booleans()):
        fix["max_floor"] = params["display_amount"] = str(draw(st.integers(1, 10)))
    if instructions:
        fix["exec_inst"] = draw(st.sampled_from(["", " "])).join(sorted(instructions))
    return fix, "private/buy" if side == "1" else "private/sell", params


@settings(max_examples=300)
@given(orders())
def test_d_is_the_command_of_the_dialects_buy_or_is_refused_as_it_is(drawn):
    """Draw an order in both languages: the commands differ in CLIENT_ORDER_ID alone; the refusals
    have one reason.
    """
    fix, method, params = drawn
    content = json.dumps({"method": method, "params": params}).encode()
    asker = FLOOR.asker(8, SEAT)
    try:
        expected = dialect_command_of(
            method, parse_request(content).params, asker.desk, asker.blotter
        )
    except RpcRefused as fault:
        found = refused(new_order(**fix))
        reason = fault.data["reason"]
        assert found.reason == (reason if reason.isupper() else "MALFORMED")
        for nearest in fault.data.get("nearest", ()):
            assert str(nearest) in str(found)
        return
    row = command_of(new_order(**fix), asker, 0)
    assert row[c.CLIENT_ORDER_ID] == client_order_id(8, SEAT, "one")
    row[c.CLIENT_ORDER_ID] = 0
    assert row.tolist() == expected.tolist()


def test_forms_of_numbers_that_fix_allows_are_one_number():
    rows = [row_of(new_order(price=text, lots="02.0")) for text in ("2.40", "02.4", "2.400000")]
    assert [row["price_ticks"] for row in rows] == [240] * 3 and rows[0]["lots"] == 2
    assert refused(new_order(price="2.405")).reason == "PRICE_OFF_TICK"
    assert "nearest 2.4, 2.41" in str(refused(new_order(price="2.405")))
    for text in ("1e3", "NaN", "+2", "2,4", "-", "1" * 40):
        assert refused(new_order(price=text)).tag == tag.PRICE


def test_without_a_word_an_order_is_good_for_a_day_and_a_market_order_for_now():
    assert row_of(new_order(time_in_force=None))["time_in_force"] == TimeInForce.DAY
    market = new_order(price=None, ord_type="1", time_in_force=None)
    assert row_of(market)["time_in_force"] == TimeInForce.IOC
    assert row_of(new_order(price="0", ord_type="1"))["price_ticks"] == 0
    assert refused(new_order(price="1", ord_type="1")).tag == tag.PRICE


def test_gtd_ends_at_its_time_or_with_its_day():
    until = new_order(time_in_force="6", expire_time="20260707-10:00:00.5")
    assert refused(until).tag == tag.EXPIRE_TIME  # No such form.
    until = new_order(time_in_force="6", expire_time="20260707-10:00:00.500")
    row = row_of(until)
    assert (row["time_in_force"], row["expire_ns"]) == (
        TimeInForce.GTD,
        ns_from_iso("2026-07-07T10:00:00.500+00:00"),
    )
    row = row_of(new_order(time_in_force="6", expire_date="20260707"))
    assert row["expire_ns"] == ns_from_iso("2026-07-08T00:30:00+00:00")
    assert refused(new_order(time_in_force="6")).tag == tag.EXPIRE_TIME
    assert refused(new_order(time_in_force="6", ord_type="1", price=None)).tag == tag.TIME_IN_FORCE


def test_what_is_not_offered_is_refused_by_its_tag():
    for field in (110, 152, 168, 386, 388, 423, 516, 847):
        asked = new_order()
        found = refused(asked._replace(fields=(*asked.fields, (field, "1"))))
        assert found.tag == field
    assert refused(new_order(account="9")).reason == "ACCOUNT_UNKNOWN"
    assert row_of(new_order(account="8"))["account"] == 8
    assert refused(new_order(currency="EUR")).tag == tag.CURRENCY
    assert refused(new_order(exec_inst="G")).tag == tag.EXEC_INST
    assert refused(new_order(exec_inst="a")).tag == tag.EXEC_INST
    assert refused(new_order(symbol="H100SXMOD_USDC-PERPETUA")).reason == "NOT_FOUND"
    assert "nearest " + NAME in str(refused(new_order(symbol="H100SXMOD_USDC-PERPETUA")))
    for text in ("x" * 65, "a\tb"):
        assert refused(new_order(text)).tag == tag.CL_ORD_ID
    assert refused(new_order(order_qty=None)).tag == tag.ORDER_QTY


@pytest.fixture
def floor():
    """Give a floor where member 8 has an order at $2.40 of 5 lots by the name "one"."""
    found = FixFloor(told_market())
    found.ask(8, new_order(lots="5"))
    return found


def test_orders_are_named_by_either_id_and_nothing_else_of_them_is_contradicted(floor):
    id = floor.fold.order_of(SEAT, "one")
    cancel = message("F", cl_ord_id="two", orig_cl_ord_id="one", symbol=NAME, side="1")
    assert row_of(cancel, floor)["order"] == id
    by_id = message("F", cl_ord_id="two", order_id=id, orig_cl_ord_id="x", symbol=NAME, side="1")
    assert row_of(by_id, floor)["order"] == id
    for wrong in (
        {"orig_cl_ord_id": "none"},
        {"orig_cl_ord_id": "one", "side": "2"},
        {"orig_cl_ord_id": "one", "symbol": "OTHER"},
        {"orig_cl_ord_id": "one", "order_id": id + 1},
        {"order_id": "-1"},
        {},
    ):
        fields = {"cl_ord_id": "two", "side": "1", "symbol": NAME} | wrong
        assert refused(message("F", **fields), floor).reason == "ORDER_UNKNOWN"


def test_replacement_gives_total_and_price_and_keeps_all_else(floor):
    base = {"cl_ord_id": "two", "orig_cl_ord_id": "one", "symbol": NAME, "side": "1"}
    base |= {"ord_type": "2", "order_qty": "7", "price": "2.41"}
    row = row_of(message("G", **base), floor)
    assert (row["lots"], row["price_ticks"]) == (7, 241)
    assert row_of(message("G", **base, time_in_force="1"), floor) == row
    for wrong in ({"ord_type": "1"}, {"time_in_force": "3"}, {"exec_inst": "6"}):
        found = refused(message("G", **(base | wrong)), floor)
        assert found.reason == "UNSUPPORTED_ARG_COMBINATION"
    assert refused(message("G", **(base | {"max_floor": "2"})), floor).tag == tag.MAX_FLOOR
    assert refused(message("G", **(base | {"cl_ord_id": "one"})), floor).reason == "ID_REUSED"


def test_mass_cancel_is_of_one_contract_or_all_and_of_a_side(floor):
    row = row_of(message("q", cl_ord_id="q", mass_type="7"), floor)
    assert (row["contract"], row["side"]) == (-1, 0)
    row = row_of(message("q", cl_ord_id="q", mass_type="1", symbol=NAME, side="2"), floor)
    assert (row["contract"], row["side"]) == (0, Side.SELL)
    assert refused(message("q", cl_ord_id="q", mass_type="1"), floor).tag == tag.SYMBOL
    assert refused(message("q", cl_ord_id="q", mass_type="3"), floor).tag == tag.MASS_TYPE


def test_trailing_offset_has_no_sign_and_post_only_slides_unless_it_rejects():
    trailing = new_order(ord_type="P", exec_inst="a", price=None, peg_offset="-0.05")
    row = row_of(trailing)
    assert (row["order_type"], row["trigger_ticks"]) == (OrderType.TRAILING, 5)
    assert row_of(new_order(exec_inst="6"))["flags"] == Flag.POST_SLIDE
    assert row_of(new_order(exec_inst="6 A E"))["flags"] == Flag.POST_ONLY | Flag.REDUCE_ONLY


def test_numbers_of_texts_differ_by_seat_and_account_and_fit():
    found = {
        client_order_id(account, seat, text)
        for account in (8, 9)
        for seat in ("a", "b")
        for text in ("1", "2", "11")
    }
    assert len(found) == 12 and all(0 < each < 1 << 63 for each in found)


def test_mark_is_read_as_it_was_written_and_other_private_bytes_are_none():
    marks = [Mark("k/CHIPHOUR", 3, 17, "G", 'q"', "é"), Mark("k/CHIPHOUR", 3, 18, "D", "r")]
    assert marks_of(private_of(marks)) == marks
    assert marks_of(b'{"labels":[]}') == [] == marks_of(b"")
