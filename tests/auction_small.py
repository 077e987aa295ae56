"""AUCTION_SMALL: runs of one product, a few bids each, for tests of several runs.

Takes   bids, and what else a run may hold.
Gives   `run_of`, `pool`, `buyer`: fields of a run and of its bids.
Keeps   everything that is not asked for the same.
Source  docs/formulation/auction.md, section 2.
"""

PRODUCT = "H100/node8/us"
OPENS = "2026-12-07T00:00:00Z"


def run_of(bids, number=1, kind="day-ahead", step=60, intervals=2, **more):
    """Give the fields of a small run."""
    return {
        "schema": "chiphour.auction.run/2",
        "run": number,
        "kind": kind,
        "pricing": "ip",
        "rent_account": 1,
        "sponsor_account": 1,
        "delivery": {"from": OPENS, "step_minutes": step, "intervals": intervals},
        "price": {"floor": "0", "cap": "50"},
        "tiers": [{"tier": "od", "pi": "0", "beta": "1"}],
        "products": [{"chip": "H100", "domain": "node8", "region": "us", "domain_chips": 8}],
        "arcs": [],
        "bids": bids,
    } | more


def pool(account, chips, price, name=None, intervals=2):
    return {
        "kind": "sell",
        "id": name or f"pool-{account}",
        "account": account,
        "product": PRODUCT,
        "inventory": [chips] * intervals,
        "blocks": [{"share": "1", "price": price}],
        "tiers": [{"tier": "od"}],
    }


def buyer(account, chips, price, units="1000", to="2026-12-07T02:00:00Z"):
    return {
        "kind": "buy",
        "id": f"buy-{account}",
        "account": account,
        "workload": {"class": "inference.decode", "unit": "hour"},
        "modes": [
            {
                "type": "divisible",
                "id": "m",
                "perf": [{"product": PRODUCT, "units_per_chip_hour": "1"}],
                "tiers": [{"tier": "od"}],
                "curve": [[units, price]],
                "chips_max": chips,
                "window": {"from": OPENS, "to": to},
            }
        ],
    }
