"""TEST FIX SEAT: a session outlives its connections, and a crash at any moment.

Takes   a seat with and without a line; crashes, as a second seat made from the same file.
Gives   what is stored before it is sent; the number that is expected next.
Keeps   nothing is sent that a start again would not know; nothing in hand is taken for done.
Source  Decisions 0028 and 0032.
"""

import asyncio

import pytest

from chiphour.adapters.fix_seat import Seat
from chiphour.adapters.fix_store import FixStore
from chiphour.adapters.fix_store import SeatRow
from chiphour.wire.fix import FixReader
from chiphour.wire.fix import Message
from chiphour.wire.fix import text_of_time
from chiphour.wire.fix_session import FixSession
from chiphour.wire.fix_session import Terms

NOW = 1_784_593_800_000_000_000


class Wire:
    """A connection that holds what it was given; `check` looks at each write."""

    def __init__(self, check=lambda: None):
        self.written, self.ranges, self.reason, self._check = [], [], "", check

    def write(self, data):
        self._check()
        self.written += FixReader().feed(data)

    def again(self, asked):
        self.ranges.append(asked)

    def finish(self, reason):
        self.reason = reason


@pytest.fixture
def store(tmp_path):
    found = FixStore(tmp_path)
    yield found
    found.close()


def seat_in(store):
    rows = store.seats()
    row = rows[0] if rows else SeatRow("k/CHIPHOUR", "k", "CHIPHOUR", 1000, "CLIENT")
    return Seat(row, store, NOW)


def heard(msg_type, sequence, *fields):
    header = ((34, str(sequence)), (49, "CLIENT"), (56, "CHIPHOUR"), (52, text_of_time(NOW)))
    return Message(msg_type, (*header, *fields))


def logon(seat, sequence, line, reset=False):
    session = FixSession(Terms("CHIPHOUR"), NOW)
    more = ((141, "Y"),) if reset else ()
    session.heard(heard("A", sequence, (98, "0"), (108, "30"), *more), NOW)
    numbers, stored = seat.session.numbers, seat.stored()
    seat.attach(session, line)
    seat.act(session.accept(NOW, numbers, stored))
    return session


def test_messages_made_while_nobody_is_connected_are_kept_and_asked_for(store):
    seat = seat_in(store)
    seat.send("8", ((58, "one"),), NOW)
    seat.send("X", ((58, "market"),), NOW, keeps=False)
    line = Wire()
    session = logon(seat, 1, line)
    assert line.written[0].text(34) == "2"  # The gap shows.
    seat.act(session.heard(heard("2", 2, (7, "1"), (16, "0")), NOW))
    (asked,) = line.ranges
    seat.act(session.resend(asked, NOW))
    assert [each.text(58) for each in line.written if each.msg_type == "8"] == ["one"]


def test_nothing_is_written_before_it_is_stored(store):
    seat = seat_in(store)
    stored = []
    line = Wire(lambda: stored.append(store._database.in_transaction))
    logon(seat, 1, line)
    seat.send("8", ((58, "one"),), NOW)
    assert [each.sequence for each in store.stored(seat.row.name, 1, 9)] == [2]
    assert store.seats()[0].next_out == 3
    again = seat_in(store)  # As after a crash.
    assert again.session.numbers.next_out == 3 and again.row.next_in == 2


def test_what_is_in_hand_is_expected_again_after_a_crash(store):
    async def run():
        seat = seat_in(store)
        session = logon(seat, 1, Wire())
        task = asyncio.ensure_future(asyncio.sleep(0))
        for sequence in (2, 3, 4):
            session.heard(heard("D", sequence), NOW)
            seat.begin(sequence, task, f"t{sequence}")
        seat.executed(2)
        seat.executed(4)
        seat.save()
        assert store.seats()[0].next_in == 3 and seat.session.numbers.next_in == 5
        again = seat_in(store)
        again.executed(4)  # As the journal tells once more.
        assert again.session.numbers.next_in == 3
        session = logon(again, 5, Wire())
        assert not again.was_executed(3)
        assert again.was_executed(4) and not again.was_executed(4)
        seat.end(3, task, "t3")
        assert not seat.in_flight and "t3" not in seat.pending and "t2" in seat.pending
        await task

    asyncio.run(run())


def test_what_the_journal_has_is_not_expected_again(store):
    seat = seat_in(store)
    for sequence in (2, 1):
        seat.executed(sequence)
    assert seat.session.numbers.next_in == 3


def test_reset_forgets_messages_and_what_is_in_hand(store):
    seat = seat_in(store)
    seat.send("8", ((58, "one"),), NOW)
    line = Wire()
    logon(seat, 1, line, reset=True)
    assert line.written[0].text(34) == "1" and seat.row.epoch == 1
    assert not [*store.stored(seat.row.name, 1, 9)]
    assert store.seats()[0].epoch == 1 and store.seats()[0].next_out == 2


def test_end_of_a_connection_leaves_the_numbers(store):
    seat = seat_in(store)
    session = logon(seat, 1, line := Wire())
    seat.act(session.end("enough", NOW))
    seat.act(session.heard(heard("5", 2), NOW))
    assert line.reason
    seat.detach(NOW)
    assert seat.line is None and seat.session.numbers == session.numbers
    assert store.seats()[0].numbers == session.numbers
