"""TEST ATTACK_REMOVAL: the least set of machines without which half of a book lies past a rate.

Takes   books of few and of many hosts, big ones among them, some machines carried.
Gives   a failure where a set of machines is cheaper than the bound, or the set found is dearer.
Keeps   the brute force in the rule of the book itself.
Source  docs/methodology/attack-cost.md; decision 0022.
"""

from itertools import combinations
from unittest.mock import patch

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.index import attack_removal
from chiphour.index.attack_removal import Question
from chiphour.index.attack_removal import least_removal
from chiphour.index.attack_venues import Rentable
from chiphour.index.attack_venues import book_rate
from chiphour.index.parameters import V2026_1

UNIT = 8
# Most machines are of the first two hosts, or those of each host lie together.
MACHINES = st.lists(
    st.tuples(
        st.integers(90, 130),
        st.sampled_from("aaaabbcdefg"),
        st.integers(1, 8),
        st.sampled_from((1, 1, 1, 1, 1, 0)),
    ),
    min_size=6,
    max_size=9,
)


def machines_of(words):
    polls = frozenset({1, 2})
    machines = []
    for at, (rate, host, gpus, hours) in enumerate(words):
        hosts = frozenset({host})
        one = Rentable(f"m{at}", host, rate * UNIT, gpus, rate * gpus, hours, polls, hosts)
        machines.append(one)
    return tuple(sorted(machines, key=lambda machine: (machine.rate, machine.key)))


def without(machines, rented):
    gone = {machine.key for machine in rented}
    return book_rate([machine for machine in machines if machine.key not in gone], V2026_1)


def question_of(machines, goal):
    return Question(
        price=lambda machine: machine.hour_nanousd,
        is_short=lambda machine: machine.rate < goal,
        strict=True,
        accepts=lambda rented: (without(machines, rented) or 0) >= goal,
    )


def least_of_all(machines, goal):
    """Try every set: the least that brings more than half of the weight past the goal.

    A rate at or past the goal is that, unless it is a mean with a rate short of it.
    """
    rentable = [machine for machine in machines if machine.hours]
    costs = []
    for count in range(len(rentable) + 1):
        for rented in combinations(rentable, count):
            left = [machine for machine in machines if machine not in rented]
            lowered = [m._replace(rate=0) if m.rate < goal else m for m in left]
            rate = book_rate(sorted(lowered, key=lambda m: m.rate), V2026_1) if left else None
            if rate is not None and rate >= goal:
                costs.append(sum(machine.hour_nanousd for machine in rented))
    return min(costs, default=None)


@settings(max_examples=60)
@given(MACHINES, st.integers(91, 130))
def test_no_set_is_cheaper_than_the_bound_and_the_set_found_is_the_least(words, rate):
    machines, goal = machines_of(words), rate * UNIT
    found = least_removal(machines, question_of(machines, goal), V2026_1)
    least = least_of_all(machines, goal)
    if least is None:
        assert found.cost is None
    else:
        assert found.at_least <= least == found.cost
        assert without(machines, found.rented) >= goal


@settings(max_examples=60)
@given(MACHINES, st.integers(91, 130), st.integers(0, 40))
def test_a_search_that_is_cut_off_still_gives_a_bound(words, rate, most):
    machines, goal = machines_of(words), rate * UNIT
    with patch.multiple(attack_removal, COUNTS_MAX=most, TOUCHED_MAX=most, APART_UP_TO=most // 10):
        found = least_removal(machines, question_of(machines, goal), V2026_1)
    least = least_of_all(machines, goal)
    if least is not None:
        assert found.at_least <= least <= (found.cost or least)


def test_a_big_host_weighs_no_more_than_its_share():
    """Forty cheap machines of one host and one of each of 21 others: the host weighs 21/4.

    At 100 all of the big host, and 8 others; at 200 the other 13. Short weigh 5.25 + 8 = 13.25, the
    others 13: one small host must go. Its cap is 20/4 then, and 5 + 7 is less than 13.
    """
    words = [(100, "big", 1, 1)] * 40
    words += [(100 if at < 8 else 200, f"h{at}", 2, 1) for at in range(21)]
    machines = machines_of(words)
    found = least_removal(machines, question_of(machines, 200 * UNIT), V2026_1)
    assert (found.at_least, found.cost) == (200, 200)
    assert [machine.host for machine in found.rented] == ["h0"]


def test_what_is_carried_cannot_go():
    machines = machines_of([(100, host, 1, 0) for host in "abcdef"] + [(200, "g", 1, 1)] * 5)
    found = least_removal(machines, question_of(machines, 200 * UNIT), V2026_1)
    assert (found.at_least, found.cost, found.rented) == (None, None, ())
