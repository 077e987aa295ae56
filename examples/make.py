"""MAKE: writes the run files of the examples.

Takes   nothing but fixed numbers and one seed for each example: `python examples/make.py`.
Gives   examples/{pool,neoclouds,scarcity}/run.json, the same bytes each time.
Keeps   all names and figures invented; nobody is meant.
Source  docs/formulation/auction.md, section 2, for the format.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from auction_fields import Fields
from auction_fields import bid
from auction_fields import buy
from auction_fields import divisible
from auction_fields import gang
from auction_fields import offer
from auction_fields import reserve
from auction_fields import run
from auction_fields import virtual

HERE = Path(__file__).resolve().parent
HOURS = 24
RESERVED, OD, SPOT = "reserved", "od", "spot"
TIERS = (
    {"tier": RESERVED, "pi": "0", "beta": "1"},
    {"tier": OD, "pi": "0.02", "beta": "1"},
    {"tier": SPOT, "pi": "0.1", "beta": "1.15"},
)
ALL = (RESERVED, OD, SPOT)


def product(chip: str, domain: str, region: str, chips: int) -> Fields:
    """Give a product of the run."""
    return {"chip": chip, "domain": domain, "region": region, "domain_chips": chips}


# The pool of a fund: 512 chips, half of them promised to twelve companies.

POOL_CAP = 12
H100 = "H100/node8/us-east"
# Name, quota, baseload: of the quota the baseload always runs, the rest is offered to the others.
COMPANIES = (
    ("aster", 48, 40),
    ("birch", 40, 32),
    ("cedar", 32, 24),
    ("dune", 24, 16),
    ("elm", 24, 8),
    ("fjord", 16, 8),
    ("grove", 16, 8),
    ("heath", 16, 0),
    ("iris", 16, 0),
    ("juniper", 8, 0),
    ("kelp", 8, 0),
    ("larch", 8, 8),
)
ACCOUNT = {name: 101 + number for number, (name, _, _) in enumerate(COMPANIES)}
# Company, hours, chips at most, Mtok per chip-hour, then Mtok and dollars for each.
INFERENCE = (
    ("aster", (8, 22), 160, "3.0", ((2600, "1.60"), (2400, "1.10"), (1720, "0.70"))),
    ("birch", (9, 19), 128, "2.4", ((1200, "1.90"), (1100, "1.30"), (772, "0.80"))),
    ("cedar", (7, 23), 64, "4.0", ((1600, "0.90"), (1500, "0.70"), (996, "0.40"))),
    ("dune", (6, 24), 72, "3.5", ((1800, "0.80"), (1600, "0.55"), (1136, "0.33"))),
)
# Company, what for, chips, hours, first and last start, dollars for the whole run.
TRAINING = (
    ("elm", "training", 128, 6, (0, 18), 2600),
    ("fjord", "training", 64, 8, (0, 16), 1250),
    ("fjord", "second-run", 128, 8, (0, 16), 890),
    ("grove", "training", 64, 4, (8, 12), 900),
    ("heath", "tuning", 32, 3, (9, 15), 150),
    ("larch", "training", 64, 4, (9, 14), 260),
)
# Company, chips at most, then chip-hours' worth of work and dollars for each.
BATCH = (
    ("iris", 96, ((800, "1.40"), (700, "1.00"))),
    ("juniper", 64, ((400, "1.25"),)),
    ("kelp", 80, ((500, "1.05"), (600, "0.85"))),
)


def pool() -> Fields:
    """Give the fund's day: baseload and quotas kept, inference, training, batch on spot."""
    kept = [(name, quota, base) for name, quota, base in COMPANIES]
    left = 512 - sum(quota for _, quota, _ in kept)
    bids = [offer("fund", 100, H100, left, "0.90", hours=HOURS, tiers=(RESERVED, SPOT))]
    for name, quota, base in kept:
        account = ACCOUNT[name]
        bids.append(
            offer(
                f"{name}-quota", account, H100, quota, "0.40", hours=HOURS, tiers=(RESERVED, SPOT)
            )
            | {"kind": "leaseback", "position": f"quota-{name}"}
        )
        if base:
            bids.append(
                bid(
                    f"{name}-baseload",
                    account,
                    {H100: "1"},
                    (base * HOURS, POOL_CAP),
                    mode="always",
                    hours=(0, HOURS),
                    chips_max=base,
                    tiers=(RESERVED,),
                )
                | {"workload": {"class": "baseload", "unit": "chip-hour"}}
            )
    for name, hours, chips, rate, curve in INFERENCE:
        mode = divisible(
            {H100: rate}, *curve, mode="day", hours=hours, chips_max=chips, tiers=(RESERVED,)
        )
        bids.append(buy(f"{name}-chat", ACCOUNT[name], [mode], work=("inference.decode", "Mtok")))
    for name, what, chips, hours, starts, usd in TRAINING:
        mode = gang(chips, hours, {H100: usd}, mode="run", starts=starts, migratable=True)
        bids.append(buy(f"{name}-{what}", ACCOUNT[name], [mode], work=("training", "run")))
    for name, chips, curve in BATCH:
        mode = divisible(
            {H100: "1"},
            *curve,
            mode="night-and-day",
            hours=(0, HOURS),
            chips_max=chips,
            tiers=(SPOT,),
            interruption={"restart_hours": "0.25", "loss_usd": "0.05"},
        )
        bids.append(buy(f"{name}-batch", ACCOUNT[name], [mode], work=("batch", "chip-hour")))
    tiers = (TIERS[0], TIERS[2])
    return run(
        [product("H100", "node8", "us-east", 8)],
        bids,
        hours=HOURS,
        cap=POOL_CAP,
        tiers=tiers,
        rent_account=1,
        sponsor_account=100,
    )


# Forty suppliers, four regions.

REGIONS = ("us-east", "us-west", "eu-north", "ap-south")
# Chip, domain, chips in one, dollars a chip-hour that it costs about, Mtok that it decodes in one.
CHIPS = (
    ("A100", "node8", 8, 0.55, 1.5),
    ("H100", "node8", 8, 1.30, 3.6),
    ("GB200", "nvl72", 72, 3.20, 9.5),
)
POOLS = (("A100",) * 10) + (("H100",) * 20) + (("GB200",) * 10)
SHIFT = 12  # Hours of the run.


def _id(chip: str, region: str) -> str:
    return f"{chip}/{'nvl72' if chip == 'GB200' else 'node8'}/{region}"


def _supplier(random: Random, number: int, chip: str) -> Fields:
    region = REGIONS[number % 4]
    _, _, domain, cost, _ = next(row for row in CHIPS if row[0] == chip)
    nodes = random.randint(2, 4) if chip == "GB200" else random.randint(3, 15)
    price = cost * random.uniform(0.85, 1.25)
    shares = (("0.5", 1.0), ("0.3", 1.15), ("0.2", 1.4))
    inventory = [nodes * domain] * SHIFT
    fields = offer(
        f"supplier-{number + 1:02d}", 200 + number, _id(chip, region), inventory, 1, tiers=ALL
    ) | {
        "blocks": [{"share": share, "price": f"{price * rise:.4f}"} for share, rise in shares],
        "reserve": True,
        "side_stock": {"cpu": [chips * random.choice((4, 8)) for chips in inventory]},
    }
    if number % 8 == 5:  # Machines that are off unless the day pays for switching them on.
        startup = price * nodes * domain * random.uniform(0.5, 1)
        fields |= {"startup": f"{startup:.2f}", "output_min": "0.25", "run_min": 4, "rest_min": 2}
    return fields


def _inference(random: Random, number: int) -> Fields:
    """Give inference that runs on any chip of its regions, worth most by day."""
    regions = random.sample(REGIONS, random.randint(1, 2))
    rates = {
        _id(chip, region): f"{decode * random.uniform(0.9, 1.1):.4f}"
        for chip, _, _, _, decode in CHIPS
        for region in regions
    }
    length = random.randint(4, SHIFT)
    first = random.randint(0, SHIFT - length)
    work = random.randint(50, 160) * 100
    value = random.uniform(0.45, 0.9)
    curve = [(work // 2, f"{value:.4f}"), (work // 3, f"{value * 0.8:.4f}")]
    curve.append((work // 6, f"{value * 0.6:.4f}"))
    mode = divisible(
        rates,
        *curve,
        mode="serve",
        hours=(first, first + length),
        chips_max=work // 20,
        tiers=(RESERVED, OD),
        interruption={"loss_usd": "2"},
    )
    name = f"inference-{number + 1:02d}"
    return buy(name, 300 + number, [mode], work=("inference.decode", "Mtok"))


def _batch(random: Random, number: int) -> Fields:
    """Give work for any hour and region, on spot alone."""
    rates = {
        _id(chip, region): f"{decode * random.uniform(0.8, 1.0):.4f}"
        for chip, _, _, _, decode in CHIPS[:2]
        for region in random.sample(REGIONS, 2)
    }
    work, value = random.randint(10, 60) * 100, random.uniform(0.4, 0.7)
    mode = divisible(
        rates,
        (work // 2, f"{value:.4f}"),
        (work // 2, f"{value * 0.75:.4f}"),
        mode="batch",
        hours=(0, SHIFT),
        chips_max=work // 12,
        tiers=(SPOT,),
        interruption={"restart_hours": "0.2", "loss_usd": "0.02"},
    )
    return buy(f"batch-{number + 1:02d}", 340 + number, [mode], work=("inference.batch", "Mtok"))


def _training(random: Random, number: int) -> Fields:
    """Give a run that takes whole NVL72 racks, or as second best more H100 for longer."""
    racks, hours = random.choice((1, 1, 2)), random.choice((2, 4, 6))
    regions = random.sample(REGIONS, 2)
    value = racks * 72 * hours * random.uniform(3.2, 7.0)
    last = SHIFT - hours
    modes = [
        gang(
            72 * racks,
            hours,
            {_id("GB200", region): f"{value:.2f}" for region in regions},
            mode="nvl72",
            starts=(0, last),
        )
    ]
    logic: dict[str, Any] = {}
    if number % 2:
        modes.append(
            gang(
                64,
                hours * 2,
                {_id("H100", region): f"{value * 0.7:.2f}" for region in regions},
                mode="node8",
                starts=(0, SHIFT - hours * 2),
                migratable=True,
            )
        )
        logic = {"logic": {"xor": [["nvl72", "node8"]], "requires": []}}
    name = f"training-{number + 1:02d}"
    return buy(name, 380 + number, modes, work=("training", "run"), **logic)


def _learning(random: Random, number: int) -> Fields:
    """Give reinforcement learning: every chip needs eight CPUs more than its bundle."""
    region = REGIONS[number % 4]
    first = random.randint(0, 4)
    work, value = random.randint(2, 6) * 100, random.uniform(2.0, 3.5)
    mode = divisible(
        {_id("H100", region): "1.0"},
        (work // 2, f"{value:.4f}"),
        (work // 2, f"{value * 0.8:.4f}"),
        mode="rollouts",
        hours=(first, first + 8),
        chips_max=work // 6,
        tiers=(RESERVED, OD),
        interruption={"loss_usd": "0.5"},
        needs={"cpu": 8},
    )
    return buy(f"learning-{number + 1:02d}", 420 + number, [mode], work=("rl", "rollout"))


def neoclouds() -> Fields:
    """Give the day of forty suppliers."""
    random = Random(1)
    bids = [_supplier(random, number, chip) for number, chip in enumerate(POOLS)]
    bids += [_inference(random, number) for number in range(24)]
    bids += [_batch(random, number) for number in range(10)]
    bids += [_training(random, number) for number in range(12)]
    bids += [_learning(random, number) for number in range(6)]
    bids += [reserve(region, (16, 6), (16, 3), (32, 1), (32, "0.4")) for region in REGIONS]
    east = _id("H100", "us-east")
    bids.append(virtual("trader-buys", 450, "buy", east, (40, "1.90"), hours=SHIFT))
    bids.append(virtual("trader-sells", 451, "sell", east, (40, "1.60"), hours=SHIFT))
    limit = ["48"] * SHIFT
    ends = {"from": east, "to": _id("H100", "us-west"), "tier": OD}
    return run(
        [
            product(chip, domain, region, chips)
            for chip, domain, chips, *_ in CHIPS
            for region in REGIONS
        ],
        bids,
        hours=SHIFT,
        cap=40,
        tiers=TIERS,
        sponsor_account=199,
        arcs=[ends | {"min": [f"-{chips}" for chips in limit], "max": limit}],
    )


# Reserve runs short.

SCARCE_CAP = 20
FAILED = {13: 32, 14: 96, 15: 176, 16: 264, 17: 288}  # Chips that are missing, by hour.


def scarcity() -> Fields:
    """Give a day on which cooling fails in the afternoon."""
    name = product("H100", "node8", "us-east", 8)
    bids = [
        offer(
            "north",
            201,
            H100,
            [304 - FAILED.get(hour, 0) for hour in range(HOURS)],
            "1.20",
            tiers=(OD,),
            reserve=True,
        ),
        offer("south", 202, H100, 80, "1.50", hours=HOURS, tiers=(OD,), reserve=True),
        reserve("us-east", (16, 15), (16, 9), (16, 5), (16, "2.50"), (32, 1)),
    ]
    for number, (word, chips, usd) in enumerate(
        (
            ("hospitals", 64, SCARCE_CAP),
            ("payments", 48, SCARCE_CAP),
            ("assistants", 96, 7),
            ("search", 48, 4),
            ("summaries", 48, "2.20"),
        )
    ):
        bids.append(
            buy(
                word,
                301 + number,
                [
                    divisible(
                        {H100: "1"},
                        (chips, usd),
                        mode=f"h{hour:02d}",
                        hours=(hour, hour + 1),
                        chips_max=chips,
                    )
                    for hour in range(HOURS)
                ],
                work=("inference", "chip-hour"),
            )
        )
    return run([name], bids, hours=HOURS, cap=SCARCE_CAP, sponsor_account=199)


MAKERS: dict[str, Callable[[], Fields]] = {
    "pool": pool,
    "neoclouds": neoclouds,
    "scarcity": scarcity,
}


def text(fields: Fields) -> str:
    """Write a run as JSON for people: a bid a line."""
    bids = ",\n".join(json.dumps(one) for one in fields["bids"])
    rest = json.dumps(fields | {"bids": []}, indent=1)
    return rest.replace('"bids": []', f'"bids": [\n{bids}\n]') + "\n"


def main() -> None:
    """Write every example's run."""
    for name, maker in MAKERS.items():
        (HERE / name / "run.json").write_text(text(maker()))


if __name__ == "__main__":
    main()
