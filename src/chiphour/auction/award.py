"""AWARD: what the auction gives, in whole hundredths of a chip-hour, and who pays whom.

Takes   the solver's amounts, cut down to the unit; prices in ticks.
Gives   `Award`: each participant's part, the flows, the congestion rent; its transfers.
Keeps   every product-hour in exact balance, and nothing left in the auction's account.
Source  docs/formulation/auction.md, section 6; rulebook 3.1.

Cutting leaves a product-hour short on one side by a few hundredths. The longer side gives them
up, the unit of least margin first; where it has none there, the difference travels along arcs to
where it has. Then units that were cut come back in order of merit while both sides gain.
"""

import heapq
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from chiphour.auction.bids import Bid
from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.grid import BUY
from chiphour.auction.grid import SELL
from chiphour.auction.grid import Grid
from chiphour.auction.instance import Instance
from chiphour.auction.model import Amounts
from chiphour.auction.prices import ClearingFailed
from chiphour.auction.prices import Price
from chiphour.ledger.transfer import Transfer
from chiphour.units import TICKS_PER_USD

AUCTION_ACCOUNT = 2  # Rulebook 3.1: what passes through the auction; empty after each run.


class Line(NamedTuple):
    """Chips of one product in one hour, above zero."""

    product: str
    hour: int
    quantity_hundredths: int


class Part(NamedTuple):
    """What one participant gets (side 1) or gives (side -1), and pays (above zero) for it."""

    name: str
    account: int
    side: int
    lines: tuple[Line, ...]
    payment_microusd: int


class Flow(NamedTuple):
    """What an arc carries in one hour; below zero from target to source."""

    source: str
    target: str
    hour: int
    quantity_hundredths: int


class Award(NamedTuple):
    """The outcome of a run in integers. The rent is what buyers pay above what sellers get."""

    parts: tuple[Part, ...]
    flows: tuple[Flow, ...]
    rent_account: int
    rent_microusd: int

    def transfers(self, run: int) -> tuple[Transfer, ...]:
        """Give the payments: first all into the auction's account, then all out of it again."""
        owed = [(part.account, part.payment_microusd) for part in self.parts]
        owed.append((self.rent_account, -self.rent_microusd))
        into = [(account, AUCTION_ACCOUNT, due) for account, due in owed if due > 0]
        out = [(AUCTION_ACCOUNT, account, -due) for account, due in owed if due < 0]
        return tuple(
            Transfer(source, target, amount, run, item)
            for item, (source, target, amount) in enumerate(into + out, start=1)
        )


def award(instance: Instance, amounts: Amounts, prices: tuple[Price, ...]) -> Award:
    """Round, balance and pay a run. Raises ClearingFailed when no balance can be reached."""
    book = _Book(instance, amounts, prices)
    for hour in range(instance.grid.hours):
        book.balance(hour)
    for slot in range(instance.grid.slots):
        book.restore(slot)
    return book.award()


class _Book:
    """The award under construction: quantities by participant, flows by arc and hour."""

    def __init__(self, instance: Instance, amounts: Amounts, prices: tuple[Price, ...]) -> None:
        self.instance = instance
        self.grid: Grid = instance.grid
        self.prices = prices
        self.participants = instance.participants
        self.ids = [product.id for product in self.grid.products]
        self.numbers = self.grid.product_numbers
        self.held: list[dict[tuple[str, int], int]] = [{} for _ in self.participants]
        self.wanted: dict[int, list[tuple[int, int]]] = {}  # slot: (participant, most)
        for (number, slot), (low, most) in amounts.traded.items():
            self.wanted.setdefault(slot, []).append((number, most))
            if low:
                self.held[number][self._line(slot)] = low
        self.flow = dict(amounts.flows)

    def _line(self, slot: int) -> tuple[str, int]:
        product, hour = divmod(slot, self.grid.hours)
        return self.ids[product], hour

    def _bid(self, number: int) -> tuple[int, Bid]:
        return self.participants[number]

    def excess(self, slot: int) -> int:
        """Give what arrives or is sold in a slot above what leaves or is bought, hundredths."""
        product, hour = self._line(slot)
        total = 0
        for number, _ in self.wanted.get(slot, ()):
            total -= self._bid(number)[0] * self.held[number].get((product, hour), 0)
        for arc, way in enumerate(self.grid.arcs):
            carried = self.flow.get((arc, hour), 0)
            total += carried * ((way.target == product) - (way.source == product))
        return total

    def balance(self, hour: int) -> None:
        """Bring every product of an hour into balance, the least margin given up first."""
        excess = {
            product: found
            for product in range(len(self.ids))
            if (found := self.excess(self.grid.slot(product, hour)))
        }
        for product in sorted(excess):
            long_side = SELL if excess[product] > 0 else BUY
            slot = self.grid.slot(product, hour)
            given = self._give_up(slot, long_side, abs(excess[product]))
            excess[product] += given * long_side
        while open_products := [product for product in sorted(excess) if excess[product]]:
            self._send(excess, open_products[0], hour)

    def _give_up(self, slot: int, side: int, units: int) -> int:
        """Take up to `units` hundredths from one side of a slot; gives how many were taken."""
        line = self._line(slot)
        ranked = [
            (self._change(number, line, -1) * -1, number)
            for number, _ in self.wanted.get(slot, ())
            if self._bid(number)[0] == side and self.held[number].get(line, 0)
        ]
        heapq.heapify(ranked)
        taken = 0
        while taken < units and ranked:
            _, number = heapq.heappop(ranked)
            self._add(number, line, -1)
            taken += 1
            if self.held[number].get(line, 0):
                heapq.heappush(ranked, (-self._change(number, line, -1), number))
        return taken

    def _send(self, excess: dict[int, int], start: int, hour: int) -> None:
        """Move one hundredth of excess along the fewest arcs to where it can end."""
        sign = 1 if excess[start] > 0 else -1
        came: dict[int, tuple[int, int, int]] = {}  # product: (from, arc, change of flow)
        waiting = deque([start])
        while waiting:
            product = waiting.popleft()
            slot = self.grid.slot(product, hour)
            if product != start and excess.get(product, 0) * sign < 0:
                excess[product] += sign
                break
            if product != start and self._give_up(slot, -sign, 1):
                break
            for other, arc, change in self._ways(product, hour, sign):
                if other != start and other not in came:
                    came[other] = (product, arc, change)
                    waiting.append(other)
        else:
            raise ClearingFailed(
                f"rounding: expected arcs that can carry 0.01 from {self.ids[start]} in hour "
                f"{hour}, found none"
            )
        excess[start] -= sign
        while product != start:
            product, arc, change = came[product]
            self.flow[arc, hour] = self.flow.get((arc, hour), 0) + change

    def _ways(self, product: int, hour: int, sign: int) -> Iterator[tuple[int, int, int]]:
        """Yield (other product, arc, change of its flow) by which a unit of excess can leave."""
        for number, arc in enumerate(self.grid.arcs):
            carried = self.flow.get((number, hour), 0)
            for end, other, change in ((arc.source, arc.target, 1), (arc.target, arc.source, -1)):
                moved = carried + change * sign
                if end == self.ids[product] and (
                    arc.min_hundredths[hour] <= moved <= arc.max_hundredths[hour]
                ):
                    yield self.numbers[other], number, change * sign

    def restore(self, slot: int) -> None:
        """Give back cut units in a slot, best first, while no one loses at the price."""
        price_ticks = self.prices[slot].price_ticks
        if price_ticks is None:
            return
        price = Fraction(price_ticks, TICKS_PER_USD * HUNDREDTHS)
        line = self._line(slot)
        buyers, sellers = self._gains(slot, line, price, BUY), self._gains(slot, line, price, SELL)
        for buyer, seller in zip(buyers, sellers, strict=False):
            self._add(buyer, line, 1)
            self._add(seller, line, 1)

    def _gains(self, slot: int, line: tuple[str, int], price: Fraction, side: int) -> list[int]:
        """Rank those of one side who were cut here, may hold one more and do not lose by it."""
        ranked = []
        for number, most in self.wanted.get(slot, ()):
            own, bid = self._bid(number)
            held = self.held[number]
            if own != side or held.get(line, 0) >= most:
                continue
            gain = self._change(number, line, 1) - side * price
            more = {**held, line: held.get(line, 0) + 1}
            if gain >= 0 and not any(True for _ in bid.violations(self.grid, more)):
                ranked.append((-gain, number))
        return [number for _, number in sorted(ranked)]

    def _change(self, number: int, line: tuple[str, int], units: int) -> Fraction:
        """Give what a change of a line's quantity is worth to its participant."""
        bid, held = self._bid(number)[1], self.held[number]
        changed = {**held, line: held.get(line, 0) + units}
        return bid.worth(self.grid, changed) - bid.worth(self.grid, held)

    def _add(self, number: int, line: tuple[str, int], units: int) -> None:
        held = self.held[number]
        held[line] = held.get(line, 0) + units
        if not held[line]:
            del held[line]

    def award(self) -> Award:
        """Pay for what is held, at the price of each slot."""
        parts = tuple(self._part(number) for number, held in enumerate(self.held) if held)
        flows = tuple(
            Flow(self.grid.arcs[arc].source, self.grid.arcs[arc].target, hour, carried)
            for (arc, hour), carried in sorted(self.flow.items())
            if carried
        )
        rent_microusd = sum(part.payment_microusd for part in parts)
        return Award(parts, flows, self.instance.rent_account, rent_microusd)

    def _part(self, number: int) -> Part:
        side, bid = self._bid(number)
        payment_microusd = 0
        lines = []
        for (product, hour), quantity in sorted(self.held[number].items()):
            price = self.prices[self.grid.slot(self.numbers[product], hour)]
            if price.price_ticks is None:
                raise ClearingFailed(f"{product} hour {hour}: expected a price, found none")
            # One hundredth of a chip-hour at one tick is one micro-dollar: exact.
            payment_microusd += side * quantity * price.price_ticks
            lines.append(Line(product, hour, quantity))
        return Part(bid.name, bid.account, side, tuple(lines), payment_microusd)
