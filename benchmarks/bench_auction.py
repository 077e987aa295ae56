"""BENCH_AUCTION: how right and how fast the auction is.

Takes   the reference cases S1 to S8 and E1 to E8, the Italian market where its data lies, the
        instance family; a simulated week, simulated pools, the days of Texas.
Gives   figures: prices reproduced, cases exact, seconds to clear and to solve, beside peers; what
        a week's payments sum to, how often published intervals hold, when the cap is left.
Keeps   a figure that could not be measured null, with its reason.
Source  docs/formulation/auction.md, section 8; the goals stand in goals.toml.
"""

import os
import re
import time
from collections.abc import Callable
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from auction_cases import reference_figures
from auction_family import changed
from auction_family import family as whole_family
from auction_instances import instance as family
from auction_peers import MISSING
from auction_peers import PEERS
from auction_pools import figures as pool_figures
from auction_texas import figures as texas_figures
from auction_week import week_figures
from chiphour.adapters.solver import SolverProcess
from chiphour.auction.check import certified_gap_ppb
from chiphour.auction.check import violations
from chiphour.auction.clear import clear
from chiphour.auction.decompose import proven_bound
from chiphour.auction.decompose import solve_in_parts
from chiphour.auction.instance import from_fields
from chiphour.auction.model import Program
from chiphour.auction.model import build
from chiphour.auction.presolve import lift
from chiphour.auction.presolve import presolve
from chiphour.auction.prices import Solve
from chiphour.auction.solve import Basis
from chiphour.auction.solve import Solution
from chiphour.auction.solve import fix
from chiphour.auction.solve import relax
from chiphour.units import NANOUSD_PER_USD
from italy import ERROR_USD_MAX
from italy import italian_hours
from italy import product_id
from italy import reference

SIZES = ((200, 50, 4), (500, 50, 24), (1000, 50, 24))  # bids, pools, hours
SEARCHES = SIZES
LARGE = (5000, 50, 24)
PEERED = (500, 50, 24)
CHANGED_SHARE = 0.01
CHANGED_SEEDS = (1, 2, 3, 4, 5)  # Each is another hundredth of the bids.
SMALL = relax(whole_family(10, 5, 1).program)
ROUNDS = 3
SMALL_ROUNDS = 15  # Of what takes less than a second: there a few milliseconds decide.
SMALL_BIDS = 200

Figure = dict[str, Any]


def figures(references: bool = False) -> Iterator[Figure]:
    """Yield every figure of the auction; with `references` those of the reference cases alone."""
    with SolverProcess() as solver:
        yield from italian_figures(solver.solve)
        yield from reference_figures(solver.solve)
    if references:
        return
    for size in SIZES:
        yield from size_figures(*size)
    for size in SEARCHES:
        yield from search_figures(*size)
    yield from large_figures(*LARGE)
    yield from peer_figures(*PEERED)
    yield from texas_figures()
    yield from pool_figures()
    with SolverProcess() as solver:
        yield from week_figures(solver.solve)


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


def size_figures(bids: int, pools: int, hours: int) -> Iterator[Figure]:
    """Yield the median time of a whole clearing, integers, prices and check, and of its parts."""
    run = from_fields(family(bids, pools, hours))
    taken: dict[str, list[float]] = {}
    rounds = SMALL_ROUNDS if bids <= SMALL_BIDS else ROUNDS
    with SolverProcess() as solver:
        solver.solve(SMALL)  # Its start is left out.

        def solve(program: Program, basis: Basis | None = None) -> Solution:
            began = time.perf_counter()
            found = solver.solve(program, basis)
            taken["solve"][-1] += time.perf_counter() - began
            return found

        for _ in range(rounds):
            taken.setdefault("solve", []).append(0.0)
            began = time.perf_counter()
            columns = build(run).program.value.size
            built = time.perf_counter()
            result = clear(run, solve)
            cleared = time.perf_counter()
            assert not violations(run, result)
            taken.setdefault("build", []).append(built - began)
            taken.setdefault("clear", []).append(cleared - built)
            taken.setdefault("check", []).append(time.perf_counter() - cleared)
    params = {"bids": bids, "pools": pools, "hours": hours, "columns": columns}
    median = {name: sorted(times)[rounds // 2] for name, times in taken.items()}
    for name, seconds in median.items():
        yield {"name": f"auction {name}", "params": params, "value": round(seconds, 3), "unit": "s"}
    for name in ("build", "check"):
        share = round(100 * median[name] / median["solve"], 1)
        yield {"name": f"auction {name} to solve", "params": params, "value": share, "unit": "%"}
    gap = certified_gap_ppb(run, result) / 10**9
    name = "auction certified gap"
    yield {"name": name, "params": params, "value": gap, "unit": "relative"}


def search_figures(bids: int, pools: int, hours: int) -> Iterator[Figure]:
    """Yield the median times of the whole family: integers, prices, and again after changes."""
    market = whole_family(bids, pools, hours)
    program = market.program
    several = [changed(market, CHANGED_SHARE, seed) for seed in CHANGED_SEEDS]
    moved = several[0]
    params = {"bids": bids, "pools": pools, "hours": hours, "columns": program.value.size}
    taken: dict[str, list[float]] = {}
    again: dict[int, list[float]] = {}
    gaps: list[float] = []
    with SolverProcess() as solver:
        solver.solve(SMALL)  # Its start is left out.
        solver.again(program)
        timed(taken, "integers kept ready", solver.solve, SMALL)  # What follows an answer.
        for _ in range(ROUNDS):
            found = timed(taken, "integers", solver.solve, program)
            timed(taken, "prices", solver.solve, fix(program, found.primal))
            timed(taken, "linear", solver.solve, relax(moved))
            solver.again(relax(program))
            timed(taken, "linear again", solver.again, relax(moved))
            timed(taken, "integers changed", solver.solve, moved)
            for seed, other in zip(CHANGED_SEEDS, several, strict=True):
                solver.again(program)  # Each change is one of these bids.
                shown = timed(again, seed, solver.again, other)
                gaps.append(shown.claimed_gap)
        memory = peak_mb(solver.pid)
    by_seed = [sorted(times)[ROUNDS // 2] for times in again.values()]
    taken["integers again"] = by_seed
    median = {name: sorted(times)[len(times) // 2] for name, times in taken.items()}
    for name, seconds in median.items():
        yield {"name": f"solve {name}", "params": params, "value": round(seconds, 3), "unit": "s"}
    for kind, cold in (("linear", "linear"), ("integers", "integers changed")):
        share = round(100 * median[f"{kind} again"] / median[cold], 1)
        yield {"name": f"{kind} again to cold", "params": params, "value": share, "unit": "%"}
    share = round(100 * max(by_seed) / median["integers changed"], 1)
    name = "integers again to cold, slowest change"
    yield {"name": name, "params": params, "value": share, "unit": "%"}
    for name, one in (("integers", found.claimed_gap), ("integers again", max(gaps))):
        gap = {"name": f"solve {name} gap", "value": float(f"{one:.1e}"), "unit": "relative"}
        yield {**gap, "params": params}
    reason = {} if memory else {"reason": "this system does not tell the memory of a process"}
    yield {"name": "solve memory", "params": params, "value": memory, "unit": "MB", **reason}


def timed(
    taken: dict[Any, list[float]], name: Any, solve: Callable[[Program], Solution], program: Program
) -> Solution:
    """Solve, and note the seconds under a name."""
    began = time.perf_counter()
    found = solve(program)
    taken.setdefault(name, []).append(time.perf_counter() - began)
    return found


def peak_mb(pid: int | None) -> int | None:
    """Give the most memory that a process has held; None where the system does not tell."""
    status = Path(f"/proc/{pid or os.getpid()}/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.is_file() else None
    return int(found[1]) // 1024 if found else None


def large_figures(bids: int, pools: int, hours: int) -> Iterator[Figure]:
    """Yield the time of a large linear programme in parts and at once, and the gap it proves."""
    market = whole_family(bids, pools, hours)
    program = relax(market.program)
    params = {"bids": bids, "pools": pools, "hours": hours, "columns": program.value.size}
    taken: dict[str, list[float]] = {}
    with SolverProcess() as solver:
        solver.solve(SMALL)

        def solve_small(whole: Program) -> Solution:
            smaller = presolve(whole, market.markets)
            return lift(smaller, solve_in_parts(smaller.program, smaller.markets, solver.solve))

        for _ in range(ROUNDS):
            found = timed(taken, "in parts", solve_small, program)
        timed(taken, "at once", solver.solve, program)
    gap = proven_bound(program, found.dual) / found.objective - 1
    for name, times in taken.items():
        median = round(sorted(times)[len(times) // 2], 2)
        yield {"name": f"large linear {name}", "params": params, "value": median, "unit": "s"}
    name = "large linear proven gap"
    yield {"name": name, "params": params, "value": max(gap, 0.0), "unit": "relative"}


def peer_figures(bids: int, pools: int, hours: int) -> Iterator[Figure]:
    """Yield the time from arrays to an optimum, here and with each peer, linear and with integers.

    Here it is the child's, so that what the peers build stays out of it; its start is left out.
    """
    whole = whole_family(bids, pools, hours).program
    for kind, program in (("linear", relax(whole)), ("integers", whole)):
        params = {"bids": bids, "pools": pools, "hours": hours, "kind": kind}
        with SolverProcess() as solver:
            solver.solve(SMALL)
            began = time.perf_counter()
            found = solver.solve(program)
            ours = time.perf_counter() - began
        named = {"name": "arrays to optimum", "unit": "s"}
        yield {**named, "params": {**params, "with": "ours"}, "value": round(ours, 2)}
        for peer, measure in PEERS.items():
            given = {**named, "params": {**params, "with": peer}}
            if peer in MISSING:
                yield {**given, "value": None, "reason": MISSING[peer]}
            else:
                yield {**given, "value": round(measure(program, found.objective), 2)}
