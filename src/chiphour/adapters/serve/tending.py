"""TENDING: runs of the auction are tended where no calendar does it.

Takes   the auction house of a server without a supervisor.
Gives   `tends`, a lifespan: inside it what is due is done, about once a second.
Keeps   requests answered meanwhile: the work is on a thread. A fault is logged and tried again.
Source  Decision 0039. A market that goes on by its calendar has a task for it (live.py).
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from contextlib import asynccontextmanager
from contextlib import suppress

from litestar import Litestar

from chiphour.adapters.auction_house import AuctionHouse

LOOK_S = 1.0
log = logging.getLogger(__name__)


def tends(house: AuctionHouse) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Give a lifespan that does what is due until the server ends."""

    @asynccontextmanager
    async def tended(app: Litestar) -> AsyncIterator[None]:
        task = asyncio.create_task(_tend(house))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return tended


async def _tend(house: AuctionHouse) -> None:
    while True:
        try:
            await asyncio.to_thread(house.tend)
        except Exception:
            log.exception("auction: expected what is due done, found a fault")
        await asyncio.sleep(LOOK_S)
