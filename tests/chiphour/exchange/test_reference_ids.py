"""TEST REFERENCE IDS: the same id says the same order, once.

Takes   orders with ids of the member's own.
Gives   what is answered the second time.
Keeps   the hash of a body to the kernel's, which a law compares.
Source  Rulebook 12.2.
"""

from hypothesis import given
from hypothesis import strategies as st

from chiphour.exchange.commands import Kind
from chiphour.exchange.reference_ids import body_of
from chiphour.units import NS_PER_DAY
from told import LIMITS
from told import NOW
from told import kinds
from told import order
from told import told_market

WORDS = st.lists(st.integers(-(1 << 63), (1 << 63) - 1), min_size=16, max_size=16)


def test_same_order_twice_is_done_once_and_answered_twice():
    told = told_market()
    same = order(8, "buy", 250, 5, client_order_id=77)
    assert kinds(told.tell(same)) == ["ACCEPTED", "RESTED"]
    first = told.reference.sequence
    (event,) = told.tell(same)
    assert (event["kind"], event["order"], event["reason"]) == ("REPEATED", first, "NONE")
    assert told.standing() == [first]


def test_refusal_is_remembered_too():
    told = told_market()
    wrong = order(8, "buy", 250, 0, client_order_id=77)
    assert told.tell(wrong)[0]["reason"] == "LOTS_NOT_POSITIVE"
    (event,) = told.tell(wrong)
    assert (event["kind"], event["reason"]) == ("REPEATED", "LOTS_NOT_POSITIVE")


def test_same_id_of_another_body_is_refused_and_of_another_account_is_not():
    told = told_market()
    told.tell(order(8, "buy", 250, 5, client_order_id=77))
    assert told.tell(order(8, "buy", 250, 6, client_order_id=77))[0]["reason"] == "ID_REUSED"
    assert kinds(told.tell(order(9, "buy", 250, 6, client_order_id=77)))[0] == "ACCEPTED"


def test_id_is_not_taken_by_a_command_refused_before_it_is_looked_at():
    told = told_market()
    told.tell(order(8, "buy", 250, 5, client_order_id=77, expire_ns=1))  # Malformed.
    told.tell(order(5, "buy", 250, 5, client_order_id=77))
    assert told.state.ids == {}


def test_full_table_refuses_new_ids_and_answers_known_ones():
    told = told_market()
    told.tell(*[order(8, "buy", 200, 1, client_order_id=1 + n) for n in range(LIMITS.ids)])
    assert told.tell(order(8, "buy", 200, 1, client_order_id=99))[0]["reason"] == "IDS_FULL"
    assert kinds(told.tell(order(8, "buy", 200, 1, client_order_id=1))) == ["REPEATED"]


def test_id_is_forgotten_at_the_second_daily_sweep():
    told = told_market()
    told.tell(order(8, "buy", 200, 1, client_order_id=77))
    held = []
    for day in (1, 2):
        while told.reference.next_due_ns < NOW + day * NS_PER_DAY:
            told.time_ns = told.reference.next_due_ns
            told.do(Kind.ADVANCE)
        held.append(len(told.state.ids))
    assert held == [1, 0]


@given(WORDS, st.integers(2, 15), st.integers(1, (1 << 62)))
def test_body_leaves_out_only_sequence_and_time(words, column, change):
    other = [word + 1 if place < 2 else word for place, word in enumerate(words)]
    assert body_of(other) == body_of(words)
    other[column] ^= change
    assert body_of(other) != body_of(words)
    assert 0 <= body_of(words) < 1 << 62
