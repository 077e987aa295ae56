"""REFERENCE LINKS: orders that cancel each other, and children that wait for a parent.

Takes   an order that was accepted, was filled, or has gone.
Gives   items for the queue of work: nothing happens to a linked order at once.
Keeps   a partnership of two, seen from both; of a parent that has gone no child.
Source  Rulebook 9.13. Whom LINK names stands in `reference_taker.py`.
"""

from chiphour.exchange.events import Kind as Event
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference_book import ACTIVATING
from chiphour.exchange.reference_book import Order
from chiphour.exchange.reference_floor import Floor
from chiphour.exchange.reference_taker import children
from chiphour.exchange.work import Item


class LinksSide(Floor):
    """What binds orders to each other, and how every event of an order names it."""

    def tell(self, kind: Event, order: Order, **more: int) -> None:
        """Add an event of an order."""
        self._emit(
            kind,
            account=order.account,
            contract=order.contract,
            order=order.order,
            side=order.side,
            price_ticks=order.price_ticks,
            client_order_id=order.client_order_id,
            label=order.label,
            **more,
        )

    def tie(self, order: Order) -> None:
        """Let the partner of an accepted order know it (rulebook 9.13)."""
        if order.partner != 0:
            self.state.orders[order.partner].partner = order.order

    def filled(self, order: Order) -> None:
        """Let the partner of an order that was filled at all be cancelled (rulebook 9.13)."""
        if order.partner == 0:
            return
        partner = self.state.orders[order.partner]
        self.put(Item.CANCEL, partner.order, reason=Reason.ONE_CANCELS_OTHER)
        order.partner = partner.partner = 0  # So that the one that is cancelled cancels no other.

    def left(self, order: Order) -> None:
        """Tell partner and children of an order that has gone (rulebook 9.13)."""
        self.filled(order)
        for child in children(self.state, order.order):
            child.parent, child.fired = 0, ACTIVATING  # Unseen by triggers until its item comes.
            if order.traded_lots > 0:
                self.put(Item.ACTIVATE, child.order, reason=order.traded_lots)
            else:
                self.put(Item.CANCEL, child.order, reason=Reason.PARENT_ENDED)
