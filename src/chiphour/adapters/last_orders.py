"""LAST ORDERS: what is cancelled when a member is gone: a connection ended, a timer ran out.

Takes   connections that sign in and end; timers that members set and renew.
Gives   cancels, sent as any other command is.
Keeps   each variant apart: of a connection its own orders, of an account all of them. Where the
        market refuses a cancel for a moment it is tried again, until it is taken.
Source  Decision 0035; Deribit's `enable_cancel_on_disconnect`.

What was set lives as long as the server: after a restart nobody is connected, and orders stand
until their members come back.
"""

import asyncio
import logging
from collections.abc import Callable

from chiphour.adapters.commit import SequencerStopped
from chiphour.adapters.gateway import Gateway
from chiphour.adapters.gateway import Outcome
from chiphour.adapters.rpc import Asker
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import Rows
from chiphour.exchange.compose import command
from chiphour.observe.observation import MarketError

RETRY_S = 0.5

log = logging.getLogger(__name__)


class LastOrders:
    """The cancels of those who are gone."""

    def __init__(self, gateway: Gateway) -> None:
        """Begin with nobody's."""
        self._gateway = gateway
        self._accounts: set[int] = set()
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._signed: set[Asker] = set()

    def signed_in(self, asker: Asker) -> None:
        """Note that somebody has signed in over a connection."""
        self._signed.add(asker)

    def gone(self, asker: Asker) -> None:
        """Cancel what a connection that has ended leaves behind."""
        if asker not in self._signed or asker.key is None:
            return
        self._signed.discard(asker)
        if asker.account in self._accounts:
            self._send_one(command(Kind.CANCEL_ALL, account=asker.account, contract=-1))
        elif asker.holds_orders:
            standing = self._gateway.blotter(asker.account).orders
            ids = [id for id in asker.orders if id in standing and standing[id].is_standing]
            cancels = self._cancels(asker.account)
            asker.cancel = cancels  # Of orders that are under way yet.
            for id in sorted(ids):
                cancels(id)

    def _cancels(self, account: int) -> Callable[[int], None]:
        """Give what cancels an order of an account by its id."""
        return lambda id: self._send_one(command(Kind.CANCEL, account=account, order=id))

    def hold_account(self, account: int, on: bool) -> None:
        """Cancel all orders of an account when any connection of it ends, or no more."""
        (self._accounts.add if on else self._accounts.discard)(account)

    def holds_account(self, account: int) -> bool:
        """Tell whether an account's orders end with its connections."""
        return account in self._accounts

    def cancel_after(self, account: int, timeout_s: int) -> None:
        """Cancel all orders of an account unless this is called again in time; 0 ends it."""
        if account in self._timers:
            self._timers.pop(account).cancel()
        if timeout_s:
            loop = asyncio.get_running_loop()
            self._timers[account] = loop.call_later(timeout_s, self._run_out, account)

    def close(self) -> None:
        """End all timers."""
        for timer in self._timers.values():
            timer.cancel()

    def _run_out(self, account: int) -> None:
        self._timers.pop(account, None)
        log.info("the dead man's timer of account %d has run out", account)
        self._send_one(command(Kind.CANCEL_ALL, account=account, contract=-1))

    def _send_one(self, row: Rows) -> None:
        """Send a cancel; again in a moment where the gateway is full."""

        def done(outcome: Outcome | MarketError) -> None:
            if isinstance(outcome, MarketError):
                log.warning("a cancel for who is gone was not taken: %s", outcome)

        try:
            self._gateway.place(row, done)
        except SequencerStopped as fault:
            log.warning("a cancel for who is gone was not taken: %s", fault)
        except MarketError:
            asyncio.get_running_loop().call_later(RETRY_S, self._send_one, row)
