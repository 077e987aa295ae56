"""REFERENCE PROTECTION: market makers' protection, and trades that two members agree.

Takes   PROTECT and CONFIRM; fills of orders with the flag PROTECTED.
Gives   their events; a frozen time; the fill of a block.
Keeps   lots counted only within one window of time, and none while frozen.
Source  Rulebook 9.16 and 9.19.
"""

from chiphour.exchange.commands import Flag
from chiphour.exchange.events import Cause
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference_book import Order
from chiphour.exchange.reference_checks import sides_of_block
from chiphour.exchange.reference_floor import Ask
from chiphour.exchange.reference_links import LinksSide
from chiphour.exchange.reference_rules import NEVER_NS
from chiphour.exchange.reference_state import Protection
from chiphour.exchange.work import Item
from chiphour.units import NS_PER_SECOND

FLAGS_SHIFT = 16  # WHY of an item: a reason, and above it the flags that an order must have.


class ProtectionSide(LinksSide):
    """Protection of market makers, and blocks."""

    def _protect(self, ask: Ask) -> None:
        """Set, reset or end an account's protection in a contract (rulebook 9.19)."""
        protections = self.state.accounts[ask["account"]].protections
        protections.pop(ask["contract"], None)
        if ask["lots"] > 0:
            protections[ask["contract"]] = Protection(
                ask["interval_s"], ask["frozen_s"], ask["lots"]
            )
        echo = {name: ask[name] for name in ("account", "contract", "lots")}
        self._emit(Event.PROTECTION_SET, **echo)

    def count(self, maker: Order, lots: int) -> None:
        """Count lots that a protected order filled as a maker; strike at the limit (9.19)."""
        protection = self.state.accounts[maker.account].protections.get(maker.contract)
        if protection is None or not maker.flags & Flag.PROTECTED:
            return
        if self.now_ns < protection.until_ns:
            return
        over_ns = protection.start_ns + protection.interval_s * NS_PER_SECOND
        if protection.lots == 0 or self.now_ns >= over_ns:
            protection.start_ns, protection.lots = self.now_ns, 0
        protection.lots += lots
        if protection.lots >= protection.limit_lots:
            self._strike(maker.account, maker.contract, protection)

    def _strike(self, account: int, contract: int, protection: Protection) -> None:
        """Freeze an account's protected orders in a contract and cancel them (rulebook 9.19)."""
        lots = protection.lots
        self._emit(Event.PROTECTED, account=account, contract=contract, lots=lots)
        until_ns = self.now_ns + protection.frozen_s * NS_PER_SECOND
        protection.until_ns = min(NEVER_NS, until_ns) if protection.frozen_s > 0 else NEVER_NS
        protection.start_ns, protection.lots = 0, 0
        self.put(
            Item.CANCEL_ALL,
            account,
            reason=contract,
            before=self.state.sequence,
            why=Reason.PROTECTION + (Flag.PROTECTED << FLAGS_SHIFT),
        )

    def _confirm(self, ask: Ask) -> None:
        """Trade a block at its price; it stands until its links are told (rulebook 9.16)."""
        block = self.state.orders[ask["order"]]
        confirming, first = sides_of_block(self.state, block, ask["account"])
        self.trade(confirming, first, block.lots, block.price_ticks, Cause.BLOCK)
        block.traded_lots, block.waits = block.lots, False
        self.trim(first.account, block.contract)
        self.trim(confirming.account, block.contract)
        del self.state.orders[block.order]
        self.left(block)
