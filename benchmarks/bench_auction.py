"""BENCH_AUCTION: how right and how fast the auction is.

Takes   the reference cases E1 and E2, the Italian market where its data lies, the instance family.
Gives   figures: prices reproduced, cases exact, seconds to clear by size.
Keeps   a figure that could not be measured null, with its reason.
Source  docs/formulation/auction.md, section 8; the goals stand in goals.toml.
"""

import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from auction_cases import E1
from auction_cases import E2
from auction_cases import Case
from auction_instances import instance as family
from chiphour.adapters.solver import SolverProcess
from chiphour.auction.check import violations
from chiphour.auction.clear import clear
from chiphour.auction.instance import from_fields
from chiphour.auction.model import build
from chiphour.auction.prices import Solve
from chiphour.units import NANOUSD_PER_USD
from italy import ERROR_USD_MAX
from italy import italian_hours
from italy import product_id
from italy import reference

SIZES = ((200, 50, 4), (1000, 50, 4), (200, 50, 24), (500, 50, 24))  # bids, pools, hours
ROUNDS = 3

Figure = dict[str, Any]


def figures() -> Iterator[Figure]:
    """Yield every figure of the auction."""
    with SolverProcess() as solver:
        yield from italian_figures(solver.solve)
        yield case_figure("E1", E1, solver.solve)
        yield case_figure("E2", E2, solver.solve)
        for bids, pools, hours in SIZES:
            yield from size_figures(bids, pools, hours, solver.solve)


def italian_figures(solve: Solve) -> Iterator[Figure]:
    """Yield how many of the published Italian prices come out within 0.005, and the worst error."""
    folder = reference("italy-2025-04")
    params = {"days": 20, "zones": 7}
    if folder is None:
        reason = "no folder italy-2025-04 in $CHIPHOUR_REFERENCE or ../shared/data"
        nothing = {"params": params, "value": None, "reason": reason}
        yield {"name": "S0 prices reproduced", "unit": "of 3,360", **nothing}
        return
    began, errors = time.perf_counter(), []
    for hour in italian_hours(folder):
        run = from_fields(hour.fields)
        result, numbers = clear(run, solve), run.grid.product_numbers
        for zone, published in hour.published.items():
            dual_nanousd = result.prices[numbers[product_id(zone)]].dual_nanousd
            errors.append(abs(Decimal(dual_nanousd) / NANOUSD_PER_USD - published))
    seconds = time.perf_counter() - began
    reproduced = sum(error <= ERROR_USD_MAX for error in errors)
    name = "S0 prices reproduced"
    yield {"name": name, "params": params, "value": reproduced, "unit": "of 3,360"}
    yield {"name": "S0 worst error", "params": params, "value": str(max(errors)), "unit": "EUR/MWh"}
    yield {"name": "S0 time", "params": params, "value": round(seconds, 2), "unit": "s"}


def case_figure(name: str, case: Case, solve: Solve) -> Figure:
    """Give whether a reference case comes out exactly: prices, quantities and surplus."""
    result = clear(from_fields(case.fields), solve)
    exact = (
        [price.dual_nanousd for price in result.prices] == case.dual_nanousd
        and {part.name: part.lines for part in result.award.parts} == case.lines
        and result.welfare_nanousd == case.welfare_nanousd
    )
    return {"name": name, "params": {}, "value": exact, "unit": "exact"}


def size_figures(bids: int, pools: int, hours: int, solve: Solve) -> Iterator[Figure]:
    """Yield the median time of one programme and of a whole clearing, checks included."""
    run = from_fields(family(bids, pools, hours))
    programme = build(run).program
    params = {"bids": bids, "pools": pools, "hours": hours, "columns": programme.value.size}
    solving, clearing, checking = [], [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        solve(programme)
        solved = time.perf_counter()
        result = clear(run, solve)
        cleared = time.perf_counter()
        assert not violations(run, result)
        solving.append(solved - began)
        clearing.append(cleared - solved)
        checking.append(time.perf_counter() - cleared)
    for name, times in (("solve", solving), ("clear", clearing), ("check", checking)):
        median = round(sorted(times)[ROUNDS // 2], 3)
        yield {"name": f"auction {name}", "params": params, "value": median, "unit": "s"}
