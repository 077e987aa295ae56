"""TEST REFERENCE SECTIONS: the twelve sections have the rows and columns of the rulebook.

Takes   a plain market with a little of everything.
Gives   the rows of each section.
Keeps   columns without a name at zero.
Source  Rulebook 13.1.
"""

from chiphour.contracts import table
from chiphour.contracts.settings import SETTINGS
from chiphour.exchange.commands import SOURCE_SHIFT
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Source
from chiphour.exchange.digest import digest
from told import NOW
from told import order
from told import told_market


def test_empty_tables_have_no_rows_but_their_width():
    sections = told_market().reference.sections()
    assert [len(rows) for rows in sections] == [1, 1, 12, 0, 1, 1, 0, 0, 0, 0, 0, 0]
    assert sections.settings[0, : len(SETTINGS)].tolist() == [each.default for each in SETTINGS]
    assert len(digest(sections)) == 64


def test_orders_resting_and_waiting_have_all_their_columns():
    told = told_market()
    told.tell(order(8, "buy", 240, 9, OrderType.ICEBERG, trigger_ticks=2, label=5))
    first = told.reference.sequence
    stop = {"trigger_ticks": 260, "flags": Source.LAST << SOURCE_SHIFT, "client_order_id": 7}
    told.tell(order(9, "buy", 270, 3, OrderType.STOP_LIMIT, **stop))
    sections = told.reference.sections()
    assert sections.orders.tolist() == [
        [first, 8, 0, 1, 240, 2, 0, 0, 5, OrderType.ICEBERG, 1, 0, 0, 7, 2, 0, 1, 0, 0]
    ]
    assert sections.waiting.tolist() == [
        [first + 1, 9, 0, 1, 270, 3, 7, 0, OrderType.STOP_LIMIT, 1, 512, 0, 260, 0, 0, 0, 0]
    ]
    assert sections.positions.tolist() == [[8, 0, 0, 0, 9, 0, 0, 0]]
    assert sections.contracts[0, 1 + table.WAITING] == 1
    ((account, number, sequence, _, answer, age),) = sections.ids.tolist()
    assert (account, number, sequence, answer, age) == (9, 7, first + 1, 0, 0)
    assert sections.market.tolist() == [[first + 1, NOW, told.reference.next_due_ns, 0, 0, 0, 0, 1]]


def test_index_shows_fixes_newest_first_and_ticks_oldest_first():
    told = told_market()
    told.mark(251)
    told.mark(252)
    row = told.reference.sections().indexes[0].tolist()
    assert row[:6] == [1, NOW - 1, 0, 2_500_000, 0, 0]
    assert row[6:12] == [NOW - 1, 0, 0, 1, 1, NOW + 2]
    assert row[12:16] == [2, 2_510_000, 2_520_000, 0]


def test_work_and_protections_stand_in_their_order():
    told = told_market()
    told.do(Kind.PROTECT, account=9, contract=0, interval_s=1, frozen_s=2, lots=3)
    told.do(Kind.CANCEL_ALL, account=8, contract=-1)
    sections = told.reference.sections()
    assert sections.protections.tolist() == [[9, 0, 1, 2, 3, 0, 0, 0]]
    assert sections.work[0, :2].tolist() == [4, 8]
