"""TEST FIX REPORTS: answers that need no event, each legal, each to be told from the others.

Takes   requests that are refused, statuses, orders of every type.
Gives   the codes of FIX beside our reasons; that what is illegal is found to be.
Keeps   what the tests of other files lean on: `legal` bites.
Source  FIX 4.4 volume 4; decision 0032.
"""

import pytest

from chiphour.exchange.commands import OrderType
from chiphour.exchange.reasons import Reason
from chiphour.wire import dialect
from chiphour.wire import fix_reports as reports
from chiphour.wire.dialect import CODES
from chiphour.wire.dialect import Instrument
from chiphour.wire.dialect import Order
from chiphour.wire.dialect import refused_by
from chiphour.wire.fix import Message
from chiphour.wire.fix_orders import FixRefused
from chiphour.wire.fix_orders import refused_of
from chiphour.wire.fix_reports import Ids
from fix_legal import KNOWN
from fix_legal import legal
from fix_trader import NAME
from fix_trader import message
from fix_trader import new_order
from told import NOW
from told import told_market

LISTED = Instrument(0, NAME, told_market().row(), "CHR.H100.SXM.OD", 0)


def some_order(**more):
    fields = {"order": 7, "contract": 0, "side": 1, "order_type": 1, "time_in_force": 1}
    fields |= {"flags": 0, "label": 0, "price_ticks": 240, "trigger_ticks": 255}
    fields |= {"display_lots": 0, "lots": 5, "created_ns": NOW, "updated_ns": NOW}
    return Order(**(fields | more))


def texts(fields):
    return Message("8", fields)


@pytest.mark.skipif(not KNOWN, reason="QuickFIX is not installed")
@pytest.mark.parametrize(
    "wrong",
    [((150, "L"),), ((39, "Z"),), ((38, "x"),), ((1138, "5"),), ((60, "today"),)],
)
def test_what_is_illegal_in_fix_44_is_found_to_be(wrong):
    fields = reports.report(some_order(), LISTED, 8, "1-1", "0", NOW)
    kept = tuple(each for each in fields if each[0] != wrong[0][0])
    legal("8", fields)
    with pytest.raises((AssertionError, KeyError)):
        legal("8", kept + wrong)
    with pytest.raises(AssertionError):
        legal("8", fields[1:])


@pytest.mark.parametrize("kind", list(OrderType))
@pytest.mark.parametrize("state", ["open", "untriggered", "filled", "cancelled", "rejected"])
def test_order_of_every_type_and_state_has_a_legal_report(kind, state):
    reason = Reason.GOOD_TILL_PASSED if state == "cancelled" else Reason.NONE
    order = some_order(order_type=kind, state=state, reason=reason, filled_lots=3)
    fields = reports.report(order, LISTED, 8, "1-1", "D", NOW, Ids("a", "b"))
    legal("8", fields)
    leaves = 2 if state in ("open", "untriggered") else 0
    assert texts(fields).text(151) == str(leaves) and texts(fields).text(14) == "3"


@pytest.mark.parametrize("reason", [each for each in Reason if each in CODES])
def test_every_reason_has_its_name_in_text_and_legal_codes(reason):
    refused = refused_of(refused_by(reason))
    more = reports.rejected_by(refused)
    fields = reports.report(some_order(), LISTED, 8, "7-0", "8", NOW, more=more)
    legal("8", fields)
    assert texts(fields).text(58).startswith(reason.name)
    legal("9", reports.cancel_reject(("F", "a", "b"), None, 0, 8, refused))
    legal("r", reports.mass_cancel_report("7", True, LISTED, 1, NOW, "a", refused))


def test_reasons_that_engines_act_on_have_their_codes():
    def code(reason):
        return texts(reports.rejected_by(FixRefused(reason, ""))).text(103)

    wanted = {"CONTRACT_UNKNOWN": "1", "CONTRACT_HALTED": "2", "MARGIN_INSUFFICIENT": "3"}
    wanted |= {"ID_REUSED": "6", "UNSUPPORTED_ARG_COMBINATION": "11", "LOTS_BELOW_MIN": "13"}
    wanted |= {"ACCOUNT_UNKNOWN": "15", "POST_ONLY_CROSSES": "99"}
    assert {reason: code(reason) for reason in wanted} == wanted


def test_refused_order_repeats_what_it_can_of_what_was_asked():
    refused = FixRefused("MALFORMED", "expected a number, found 'x'\x7f", 38)
    fields = reports.refused_order(new_order(lots="x", side="9"), refused, "R1", NOW)
    legal("8", fields)
    assert texts(fields).text(11) == "one" and texts(fields).text(38) == ""
    assert texts(fields).text(54) == "7"  # Undisclosed: it was none.
    status = message("H", cl_ord_id="a", symbol=NAME, side="1", status_id="s")
    fields = reports.refused_order(status, FixRefused("ORDER_UNKNOWN", "no order"), "0", NOW)
    legal("8", fields)
    assert (texts(fields).text(150), texts(fields).text(790)) == ("I", "s")


def test_statuses_number_themselves_and_none_is_said_too():
    asked = message("AF", mass_status_id="m", mass_status_type="7")
    orders = [(some_order(order=id), Ids()) for id in (1, 2)]
    found = reports.statuses(orders, {0: LISTED}, 8, asked)
    for fields in found:
        legal("8", fields)
    assert [texts(fields).text(912) for fields in found] == ["N", "Y"]
    assert texts(found[0]).text(911) == "2" and texts(found[0]).text(584) == "m"
    legal("8", reports.no_statuses(asked, 8, NOW))
    (one,) = reports.statuses(orders[:1], {0: LISTED}, 8, message("H", cl_ord_id="a"))
    assert texts(one).text(911) == ""


def test_business_reject_names_the_message_and_its_id():
    for asked in (message("V", request_id="v"), message("Z")):
        fields = reports.business_reject(asked, "3", "no such message")
        legal("j", fields)
        assert texts(fields).text(372) == asked.msg_type
    long = Message("D", ((34, "2"), (11, "x" * 1000)))
    legal("j", reports.business_reject(long, "5", "y" * 5000))


def test_status_follows_the_order():
    found = [
        reports.status_of(some_order(state=state, filled_lots=filled, reason=reason))
        for state, filled, reason in (
            (dialect.OPEN, 0, Reason.NONE),
            (dialect.OPEN, 1, Reason.NONE),
            (dialect.UNTRIGGERED, 0, Reason.NONE),
            (dialect.FILLED, 5, Reason.NONE),
            (dialect.CANCELLED, 1, Reason.CANCEL_REQUESTED),
            (dialect.CANCELLED, 0, Reason.CONTRACT_STOPPED),
            (dialect.REJECTED, 0, Reason.MARGIN_INSUFFICIENT),
        )
    ]
    assert found == ["0", "1", "0", "2", "4", "C", "8"]
