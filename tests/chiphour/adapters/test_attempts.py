"""TEST ATTEMPTS: whoever is wrong too often waits, and nobody waits for others on this machine.

Takes   a clock that stands until it is moved.
Gives   claims on limits by address and together.
Keeps   the memory bounded.
Source  Decision 0034.
"""

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.adapters.attempts import ADDRESSES_MAX
from chiphour.adapters.attempts import PERIOD_NS
from chiphour.adapters.attempts import Attempts
from chiphour.adapters.attempts import is_loopback
from chiphour.adapters.attempts import source_of


class Clock:
    """A clock that stands until it is moved."""

    now_ns = 10**18

    def __call__(self) -> int:
        return self.now_ns


def test_the_eleventh_wrong_one_waits():
    clock = Clock()
    attempts = Attempts(10, now_ns=clock)
    assert [attempts.take("192.0.2.1") for _ in range(10)] == [0] * 10
    wait_ns = attempts.take("192.0.2.1")
    assert wait_ns == PERIOD_NS // 10
    assert attempts.take("192.0.2.2") == 0
    clock.now_ns += wait_ns
    assert attempts.take("192.0.2.1") == 0
    assert attempts.take("192.0.2.1") > 0


def test_who_was_right_has_lost_nothing():
    attempts = Attempts(3, 3, now_ns=Clock())
    for _ in range(50):
        assert attempts.take("192.0.2.1") == 0
        attempts.give_back("192.0.2.1")


def test_all_together_are_limited_but_for_this_machine():
    attempts = Attempts(5, 7, now_ns=Clock())
    taken = [attempts.take(f"192.0.2.{host}") == 0 for host in range(20)]
    assert taken == [True] * 7 + [False] * 13
    assert [attempts.take("127.0.0.1") == 0 for _ in range(6)] == [True] * 5 + [False]
    assert attempts.take("192.0.2.99") > 0  # What this machine took counts for itself only.


def test_memory_is_bounded_and_keeps_the_loudest():
    clock = Clock()
    attempts = Attempts(4, now_ns=clock)
    for _ in range(4):
        attempts.take("192.0.2.1")
    for host in range(ADDRESSES_MAX + 500):
        attempts.take(f"10.{host >> 16}.{host >> 8 & 255}.{host & 255}")
    assert len(attempts._until_ns) <= ADDRESSES_MAX
    assert attempts.take("192.0.2.1") > 0
    clock.now_ns += 2 * PERIOD_NS
    attempts.take("203.0.113.1")
    assert len(attempts._until_ns) == 1


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("", ""),
        ("nowhere", ""),
    ],
)
def test_an_address_is_counted_with_its_network(address, source):
    assert source_of(address) == source


def test_loopback_is_known_however_it_is_written():
    assert all(map(is_loopback, ("127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1")))
    assert not any(map(is_loopback, ("192.0.2.1", "2001:db8::1", "", "localhost")))


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, PERIOD_NS // 4)), max_size=80))
def test_no_period_has_more_than_its_share_twice_over(steps):
    """Let some addresses try at any times: in any period an address has at most twice its share.

    The rule lets a full share pass at once and then one by one: twice the share is its bound.
    """
    clock = Clock()
    attempts = Attempts(4, now_ns=clock)
    taken: dict[int, list[int]] = {}
    for host, pause_ns in steps:
        clock.now_ns += pause_ns
        if attempts.take(f"192.0.2.{host}") == 0:
            taken.setdefault(host, []).append(clock.now_ns)
    for times in taken.values():
        for first in times:
            assert len([each for each in times if first <= each < first + PERIOD_NS]) <= 8
