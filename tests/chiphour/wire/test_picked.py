"""TEST PICKED: the events of some kinds, in order.

Takes   a flow of a storm.
Gives   a failure that shows what was left out.
Keeps   what a plain loop gives.
Source  `exchange/events.py`.
"""

from chiphour.exchange import events as e
from chiphour.exchange.events import Kind
from chiphour.wire.picked import kinds
from chiphour.wire.picked import picked
from heard import frames
from heard import stormed


def test_picked_are_the_events_of_these_kinds_in_order():
    wanted, found = (Kind.FILL, Kind.WINDOW_MOVED, Kind.REFUSED), 0
    for _, events, _ in frames(*stormed(3), 9):
        expected = [row for row in events.tolist() if row[e.KIND] in wanted]
        assert picked(events, kinds(*wanted)) == expected
        found += len(expected)
    assert found > 50
