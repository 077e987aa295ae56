"""ROUNDS: a capacity auction in rounds: revise, see indicative prices, revise again, be bound.

Takes   the entries of the first round, the operator's published prices, revisions, and the prices
        and surplus of each round's clearing.
Gives   the next state, or the reason for which a revision is refused; how the auction ended.
Keeps   every accepted revision a step in one direction of a finite ladder, so that the rounds end:
        a buyer asks for less only where the price rose, a supplier offers only more, prices only
        improve, by a tick at least.
Source  docs/formulation/guards.md, section 3, equations 15 and 16; Ausubel, Cramton and Milgrom,
        The Clock-Proxy Auction, 2006, for rules of activity.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.auction.fields import PRICE_TICKS_MAX
from chiphour.auction.fields import QUANTITY_HUNDREDTHS_MAX
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import BUY
from chiphour.auction.grid import SELL
from chiphour.auction.grid import Violation
from chiphour.auction.parameters import integer_within
from chiphour.units import text_from_microusd
from chiphour.units import text_from_ticks

OPEN = "open"  # Entries may be revised; a clearing is indicative.
FINAL = "final"  # Nothing may be revised; the next clearing binds.
BOUND = "bound"
SURPLUS_MICROUSD_MAX = 1 << 60


class RoundsRule(NamedTuple):
    """When the rounds end: after so many, or when surplus grows by less than this."""

    rounds_max: int = 20
    gain_least_microusd: int = 1_000_000_000


class Entry(NamedTuple):
    """What one party wants or offers of one product: a quantity, and its limit."""

    party: str
    side: int  # BUY or SELL
    product: str
    quantity_hundredths: int
    price_ticks: int

    @property
    def key(self) -> tuple[str, int, str]:
        """Give what stays the same when the entry is revised."""
        return self.party, self.side, self.product


class Rounds(NamedTuple):
    """The auction after its commands so far. Prices are those of the last two clearings."""

    rule: RoundsRule
    phase: str
    number: int  # Of the round that is open or to be cleared, from 1.
    entries: tuple[Entry, ...]  # By key.
    before_ticks: tuple[tuple[str, int], ...]
    prices_ticks: tuple[tuple[str, int], ...]
    surplus_microusd: int | None  # None before the first clearing.
    revisions: int  # Within this round.
    ended: str  # Why the rounds ended, in words; empty while they go on.


def opened(rule: RoundsRule, entries: Sequence[Entry], prices_ticks: Mapping[str, int]) -> Rounds:
    """Open the first round at the operator's published prices; raises RequestMalformed.

    Who has no entry for a product now can have none later: to wait and see is not allowed.
    """
    integer_within("rounds.rounds_max", rule.rounds_max, 1, 1_000)
    most = SURPLUS_MICROUSD_MAX
    integer_within("rounds.gain_least_microusd", rule.gain_least_microusd, 0, most)
    ranked = tuple(sorted(entries))
    for entry in ranked:
        _check(entry, prices_ticks)
    if len({entry.key for entry in ranked}) < len(ranked):
        raise RequestMalformed("rounds.entries: expected each party, side and product once")
    prices = _checked_prices(ranked, prices_ticks)
    return Rounds(rule, OPEN, 1, ranked, prices, prices, None, 0, "")


def revision_violation(rounds: Rounds, revised: Entry) -> Violation | None:
    """Say which rule of activity a revision breaks, or None (eq. 15). Changes nothing."""
    where = f"{revised.party} {revised.product}"
    old = next((entry for entry in rounds.entries if entry.key == revised.key), None)
    if rounds.phase != OPEN:
        return Violation("phase", where, f"a round that is {OPEN}", rounds.phase)
    if old is None:
        return Violation("entry", where, "an entry of the first round", "none")
    _check(revised, dict(rounds.prices_ticks))
    if revised == old:
        return Violation("change", where, "a change of quantity or price", "none")
    improved = (revised.price_ticks - old.price_ticks) * revised.side
    if improved < 0:
        expected = f"no {'lower' if revised.side == BUY else 'higher'} price than before"
        return Violation("price", where, expected, text_from_ticks(revised.price_ticks))
    more = (old.quantity_hundredths - revised.quantity_hundredths) * revised.side
    if more < 0:
        word = "most" if revised.side == BUY else "least"
        expected = f"at {word} {hundredths_text(old.quantity_hundredths)} as before"
        found = hundredths_text(revised.quantity_hundredths)
        return Violation("quantity", where, expected, found)
    if more > 0 and revised.side == BUY and not _rose(rounds, revised.product):
        found = hundredths_text(revised.quantity_hundredths)
        return Violation("activity", where, "less only where the price rose", found)
    return None


def revise(rounds: Rounds, revised: Entry) -> Rounds:
    """Put a revision in the place of its entry; it must break no rule."""
    assert revision_violation(rounds, revised) is None
    entries = tuple(revised if entry.key == revised.key else entry for entry in rounds.entries)
    return rounds._replace(entries=entries, revisions=rounds.revisions + 1)


def close(rounds: Rounds, prices_ticks: Mapping[str, int], surplus_microusd: int) -> Rounds:
    """End the round with its clearing: the next opens, the rounds end, or all are bound (eq. 16).

    The final clearing is of the entries as they stand, after the indicative one that ended the
    rounds. Raises RequestMalformed once the auction is bound.
    """
    if rounds.phase == BOUND:
        raise RequestMalformed("rounds.close: expected rounds that go on, found them bound")
    most = SURPLUS_MICROUSD_MAX
    integer_within("rounds.surplus_microusd", surplus_microusd, -most, most)
    cleared = rounds._replace(
        before_ticks=rounds.prices_ticks,
        prices_ticks=_checked_prices(rounds.entries, prices_ticks),
        surplus_microusd=surplus_microusd,
        revisions=0,
    )
    if rounds.phase == FINAL:
        return cleared._replace(phase=BOUND)
    ended = _end(rounds, surplus_microusd)
    return cleared._replace(
        phase=FINAL if ended else OPEN, number=rounds.number + (not ended), ended=ended
    )


def _end(rounds: Rounds, surplus_microusd: int) -> str:
    """Say why the rounds end with this surplus, or nothing."""
    if rounds.surplus_microusd is not None:
        if not rounds.revisions:
            return "nobody revised an entry"
        gain = surplus_microusd - rounds.surplus_microusd
        least = rounds.rule.gain_least_microusd
        if gain < least:
            found, expected = text_from_microusd(gain), text_from_microusd(least)
            return f"surplus grew by {found}, less than {expected}"
    if rounds.number == rounds.rule.rounds_max:
        return f"round {rounds.number} was the last"
    return ""


def _rose(rounds: Rounds, product: str) -> bool:
    return dict(rounds.prices_ticks)[product] > dict(rounds.before_ticks)[product]


def _check(entry: Entry, prices_ticks: Mapping[str, int]) -> None:
    where = f"rounds.entries[{entry.party} {entry.product}]"
    if entry.side not in (BUY, SELL):
        raise RequestMalformed(f"{where}: expected side {BUY} or {SELL}, found {entry.side}")
    if entry.product not in prices_ticks:
        raise RequestMalformed(f"{where}: expected a product with a price, found {entry.product}")
    integer_within(f"{where}.quantity", entry.quantity_hundredths, 0, QUANTITY_HUNDREDTHS_MAX)
    integer_within(f"{where}.price", entry.price_ticks, 0, PRICE_TICKS_MAX)


def _checked_prices(
    entries: Sequence[Entry], prices_ticks: Mapping[str, int]
) -> tuple[tuple[str, int], ...]:
    for product, price_ticks in prices_ticks.items():
        integer_within(f"rounds.prices[{product}]", price_ticks, 0, PRICE_TICKS_MAX)
    missing = sorted({entry.product for entry in entries} - set(prices_ticks))
    if missing:
        raise RequestMalformed(f"rounds.prices: expected a price of {missing[0]}, found none")
    return tuple(sorted(prices_ticks.items()))
