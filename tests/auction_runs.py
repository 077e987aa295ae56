"""AUCTION_RUNS: random runs of the auction with everything that a run can hold.

Takes   draws of hypothesis.
Gives   `runs`: fields of a run of up to two products, two tiers, four intervals; parts of it.
Keeps   prices and sizes on a coarse lattice, so that ties and degenerate duals are common; work on
        each rule frequent: gangs that do not fit, pools that start, reserve that runs short.
Source  docs/formulation/auction.md, section 2.
"""

from hypothesis import strategies as st

INTERVALS = 3
PRODUCTS = ("A/d/r", "B/d/r")
POOL_ACCOUNT, BUYER_ACCOUNT = 100, 10


def time(interval):
    return f"2026-12-01T{interval:02d}:00:00Z"


def tenths(least, most):
    return st.integers(least, most).map(lambda number: f"{number // 10}.{number % 10}")


TIERS = st.sampled_from(
    (
        [{"tier": "od", "pi": "0", "beta": "1"}],
        [
            {"tier": "od", "pi": "0", "beta": "1"},
            {"tier": "spot", "pi": "0.15", "beta": "1.25"},
        ],
    )
)


@st.composite
def windows(draw):
    first = draw(st.integers(0, INTERVALS - 1))
    return {"from": time(first), "to": time(draw(st.integers(first + 1, INTERVALS)))}


@st.composite
def divisibles(draw, mode, tiers, needy=True):
    products = draw(st.lists(st.sampled_from(PRODUCTS), min_size=1, max_size=2, unique=True))
    prices = sorted(draw(st.lists(st.integers(1, 40), min_size=1, max_size=3)), reverse=True)
    chips = draw(st.sampled_from(["0.05", "7", "33.33", "1000"]))
    factors = draw(st.sampled_from((None, None, None, ("compute", "memory"))))
    perf = []
    for product in products:
        rate = draw(tenths(5, 30))
        rates = rate if factors is None else {name: draw(tenths(5, 30)) for name in factors}
        row = {"product": product, "units_per_chip_hour": rates}
        if draw(st.integers(0, 4)) == 0:
            row["scale"] = [["3", "1"], ["1000", "0.5"]]
        if needy and draw(st.integers(0, 5)) == 0:
            row["needs"] = {"cpu": draw(st.integers(1, 3))}
        perf.append(row)
    named = [tier["tier"] for tier in tiers]
    return {
        "type": "divisible",
        "id": mode,
        "perf": perf,
        "tiers": [{"tier": name} for name in draw(st.sampled_from((named, named[:1], named[-1:])))],
        "interruption": draw(
            st.sampled_from(
                (
                    {"loss_units": "0", "restart_hours": "0", "loss_usd": "0"},
                    {"loss_units": "0.4", "restart_hours": "0.1", "loss_usd": "0.2"},
                )
            )
        ),
        "curve": [[draw(tenths(5, 400)), f"{price / 10}"] for price in prices],
        "chips_max": chips,
        "window": draw(windows()),
    }


@st.composite
def gangs(draw, mode):
    chips = draw(st.sampled_from((1, 2, 4, 8)))
    count = draw(st.integers(1, 2))
    first = draw(st.integers(0, INTERVALS - count))
    products = draw(st.lists(st.sampled_from(PRODUCTS), min_size=1, max_size=2, unique=True))
    fields = {
        "type": "gang",
        "id": mode,
        "chips": chips,
        "intervals": count,
        "start": {
            "from": time(first),
            "to": time(draw(st.integers(first, INTERVALS - count))),
        },
        "migratable": draw(st.booleans()),
        "products": [
            {"product": product, "value_usd": draw(tenths(5, 40 * chips * count))}
            for product in products
        ],
    }
    if draw(st.integers(0, 5)) == 0:
        fields["needs"] = {"cpu": 1}
    return fields


LOGIC = (
    None,
    {"xor": [["m0", "m1"]], "requires": []},
    {"xor": [], "requires": [["m1", "m0"]]},
)


@st.composite
def buyers(draw, number, tiers, budget=False):
    count = draw(st.integers(1, 2))
    modes = [
        draw(gangs(f"m{mode}") if draw(st.integers(0, 2)) == 0 else divisibles(f"m{mode}", tiers))
        for mode in range(count)
    ]
    bid = {
        "kind": "buy",
        "id": f"bid-{number}",
        "account": BUYER_ACCOUNT + number,
        "workload": {"class": "inference.decode", "unit": "Mtok"},
        "modes": modes,
    }
    if count == 2 and (logic := draw(st.sampled_from(LOGIC))):
        if logic["requires"]:
            modes[0] = draw(gangs("m0"))
        bid["logic"] = logic
    if budget and draw(st.booleans()):
        bid["limits"] = {"spend_usd": draw(tenths(10, 500))}
    return bid


@st.composite
def pools(draw, number, tiers):
    prices = sorted(draw(st.lists(st.integers(0, 30), min_size=2, max_size=2)))
    pool = {
        "kind": "sell",
        "id": f"pool-{number}",
        "account": POOL_ACCOUNT + number,
        "product": PRODUCTS[number % 2] if number < 2 else draw(st.sampled_from(PRODUCTS)),
        "inventory": [
            draw(st.sampled_from(["0", "0.03", "10", "12.5", "16", "40"])) for _ in range(INTERVALS)
        ],
        "blocks": [
            {"share": "0.333", "price": f"{prices[0] / 10}"},
            {"share": "0.6", "price": f"{prices[1] / 10}"},
        ],
        "tiers": [{"tier": tier["tier"], "beta": tier["beta"]} for tier in tiers],
        "reserve": draw(st.booleans()),
        "side_stock": draw(st.sampled_from(({}, {"cpu": [20] * INTERVALS}))),
    }
    if set(pool["inventory"]) == {"0"}:
        pool["inventory"][0] = "10"  # An offer of nothing is refused.
    if draw(st.integers(0, 2)) == 0:
        pool |= {
            "startup": draw(tenths(0, 200)),
            "no_load": draw(tenths(0, 20)),
            "output_min": draw(st.sampled_from(("0", "0.25", "0.5"))),
            "run_min": draw(st.integers(1, 3)),
            "rest_min": draw(st.integers(1, 2)),
        }
    return pool


@st.composite
def others(draw):
    found = []
    if draw(st.booleans()):
        prices = sorted(draw(st.lists(st.integers(1, 40), min_size=2, max_size=2)), reverse=True)
        found.append(
            {
                "kind": "reserve",
                "id": "reserve-r",
                "account": 1,
                "region": "r",
                "steps": [[draw(tenths(5, 100)), f"{price / 10}"] for price in prices],
            }
        )
    for direction in ("buy", "sell"):
        if draw(st.integers(0, 3)) == 0:
            prices = sorted(draw(st.lists(st.integers(1, 40), min_size=2, max_size=2)))
            prices = prices[::-1] if direction == "buy" else prices
            found.append(
                {
                    "kind": "virtual",
                    "id": f"virtual-{direction}",
                    "account": 50,
                    "direction": direction,
                    "product": draw(st.sampled_from(PRODUCTS)),
                    "window": draw(windows()),
                    "curve": [[draw(tenths(5, 100)), f"{price / 10}"] for price in prices],
                }
            )
    return found


@st.composite
def arcs(draw):
    limits = st.lists(st.sampled_from(["0", "0.5", "5"]), min_size=INTERVALS, max_size=INTERVALS)
    if draw(st.integers(0, 2)):
        return []
    least = [f"-{limit}" for limit in draw(limits)]
    ends = {"from": "A/d/r", "to": "B/d/r", "tier": "od"}
    return [ends | {"min": least, "max": draw(limits)}]


@st.composite
def runs(draw, budget=False, pricing="ip", floors=("0",)):
    """Draw a run; with `budget` some bids have a limit of spending."""
    tiers = draw(TIERS)
    found = [draw(pools(number, tiers)) for number in range(draw(st.integers(2, 4)))]
    found += [draw(buyers(number, tiers, budget)) for number in range(draw(st.integers(0, 6)))]
    found += draw(others())
    return {
        "schema": "chiphour.auction.run/2",
        "run": draw(st.integers(1, 9)),
        "kind": "day-ahead",
        "pricing": pricing,
        "rent_account": 1,
        "sponsor_account": 3,
        "delivery": {"from": time(0), "step_minutes": 60, "intervals": INTERVALS},
        "price": {"floor": draw(st.sampled_from(floors)), "cap": "50"},
        "tiers": tiers,
        "products": [
            {"chip": chip, "domain": "d", "region": "r", "domain_chips": 8} for chip in "AB"
        ],
        "arcs": draw(arcs()),
        "bids": found,
    }
