"""OFFICE: what the handlers for members and the operator act upon.

Takes   a door to the exchange, the members and their keys, statements, the operator.
Gives   `Office`, in `app.state.office`; a lifespan that opens one; answers for one pair of eyes.
Keeps   the rest of the server apart from who trades: without an office those addresses say 503.
        A fault of the asker is one sentence, with the status that fits it.
Source  Decision 0034.
"""

from collections.abc import AsyncIterator
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from contextlib import asynccontextmanager
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from typing import NamedTuple
from typing import cast

import msgspec
from litestar import Litestar
from litestar import Request
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.exceptions import ServiceUnavailableException

from chiphour.adapters.attempts import Attempts
from chiphour.adapters.auction_delivery import Deliverer
from chiphour.adapters.auctioneer import Auctioneer
from chiphour.adapters.auctioneer import ClearingBusy
from chiphour.adapters.auctioneer import RunUnknown
from chiphour.adapters.cash_events import CashEvents
from chiphour.adapters.cash_events import StatementsLost
from chiphour.adapters.cashier import AmountRefused
from chiphour.adapters.cashier import Cashier
from chiphour.adapters.door import Door
from chiphour.adapters.door import WishRefused
from chiphour.adapters.enrolment import Enrolment
from chiphour.adapters.gateway import Gateway
from chiphour.adapters.key_file import KeyRingRefused
from chiphour.adapters.keys import KeyRing
from chiphour.adapters.members import MemberExists
from chiphour.adapters.members import MemberRefused
from chiphour.adapters.members import Members
from chiphour.adapters.members import MemberUnknown
from chiphour.adapters.operator import Operator
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import NEVER_KEPT
from chiphour.adapters.solver import SolverTimedOut
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.gate import BidUnknown
from chiphour.auction.gate import GateRefused
from chiphour.auction.prices import ClearingFailed
from chiphour.auction.uplift import UpliftUncovered
from chiphour.observe.observation import MarketError

PASSWORDS_EACH = 10  # Wrong ones of one address in a minute ...
PASSWORDS_TOGETHER = 60  # ... and of all, since each costs 50 ms.
SIGNATURES_EACH = 60  # Wrong ones of one address in a minute.

# The first that fits. What is not here is the world's fault, or ours.
STATUSES: tuple[tuple[type[MarketError], int], ...] = (
    (MemberUnknown, HTTPStatus.NOT_FOUND),
    (MemberExists, HTTPStatus.CONFLICT),
    (MemberRefused, HTTPStatus.BAD_REQUEST),
    (AmountRefused, HTTPStatus.BAD_REQUEST),
    (WishRefused, HTTPStatus.CONFLICT),
    (KeyRingRefused, HTTPStatus.BAD_REQUEST),
    (StatementsLost, HTTPStatus.SERVICE_UNAVAILABLE),
    (RunUnknown, HTTPStatus.NOT_FOUND),
    (BidUnknown, HTTPStatus.NOT_FOUND),
    (GateRefused, HTTPStatus.CONFLICT),
    (RequestMalformed, HTTPStatus.BAD_REQUEST),
    (ClearingBusy, HTTPStatus.TOO_MANY_REQUESTS),
    (ClearingFailed, HTTPStatus.CONFLICT),
    (UpliftUncovered, HTTPStatus.CONFLICT),
    (SolverTimedOut, HTTPStatus.CONFLICT),
)


class Office(NamedTuple):
    """All that the handlers act upon."""

    door: Door
    members: Members
    keys: KeyRing
    enrolment: Enrolment
    cashier: Cashier
    cash_events: CashEvents
    operator: Operator
    passwords: Attempts
    strangers: Attempts
    auctioneer: Auctioneer | None = None
    deliverer: Deliverer | None = None
    gateway: Gateway | None = None


def opens_office(
    folder: Path,
    token: str,
    door_of: Callable[[Litestar], Door],
    members: Members,
    cash_events: CashEvents,
    auctioneer: Auctioneer | None = None,
    gateway: Gateway | None = None,
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Give a lifespan with an office in it; `door_of` gives the door once the loop runs.

    `members`, `cash_events`, the auctioneer's runs and `gateway`, which tells orders and trades,
    must hear of the market from its first frame on.
    """

    @asynccontextmanager
    async def opened(app: Litestar) -> AsyncIterator[None]:
        keys, door = KeyRing(folder), door_of(app)
        app.state.office = Office(
            door=door,
            members=members,
            keys=keys,
            enrolment=Enrolment(door, members, keys),
            cashier=Cashier(door, members),
            cash_events=cash_events,
            operator=Operator(folder, token),
            passwords=Attempts(PASSWORDS_EACH, PASSWORDS_TOGETHER),
            strangers=Attempts(SIGNATURES_EACH),
            auctioneer=auctioneer,
            deliverer=None if auctioneer is None else Deliverer(auctioneer),
            gateway=gateway,
        )
        try:
            yield
        finally:
            keys.close()

    return opened


def office_of(request: Request[Any, Any, Any]) -> Office:
    """Give the office of this server; raises ServiceUnavailableException."""
    found = request.app.state.get("office")
    if found is None:
        raise ServiceUnavailableException("expected a server that trades, found one that shows")
    return cast(Office, found)


def auctioneer_of(request: Request[Any, Any, Any]) -> Auctioneer:
    """Give who runs the auction here; raises ServiceUnavailableException."""
    found = office_of(request).auctioneer
    if found is None:
        raise ServiceUnavailableException("expected a server with an auction, found one without")
    return found


def deliverer_of(request: Request[Any, Any, Any]) -> Deliverer:
    """Give who settles what the auction sold; raises ServiceUnavailableException."""
    found = office_of(request).deliverer
    if found is None:
        raise ServiceUnavailableException("expected a server with an auction, found one without")
    return found


def gateway_of(request: Request[Any, Any, Any]) -> Gateway:
    """Give who knows orders and trades here; raises ServiceUnavailableException."""
    found = office_of(request).gateway
    if found is None:
        raise ServiceUnavailableException("expected a server that runs, found a market by itself")
    return found


@contextmanager
def as_answers() -> Iterator[None]:
    """Turn what the asker may mend into an answer with its status."""
    try:
        yield
    except MarketError as fault:
        for kind, status in STATUSES:
            if isinstance(fault, kind):
                raise HTTPException(status_code=status, detail=str(fault)) from fault
        raise


def private(shape: msgspec.Struct, status: int = HTTPStatus.OK) -> Response[bytes]:
    """Answer with a shape, for one pair of eyes: it is kept nowhere, and no page may read it."""
    return private_file(msgspec.json.encode(shape) + b"\n", JSON, status)


def private_file(content: bytes, media_type: str, status: int = HTTPStatus.OK) -> Response[bytes]:
    """Answer with bytes for one pair of eyes."""
    headers = {"Cache-Control": NEVER_KEPT}
    return Response(content, media_type=media_type, status_code=status, headers=headers)
