"""FIX_RESEND: any range of any kept messages is sent once, in order, in portions.

Takes   ranges and kept numbers that hypothesis finds.
Gives   the laws of a portion, and the bound on asking again.
Keeps   every number of a range sent or filled over, none twice.
Source  FIX 4.4 volume 2, "Message Recovery".
"""

from itertools import chain
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chiphour.wire import fix_resend
from chiphour.wire.fix_resend import AGAIN_MAX
from chiphour.wire.fix_resend import PORTION_MAX
from chiphour.wire.fix_resend import Requests
from chiphour.wire.fix_resend import Resend
from chiphour.wire.fix_resend import Sent
from chiphour.wire.fix_resend import nothing_stored
from chiphour.wire.fix_resend import portion


def kept(numbers):
    """Give a store of these numbers."""
    every = [Sent(n, n, "8", ((37, str(n)),)) for n in sorted(numbers)]
    return lambda first, last: (sent for sent in every if first <= sent.sequence <= last)


def all_of(asked, stored):
    """Take portions until nothing is left; give what each had."""
    portions, left = [], asked
    while left:
        found, left = portion(left, stored, 9)
        portions.append(found)
    return portions


def covered(found):
    """Give the numbers that a message stands for: its own, or those that it fills over."""
    if found.msg_type != "4":
        return [found.sequence]
    assert dict(found.fields)[123] == "Y"
    return [*range(found.sequence, int(dict(found.fields)[36]))]


@given(st.sets(st.integers(1, 400)), st.integers(1, 300), st.integers(0, 99))
def test_each_number_is_sent_or_filled_once_in_order(numbers, first, more):
    asked = Resend(first, first + more)
    portions = all_of(asked, kept(numbers))
    sent = [*chain(*portions)]
    assert [*chain(*map(covered, sent))] == [*range(asked.first, asked.last + 1)]
    assert {s.sequence for s in sent if s.msg_type == "8"} == {
        n for n in numbers if asked.first <= n <= asked.last
    }
    assert not any(a.msg_type == b.msg_type == "4" for a, b in pairwise(sent))


def test_a_portion_has_a_bound_and_the_rest_is_left(monkeypatch):
    assert [len(found) for found in all_of(Resend(1, 250), kept(range(1, 251)))] == [100, 100, 50]
    assert PORTION_MAX == 100
    monkeypatch.setattr(fix_resend, "PORTION_MAX", 2)
    found, left = portion(Resend(1, 9), kept((3, 4, 7)), 5)
    assert ([s.sequence for s in found], left) == ([1, 3, 4], Resend(5, 9))
    found, left = portion(left, kept((3, 4, 7)), 5)
    assert ([s.sequence for s in found], left) == ([5, 7, 8], None)


def test_what_was_not_kept_is_filled_over_at_once():
    found, left = portion(Resend(3, 10**17), nothing_stored, 5)
    assert found == [Sent(3, 5, "4", ((123, "Y"), (36, str(10**17 + 1))))] and left is None


def test_new_ranges_are_never_too_many_but_old_ones_are():
    requests = Requests()
    assert not any(requests.are_too_many(Resend(n, n + 4)) for n in range(1, 1_000, 5))
    assert not any(requests.are_too_many(Resend(900, 2_000)) for _ in range(AGAIN_MAX))
    assert not requests.are_too_many(Resend(2_001, 2_002))
    assert requests.are_too_many(Resend(2_002, 2_003))
