"""OVERSIGHT_API: what the operator sees of a member's trading: the account, its orders, its trades.

Takes   requests of the operator (sign_in.py): a member's name, how many trades.
Gives   JSON, described in OpenAPI.
Keeps   it a reading: nothing changes but the trail, which has a line for each. No member's key
        opens it. What is answered is bounded, however many orders stand.
Source  Decisions 0034 and 0051.
"""

from collections.abc import Sequence
from heapq import nlargest
from itertools import islice
from typing import Annotated

from litestar import Response
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from chiphour.adapters.gateway import Gateway
from chiphour.adapters.serve import shapes_members as shapes
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.asked_members import Name
from chiphour.adapters.serve.asked_members import gives_private
from chiphour.adapters.serve.member_objects import account_object
from chiphour.adapters.serve.office import as_answers
from chiphour.adapters.serve.office import gateway_of
from chiphour.adapters.serve.office import office_of
from chiphour.adapters.serve.office import private
from chiphour.adapters.serve.sign_in import OPERATOR_SECURITY
from chiphour.adapters.serve.sign_in import SignedRequest
from chiphour.adapters.serve.sign_in import market_asked
from chiphour.adapters.serve.sign_in import operator_only
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.events import Cause
from chiphour.publish.words import price_text
from chiphour.units import iso_from_ns
from chiphour.units import text_from_microusd
from chiphour.wire import dialect
from chiphour.wire.blotter import force_of
from chiphour.wire.dialect import Instrument
from chiphour.wire.dialect import Order
from chiphour.wire.history import Done

ORDERS_MOST = 200
FILLS_DEFAULT = 50
FILLS_MOST = 1_000


@get(
    "/api/members/{name:str}/trading",
    summary="A member's account, orders and last trades",
    guards=[operator_only],
    security=OPERATOR_SECURITY,
    responses=gives_private(shapes.Dealings, "The account and what it trades."),
    media_type=JSON,
)
async def dealings(
    request: SignedRequest,
    name: Name,
    fills: Annotated[
        int, QueryParameter(ge=0, le=FILLS_MOST, description="How many trades, the newest ones.")
    ] = FILLS_DEFAULT,
) -> Response[bytes]:
    """Give an account as it stands, the orders that stand, and its last trades."""
    office, gateway = office_of(request), gateway_of(request)
    with as_answers():
        member = office.members.named(name)
        account = await account_object(office, market_asked(request), member)
    standing = [
        order
        for order in gateway.blotter(member.account).orders.values()
        if order.is_standing and order.contract in gateway.instruments
    ]
    newest = nlargest(ORDERS_MOST, standing, key=lambda order: order.order)
    done = islice(reversed(gateway.histories.of(member.account).trades), fills)
    return private(
        shapes.Dealings(
            account=account,
            standing=len(standing),
            orders=[_order(each, gateway) for each in newest],
            fills=[_fill(each) for each in done],
        )
    )


def _order(order: Order, gateway: Gateway) -> shapes.StandingOrder:
    listed = gateway.instruments[order.contract]
    is_priced, waits = order.type_now in dialect.PRICED, order.type_now in dialect.WAITING
    return shapes.StandingOrder(
        order=order.order,
        contract=listed.name,
        side=dialect.SIDES[Side(order.side)],
        type=dialect.TYPE_WORDS[OrderType(order.type_now)],
        time_in_force=dialect.FORCE_WORDS[force_of(order)],
        lots=order.lots,
        filled_lots=order.filled_lots,
        price_usd=_price(order.price_ticks, listed) if is_priced else None,
        trigger_usd=_price(order.trigger_ticks, listed) if waits else None,
        reduce_only=bool(order.flags & Flag.REDUCE_ONLY),
        created=iso_from_ns(order.created_ns),
    )


def _fill(done: Done) -> shapes.OwnFill:
    trade = done.trade
    of_deleveraging = trade.cause == Cause.DELEVERAGING  # On no tick (rulebook 7.7).
    return shapes.OwnFill(
        trade=trade.number,
        order=trade.order,
        contract=done.listed.name,
        side=dialect.SIDES[Side(trade.side)],
        price_usd=(
            text_from_microusd(trade.price) if of_deleveraging else _price(trade.price, done.listed)
        ),
        lots=trade.lots,
        fee_usd=text_from_microusd(trade.fee_microusd),
        role="maker" if trade.is_maker else "taker",
        cause=trade.cause.name.lower(),
        time=iso_from_ns(trade.time_ns),
    )


def _price(price_ticks: int, listed: Instrument) -> str:
    return price_text(price_ticks, listed.tick_microusd)


OVERSIGHT_API: Sequence[HTTPRouteHandler] = (dealings,)
