"""TEST STORM RISK: members are ruined in every way.

Takes   the first seeds of the weather.
Gives   claims on what they reach.
Keeps   sixty closing orders without a fill in reach (rulebook 7.3).
Source  Rulebook 7.
"""

import numpy as np

from chiphour.exchange import events as said
from chiphour.exchange.reference_risk import STEPS_MAX
from chiphour.simulate.storm_risk import BESIEGED
from stormed import events_of
from stormed import reached

SEEDS = 6


def test_liquidation_fund_and_deleveraging_are_reached():
    found = reached("risk", SEEDS)
    kinds = "MARGIN_CALLED LIQUIDATION_BEGUN LIQUIDATED LIQUIDATION_ENDED FUND_PAID RANKED".split()
    with_words = ["FEE_PAID LIQUIDATION_FEE", "FILL LIQUIDATION", "FILL DELEVERAGING"]
    quality = ["QUALITY LIVE", "QUALITY STALE", "QUALITY HALTED", "MODE_SET HALTED"]
    assert [each for each in kinds + with_words + quality if found[each] < 2] == []


def test_settlement_comes_in_the_midst_of_liquidations():
    between = 0
    for events in events_of("risk", SEEDS):
        open_now = np.cumsum(
            (events[:, said.KIND] == said.Kind.LIQUIDATION_BEGUN).astype(int)
            - (events[:, said.KIND] == said.Kind.LIQUIDATION_ENDED)
        )
        between += int(((events[:, said.KIND] == said.Kind.SETTLED) & (open_now > 0)).sum())
    assert between > 0


def test_siege_ends_with_deleveraging_after_sixty_orders():
    sieges = 0
    for events in events_of("risk", SEEDS):
        here = events[events[:, said.CONTRACT] == BESIEGED]
        closing = (here[:, said.KIND] == said.Kind.LIQUIDATED).sum()
        if closing:
            sieges += 1
            assert closing == STEPS_MAX
            assert (here[:, said.KIND] == said.Kind.RANKED).sum() == 1
    assert sieges > 0
