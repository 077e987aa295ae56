"""TEST FIX FOLD: whatever happens on a plain exchange, its reports add up, each of them once.

Takes   flows of messages and of other doors' commands; a fold that begins again from the frames.
Gives   the laws of execution reports.
Keeps   every message legal by QuickFIX's dictionary (`fix_trader.legal` looks at each).
Source  FIX 4.4 volume 4, appendix D; decision 0032.
"""

from collections import defaultdict
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.exchange import commands as c
from chiphour.exchange import events as e
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import command
from chiphour.exchange.compose import event
from chiphour.wire import dialect
from chiphour.wire import fix_fold
from chiphour.wire.blotter import Change
from chiphour.wire.dialect import Trade
from chiphour.wire.fix_fold import FixFold
from chiphour.wire.fix_fold import Frame
from chiphour.wire.fix_fold import World
from chiphour.wire.fix_orders import FixRefused
from chiphour.wire.fix_orders import Mark
from chiphour.wire.fix_orders import private_of
from chiphour.wire.fix_reports import Ids
from fix_legal import legal
from fix_trader import NAME
from fix_trader import FixFloor
from fix_trader import field
from fix_trader import message
from fix_trader import new_order
from fix_trader import words
from told import order
from told import told_market

REPORT = ("exec_type", "ord_status", "leaves_qty", "cum_qty")


@pytest.fixture
def floor():
    return FixFloor(told_market(taker_fee_ppm=500, maker_rebate_ppm=100))


def replace(text, orig, lots, price, side="1", **more):
    fields = {"cl_ord_id": text, "orig_cl_ord_id": orig, "symbol": NAME, "side": side}
    fields |= {"ord_type": "2", "order_qty": lots, "price": price}
    return message("G", **(fields | more))


def cancel(text, orig, side="1"):
    return message("F", cl_ord_id=text, orig_cl_ord_id=orig, symbol=NAME, side=side)


def test_order_is_accepted_filled_replaced_and_cancelled_under_its_names(floor):
    (new,) = floor.ask(8, new_order("a", lots="5"))
    assert words(new, *REPORT) == ("0", "0", "5", "0")
    id = field(new, 37)
    assert words(new, "cl_ord_id", "exec_id", "price") == ("a", f"{id}-0", "2.4")
    said = floor.ask(9, new_order("b", side="2", lots="2", price="2.3", time_in_force="3"))
    maker = next(each for each in said if each.account == 8)
    assert words(maker, *REPORT) == ("F", "1", "3", "2")
    assert words(maker, "last_qty", "last_px", "avg_px", "liquidity") == ("2", "2.4", "2.4", "1")
    assert words(maker, "commission", "comm_type") == ("-0.0005", "3")
    taker = [each for each in said if each.account == 9][-1]
    assert words(taker, *REPORT) == ("F", "2", "0", "2")
    assert words(taker, "liquidity", "commission") == ("2", "0.0025")
    assert field(maker, 17)[:-1] == field(taker, 17)[:-1] and field(maker, 17)[-1] == "M"
    (replaced,) = floor.ask(8, replace("c", "a", "7", "2.35"))
    assert words(replaced, *REPORT) == ("5", "1", "5", "2")
    assert words(replaced, "cl_ord_id", "orig_cl_ord_id", "order_id") == ("c", "a", id)
    (gone,) = floor.ask(8, cancel("d", "c"))
    assert words(gone, *REPORT) == ("4", "4", "0", "2")
    assert words(gone, "cl_ord_id", "orig_cl_ord_id", "text") == ("d", "c", "CANCEL_REQUESTED")
    (late,) = floor.ask(8, cancel("e", "c"))
    assert late.msg_type == "9" and not late.is_copied
    assert words(late, "cxl_rej_reason", "ord_status", "response_to") == ("0", "4", "1")


def test_the_same_order_again_gets_its_first_answer_again(floor):
    (first,) = floor.ask(8, new_order("a", lots="5", exec_inst="6"))
    floor.ask(9, new_order("b", side="2", lots="5", price="2.3"))
    floor.told.time_ns += 1
    (again,) = floor.ask(8, new_order("a", lots="5", exec_inst="6"))
    assert again.fields == first.fields and not again.is_copied
    (other,) = floor.ask(8, new_order("a", lots="6"))
    assert words(other, "exec_type", "ord_rej_reason") == ("8", "6")
    assert field(other, 58).startswith("ID_REUSED")
    assert floor.fold.order_of("8/CHIPHOUR", "a") == int(field(first, 37))
    (refused,) = floor.ask(8, new_order("z", price="9"))
    (refused_again,) = floor.ask(8, new_order("z", price="9"))
    assert refused.fields == refused_again.fields
    assert field(refused, 58).startswith("PRICE_OUT_OF_BAND; nearest")


def test_first_answer_of_a_post_only_order_that_slid_says_the_price_that_it_got(floor):
    floor.ask(9, new_order("b", side="2", price="2.4"))
    (first,) = floor.ask(8, new_order("a", price="2.5", exec_inst="6"))
    assert field(first, 44) == "2.39"
    floor.ask(8, replace("g", "a", "3", "2.2"))
    (again,) = floor.ask(8, new_order("a", price="2.5", exec_inst="6"))
    assert again.fields == first.fields


def test_stop_does_not_work_until_it_fires(floor):
    stop = new_order("s", ord_type="4", stop_px="2.55", price="2.5")
    (new,) = floor.ask(8, stop)
    assert words(new, "exec_type", "working", "stop_px", "price") == ("0", "N", "2.55", "2.5")
    floor.told.mark(270)
    (fired,) = floor.work()
    assert words(fired, "exec_type", "working", "text") == ("D", "Y", "TRIGGERED")
    (trailing,) = floor.ask(
        8, new_order("t", side="2", ord_type="P", exec_inst="a", price=None, peg_offset="0.05")
    )
    assert words(trailing, "ord_type", "peg_offset", "exec_inst", "working") == (
        *("P", "-0.05", "a", "N"),
    )


def test_what_an_order_lost_is_restated_and_what_time_ends_expires(floor):
    floor.ask(8, new_order("a", lots="4", price="2.5"))
    floor.ask(9, new_order("b", side="2", lots="4", price="2.5"))
    floor.ask(8, new_order("c", side="2", lots="4", price="2.6", exec_inst="E"))
    said = floor.ask(8, new_order("d", side="2", lots="3", price="2.5", time_in_force="0"))
    said += floor.ask(9, new_order("e", lots="3", price="2.5"))
    said += floor.work()
    cut = next(each for each in said if field(each, 58) == "REDUCE_ONLY_CUT")
    assert words(cut, "exec_type", "restatement_reason", "order_qty") == ("D", "5", "1")
    floor.ask(8, new_order("f", time_in_force="0"))
    expired = next(each for each in floor.work(86_400) if field(each, 11) == "f")
    assert words(expired, *REPORT) == ("C", "C", "0", "0")


def test_mass_cancel_is_answered_then_done_and_counted_for_drop_copies(floor):
    for text in "abc":
        side, price = ("2", "2.6") if text == "c" else ("1", "2.45")
        floor.ask(8, new_order(text, side=side, price=price))
    asked = message("q", cl_ord_id="q", mass_type="7", side="1")
    said = floor.ask(8, asked) + floor.work()
    assert said[0].msg_type == "r" and said[0].seat == "8/CHIPHOUR" and not said[0].is_copied
    assert words(said[0], "mass_response", "cl_ord_id") == ("7", "q")
    assert {field(each, 11) for each in said if each.msg_type == "8"} == {"a", "b"}
    done = next(each for each in said if each.msg_type == "r" and each.is_copied)
    assert (field(done, 533), done.seat) == ("2", "")


def test_orders_of_other_doors_are_told_to_drop_copies_alone(floor):
    said = floor.send(order(8, "buy", 240, 5))
    assert [(each.seat, each.is_copied, field(each, 11)) for each in said] == [("", True, "")]
    floor.ask(8, new_order("a"))
    (changed,) = floor.send(
        command(
            Kind.AMEND,
            account=8,
            order=floor.fold.order_of("8/CHIPHOUR", "a"),
            lots=9,
            price_ticks=230,
        )
    )
    assert (changed.seat, *words(changed, "exec_type", "text", "order_qty")) == (
        *("8/CHIPHOUR", "D", "AMENDED", "9"),
    )


def test_another_session_of_the_account_gets_the_answer_and_the_owner_the_news(floor):
    (new,) = floor.ask(8, new_order("a"))
    by_id = message(
        "F", cl_ord_id="x", order_id=field(new, 37), orig_cl_ord_id="NONE", symbol=NAME, side="1"
    )
    owner, asker = floor.ask(8, by_id, seat="other/CHIPHOUR")
    assert (owner.seat, owner.is_copied, field(owner, 11)) == ("8/CHIPHOUR", True, "a")
    assert (asker.seat, asker.is_copied, field(asker, 11)) == ("other/CHIPHOUR", False, "x")
    assert floor.fold.ids_of(int(field(new, 37)), "other/CHIPHOUR") == Ids()


def test_nobody_cancels_or_replaces_what_is_another_members(floor):
    (new,) = floor.ask(8, new_order("a"))
    by_id = message("F", cl_ord_id="x", order_id=field(new, 37), symbol=NAME, side="1")
    (refused,) = floor.ask(9, by_id)
    assert (refused.msg_type, refused.seat) == ("9", "9/CHIPHOUR")
    assert words(refused, "order_id", "cxl_rej_reason", "ord_status") == ("NONE", "1", "8")


def test_child_that_goes_live_with_what_its_parent_traded_is_restated(floor):
    floor.ask(8, new_order("a", lots="2", price="2.5"))
    columns = {"account": 8, "contract": 0, "side": Side.SELL, "price_ticks": 260, "lots": 5}
    columns |= {"order_type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC, "link": -1}
    said = floor.send(command(Kind.ORDER, flags=c.Flag.CHILD, **columns))
    assert [field(each, 150) for each in said] == ["0"]
    floor.ask(9, new_order("b", side="2", lots="2", price="2.5"))
    child = floor.work()[-1]
    assert words(child, "exec_type", "order_qty", "leaves_qty") == ("D", "2", "2")


@pytest.mark.parametrize("cause", [e.Cause.LIQUIDATION, e.Cause.DELEVERAGING, e.Cause.BLOCK])
def test_fill_of_no_order_is_an_order_of_its_own(floor, cause):
    floor.work()
    columns = {"maker_account": 8, "taker_account": 9, "price_ticks": 250, "lots": 3, "side": 1}
    row = event(e.Kind.FILL, sequence=77, time_ns=floor.told.time_ns, cause=cause, **columns)
    trade = Trade(1, 0, 0, Side.BUY, 250, 3, 0, floor.told.time_ns, cause, False, None)
    asked = command(Kind.ADVANCE, sequence=77)
    frame = Frame(asked[None], row[None], (), [(9, Change(None, trade), 0)])
    said, _ = floor.fold.hear(frame)
    (report,) = said
    assert words(report, *REPORT) == ("F", "2", "0", "3")
    price = "0.00025" if cause == e.Cause.DELEVERAGING else "2.5"
    assert words(report, "order_id", "exec_id", "last_px", "text") == (
        *("77-1T", "77-1T", price, cause.name),
    )


NOTED = {
    e.Kind.MARGIN_CALLED: {"equity_microusd": -5, "maintenance_microusd": 7},
    e.Kind.LIQUIDATION_BEGUN: {"equity_microusd": 5, "maintenance_microusd": 7},
    e.Kind.LIQUIDATION_ENDED: {"equity_microusd": 5, "maintenance_microusd": 7},
    e.Kind.LIQUIDATED: {"side": 1, "price_ticks": 240, "lots": 3},
    e.Kind.FEE_PAID: {"cash_microusd": 1, "amount_microusd": -1},
    e.Kind.FUND_PAID: {"cash_microusd": 1, "amount_microusd": 1},
    e.Kind.RANKED: {"lots": 1, "score": 5, "rank": 1},
    e.Kind.PROTECTED: {"lots": 3},
    e.Kind.PAYMENT: {"lots": -3, "cash_microusd": 1, "amount_microusd": -1_500_000},
    e.Kind.CANCELLED_ALL: {"orders": 4, "contract": -1},
}


def test_what_befalls_an_account_is_told_to_drop_copies(floor):
    for kind, columns in NOTED.items():
        row = event(kind, account=8, sequence=77, time_ns=floor.told.time_ns, **columns)
        asked = command(Kind.ADVANCE, sequence=77)
        (said,), _ = floor.fold.hear(Frame(asked[None], row[None], (), ()))
        legal(said.msg_type, said.fields)
        assert said.is_copied and not said.seat
        if kind == e.Kind.PAYMENT:
            assert words(said, "short_qty", "pos_amt") == ("3", "-1.5")
        elif kind == e.Kind.LIQUIDATED:
            assert "price 2.4" in [value for _, value in said.fields]
        else:
            assert said.msg_type == ("r" if kind == e.Kind.CANCELLED_ALL else "B")


def test_names_of_ended_orders_are_forgotten_when_they_are_too_many(floor, monkeypatch):
    monkeypatch.setattr(fix_fold, "TEXTS_MAX", 3)
    floor.ask(8, new_order("stays"))
    for number in range(6):
        floor.ask(8, new_order(f"n{number}", time_in_force="3", price="2.1"))
    texts = [f"n{number}" for number in range(6)]
    found = [text for text in ("stays", *texts) if floor.fold.order_of("8/CHIPHOUR", text)]
    assert "stays" in found and len(found) <= 4 and found[-1] == "n5"


# The laws.

SIDES = st.sampled_from("12")
PRICES = st.integers(235, 265).map(lambda cents: f"{cents / 100:.2f}")
STEPS = st.one_of(
    st.tuples(
        st.just("D"),
        st.sampled_from([8, 9]),
        SIDES,
        st.integers(1, 9),
        PRICES,
        st.sampled_from(["", "6", "E"]),
        st.sampled_from("0134"),
        st.sampled_from([None, 2]),
    ),
    st.tuples(st.just("G"), st.integers(0, 9), st.integers(1, 12), PRICES),
    st.tuples(st.just("F"), st.integers(0, 9)),
    st.tuples(st.just("q"), st.sampled_from([8, 9]), st.sampled_from(["", "1", "2"])),
    st.tuples(st.just("other"), st.sampled_from([8, 9, 10]), SIDES, st.integers(1, 9), PRICES),
    st.tuples(st.just("stop"), st.sampled_from([8, 9]), SIDES, st.integers(240, 260)),
    st.tuples(st.just("mark"), st.integers(235, 265)),
    st.tuples(st.just("work"), st.sampled_from([0, 40_000])),
)


def run(steps):
    """Let two members trade over FIX and a third elsewhere; give the floor after it."""
    floor = FixFloor(told_market(taker_fee_ppm=500, maker_rebate_ppm=100))
    texts: list[tuple[int, str, str]] = []
    for number, step in enumerate(steps):
        text = f"t{number}"
        with suppress(FixRefused):
            play(floor, step, text, texts)
        floor.work()
    return floor


def play(floor, step, text, texts):
    match step:
        case ("D", account, side, lots, price, instructions, force, shown):
            more = {"exec_inst": instructions or None, "time_in_force": force}
            more["max_floor"] = shown if force in "01" and shown and lots > shown else None
            asked = new_order(text, side=side, lots=str(lots), price=price, **more)
            texts.append((account, text, side))
            floor.ask(account, asked)
        case ("G", which, lots, price) if texts:
            account, orig, side = texts[which % len(texts)]
            texts.append((account, text, side))
            floor.ask(account, replace(text, orig, str(lots), price, side))
        case ("F", which) if texts:
            account, orig, side = texts[which % len(texts)]
            floor.ask(account, cancel(text, orig, side))
        case ("q", account, side):
            more = {"side": side} if side else {}
            floor.ask(account, message("q", cl_ord_id=text, mass_type="7", **more))
        case ("other", account, side, lots, price):
            cents = round(float(price) * 100)
            floor.send(order(account, "buy" if side == "1" else "sell", cents, lots))
        case ("stop", account, side, cents):
            stop = {"ord_type": "3", "stop_px": f"{cents / 100:.2f}", "price": None}
            texts.append((account, text, side))
            floor.ask(account, new_order(text, side=side, **stop))
        case ("mark", cents):
            floor.told.mark(cents)
        case ("work", seconds):
            floor.work(seconds)


@settings(max_examples=60)
@given(st.lists(STEPS, max_size=25))
def test_reports_of_an_order_add_up_whatever_happens(steps):
    """Play any flow: in each order's reports LastQty sums to CumQty, OrderQty is CumQty and
    LeavesQty while it stands, CumQty never falls, ExecIDs are unique, nothing follows the end; and
    at last each report says what the blotter has.
    """
    floor = run(steps)
    reports = defaultdict(list)
    ids = set()
    for said in floor.said:
        if said.msg_type != "8" or not said.is_copied:
            continue
        assert field(said, 17) not in ids
        ids.add(field(said, 17))
        reports[field(said, 37)].append(said)
    for id, told in reports.items():
        last_qty = cum = 0
        for place, said in enumerate(told):
            quantity, leaves, filled = (int(field(said, each)) for each in (38, 151, 14))
            last_qty += int(field(said, 32) or 0)
            assert filled >= cum and filled == last_qty
            cum = filled
            if field(said, 39) in "01":
                assert quantity == filled + leaves and leaves > 0
            else:
                assert leaves == 0 and place == len(told) - 1
        order_now = floor.blotters[told[-1].account].orders[int(id)]
        assert (order_now.filled_lots, order_now.lots) == (cum, int(field(told[-1], 38)))
        assert order_now.is_standing == (field(told[-1], 39) in "01")


@settings(max_examples=20)
@given(st.lists(STEPS, max_size=15), st.integers(0, 60))
def test_a_fold_that_begins_again_says_the_same_again(steps, until):
    """Fold the frames of any flow anew, silent up to a place and not knowing contracts: from there
    on the same is said as at first.
    """
    floor = run(steps)
    until = min(until, len(floor.frames))
    world = World({}, floor.blotter, floor.refusal)
    again, expected = FixFold(world), FixFold(World(floor.instruments, *world[1:]))
    for frame in floor.frames[:until]:
        assert again.hear(frame, is_old=True)[0] == []
        expected.hear(frame)
    world.instruments.update(floor.instruments)
    for frame in floor.frames[until:]:
        assert again.hear(frame) == expected.hear(frame)


def test_answers_go_to_the_seat_that_asked_each_once(floor):
    """Play a flow by hand: each FIX command has exactly one answer with its ClOrdID first."""
    floor.ask(8, new_order("a"))
    floor.ask(8, new_order("b", price="9"))
    floor.ask(8, replace("c", "a", "3", "2.3"))
    floor.ask(8, cancel("d", "a"))
    assert [field(each, 11) for each in floor.said if each.seat] == ["a", "b", "c", "d"]
    assert floor.blotters[8].orders[int(field(floor.said[0], 37))].state == dialect.CANCELLED


def test_marks_find_their_commands_where_an_advance_came_in_between(floor):
    marks = [Mark("s", 0, number, "D", f"t{number}") for number in (5, 6)]
    kinds = (Kind.CANCEL, Kind.CANCEL, Kind.ADVANCE, Kind.CANCEL, Kind.CANCEL)
    rows = np.stack([command(kind, sequence=n) for n, kind in enumerate(kinds, 1)])
    frame = Frame(rows, np.zeros((0, 16), np.int64), [(1, private_of(marks))], ())
    said, found = floor.fold.hear(frame)
    assert not said and found == marks
    assert fix_fold._marked(frame, rows.tolist()) == {2: marks[0], 4: marks[1]}
