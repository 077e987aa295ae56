"""AUCTION_TERMS: what an operator says of a run that it announces, read strictly.

Takes   the terms as JSON: settings, times, rules; the runs that there are.
Gives   the first line of the run; refusals for a run that cannot stand beside the others.
Keeps   runs of the same hours in one order: their numbers, gates and deliveries rise together, and
        the last one delivers.
Source  docs/formulation/runs.md, sections 1, 2 and 12; decision 0039.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from chiphour.adapters.auctions import Auctions
from chiphour.auction.award import AUCTION_ACCOUNT
from chiphour.auction.award import COLLATERAL_ACCOUNT
from chiphour.auction.collateral import CollateralRule
from chiphour.auction.collateral import Stress
from chiphour.auction.delivery import Window
from chiphour.auction.fields import ACCOUNT_MEMBER_LEAST
from chiphour.auction.fields import Fields
from chiphour.auction.fields import hundredths_text
from chiphour.auction.gate import GateRefused
from chiphour.auction.grid import Grid
from chiphour.auction.guard_rules import guard_fields
from chiphour.auction.guard_rules import read_guards
from chiphour.auction.instance import Instance
from chiphour.auction.instance import canonical
from chiphour.auction.instance import from_fields
from chiphour.auction.positions import Tier
from chiphour.auction.record import json_value
from chiphour.auction.record import time_ns
from chiphour.auction.rules import Rules
from chiphour.auction.rules import from_json as rules_from_json
from chiphour.auction.rules import to_json as rules_to_json
from chiphour.auction.scarcity import ReserveRule
from chiphour.auction.scarcity import Step
from chiphour.auction.scarcity import reserve_steps
from chiphour.auction.shortfall import Penalty
from chiphour.auction.slots import GANG
from chiphour.auction.slots import position_tier
from chiphour.units import PPM
from chiphour.units import iso_from_ns

RUNS_MAX = 10_000
# A market day's own auction is numbered by its day; their transfers share the journal with ours.
OF_DAYS = range(date(2000, 1, 1).toordinal(), date(2200, 1, 1).toordinal())
PENALTY = Penalty(100_000, None)  # A tenth of the real-time price, to the buyer that was hit.
COLLATERAL = CollateralRule(100_000, 100_000, 200_000, 100_000)
WINDOW = Window(24, 24, 24, 24, 10_000)
OPERATORS = ("reserve",)  # The bids that a run may bring along.


def created_line(terms: Mapping[str, Any], now_ns: int, salt: str) -> dict[str, object]:
    """Read the terms of a run; give its first line. Raises RequestMalformed, GateRefused."""
    fields = Fields(terms, "terms")
    settings = fields.raw("settings")
    empty = from_fields(settings)
    if fields.has("scarcity") and not fields.null("scarcity"):
        settings = {**settings, "bids": [*settings["bids"], *_read_curves(fields, empty)]}
        empty = from_fields(settings)
    _check_settings(empty, settings)
    opens_ns, closes_ns, discloses_ns = (
        time_ns(fields, name) for name in ("opens", "closes", "discloses")
    )
    _check_times(empty.grid, now_ns, opens_ns, closes_ns, discloses_ns)
    delivers = fields.raw("delivers") if fields.has("delivers") else True
    if not isinstance(delivers, bool):
        raise fields.refuse("delivers", "true or false", delivers)
    given = fields.raw("rules") if fields.has("rules") else None
    rules = default_rules(empty.grid) if given is None else rules_from_json(canonical(given))
    guards = None
    if fields.has("guards") and not fields.null("guards"):
        guards = guard_fields(read_guards(fields.raw("guards"), "terms.guards", empty.grid))
    fields.exhausted()
    _check_rules(rules, empty.grid)
    return {
        "what": "created",
        "time_ns": now_ns,
        "settings": settings,
        "opens_ns": opens_ns,
        "closes_ns": closes_ns,
        "discloses_ns": discloses_ns,
        "salt": salt,
        "delivers": delivers,
        "rules": json_value(rules_to_json(rules), "rules"),
        **({} if guards is None else {"guards": guards}),
    }


def default_rules(grid: Grid) -> Rules:
    """Give the rules of a run whose operator names none: tiers as it sells them, floor and cap."""
    ranked = sorted(grid.tiers, key=lambda tier: (tier.pi_ppm, tier.name))
    return Rules(
        (
            Tier(GANG, 0, 0, PPM),
            *(
                Tier(position_tier(tier.name), rank, tier.pi_ppm, max(tier.beta_ppm, PPM))
                for rank, tier in enumerate(ranked, 1)
            ),
        ),
        PENALTY,
        COLLATERAL,
        tuple((name, Stress(grid.floor_ticks, grid.cap_ticks)) for name in sorted(_products(grid))),
        WINDOW,
    )


def check_place(auctions: Auctions, line: Mapping[str, Any]) -> int:
    """Give the number of a run that can stand beside the others; raises GateRefused."""
    empty = from_fields(line["settings"])
    number = empty.run
    if number in OF_DAYS:
        found = f"{number}: the number of a day's own auction"
        raise GateRefused(f"run: expected a number below {OF_DAYS[0]} or above, found {found}")
    if auctions.is_known(number):
        raise GateRefused(f"run: expected a number that was never used, found {number}")
    if len(auctions.runs) >= RUNS_MAX:
        raise GateRefused(f"run: expected at most {RUNS_MAX} runs, found as many")
    from_ns, to_ns, minutes = empty.grid.opens_ns, empty.grid.ends_ns, empty.grid.slot_minutes
    for other in auctions.ranked():
        shared = _products(empty.grid) & _products(other.grid)
        if not shared or to_ns <= other.from_ns or other.to_ns <= from_ns:
            continue
        where = f"beside run {other.run}, of the same hours"
        if other.run > number:
            raise GateRefused(f"run: expected a higher number {where}, found {number}")
        if other.gate.terms.closes_ns > line["closes_ns"]:
            found = iso_from_ns(line["closes_ns"])
            raise GateRefused(f"closes: expected no earlier gate {where}, found {found}")
        if other.stage != "cancelled" and other.grid.slot_minutes != minutes:
            expected = f"{other.grid.slot_minutes} {where}: what they trade is added up"
            raise GateRefused(f"delivery.settle_minutes: expected {expected}, found {minutes}")
        if other.delivers and other.stage != "cancelled":
            raise GateRefused(f"run: expected hours that no run delivers, found run {other.run}")
    return number


def _read_curves(fields: Fields, empty: Instance) -> list[dict[str, Any]]:
    """Pop `scarcity`: the reserve curve of each region, from how far reserve fell short (eq. 7).

    Chips as decimal text; the account of the curves is the run's rent account.
    """
    return [
        {
            "kind": "reserve",
            "id": f"scarcity.{region}",
            "account": empty.rent_account,
            "region": region,
            "steps": [list(step.texts()) for step in steps],
        }
        for region, steps in fields.each("scarcity", lambda row: _read_curve(row, empty.grid))
    ]


def _read_curve(fields: Fields, grid: Grid) -> tuple[str, tuple[Step, ...]]:
    region = fields.choice("region", grid.regions)
    rule = ReserveRule(
        fields.signed_hundredths("mean"),
        fields.hundredths("sd"),
        fields.hundredths("least"),
        fields.ticks("cutoff"),
    )
    width, reach = fields.hundredths("width"), fields.hundredths("reach")
    steps = reserve_steps(rule, width, reach, grid.cap_ticks)
    if not steps:
        raise fields.refuse("reach", "a curve that is worth something", hundredths_text(reach))
    return region, steps


def _check_settings(empty: Instance, settings: Mapping[str, Any]) -> None:
    for bid in settings["bids"]:
        if bid["kind"] not in OPERATORS:
            raise GateRefused(f"settings.bids: expected reserve curves alone, found {bid['kind']}")
    for name in ("rent_account", "sponsor_account"):
        account = getattr(empty, name)
        own = account not in (AUCTION_ACCOUNT, COLLATERAL_ACCOUNT)
        if account is not None and not (own and 1 <= account < ACCOUNT_MEMBER_LEAST):
            expected = f"an account of the market other than {AUCTION_ACCOUNT} and "
            raise GateRefused(
                f"settings.{name}: expected {expected}{COLLATERAL_ACCOUNT}, found {account}"
            )


def _check_times(grid: Grid, now_ns: int, opens_ns: int, closes_ns: int, discloses_ns: int) -> None:
    tests = (
        ("closes", opens_ns < closes_ns, "a time after `opens`", closes_ns),
        ("closes", closes_ns > now_ns, f"a time after {iso_from_ns(now_ns)}", closes_ns),
        ("closes", closes_ns <= grid.opens_ns, "no time after delivery begins", closes_ns),
        ("discloses", discloses_ns >= closes_ns, "no time before `closes`", discloses_ns),
    )
    for name, passed, expected, found in tests:
        if not passed:
            raise GateRefused(f"{name}: expected {expected}, found {iso_from_ns(found)}")


def _check_rules(rules: Rules, grid: Grid) -> None:
    missing = {GANG, *(position_tier(tier.name) for tier in grid.tiers)}
    missing -= {tier.name for tier in rules.tiers}
    missing |= _products(grid) - rules.stress_of.keys()
    if missing:
        raise GateRefused(
            f"rules: expected every tier and product of the run, found none of {sorted(missing)}"
        )


def _products(grid: Grid) -> set[str]:
    return set(grid.product_numbers)
