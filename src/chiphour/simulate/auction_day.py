"""AUCTION_DAY: what the demonstration members bid and offer in a run that members bid in.

Takes   the date, the latest fix of two chips, the members, a seed.
Gives   `auction_day`: the fields of a run with all kinds of bids: work that is day's or night's, a
        gang, pools that must be switched on, a curve of reserve.
Keeps   values and costs as shares of the fixes; all of it a function of day, fix and seed.
Source  Decision 0011; the shapes of `examples/`, the pools of the day's own auction.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from typing import Any
from typing import NamedTuple

from chiphour.auction.instance import to_json
from chiphour.auction.record import json_value
from chiphour.exchange.limits import INSURANCE_FUND
from chiphour.index.fixing import Fixing
from chiphour.simulate.members import Member
from chiphour.simulate.workloads import HOURS
from chiphour.simulate.workloads import PRODUCTS
from chiphour.simulate.workloads import demonstration_run
from chiphour.units import MICROUSD_PER_TICK
from chiphour.units import NS_PER_HOUR
from chiphour.units import iso_from_ns
from chiphour.units import ns_from_iso
from chiphour.units import text_from_microusd
from chiphour.units import text_from_ticks

FIRST, SECOND = PRODUCTS  # H100 and A100, both of one region.
REGION = FIRST.rsplit("/", 1)[1]
GANG_CHIPS, GANG_HOURS = 16, 8
GANG_PERCENT = 128  # Of the fix of its chip-hours: what the gang's run is worth.
BUSY_PERCENT = 92  # Of its chips in all its hours: what work asks for, so that hours differ.
SWITCHED = "A100"  # The pool operator's machines of this chip are switched on for a start-up cost.
RESERVE_STEPS = (("24", 60), ("24", 25), ("48", 8))  # Chips, per cent of the first chip's fix.


class Work(NamedTuple):
    """Work of a member: chips at most, in some hours, worth shares of the fix, block by block."""

    member: str
    name: str
    work_class: str
    hours: tuple[int, int]
    chips: int
    percents: tuple[int, ...]


WORK = (
    Work("inference buyer", "chat", "inference.decode", (0, HOURS), 20, (170, 140, 110)),
    Work("maker one", "assistant", "inference.decode", (7, 19), 44, (160, 130, 105)),
    Work("maker two", "search", "inference.decode", (10, 22), 28, (145, 115, 95)),
    Work("training lab", "pretraining", "training.dense", (0, HOURS), 24, (92, 74, 58)),
    Work("trend follower", "nightly", "batch", (0, HOURS), 40, (66, 54, 42)),
)


def auction_day(
    day: date, fixings: Mapping[str, Fixing], members: Sequence[Member], seed: int
) -> dict[str, Any] | None:
    """Give the run for delivery on the day after `day`; None while a chip has no fix.

    `bids` holds those of the members, `curves` those that the operator brings.
    """
    book = demonstration_run(day, fixings, members, seed)
    if book is None:
        return None
    fields: dict[str, Any] = json_value(to_json(book), "run")
    found = {product: fixings[ticker].fix_ticks for product, ticker in PRODUCTS.items()}
    ticks = {product: price for product, price in found.items() if price is not None}
    account_of = {member.name.split(" ", 1)[1]: member.account for member in members}
    opens_ns = ns_from_iso(fields["delivery"]["from"])
    offers = [bid for bid in fields["bids"] if bid["kind"] == "sell"]
    for offer in offers:
        _switch(offer, ticks[offer["product"]])
    works = [_work(work, account_of[work.member], ticks[FIRST], opens_ns) for work in WORK]
    gang = _gang(account_of["training lab"], ticks, opens_ns)
    steps = [
        [chips, text_from_ticks(ticks[FIRST] * share // 100)] for chips, share in RESERVE_STEPS
    ]
    curve = {
        "kind": "reserve",
        "id": f"reserve.{REGION}",
        "account": INSURANCE_FUND,
        "region": REGION,
        "steps": steps,
    }
    return {**fields, "bids": [*offers, *works, gang], "curves": [curve]}


def _switch(offer: dict[str, Any], price_ticks: int) -> None:
    """Let idle chips be kept in reserve, and give one kind of machine a cost of being on."""
    offer["reserve"] = True
    if SWITCHED in offer["id"] and "operator" in offer["id"]:
        offer["startup"] = text_from_microusd(price_ticks * 20 * MICROUSD_PER_TICK)
        offer["no_load"] = text_from_ticks(price_ticks // 2)
        offer["output_min"] = "0.1"
        offer["run_min"], offer["rest_min"] = 4, 2


def _work(work: Work, account: int, price_ticks: int, opens_ns: int) -> dict[str, Any]:
    """Give a bid of work that either chip can do, the second at two fifths of the speed."""
    first, end = work.hours
    each = work.chips * (end - first) * BUSY_PERCENT // 100 // len(work.percents)
    return {
        "kind": "buy",
        "id": work.name,
        "account": account,
        "workload": {"class": work.work_class, "unit": "chip-hour"},
        "modes": [
            {
                "type": "divisible",
                "id": "any",
                "perf": [
                    {"product": FIRST, "units_per_chip_hour": "1"},
                    {"product": SECOND, "units_per_chip_hour": "0.4"},
                ],
                "tiers": [{"tier": "od"}],
                "curve": [
                    [str(each), text_from_ticks(price_ticks * percent // 100)]
                    for percent in work.percents
                ],
                "chips_max": str(work.chips),
                "window": {"from": _hour(opens_ns, first), "to": _hour(opens_ns, end)},
            }
        ],
    }


def _gang(account: int, ticks: Mapping[str, int], opens_ns: int) -> dict[str, Any]:
    """Give a run of training: whole domains together, for hours on end, or not at all."""
    hours = GANG_CHIPS * GANG_HOURS
    values = {
        product: text_from_microusd(hours * price * GANG_PERCENT // 100 * MICROUSD_PER_TICK)
        for product, price in ticks.items()
    }
    return {
        "kind": "buy",
        "id": "fine-tune",
        "account": account,
        "workload": {"class": "training.dense", "unit": "run"},
        "modes": [
            {
                "type": "gang",
                "id": "run",
                "chips": GANG_CHIPS,
                "intervals": GANG_HOURS,
                "start": {"from": _hour(opens_ns, 0), "to": _hour(opens_ns, HOURS - GANG_HOURS)},
                "migratable": True,
                "products": [
                    {"product": product, "value_usd": values[product]} for product in PRODUCTS
                ],
            }
        ],
    }


def _hour(opens_ns: int, hour: int) -> str:
    return iso_from_ns(opens_ns + hour * NS_PER_HOUR)
