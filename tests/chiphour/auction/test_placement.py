"""PLACEMENT: what fits in aggregate can be placed, and a wrong placement is told.

Takes   gangs by hand and at random, of sizes that form a chain.
Gives   sites, and the faults of sites that were spoiled.
Keeps   the law of "Domains": no search is ever needed.
Source  docs/formulation/auction.md, section 3, "Domains".
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.held import Placed
from chiphour.auction.placement import Site
from chiphour.auction.placement import faults
from chiphour.auction.placement import sites

HOURS = 6
CHAINS = ((1, 2, 4, 8), (1, 2, 8), (3, 6, 12), (8, 72), (1,), (5, 5))


def gang(first, intervals, chips, mode="m"):
    return Placed(mode, "H100/node8/us", "pool", first, intervals, chips)


def used(gangs, interval):
    return sum(g.chips for g in gangs if g.first <= interval < g.first + g.intervals)


def domains(found):
    return [site.domains for site in found]


def rules(domain_chips, found, chips):
    return [violation.expected for violation in faults(domain_chips, "pool", found, chips)]


@st.composite
def placed(draw):
    """Draw a chain, gangs of its sizes or of whole domains, and chips that just suffice."""
    chain = draw(st.sampled_from(CHAINS))
    domain = chain[-1]
    sizes = st.sampled_from([*chain, 2 * domain, 3 * domain])
    gangs = []
    for _ in range(draw(st.integers(0, 14))):
        first = draw(st.integers(0, HOURS - 1))
        gangs.append(gang(first, draw(st.integers(1, HOURS - first)), draw(sizes)))
    spare = draw(st.lists(st.integers(0, domain), min_size=HOURS, max_size=HOURS))
    chips = [used(gangs, interval) + spare[interval] for interval in range(HOURS)]
    return domain, gangs, chips


@given(placed())
def test_what_fits_in_aggregate_is_placed(case):
    """Draw chips that just suffice in each interval, however they change: nothing is at fault."""
    domain, gangs, chips = case
    found = sites(domain, gangs, chips)
    assert [site.placed for site in found] == gangs
    assert rules(domain, found, chips) == []


@given(placed())
def test_one_chip_less_than_the_gangs_take_is_always_told(case):
    """However the gangs lie, an interval that lacks a chip for them is named."""
    domain, gangs, chips = case
    short = [max(used(gangs, interval) - 1, 0) for interval in range(HOURS)]
    busy = any(used(gangs, interval) for interval in range(HOURS))
    assert bool(rules(domain, sites(domain, gangs, chips), short)) == busy


def test_whole_domains_are_kept_while_others_come_and_go():
    gangs = [gang(0, 1, 8), gang(0, 3, 8), gang(1, 2, 16), gang(2, 1, 4), gang(1, 1, 4)]
    found = sites(8, gangs, [16, 28, 28])
    assert domains(found) == [((0,),), ((1,),) * 3, ((0, 2),) * 2, ((3,),), ((3,),)]


def test_small_gangs_fill_domains_by_size_and_may_move():
    """Four chips in one domain and a half: 2 + 1 + 1, then the 2 finds the first domain free."""
    found = sites(4, [gang(0, 2, 1), gang(0, 1, 4), gang(0, 2, 2)], [7, 3])
    assert domains(found) == [((1,), (0,)), ((0,),), ((1,), (0,))]


def test_the_case_that_no_fixed_placement_solves_is_solved_by_moving():
    """Two domains of two chips: A 1-3, B 1-2, C 2-3, D 2, and two-chip gangs in hours 1 and 3."""
    gangs = [
        gang(0, 3, 1),
        gang(0, 2, 1),
        gang(1, 2, 1),
        gang(1, 1, 1),
        gang(0, 1, 2),
        gang(2, 1, 2),
    ]
    assert [used(gangs, interval) for interval in range(3)] == [4, 4, 4]
    assert rules(2, sites(2, gangs, [4, 4, 4]), [4, 4, 4]) == []


SITE = Site("m", "H100/node8/us", "pool", 0, 2, 8, ((0,), (0,)))


@pytest.mark.parametrize(
    ("spoiled", "expected"),
    [
        (SITE._replace(domains=((0,), (1,))), "the same domains over all its hours"),
        (SITE._replace(domains=((0,),)), "domains in 2 intervals"),
        (SITE._replace(domains=((0, 1), (0, 1))), "1 domains"),
        (SITE._replace(domains=((-1,), (-1,))), "1 domains"),
        (SITE._replace(chips=16, domains=((0, 0), (0, 0))), "2 domains"),
        (SITE._replace(chips=4, domains=((0, 1), (0, 1))), "1 domains"),
    ],
)
def test_a_spoiled_site_is_told(spoiled, expected):
    assert rules(8, [SITE], [8, 8]) == []
    assert rules(8, [spoiled], [80, 80])[0] == expected


def test_an_overfull_domain_is_told():
    pair = [SITE, SITE._replace(mode="n", chips=4)]
    assert rules(8, pair, [80, 80]) == ["at most 8 chips on domain 0"] * 2


def test_more_domains_than_an_interval_has_are_told():
    """Three gangs of four take twelve chips, but not on three domains: there are one and a half."""
    three = [SITE._replace(chips=4, domains=((n,), (n,))) for n in range(3)]
    assert rules(8, three, [12, 24]) == ["gangs on 1 domains and 4 chips"]
    assert rules(8, three[:2], [12, 24]) == []
