"""GATED: a small run with an open gate, and bids for it.

Takes   ids, chips, prices.
Gives   the settings of a run of two hours and one product; bids as members send them.
Keeps   the accounts out of the bids: the door knows who asks.
Source  docs/formulation/auction.md, section 2.
"""

from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import iso_from_ns

SELLER, BUYER = 100, 101
PRODUCT = "H100/node8/us"
SHUT_NS = 497_000 * NS_PER_HOUR
OPENS_NS = SHUT_NS - NS_PER_HOUR
FROM_NS = SHUT_NS + NS_PER_HOUR  # Delivery begins.
HOURS = 2


def settings_of(
    run=7, kind="day-ahead", floor="0", from_ns=FROM_NS, hours=HOURS, bids=(), step=60, settle=None
):
    """Give the run's own part: one product on two tiers, of which the second may be taken back.

    `hours` counts its intervals, of `step` minutes; `settle` says by how many minutes it settles.
    """
    delivery = {"from": iso_from_ns(from_ns), "step_minutes": step, "intervals": hours}
    return {
        "schema": "chiphour.auction.run/2",
        "run": run,
        "kind": kind,
        "pricing": "ip",
        "rent_account": 1,
        "sponsor_account": 3,
        "delivery": delivery | ({} if settle is None else {"settle_minutes": settle}),
        "price": {"floor": floor, "cap": "12"},
        "tiers": [
            {"tier": "od", "pi": "0", "beta": "1"},
            {"tier": "spot", "pi": "0.1", "beta": "1"},
        ],
        "products": [{"chip": "H100", "domain": "node8", "region": "us", "domain_chips": 8}],
        "arcs": [],
        "bids": list(bids),
    }


def window(from_ns=FROM_NS, hours=HOURS, step=60):
    """Give a window of so many intervals of so many minutes."""
    to_ns = from_ns + hours * step * NS_PER_MINUTE
    return {"from": iso_from_ns(from_ns), "to": iso_from_ns(to_ns)}


def buy(name, units, price, from_ns=FROM_NS, hours=HOURS, tier="od", step=60):
    """Give a bid for chip-hours: so many, at so many dollars each."""
    mode = {
        "type": "divisible",
        "id": "only",
        "perf": [{"product": PRODUCT, "units_per_chip_hour": "1"}],
        "tiers": [{"tier": tier}],
        "curve": [[units, price]],
        "chips_max": "1000",
        "window": window(from_ns, hours, step),
    }
    facts = {"class": "training", "unit": "chip-hour"}
    return {"kind": "buy", "id": name, "workload": facts, "modes": [mode]}


def pool(name, chips, price, hours=HOURS, tiers=("od",)):
    """Give an offer of so many chips in every hour."""
    return {
        "kind": "sell",
        "id": name,
        "product": PRODUCT,
        "inventory": [chips] * hours,
        "blocks": [{"share": "1", "price": price}],
        "tiers": [{"tier": tier} for tier in tiers],
    }


def gang(name, chips, hours, value, from_ns=FROM_NS):
    """Give a bid for so many chips together, through so many hours."""
    mode = {
        "type": "gang",
        "id": "only",
        "chips": chips,
        "intervals": hours,
        "start": {"from": iso_from_ns(from_ns), "to": iso_from_ns(from_ns)},
        "migratable": True,
        "products": [{"product": PRODUCT, "value_usd": value}],
    }
    facts = {"class": "training", "unit": "run"}
    return {"kind": "buy", "id": name, "workload": facts, "modes": [mode]}


def leaseback(name, chips, price, hours=HOURS, position="mine"):
    """Give an offer of chips that were bought before."""
    return pool(name, chips, price, hours) | {"kind": "leaseback", "position": position}


def virtual(name, direction, chips, price, from_ns=FROM_NS, hours=HOURS):
    """Give a virtual bid or offer."""
    return {
        "kind": "virtual",
        "id": name,
        "direction": direction,
        "product": PRODUCT,
        "window": window(from_ns, hours),
        "curve": [[chips, price]],
    }


def guards_of(**more):
    """Give guard rails: chips cost $1, cap $3 once a chip has earned $10 above that in 4 hours."""
    row = {
        "product": PRODUCT,
        "reference_cost": "1",
        "low_cap": "3",
        "entry_cost": "10",
        "multiple_ppm": 1_000_000,
        "window_hours": 4,
    }
    return {
        "schema": "chiphour.auction.guards/1",
        "products": [row],
        "pivotal": {"others": 2, "conduct_ppm": 500_000, "impact_ppm": 100_000},
        "start_hours": 1,
        "exposure": None,
        "correction_hours": 48,
    } | more
