"""TEST STORM LIFE: contracts live and end in every way.

Takes   the first seeds of the weather.
Gives   claims on what they reach.
Keeps   every state of a contract in reach.
Source  Rulebook 8, 9.6 and 9.18.
"""

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.contracts.table import Type
from chiphour.exchange.reference import Reference
from chiphour.simulate.storm_hand import seeded
from stormed import COMMANDS
from stormed import reached
from stormed import seeds_of

SEEDS = 8


def test_calls_windows_and_settlements_are_reached():
    found = reached("life", SEEDS)
    calls = ["CALL_BEGUN OPENING", "CALL_BEGUN BAND", "CALL_BEGUN EXTENDED", "FILL CALL"]
    ends = ["CANCELLED CONTRACT_STOPPED", "CANCELLED OUT_OF_RANGE", "CANCELLED GOOD_TILL_PASSED"]
    others = ["UNCROSSED", "SETTLED", "PAYMENT", "FUNDED", "WINDOW_MOVED", "QUALITY HALTED"]
    assert [each for each in calls + ends + others if found[each] < 3] == []


def test_futures_and_calendars_pass_every_state():
    seen = set()
    for seed in seeds_of("life", SEEDS):
        limits, rows = seeded(seed, COMMANDS)
        reference = Reference(limits)
        for row in rows:
            reference.apply(row[None])
            contracts = [contract.row for contract in reference.state.contracts.values()]
            seen |= {(row[table.TYPE], row[table.STATE]) for row in contracts}
    dated = [(kind, state) for kind in (Type.FUTURE, Type.CALENDAR) for state in State]
    assert {each for each in dated if each[1] != State.ABSENT} <= seen
