"""AUCTION_MONTH: a month by the hour, gangs that may start in any of its hours, pools that switch.

Takes   the numbers of gangs and pools, the hours that a gang runs, the limit of seconds.
Gives   the status of its award, its certified gap, processor time.
Keeps   the run the same: nothing is drawn.
Source  docs/formulation/auction.md, section 4, "Many starts"; decision 0050.

    PYTHONPATH=src python benchmarks/auction_month.py --gangs 4 --pools 4 --hours 24 --seconds 60
"""

import argparse
import resource
from typing import Any

from chiphour.adapters.solver import SolverProcess
from chiphour.auction.check import certified_gap_ppb
from chiphour.auction.clear import clear
from chiphour.auction.instance import Instance
from chiphour.auction.instance import from_fields
from chiphour.auction.result import PPB
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import NS_PER_HOUR
from chiphour.units import iso_from_ns
from chiphour.units import ns_from_iso

HOURS = 744
OPENS = "2026-12-01T00:00:00Z"
PRODUCT = "H100/node8/us"


def month(gangs: int, pools: int, hours: int) -> Instance:
    """Give the run: pools of 16 chips, dearer one by one; gangs of 8, each worth more."""
    return from_fields(
        {
            "schema": "chiphour.auction.run/2",
            "run": 1,
            "kind": "month",
            "pricing": "ip",
            "rent_account": 1,
            "sponsor_account": 3,
            "delivery": {"from": OPENS, "step_minutes": 60, "intervals": HOURS},
            "price": {"floor": "0", "cap": "12"},
            "tiers": [{"tier": "od", "pi": "0", "beta": "1"}],
            "products": [{"chip": "H100", "domain": "node8", "region": "us", "domain_chips": 8}],
            "arcs": [],
            "bids": [*map(_pool, range(pools)), *(_gang(n, hours) for n in range(gangs))],
        }
    )


def _pool(number: int) -> dict[str, Any]:
    return {
        "kind": "sell",
        "id": f"pool-{number}",
        "account": 100 + number,
        "product": PRODUCT,
        "inventory": ["16"] * HOURS,
        "blocks": [{"share": "1", "price": f"{100 + 25 * number}e-2"}],
        "tiers": [{"tier": "od"}],
        "startup": "20",
        "no_load": "1",
        "output_min": "0.25",
        "run_min": 4,
        "rest_min": 2,
    }


def _gang(number: int, hours: int) -> dict[str, Any]:
    last = iso_from_ns(ns_from_iso(OPENS) + (HOURS - hours) * NS_PER_HOUR)
    mode = {
        "type": "gang",
        "id": "only",
        "chips": 8,
        "intervals": hours,
        "start": {"from": OPENS, "to": last},
        "migratable": True,
        "products": [{"product": PRODUCT, "value_usd": str(1500 + 100 * number)}],
    }
    facts = {"class": "training", "unit": "run"}
    return {
        "kind": "buy",
        "id": f"gang-{number}",
        "account": 200 + number,
        "workload": facts,
        "modes": [mode],
    }


def main() -> None:
    """Clear it and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("gangs", 4), ("pools", 4), ("hours", 24), ("seconds", 60)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    run = month(asked.gangs, asked.pools, asked.hours)
    with SolverProcess(asked.seconds) as solver:
        found = clear(run, solver.within(asked.seconds))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    placed = sum(len(part.gangs) for part in found.award.parts)
    print(f"{found.status}: {placed} of {asked.gangs} gangs, ", end="")
    print(f"{found.welfare_nanousd / NANOUSD_PER_USD:.2f} dollars, ", end="")
    print(f"certified gap {certified_gap_ppb(run, found) / PPB:.4%}, ", end="")
    print(f"{used.ru_utime:.1f} processor seconds, {used.ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
