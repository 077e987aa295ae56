"""AUCTION_PACKAGES: reference cases of work that needs several things at once: S5 and S6.

Takes   nothing.
Gives   `PACKAGES`: demand in a fixed profile over hours, packages of two items; what VCG and the
        core would have winners of packages pay.
Keeps   payments exact: every set of winners is tried, they are few.
Source  S5: Bichler et al., "On the linear pricing of day-ahead markets" (2021), section 5.1. S6:
        Weber's Kellogg example; Cramton's in "Spectrum auction design".

A profile that may be taken in any part, but in its proportions, is work that needs every hour (eq.
1): a unit of work is a part of the profile, each hour is a factor that one product alone does. So
the hours are three products of one interval, and a product's rate is zero in the other hours'
factors. The ceiling is the whole profile: who takes all of it cannot buy more of one hour and leave
it idle. A package is the same with items for hours.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from math import lcm
from typing import NamedTuple

from auction_expected import Case
from auction_expected import Name
from auction_fields import OD
from auction_fields import Fields
from auction_fields import bid
from auction_fields import offer
from auction_fields import run

HOURS = ("h1", "h2", "h3")
PRICE = 100  # What the buyers of S5 pay for a megawatt-hour.


def product(domain: str, name: str) -> Fields:
    """Give an hour, or an item, as a product."""
    return {"chip": "MWH", "domain": domain, "region": name, "domain_chips": 1}


def product_id(domain: str, name: str) -> str:
    """Give its id."""
    return f"MWH/{domain}/{name}"


def profile(name: str, account: int, chips: tuple[int, ...]) -> Fields:
    """Give a bid for any part of a profile of chips over the hours.

    The profile is cut into so many units that each hour's rate is whole; only dollars per unit are
    cut, at the twelfth decimal.
    """
    units = lcm(*chips)
    rates = {
        product_id("hour", hour): {
            other: str(units // many if other == hour else 0)
            for other, many in zip(HOURS, chips, strict=True)
        }
        for hour in HOURS
    }
    value = Fraction(sum(chips) * PRICE, units)
    return bid(name, account, rates, (units, f"{float(value):.12f}"), chips_max=sum(chips))


def profiles(
    name: str,
    wanted: tuple[tuple[int, ...], ...],
    least: tuple[str, str],
    prices: tuple[int, ...],
    volumes: tuple[int, ...],
    welfare: int,
    bound: int,
) -> Case:
    """Give a market of S5: in each hour one seller of 15 at 5 and one of 20 at 3.

    `least`: the least output of each as a share of its inventory; the first is 16 with a block of
    15, so that two in fifteen is an eighth of it.
    """
    bids = [profile(f"buyer-{n}", 10 + n, chips) for n, chips in enumerate(wanted)]
    for n, hour in enumerate(HOURS):
        where = product_id("hour", hour)
        bids += [
            offer(f"dear-{hour}", 20 + n, where, 16, (15, 5), output_min=least[0]),
            offer(f"cheap-{hour}", 30 + n, where, 20, (20, 3), output_min=least[1]),
        ]
    expected: dict[Name, str] = {("welfare",): str(welfare), ("bound",): str(bound)}
    for n, hour in enumerate(HOURS):
        slot = product_id("hour", hour), OD, 0
        expected["price", *slot] = str(prices[n])
        for number, chips in enumerate(wanted):
            expected["chips", f"buyer-{number}", *slot] = str(chips[n])
        assert sum(chips[n] for chips in wanted) == volumes[n]
    return Case(name, run([product("hour", hour) for hour in HOURS], bids), expected)


S5 = profiles("S5", ((4, 6, 10), (3, 6, 12)), ("0", "0"), (3, 3, 5), (7, 12, 22), 3973, 3973)
S5_LEAST = profiles(
    "S5 least output",
    ((4, 6, 11), (3, 6, 12)),
    ("0.125", "0.5"),
    (5, 3, 5),
    (7, 12, 23),
    4054,
    4068,
)


class Package(NamedTuple):
    """A bidder's wish: items, all or none of them, and their value."""

    items: str
    value: int


class Sale(NamedTuple):
    """A sale of packages: bidders in order, who wins, what VCG and the core have winners pay."""

    name: str
    packages: tuple[Package, ...]
    winners: tuple[int, ...]
    value: int
    vcg: tuple[int, ...]
    core: tuple[int, ...]


SALES = (
    Sale(
        "S6 Kellogg",
        (Package("A", 150), Package("B", 150), Package("AB", 200)),
        (0, 1),
        300,
        (50, 50),
        (100, 100),
    ),
    Sale(
        "S6 Kellogg, A at 160",
        (Package("A", 160), Package("B", 150), Package("AB", 200)),
        (0, 1),
        310,
        (50, 40),
        (105, 95),
    ),
    Sale(
        "S6 Cramton",
        (
            Package("A", 28),
            Package("B", 20),
            Package("AB", 32),
            Package("A", 14),
            Package("B", 12),
        ),
        (0, 1),
        48,
        (14, 12),
        (17, 15),
    ),
)


def sale_case(sale: Sale) -> Case:
    """Give the sale as a run: one of each item, a bid for each package."""
    items = sorted(set("".join(package.items for package in sale.packages)))
    bids = [offer(f"item-{item}", 50, product_id("item", item), 1, 0) for item in items]
    for number, package in enumerate(sale.packages):
        rates = {
            product_id("item", item): {other: str(int(other == item)) for other in package.items}
            for item in package.items
        }
        bids.append(bid(f"bidder-{number}", 10 + number, rates, (1, package.value)))
    expected: dict[Name, str] = {("welfare",): str(sale.value)}
    for number, package in enumerate(sale.packages):
        for item in package.items:
            slot = product_id("item", item), OD, 0
            expected["chips", f"bidder-{number}", *slot] = str(int(number in sale.winners))
    return Case(sale.name, run([product("item", item) for item in items], bids), expected)


PACKAGES: tuple[Case, ...] = (S5, S5_LEAST, *(sale_case(sale) for sale in SALES))


def best_packages(packages: Sequence[Package], allowed: Sequence[int]) -> tuple[int, ...]:
    """Give the bidders, of those allowed, whose packages do not overlap and are worth the most."""
    sets = [
        chosen
        for count in range(len(allowed) + 1)
        for chosen in combinations(allowed, count)
        if len(items := "".join(packages[n].items for n in chosen)) == len(set(items))
    ]
    return max(sets, key=lambda chosen: sum(packages[n].value for n in chosen))


def packages_value(packages: Sequence[Package], allowed: Sequence[int]) -> int:
    """Give the most that these bidders' packages are worth together."""
    return sum(packages[n].value for n in best_packages(packages, allowed))


def vcg_payments(packages: Sequence[Package], winners: Sequence[int]) -> tuple[int, ...]:
    """Give what each winner's being there costs all others."""
    every = range(len(packages))
    total = packages_value(packages, every)
    return tuple(
        packages_value(packages, [n for n in every if n != winner])
        - (total - packages[winner].value)
        for winner in winners
    )


def core_payments(
    packages: Sequence[Package], winners: Sequence[int], vcg: Sequence[int]
) -> tuple[Fraction, ...]:
    """Give the payments nearest to VCG's among the least ones that no coalition would outbid.

    For two winners: the losers bind only the sum of the payments, and what is lacking is shared in
    halves, a winner never paying above its value.
    """
    if len(winners) != 2:
        raise ValueError(f"expected two winners, found {len(winners)}")
    losers = [n for n in range(len(packages)) if n not in winners]
    lacking = max(Fraction(packages_value(packages, losers) - sum(vcg)), Fraction(0))
    room = [packages[n].value - paid for n, paid in zip(winners, vcg, strict=True)]
    first = min(max(lacking / 2, lacking - room[1]), Fraction(room[0]))
    return vcg[0] + first, vcg[1] + lacking - first


def package_figures() -> Iterator[tuple[str, bool, str]]:
    """Yield (name, whether as printed, what came out otherwise) of the payments of S6."""
    for sale in SALES:
        winners = best_packages(sale.packages, range(len(sale.packages)))
        yield f"{sale.name} winners", winners == sale.winners, str(winners)
        vcg = vcg_payments(sale.packages, winners)
        yield f"{sale.name} VCG", vcg == sale.vcg, str(vcg)
        core = core_payments(sale.packages, winners, vcg)
        yield f"{sale.name} core", core == sale.core, str(core)
