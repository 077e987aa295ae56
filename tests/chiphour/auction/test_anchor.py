"""ANCHOR: integers that are proved again are within the gap of a search for the new values.

Takes   small random markets and one of the benchmark's family, with values changed.
Gives   the answer of an anchor beside that of a search that goes to the end.
Keeps   the anchor's bound apart from the search that it is held against.
Source  docs/formulation/auction.md, section 4; decision 0049.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from auction_family import changed
from auction_family import family
from chiphour.auction.anchor import Anchor
from chiphour.auction.anchor import Tight
from chiphour.auction.model import Program
from chiphour.auction.solve import fix
from chiphour.auction.solve import relax
from chiphour.auction.solve import solve
from marketed import enumerated
from marketed import market
from marketed import without
from solved import feasible
from solved import same

SEEDS = st.integers(0, 1_000_000)
GAP = 1e-4
SECONDS = 10.0


def moved(program, seed, most=0.1, share=0.1):
    """Give the programme with a share of its values changed, by up to `most` of each."""
    random = np.random.default_rng(seed)
    chosen = random.random(program.value.size) < share
    factor = np.where(chosen, random.uniform(-most, most, program.value.size), 0)
    return program._replace(value=program.value * (1 + factor))


def holds(program, found, gap, best):
    """Hold an answer against the best value that there is, and against the programme."""
    assert found.status == "optimal"
    assert feasible(program, found.primal)
    assert found.objective == pytest.approx(float(program.value @ found.primal))
    assert found.claimed_gap <= gap + 1e-9
    tolerance = 1e-6 * max(1.0, abs(best))
    assert found.bound >= best - tolerance
    assert best - gap * abs(best) - tolerance <= found.objective <= best + tolerance


@pytest.mark.long
@given(SEEDS, st.floats(0, 1), st.floats(0, 1), st.sampled_from([1e-2, 1e-3, GAP]))
def test_what_is_proved_is_within_the_gap_of_a_search(seed, most, share, gap):
    """Change any share of the values, by up to all of each, one time after another."""
    program = market(seed)
    anchor = Anchor(program, solve(program))
    for number in range(3):
        other = moved(program, seed + number, most, share)
        found = anchor.proved(other, gap, SECONDS)
        if found is not None:
            holds(other, found, gap, solve(other, gap=0.0).objective)


@settings(max_examples=20)
@given(SEEDS)
def test_values_of_any_kind_are_held_against_every_choice(seed):
    """Draw all values anew and try every choice of the integers."""
    program = market(seed)
    anchor = Anchor(program, solve(program))
    random = np.random.default_rng(seed)
    other = program._replace(value=random.normal(0, 2, program.value.size))
    found = anchor.proved(other, GAP, SECONDS)
    if found is not None:
        holds(other, found, GAP, enumerated(other))


def test_most_small_changes_are_proved_without_a_search():
    """Of 40 markets, a tenth of the values changed by up to a twentieth: eight in ten at least."""
    proved = 0
    for seed in range(40):
        program = market(seed)
        other = moved(program, seed, 0.05)
        proved += Anchor(program, solve(program)).proved(other, GAP, SECONDS) is not None
    assert proved >= 32


@pytest.mark.parametrize("seed", range(3))
def test_changed_bids_of_the_family_are_proved_to_the_gap_of_a_cold_search(seed):
    """Change one bid in a hundred of 100, then in ten: each is proved, and no worse than a search
    to the same gap by more than that gap.
    """
    drawn = family(100, 20, 4, seed=seed)
    anchor = Anchor(drawn.program, solve(drawn.program))
    for number, share in enumerate((0.01, 0.01, 0.1)):
        other = changed(drawn, share, seed=number)
        found, cold = anchor.proved(other, GAP, SECONDS), solve(other)
        assert found is not None
        holds(other, found, GAP, solve(other, gap=0.0).objective)
        assert found.objective >= cold.objective * (1 - GAP)
        assert found.bound >= cold.objective - 1e-6 * abs(cold.objective)


def test_the_same_requests_have_the_same_answers():
    drawn = family(100, 20, 4)
    first = solve(drawn.program)
    others = [changed(drawn, 0.05, seed=number) for number in range(4)]
    answers = [
        [anchor.proved(other, GAP, SECONDS) for other in others]
        for anchor in (Anchor(drawn.program, first), Anchor(drawn.program, first))
    ]
    assert all(found is not None for found in answers[0])
    assert all(same(one, two) for one, two in zip(*answers, strict=True))


@settings(max_examples=50)
@given(SEEDS)
def test_bids_in_another_order_are_proved_to_the_same_gap(seed):
    """Mix columns: what both prove is within the gap of one another, both bounds above both."""
    program, random = market(seed), np.random.default_rng(seed)
    order = random.permutation(program.value.size)
    other = moved(program, seed)
    found = []
    for one, two in ((program, other), (ordered(program, order), ordered(other, order))):
        found.append(Anchor(one, solve(one)).proved(two, GAP, SECONDS))
    if None not in found:
        objectives = [one.objective for one in found]
        tolerance = 1e-6 * max(1.0, abs(objectives[0]))
        assert min(one.bound for one in found) >= max(objectives) - tolerance
        assert max(objectives) - min(objectives) <= GAP * abs(max(objectives)) + tolerance


def ordered(program, order):
    """Give the programme with its columns in another order."""
    lengths = np.diff(program.starts)[order]
    taken = [np.arange(*program.starts[column : column + 2]) for column in order]
    places = np.concatenate(taken)
    return Program(
        *(part[order] for part in (program.value, program.lower, program.upper)),
        program.row_lower,
        program.row_upper,
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32),
        program.rows[places],
        program.entries[places],
        program.integer[order],
    )


@given(SEEDS)
def test_nothing_changed_is_proved_at_once(seed):
    program = market(seed)
    first = solve(program)
    found = Anchor(program, first).proved(program, 1e-3, SECONDS)
    assert found is not None and found.objective == pytest.approx(first.objective, rel=1e-3)


def test_a_search_without_a_bound_is_proved_by_the_anchor_alone():
    program = market(7)
    first = solve(program)
    found = Anchor(program, first._replace(bound=np.inf)).proved(program, GAP, SECONDS)
    holds(program, found, GAP, first.objective)


def test_better_integers_that_are_met_on_the_way_are_the_answer():
    """Begin where gangs are worth nothing: what halving meets is better, and proved."""
    program = market(7)
    gangs = program.integer & (program.value > 0)
    nothing = program._replace(value=np.where(gangs, -1.0, program.value))
    worst = solve(nothing)
    best = solve(program, gap=0.0).objective
    assert not worst.primal[gangs].any()
    assert solve(fix(program, worst.primal)).objective < best * (1 - GAP)
    found = Anchor(nothing, worst).proved(program, GAP, SECONDS)
    assert found is not None and found.primal[gangs].any()
    holds(program, found, GAP, best)


def far():
    """Give a market whose first bound is too far for a gap of nothing, and its solution."""
    for seed in range(100):
        program = market(seed)
        primal = solve(program, gap=0.0).primal
        if Tight(program).proof(program.value, primal, 0.01, halved_max=0) is None:
            return program, primal
    raise AssertionError


def test_a_bound_that_is_too_far_proves_nothing():
    """One optimum of a relaxation that is too far: None; with halves it is proved."""
    program, primal = far()
    assert Tight(program).proof(program.value, primal, GAP, halved_max=0) is None
    found, bound = Tight(program).proof(program.value, primal, GAP, halved_max=50)
    best = float(program.value @ primal)
    assert np.array_equal(found, primal) or float(program.value @ found) >= best
    assert best <= bound + 1e-9 and bound <= best * (1 + GAP) + 1e-9


def test_no_time_proves_nothing():
    drawn = family(100, 20, 4)
    anchor = Anchor(drawn.program, solve(drawn.program))
    other = changed(drawn, 0.5, seed=1)
    assert anchor.proved(other, GAP, 0.0) is None
    assert anchor.proved(other, GAP, SECONDS) is not None


def test_an_anchor_lends_its_relaxation_to_the_next_that_fits():
    program = market(3)
    first = Anchor(program, solve(program))
    other = moved(program, 3)
    second = Anchor(other, solve(other), first)
    assert second._tight is first._tight
    holds(program, second.proved(program, 1e-2, SECONDS), 1e-2, solve(program).objective)
    fewer, _, _ = without(program, 0)
    assert Anchor(fewer, solve(fewer), first)._tight is not first._tight


def test_other_rows_or_bounds_do_not_fit():
    program = market(2)
    anchor = Anchor(program, solve(program))
    assert anchor.fits(program._replace(value=-program.value))
    for name in ("upper", "row_upper", "entries"):
        assert not anchor.fits(program._replace(**{name: getattr(program, name) + 1}))
    assert not anchor.fits(relax(program))
    fewer, _, _ = without(program, 0)
    assert not anchor.fits(fewer)
