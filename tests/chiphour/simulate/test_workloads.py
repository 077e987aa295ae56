"""TEST WORKLOADS: the demonstration's sealed run.

Takes   fixings, members, a date.
Gives   claims on the run and its clearing.
Keeps   the run a function of day and fix.
Source  Decision 0011.
"""

from datetime import date
from types import SimpleNamespace

from chiphour.auction.check import violations
from chiphour.auction.clear import clear
from chiphour.auction.instance import to_json
from chiphour.auction.solve import solve
from chiphour.simulate.members import DEMONSTRATION
from chiphour.simulate.workloads import demonstration_run

DAY = date(2026, 7, 20)
FIXINGS = {
    "CHR.H100.SXM.OD": SimpleNamespace(fix_ticks=32_000),
    "CHR.A100.SXM.OD": SimpleNamespace(fix_ticks=16_000),
}


def run(day=DAY, fixings=FIXINGS):
    return demonstration_run(day, fixings, DEMONSTRATION, 1)


def test_the_run_is_a_function_of_the_day_and_the_fixes():
    assert to_json(run()) == to_json(run())
    assert to_json(run()) != to_json(run(date(2026, 7, 21)))
    dearer = FIXINGS | {"CHR.A100.SXM.OD": SimpleNamespace(fix_ticks=17_000)}
    assert to_json(run()) != to_json(run(fixings=dearer))


def test_without_a_fix_of_both_chips_nobody_bids():
    assert run(fixings={}) is None
    assert run(fixings=FIXINGS | {"CHR.A100.SXM.OD": SimpleNamespace(fix_ticks=None)}) is None


def test_it_clears_with_buyers_and_sellers_and_passes_the_check():
    instance = run()
    result = clear(instance, solve)
    assert list(violations(instance, result)) == []
    sides = {part.side for part in result.award.parts if part.lines}
    assert sides == {1, -1}
    accounts = {member.account for member in DEMONSTRATION}
    assert {part.account for part in result.award.parts} <= accounts


def test_delivery_is_the_next_day_and_the_run_is_numbered_by_the_day():
    instance = run()
    assert instance.run == DAY.toordinal()
    assert instance.grid.iso(0) == "2026-07-21T00:00:00Z"
    assert (instance.grid.intervals, instance.grid.step_minutes) == (24, 60)
    assert instance.kind == "day-ahead"
