"""MEMBER_API: what a member asks and does over HTTP: account, statement, keys, money.

Takes   requests that a member's key has signed (sign_in.py), as `shapes_members` has them.
Gives   JSON, described in OpenAPI; a statement also as CSV.
Keeps   a member to the accounts of its own: a key acts for one account, and that of a member's
        first one may look at its sub-accounts and move money out of them.
Source  Rulebook 3.6; decision 0034.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import Response
from litestar import get
from litestar import post
from litestar.exceptions import PermissionDeniedException
from litestar.exceptions import ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.params import QueryParameter

from chiphour.adapters.cash_events import CashEvents
from chiphour.adapters.cashier import amount_from_text
from chiphour.adapters.members import Member
from chiphour.adapters.members import MemberUnknown
from chiphour.adapters.serve import shapes_members as shapes
from chiphour.adapters.serve.answer import CSV
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import found
from chiphour.adapters.serve.asked import time_from_text
from chiphour.adapters.serve.asked_members import Word
from chiphour.adapters.serve.asked_members import gives_private
from chiphour.adapters.serve.asked_members import gives_private_file
from chiphour.adapters.serve.member_objects import account_object
from chiphour.adapters.serve.member_objects import key_object
from chiphour.adapters.serve.member_objects import member_object
from chiphour.adapters.serve.member_objects import moved_object
from chiphour.adapters.serve.office import as_answers
from chiphour.adapters.serve.office import office_of
from chiphour.adapters.serve.office import private
from chiphour.adapters.serve.office import private_file
from chiphour.adapters.serve.sign_in import MEMBER_SECURITY
from chiphour.adapters.serve.sign_in import OPERATOR_SECURITY
from chiphour.adapters.serve.sign_in import SignedRequest
from chiphour.adapters.serve.sign_in import market_asked
from chiphour.adapters.serve.sign_in import member_or_operator
from chiphour.adapters.serve.sign_in import member_with
from chiphour.publish.statement import Period
from chiphour.publish.statement import line_object
from chiphour.publish.statement import statement_csv
from chiphour.publish.statement import within
from chiphour.statement import statement
from chiphour.units import text_from_microusd
from chiphour.wire.key import READ
from chiphour.wire.key import WITHDRAW

LINES_MAX = 100_000  # Of a statement.
ENDLESS_NS = 1 << 62
TIME_CHARACTERS_MAX = 40

OfName = Annotated[
    str | None,
    QueryParameter(max_length=64, description="An account of yours, by name; else the key's."),
]
Since = Annotated[
    str | None,
    QueryParameter(
        max_length=TIME_CHARACTERS_MAX,
        description="From this time on, such as 2026-07-20T00:30:00Z; else from the first line.",
    ),
]
Before = Annotated[
    str | None,
    QueryParameter(max_length=TIME_CHARACTERS_MAX, description="Up to this time, exclusive."),
]


@get(
    "/api/account",
    summary="Your account as it stands",
    guards=[member_with(READ)],
    security=MEMBER_SECURITY,
    responses=gives_private(shapes.Account, "The account."),
    media_type=JSON,
)
async def account(request: SignedRequest, of: OfName = None) -> Response[bytes]:
    """Give money, margin and positions of an account."""
    office = office_of(request)
    with as_answers():
        who = own_account(request, of)
        return private(await account_object(office, market_asked(request), who))


@get(
    "/api/statement.json",
    summary="Your statement: every movement of cash",
    guards=[member_with(READ)],
    security=MEMBER_SECURITY,
    responses=gives_private(shapes.Statement, "The statement."),
    media_type=JSON,
)
async def statement_json(
    request: SignedRequest, of: OfName = None, since: Since = None, before: Before = None
) -> Response[bytes]:
    """Give the lines of some time; opening and amounts add up to the closing."""
    office = office_of(request)
    with as_answers():
        who = own_account(request, of)
        period = await _period(office.cash_events, who, since, before)
    lines = [msgspec.convert(line_object(each), shapes.StatementLine) for each in period.lines]
    return private(
        shapes.Statement(
            member=member_object(office.members, who),
            since=since,
            before=before,
            opening_usd=text_from_microusd(period.opening_microusd),
            closing_usd=text_from_microusd(period.closing_microusd),
            lines=lines,
        )
    )


@get(
    "/api/statement.csv",
    summary="Your statement as CSV",
    guards=[member_with(READ)],
    security=MEMBER_SECURITY,
    responses=gives_private_file(CSV, "The statement: RFC 4180, one line for each movement."),
    media_type=CSV,
)
async def statement_file(
    request: SignedRequest, of: OfName = None, since: Since = None, before: Before = None
) -> Response[bytes]:
    """Give the lines of some time as CSV."""
    with as_answers():
        who = own_account(request, of)
        period = await _period(office_of(request).cash_events, who, since, before)
    return private_file(await asyncio.to_thread(statement_csv, period.lines), CSV)


@get(
    "/api/keys",
    summary="The keys: a member's own, or for the operator all",
    guards=[member_or_operator],
    security=[*MEMBER_SECURITY, *OPERATOR_SECURITY],
    responses=gives_private(shapes.KeyList, "The keys, in the order in which they were made."),
    media_type=JSON,
)
async def keys(request: SignedRequest) -> Response[bytes]:
    """Give keys, without their secrets; a member's are those of the key's own account."""
    known = await asyncio.to_thread(office_of(request).keys.keys)
    signed = request.auth
    own = [each for each in known if signed.key is None or each.account == signed.account]
    return private(shapes.KeyList([key_object(each) for each in own]))


@post(
    "/api/withdrawals",
    summary="Pay money out",
    guards=[member_with(WITHDRAW)],
    security=MEMBER_SECURITY,
    responses=gives_private(shapes.Moved, "What was paid out."),
    media_type=JSON,
    status_code=200,
)
async def withdrawal(
    request: SignedRequest, data: JSONBody[shapes.Money], word: Word = None
) -> Response[bytes]:
    """Pay money out of the key's account, of what no margin holds."""
    office = office_of(request)
    with as_answers():
        who, amount = own_account(request), amount_from_text(data.amount_usd)
        outcome = await office.cashier.withdraw(who, amount, word or "")
    return private(moved_object(office.members, outcome))


@post(
    "/api/transfers",
    summary="Move money between your accounts",
    guards=[member_with(WITHDRAW)],
    security=MEMBER_SECURITY,
    responses=gives_private(shapes.Moved, "What was moved."),
    media_type=JSON,
    status_code=200,
)
async def transfer(
    request: SignedRequest, data: JSONBody[shapes.Transfer], word: Word = None
) -> Response[bytes]:
    """Move money between a member's own accounts."""
    office = office_of(request)
    with as_answers():
        source, amount = own_account(request, data.source), amount_from_text(data.amount_usd)
        target = _of_group(request, data.to)
        outcome = await office.cashier.transfer(source, target, amount, word or "")
    return private(moved_object(office.members, outcome))


def own_account(request: SignedRequest, name: str | None = None) -> Member:
    """Give the account that a key acts for, or another that it may act for, by name.

    Raises MemberUnknown, PermissionDeniedException.
    """
    own = office_of(request).members.of(request.auth.account)
    if name is None:
        return own
    member = _of_group(request, name)
    if member != own and own.is_sub:
        raise PermissionDeniedException(
            "expected a key of the member's first account, found one of a sub-account"
        )
    return member


def _of_group(request: SignedRequest, name: str) -> Member:
    """Give one of the member's accounts; of others' it is not even told whether they exist."""
    members = office_of(request).members
    own = members.of(request.auth.account)
    try:
        member = members.named(name)
    except MemberUnknown:
        member = None
    if member is None or member.group != own.group:
        raise MemberUnknown(f"expected the name of an account of yours, found {found(name)}")
    return member


async def _period(
    events: CashEvents, member: Member, since: str | None, before: str | None
) -> Period:
    """Give a statement of some time; raises ValidationException, StatementsLost."""
    since_ns = 0 if since is None else time_from_text("since", since)
    before_ns = ENDLESS_NS if before is None else time_from_text("before", before)

    def write() -> Period:
        lines = statement(member.account, events.of(member.account))
        return within(lines, since_ns, before_ns)

    period = await asyncio.to_thread(write)
    if len(period.lines) > LINES_MAX:
        raise ValidationException(
            f"since, before: expected a time with at most {LINES_MAX} lines, "
            f"found {len(period.lines)}"
        )
    return period


MEMBER_API: Sequence[HTTPRouteHandler] = (
    account,
    statement_json,
    statement_file,
    keys,
    withdrawal,
    transfer,
)
