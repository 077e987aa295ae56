"""TEST FIX FEED: listeners hear what changed, each trade once, and nothing when nothing did.

Takes   a real market behind the door.
Gives   what is said to a listener.
Keeps   subscriptions apart, and gone when they are ended.
Source  Decision 0032.
"""

import pytest

from chiphour.adapters.serve.fix_feed import REQUESTS_MAX
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.wire.fix import Message
from chiphour.wire.fix_market import MarketRefused
from fix_floor import fix_floor
from fix_legal import legal
from trading import NAME


@pytest.fixture(scope="module")
def floor(tmp_path_factory):
    with fix_floor(tmp_path_factory.mktemp("feed")) as found:
        yield found


@pytest.fixture
def heard(floor):
    """Give what a listener hears, and the listener."""
    said = []

    def say(msg_type, fields):
        legal(msg_type, fields)
        said.append(Message(msg_type, fields))

    feed = floor.door._feed
    listener = floor.on_loop(lambda: feed.join(say))
    yield said, listener
    floor.on_loop(lambda: feed.leave(listener))


def ask(floor, listener, id="m", subscription="1", kinds="012"):
    fields = [(262, id), (263, subscription), (264, "10"), (267, str(len(kinds)))]
    fields += [*((269, each) for each in kinds), (146, "1"), (55, NAME)]
    floor.on_loop(lambda: floor.door._feed.ask(listener, Message("V", tuple(fields))))


def order(floor, account, side, ticks, lots, force=1):
    columns = {"side": side, "order_type": 1, "time_in_force": force, "price_ticks": ticks}
    floor.submit(command(Kind.ORDER, account=account, lots=lots, **columns))


def refreshed(floor, said):
    """Refresh now; give what is said but for the door's own turns."""
    floor.on_loop(floor.door._feed.refresh)
    found = [each for each in said if each.msg_type in "Xf"]
    said[:] = [each for each in said if each.msg_type not in "Xf"]
    return found


def test_changes_are_told_once_with_every_trade(floor, heard):
    said, listener = heard
    order(floor, 1000, 2, 30_100, 5)
    ask(floor, listener)
    assert said[0].msg_type == "W" and said[0].text(268) == "1"
    assert refreshed(floor, said) == []
    for _ in range(2):
        order(floor, 1001, 1, 30_100, 1, force=2)
    told = [field for each in refreshed(floor, said) for field in each.fields]
    assert told.count((269, "2")) == 2 and (271, "3") in told
    assert refreshed(floor, said) == []
    ask(floor, listener, "later")
    assert (269, "2") in said[-1].fields
    order(floor, 1001, 1, 30_100, 1, force=2)
    told = [field for each in refreshed(floor, said) for field in each.fields]
    assert told.count((269, "2")) == 2  # Once for each subscription: no trade of before.
    ask(floor, listener, "m", "2")
    ask(floor, listener, "later", "2")
    order(floor, 1001, 1, 30_100, 1, force=2)
    assert refreshed(floor, said) == []


def test_requests_are_bounded_and_have_ids_of_their_own(floor, heard):
    _, listener = heard
    for number in range(REQUESTS_MAX):
        ask(floor, listener, f"n{number}", kinds="3")
    for id, subscription, reason in (("n1", "1", "1"), ("more", "1", "2"), ("none", "2", "1")):
        with pytest.raises(MarketRefused) as caught:
            ask(floor, listener, id, subscription)
        assert caught.value.reason == reason


def test_state_is_told_when_it_changes(floor, heard):
    said, listener = heard
    asked = Message("e", ((324, "s"), (55, NAME), (263, "1")))
    floor.on_loop(lambda: floor.door._feed.ask_state(listener, asked))
    assert said.pop().text(326) == "17"
    floor.submit(command(Kind.HALT, contract=0, mode=2))
    (told,) = refreshed(floor, said)
    assert (told.text(326), told.text(325)) == ("2", "Y")
    ended = Message("e", ((324, "s"), (55, NAME), (263, "2")))
    floor.on_loop(lambda: floor.door._feed.ask_state(listener, ended))
    floor.submit(command(Kind.HALT, contract=0, mode=0))
    assert refreshed(floor, said) == []
