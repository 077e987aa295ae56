"""FEED: each listener has a channel without a hole, or from a new beginning.

Takes   a feed over sources that count; listeners that are slow when they are told to be.
Gives   failures.
Keeps   private channels of one name apart by account.
Source  Decision 0035.
"""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.adapters.feed import CHANNELS_MAX
from chiphour.adapters.feed import Feed
from chiphour.wire.jsonrpc import RpcRefused


class Counted:
    """A channel that says how often it was told something: all of it, or one more."""

    def __init__(self, begins_anew) -> None:
        self.begins_anew = begins_anew
        self.count = 0

    def first(self):
        return {"whole": self.count} if self.begins_anew else None

    def hear(self, heard):
        self.count += 1
        return ({"more": self.count},)

    def flush(self):
        return ()

    def tick(self, turn):
        return ()


class Doors:
    """A gateway that tells when it is told to."""

    def listen(self, hear):
        self.tell = hear


class Asker:
    def __init__(self, account) -> None:
        self.account = account
        self.key = None if account is None else self


class Ear:
    """A listener that keeps what it is told."""

    def __init__(self, account=None) -> None:
        self.asker, self.is_slow, self.told = Asker(account), False, []

    def send_frame(self, frame):
        message = json.loads(frame)["params"]
        self.told.append((message["channel"], message["data"]))


def opened():
    doors, made = Doors(), []

    def family(begins_anew):
        def source(gateway, words, asker):
            if words[:1] == ["x"] or begins_anew is None:
                return None
            made.append(Counted(begins_anew))
            return made[-1]

        return source

    families = {"book": family(True), "user": family(False), "none": family(None)}
    return Feed(doors, families, lambda message: message), doors, made


def on_loop(deed):
    async def run():
        return await deed(*opened())

    return asyncio.run(run())


steps = st.lists(st.sampled_from(["tell", "slow", "resume", "leave", "join"]), max_size=40)


@settings(max_examples=50)
@given(steps)
def test_a_listener_has_no_hole_it_was_not_told_of(steps):
    """Slow or gone for a while: what it has is a beginning, and all after it, again and again."""

    async def deed(feed, doors, made):
        one, other = Ear(), Ear()
        for ear in (one, other):
            feed.join(ear, ["book.a"])
        await asyncio.sleep(0)
        here = True
        for step in steps:
            if step == "tell":
                doors.tell(None)
            elif step == "slow":
                one.is_slow = True
            elif step == "resume" and one.is_slow:
                one.is_slow = False
                feed.resume(one)
            elif step == "leave":
                assert feed.leave(one, ["book.a"]) == (["book.a"] if here else [])
                here = False
            elif step == "join":
                one.is_slow = one.is_slow and here
                feed.join(one, ["book.a"])
                await asyncio.sleep(0)
                here = True
        check(one.told)
        check(other.told)
        assert sum("whole" in data for _, data in other.told) == 1
        if here and not one.is_slow:
            assert last(one.told) == last(other.told)
        for ear in (one, other):
            feed.leave(ear)
        assert not feed._channels
        assert not feed._of

    on_loop(deed)


def check(told):
    stand = None
    for _, data in told:
        if "more" in data:
            assert data["more"] == stand + 1
        stand = last([(None, data)])


def last(told):
    return next(iter(told[-1][1].values()))


def test_a_private_channel_speaks_to_its_own_account_alone():
    async def deed(feed, doors, made):
        ears = [Ear(1), Ear(1), Ear(2)]
        for ear in ears:
            feed.join(ear, ["user.orders"])
        assert len(made) == 2
        ears[0].is_slow = True
        doors.tell(None)
        assert [len(ear.told) for ear in ears] == [1, 1, 1]
        feed.leave(ears[2])
        doors.tell(None)
        assert [len(ear.told) for ear in ears] == [2, 2, 1]

    on_loop(deed)


def test_a_refused_subscription_adds_nothing():
    async def deed(feed, doors, made):
        ear = Ear()
        for names in (["book.a", "book.x"], ["nothing"], ["book.a", "none.a"], ["user.orders", ""]):
            with pytest.raises(RpcRefused, match="no channel"):
                feed.join(ear, names)
        with pytest.raises(RpcRefused, match="channels"):
            feed.join(ear, [f"book.{number}" for number in range(CHANNELS_MAX + 1)])
        await asyncio.sleep(0)
        assert not feed._channels
        feed.leave(ear)
        assert not feed._of

    on_loop(deed)


def test_a_channel_said_twice_is_one_and_who_left_before_its_beginning_is_told_nothing():
    async def deed(feed, doors, made):
        ear = Ear()
        assert feed.join(ear, ["book.a", "book.a"]) == ["book.a", "book.a"]
        assert len(made) == 1
        assert feed.leave(ear, ["book.a", "book.a", "book.b"]) == ["book.a"]
        await asyncio.sleep(0)
        assert ear.told == []

    on_loop(deed)
