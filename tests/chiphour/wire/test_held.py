"""TEST HELD: what a position floats and has realised is what its fills made.

Takes   fills at any price, either way; a settlement.
Gives   failures.
Keeps   both at a sum of what the lots are worth less what was paid for them.
Source  Rulebook 3.2, 3.7, 8.1.
"""

from hypothesis import given
from hypothesis import strategies as st

from chiphour.wire.held import DOWN
from chiphour.wire.held import DOWN_BEFORE
from chiphour.wire.held import UP
from chiphour.wire.held import UP_BEFORE
from chiphour.wire.held import Held
from chiphour.wire.held import Life

FILLS = st.lists(st.tuples(st.integers(-9, 9).filter(bool), st.integers(-1000, 1000)), max_size=12)


@given(FILLS, st.integers(-1000, 1000))
def test_a_position_realises_and_floats_exactly_what_its_fills_make(fills, mark_microusd):
    """However it turns, both sum to what the lots are worth less what was paid for them."""
    life = Life(0)
    life.mark_microusd = mark_microusd
    held = Held(life)
    for lots, price_microusd in fills:
        held.fill(lots, price_microusd)
    paid = sum(lots * price for lots, price in fills)
    worth = sum(lots for lots, _ in fills) * mark_microusd
    assert held.floating_microusd + held.realised_microusd == worth - paid
    if held.lots == 0:
        assert held.cost_microusd == 0


def test_a_position_opened_today_floats_from_its_price_and_later_from_the_settlement():
    life = Life(0)
    life.mark_microusd = life.settled_microusd = 2_500_000
    held = Held(life)
    held.fill(10, 2_400_000)
    assert (held.floating_microusd, held.realised_microusd) == (1_000_000, 0)
    held.fill(-4, 2_600_000)
    assert (held.floating_microusd, held.realised_microusd) == (600_000, 800_000)
    life.session += 1
    assert held.settle(life.session) == (600_000, 800_000, 0)
    assert (held.floating_microusd, held.realised_microusd) == (0, 0)


def test_a_price_compares_with_the_one_before():
    life, found = Life(0), []
    for price_microusd in (5, 6, 6, 6, 4, 4, 5):
        life.trade(price_microusd)
        found.append(life.direction)
    assert found == [UP, UP, UP_BEFORE, UP_BEFORE, DOWN, DOWN_BEFORE, UP]
