"""AWARD_BOOKS: runs by hand and what is held in them, for the tests of balancing and paying.

Takes   fields of a run, what each holds by id, prices.
Gives   instances, books, tariffs, awards.
Keeps   one way to say "this bid holds so much", for all of these tests.
Source  docs/formulation/auction.md, section 6.
"""

from auction_fields import OD
from chiphour.auction.award import award
from chiphour.auction.book import Book
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.held import Key
from chiphour.auction.instance import from_fields
from chiphour.auction.payment import tariff
from chiphour.auction.prices import Price
from chiphour.units import NANOUSD_PER_TICK

MODE = "m"  # That of `auction_fields.bid`.


def prices_of(instance, ticks, **others):
    """Give prices and duals: the same ticks everywhere, or those of a list by slot."""
    each = [ticks] * instance.grid.slots if isinstance(ticks, int) else ticks
    slots = tuple((one or 0) * NANOUSD_PER_TICK for one in each)
    none = {name: {} for name in ("pools", "premiums", "sides", "reserve", "work", "budgets")}
    prices = tuple(Price(dual, one) for dual, one in zip(slots, each, strict=True))
    return prices, Duals(slots, **none | others)


def held_of(instance, given):
    """Give one Held for each bid: those given by id, as Held or by key; a pool that is on."""
    on = (1,) * instance.grid.intervals
    none = (0,) * instance.grid.intervals
    found = []
    for bid in instance.bids:
        one = given.get(bid.id, {})
        if not isinstance(one, Held):
            one = Held(one)
        if bid.offered is not None:
            kept = one.reserve_hundredths or none
            one = one._replace(on=one.on or on, reserve_hundredths=kept)
        found.append(one)
    return found


def bought(product, *quantities, tier=OD, mode=MODE, pool=""):
    """Give the lines of a buyer, hundredths of a chip from interval 0 on."""
    return {
        Key(mode, product, tier, interval, pool): quantity
        for interval, quantity in enumerate(quantities)
        if quantity
    }


def sold(product, *quantities, tier=OD):
    """Give the lines of a seller, hundredths of a chip from interval 0 on."""
    return bought(product, *quantities, tier=tier, mode="")


def book_of(fields, given, ticks=30_000, flows=(), **others):
    """Give a book of what is held at these prices."""
    instance = from_fields(fields)
    prices, paid = prices_of(instance, ticks, **others)
    costs = tariff(instance.grid, prices, paid)
    return Book(instance, held_of(instance, given), dict(flows), costs)


def awarded(fields, given, ticks=30_000, flows=(), **others):
    """Give the award of what is held at these prices."""
    instance = from_fields(fields)
    prices, paid = prices_of(instance, ticks, **others)
    return award(instance, held_of(instance, given), dict(flows), prices, paid)


def lines(book):
    """Give what is traded by id, hundredths by key."""
    return {bid.id: book.traded[n] for n, bid in enumerate(book.bids) if book.traded[n]}
