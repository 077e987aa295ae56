"""CLEAR: one run of the auction, from bids to a checked result.

Takes   an instance, and a function that solves a programme (in this process or another).
Gives   `Result`.
Keeps   no result that its own checker refuses; the same run, the same result, byte for byte.
Source  docs/formulation/auction.md, sections 4 to 7 and equation 11; decision 0008.
"""

from dataclasses import replace
from fractions import Fraction
from math import isfinite

import numpy as np

from chiphour.auction.award import award
from chiphour.auction.bound import bound_nanousd
from chiphour.auction.check import violations
from chiphour.auction.gang_prices import least
from chiphour.auction.held import Duals
from chiphour.auction.instance import Instance
from chiphour.auction.model import build
from chiphour.auction.model import duals
from chiphour.auction.prices import ClearingFailed
from chiphour.auction.prices import Solve
from chiphour.auction.prices import published
from chiphour.auction.prices import trading
from chiphour.auction.programmes import Solved
from chiphour.auction.programmes import relaxed_duals
from chiphour.auction.programmes import solved
from chiphour.auction.result import Result
from chiphour.auction.solve import INTEGRAL
from chiphour.auction.solve import SOLVER
from chiphour.auction.workload import Workload
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import round_half_even

BUDGET_ROUNDS = 3
PPB = 10**9
HUNDREDTHS = 100


def clear(instance: Instance, solve: Solve) -> Result:
    """Clear a run. Raises ClearingFailed when there is no optimum or no valid award."""
    if not any(_budget(bid) is not None for bid in instance.bids):
        return checked(instance, _cleared(instance, solve))
    root = instance.root
    free = instance.at_prices(None, {})
    reference = relaxed_duals(build(free), solve, root)
    scaled: dict[str, int] = {}
    for _ in range(BUDGET_ROUNDS + 1):
        counted = instance.at_prices(reference, scaled)
        result = _cleared(counted, solve)
        over = _overspent(instance, result)
        if not over:
            return checked(instance, result)
        reference = _risen(reference, result.money)
    while over:  # Each time another bid, at the most.
        scaled |= {bid: _share_ppb(instance, bid) for bid in over}
        result = _cleared(instance.at_prices(reference, scaled), solve)
        over = [bid for bid in _overspent(instance, result) if bid not in scaled]
    return checked(instance, result)


def checked(instance: Instance, result: Result) -> Result:
    """Give a result back that its checker accepts; raises ClearingFailed with the first fault."""
    for found in violations(instance, result):
        raise ClearingFailed(
            f"{found.rule} at {found.where}: expected {found.expected}, found {found.found}"
        )
    return result


def _cleared(instance: Instance, solve: Solve) -> Result:
    root, grid = instance.root, instance.grid
    found = solved(instance, solve, root)
    held = [
        bid.read(grid, layout, found.primal)
        for bid, layout in zip(instance.bids, found.model.layouts, strict=True)
    ]
    fixed, relaxed = (duals(found.model, part.row_dual) for part in (found.fixed, found.relaxed))
    if instance.pricing != "eu":  # There a pool's price also pays for switching it on.
        fixed = least(instance, held, fixed)
    paid, priced = (relaxed, found.relaxed) if instance.pricing == "hull" else (fixed, found.fixed)
    prices = published(paid, priced.priced | trading(found.model, found.primal), grid)
    given = award(instance, held, _flows(found), prices, paid)
    bids, context = instance.bid_by_id, instance.context
    worth = sum((bids[part.id].worth(context, part.held) for part in given.parts), Fraction(0))
    return Result(
        run=instance.run,
        root=root,
        pricing=instance.pricing,
        status=found.status,
        claimed_gap_ppb=round(found.claimed_gap * PPB) if isfinite(found.claimed_gap) else None,
        hull_exact=_hull_is_exact(instance),
        prices=prices,
        fixed=fixed,
        relaxed=relaxed,
        reference=instance.reference,
        scaled=instance.scaled,
        award=given,
        welfare_nanousd=round_half_even(worth * NANOUSD_PER_USD),
        bound_nanousd=bound_nanousd(instance, relaxed),
        solver=SOLVER,
        transfers=given.transfers(instance.run),
    )


def _flows(found: Solved) -> dict[tuple[int, int], int]:
    """Give the flow of each arc in each interval in hundredths, cut toward zero to the unit."""
    grid = found.model.grid
    flows: dict[tuple[int, int], int] = {}
    for block in found.model.columns[: len(grid.arcs)]:
        units = found.primal[block.first : block.first + block.size]
        units = units * (HUNDREDTHS / grid.unit_hundredths)
        whole = np.rint(units)
        near = np.abs(units - whole) <= INTEGRAL * np.maximum(1, np.abs(whole))
        cut = np.where(near, whole, np.trunc(units)).astype(np.int64) * grid.unit_hundredths
        arc = block.first // grid.intervals
        flows |= {(arc, i): int(cut[i]) for i in np.flatnonzero(cut).tolist()}
    return flows


def _hull_is_exact(instance: Instance) -> bool:
    return all(bid.hull_is_exact for bid in instance.bids if isinstance(bid, Workload))


def _budget(bid: object) -> int | None:
    return bid.spend_microusd if isinstance(bid, Workload) else None


def _overspent(instance: Instance, result: Result) -> list[str]:
    """Give the bids that pay more than their budget at the prices found."""
    known = instance.bid_by_id
    return [
        part.id
        for part in result.award.parts
        if (most := _budget(known[part.id])) is not None
        and part.payment_microusd + part.charge_microusd > most
    ]


def _risen(reference: Duals, found: Duals) -> Duals:
    """Give the greater of two sets of prices, one by one (eq. 11)."""
    slots = tuple(max(pair) for pair in zip(reference.slots, found.slots, strict=True))
    names = {**reference.pools, **found.pools}
    pools = {name: max(reference.pools.get(name, 0), found.pools.get(name, 0)) for name in names}
    return replace(reference, slots=slots, pools=pools)


def _share_ppb(instance: Instance, bid_id: str) -> int:
    """Give the share of its values at which all that a bid declares is within its budget."""
    bid = instance.bid_by_id[bid_id]
    assert isinstance(bid, Workload) and bid.spend_microusd is not None
    declared = bid.declared_usd(instance.grid)
    most = Fraction(bid.spend_microusd, MICROUSD_PER_USD)
    return min(PPB, int(most / declared * PPB)) if declared > 0 else PPB
