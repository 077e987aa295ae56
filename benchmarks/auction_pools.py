"""AUCTION_POOLS: how often does the published interval hold the share that is then interrupted.

Takes   POOLS simulated pools of each regime, for a day and for a week ahead.
Gives   the share within the interval, its mean width, mean realised and published shares.
Keeps   every pool new to the estimate: 28 days are seen, the period after them is played.
Source  docs/formulation/pooling.md, section 5.
"""

from collections.abc import Iterator
from typing import Any

from chiphour.auction.interruption import PublicationRule
from chiphour.simulate.pools import REGIMES
from chiphour.simulate.pools import coverage

POOLS = 200
SEED = 1
PERIODS_HOURS = (24, 168)


def figures() -> Iterator[dict[str, Any]]:
    """Yield every figure with its name, parameters, value and unit."""
    for regime in REGIMES:
        for hours in PERIODS_HOURS:
            found = coverage(regime, PublicationRule(period_hours=hours), POOLS, SEED)
            params = {"regime": regime.name, "period_hours": hours, "pools": found.pools}
            yield _figure("pi: within the interval", params, found.within / found.pools)
            yield _figure("pi: above the interval", params, found.above / found.pools)
            yield _figure("pi: mean width", params, found.width)
            yield _figure("pi: mean realised share", params, found.realised)
            yield _figure("pi: mean published share", params, found.expected)


def _figure(name: str, params: dict[str, Any], value: float) -> dict[str, Any]:
    return {"name": name, "params": params, "value": round(value, 4), "unit": "share"}


if __name__ == "__main__":
    for figure in figures():
        print(figure["name"], figure["params"], figure["value"])
