"""ALERTS_API: rules of members and of the operator, their alerts, and the operator's as a feed.

Takes   requests that are signed (sign_in.py), as `shapes_alerts` has them; of the feed anybody's.
Gives   JSON, described in OpenAPI; Atom; `alerting`, a lifespan in which rules are judged.
Keeps   a member's rules and alerts its own: nobody else learns of them. The operator's are public.
Source  Decision 0042.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from collections.abc import Sequence
from contextlib import asynccontextmanager
from contextlib import suppress
from typing import Annotated

from litestar import Litestar
from litestar import Response
from litestar import delete
from litestar import get
from litestar import post
from litestar.exceptions import NotFoundException
from litestar.exceptions import ServiceUnavailableException
from litestar.exceptions import ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.params import PathParameter
from litestar.params import QueryParameter

from chiphour.adapters.alert_desk import AlertDesk
from chiphour.adapters.alert_desk import object_of
from chiphour.adapters.alerts import AlertsRefused
from chiphour.adapters.alerts import Hooked
from chiphour.adapters.alerts import Made
from chiphour.adapters.serve import shapes_alerts as shapes
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import REVALIDATED
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.asked import frame_of
from chiphour.adapters.serve.asked import gives_file
from chiphour.adapters.serve.asked_members import gives_private
from chiphour.adapters.serve.office import private
from chiphour.adapters.serve.sign_in import MEMBER_SECURITY
from chiphour.adapters.serve.sign_in import OPERATOR_SECURITY
from chiphour.adapters.serve.sign_in import SignedRequest
from chiphour.adapters.serve.sign_in import member_or_operator
from chiphour.adapters.webhooks import AddressForbidden
from chiphour.adapters.webhooks import target_of
from chiphour.analyse.alerts import Rule
from chiphour.analyse.alerts import RuleRefused
from chiphour.analyse.goods import GoodUnknown
from chiphour.observe.observation import MarketError
from chiphour.publish.addresses import tag
from chiphour.publish.feeds import ATOM
from chiphour.publish.feeds import ENTRIES_MOST
from chiphour.publish.feeds import Feed
from chiphour.publish.feeds import feed_bytes
from chiphour.publish.news import News
from chiphour.units import exact_from_text
from chiphour.units import text_from_nanousd

LOOK_S = 1.0
LAST_DEFAULT = 100
LAST_MOST = 1_000
ID_MOST = (1 << 53) - 1
SECURITY = [*MEMBER_SECURITY, *OPERATOR_SECURITY]
FEED = "/feeds/alerts.atom"
log = logging.getLogger(__name__)


def desk_of(request: Asked | SignedRequest) -> AlertDesk:
    """Give the desk; raises ServiceUnavailableException where this server has none."""
    found: AlertDesk | None = request.app.state.get("alerts")
    if found is None:
        raise ServiceUnavailableException("expected a server with alerts, found one without")
    return found


def _owner(request: SignedRequest) -> str:
    return "" if request.auth.key is None else str(request.auth.account)


def _threshold(data: shapes.NewRule) -> int:
    units, unit = (1, "GPU") if data.kind == "supply" else (10**9, "nano-dollar")
    try:
        return exact_from_text(data.threshold, units, unit)
    except ValueError as fault:
        raise ValidationException(f"threshold: {fault}") from None


def _rule(each: Hooked) -> shapes.Rule:
    rule = each.rule
    in_usd = rule.kind in ("price", "spread")
    threshold = text_from_nanousd(rule.threshold) if in_usd else str(rule.threshold)
    return shapes.Rule(rule.id, rule.kind, rule.subject, rule.side, threshold, each.url, each.holds)


def _alert(made: Made) -> shapes.Alert:
    fields = object_of(made.number, made.alert)
    return shapes.Alert(**fields, delivery=made.delivery, attempts=made.attempts)  # type: ignore[arg-type]


@post(
    "/api/alert-rules",
    summary="Keep a rule: be told when a price, a gap, supply or a fix begins to be so",
    guards=[member_or_operator],
    security=SECURITY,
    responses=gives_private(shapes.MadeRule, "The rule, with the secret of its webhook.", 201),
    media_type=JSON,
)
async def add_rule(request: SignedRequest, data: JSONBody[shapes.NewRule]) -> Response[bytes]:
    """Keep a rule of the member, or of the operator, whose alerts are public."""
    desk, owner = desk_of(request), _owner(request)
    rule = Rule(0, owner, data.kind, data.subject, data.side, _threshold(data))
    try:
        if data.url:
            target_of(data.url, desk.allowed, by_operator=owner == "")
        kept, secret = await asyncio.to_thread(desk.alerts.add, rule, data.url)
    except (AddressForbidden, AlertsRefused, GoodUnknown, RuleRefused) as fault:
        raise ValidationException(str(fault)) from None
    return private(
        shapes.MadeRule(_rule(Hooked(kept, data.url, False)), secret or None), status=201
    )


@get(
    "/api/alert-rules",
    summary="Your rules",
    guards=[member_or_operator],
    security=SECURITY,
    responses=gives_private(shapes.Rules, "The rules, by id."),
    media_type=JSON,
)
async def rules(request: SignedRequest) -> Response[bytes]:
    """Give the rules of the member, or of the operator; no secret."""
    found = await asyncio.to_thread(desk_of(request).alerts.rules, _owner(request))
    return private(shapes.Rules([_rule(each) for each in found]))


@delete(
    "/api/alert-rules/{rule_id:int}",
    summary="Forget a rule",
    guards=[member_or_operator],
    security=SECURITY,
    responses=gives_private(shapes.Rules, "The rules that are left, by id."),
    media_type=JSON,
    status_code=200,
)
async def remove_rule(
    request: SignedRequest,
    rule_id: Annotated[int, PathParameter(ge=0, le=ID_MOST, description="The rule's id.")],
) -> Response[bytes]:
    """Forget a rule, and what of it was still to be sent."""
    alerts, owner = desk_of(request).alerts, _owner(request)
    try:
        await asyncio.to_thread(alerts.remove, owner, rule_id)
    except AlertsRefused as fault:
        raise NotFoundException(str(fault)) from None
    found = await asyncio.to_thread(alerts.rules, owner)
    return private(shapes.Rules([_rule(each) for each in found]))


@get(
    "/api/alerts",
    summary="Your alerts, and how their delivery fares",
    guards=[member_or_operator],
    security=SECURITY,
    responses=gives_private(shapes.AlertList, "The alerts, the latest first."),
    media_type=JSON,
)
async def alerts(
    request: SignedRequest,
    last: Annotated[
        int, QueryParameter(ge=1, le=LAST_MOST, description="How many, the latest ones.")
    ] = LAST_DEFAULT,
) -> Response[bytes]:
    """Give the alerts of the member's rules, or of the operator's."""
    found = await asyncio.to_thread(desk_of(request).alerts.made, _owner(request), last)
    return private(shapes.AlertList([_alert(each) for each in found]))


@get(
    FEED,
    summary="The operator's alerts, as a feed",
    responses=gives_file(ATOM, "The feed: Atom, RFC 4287."),
    media_type=ATOM,
    sync_to_thread=True,
)
def alert_feed(request: Asked) -> Response[bytes]:
    """Give the latest alerts of rules that the operator keeps for everybody."""
    made = desk_of(request).alerts.made("", ENTRIES_MOST)
    about = Feed(FEED, "Alerts on GPU prices", "/news", frame_of(request).address)
    return answered(request, feed_bytes(about, [_news(each) for each in made]), ATOM, REVALIDATED)


def _news(made: Made) -> News:
    alert = made.alert
    title = f"{alert.rule.subject}: {alert.rule.kind}"
    name = tag("alert", str(made.number))
    return News(name, "alert", alert.time_ns, "", title, alert.text, "/news")


@asynccontextmanager
async def alerting(app: Litestar) -> AsyncIterator[None]:
    """Judge rules and deliver alerts until the server ends; `app.state.alerts` is the desk."""
    task = asyncio.create_task(_tend(app.state.alerts))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _tend(desk: AlertDesk) -> None:
    while True:
        try:
            if await asyncio.to_thread(desk.alerts.rules):
                with suppress(MarketError):  # No price yet: nothing is known.
                    await asyncio.to_thread(desk.judge)
            await desk.deliver(time.time_ns())
        except Exception:
            log.exception("alerts: expected what is due done, found a fault")
        await asyncio.sleep(LOOK_S)


ALERTS_API: Sequence[HTTPRouteHandler] = (add_rule, rules, remove_rule, alerts, alert_feed)
