"""TEST STORM: the wishes of the mixed weather.

Takes   seeds.
Gives   claims on what is wished.
Keeps   the flow of a seed the same for good.
Source  Rulebook 1 to 12.
"""

from chiphour.contracts.table import TERMS
from chiphour.exchange import commands as c
from chiphour.exchange.commands import Kind
from chiphour.simulate.storm import PLAIN
from chiphour.simulate.storm import SHAPES
from chiphour.simulate.storm import prologue
from chiphour.simulate.storm import terms
from chiphour.simulate.storm import wishes
from chiphour.simulate.storm_hand import Draw


def test_every_kind_of_command_is_wished():
    kinds = {int(wish.row[c.KIND]) for wish in wishes(Draw(1), PLAIN, 2_000)}
    assert set(Kind) <= kinds


def test_market_opens_with_members_money_fixes_and_contracts():
    kinds = {int(wish.row[c.KIND]) for wish in prologue(Draw(1), PLAIN)}
    opening = {Kind.OPEN_ACCOUNT, Kind.DEPOSIT, Kind.FIXING, Kind.LIST, Kind.SET, Kind.OPEN}
    assert kinds == opening


def test_terms_lie_within_their_bounds():
    for seed in range(20):
        for shape in SHAPES:
            row = terms(Draw(seed), PLAIN, shape, shape)
            assert all(t.least <= v <= t.most for t, v in zip(TERMS, row, strict=True))
