"""OPERATOR_API: what the operator does over HTTP: members, money, keys, the trail, halts.

Takes   requests of the operator (sign_in.py), as `shapes_members` has them.
Gives   JSON, described in OpenAPI.
Keeps   every change in the journal or in `keys.db`, and each use in the trail.
Source  Rulebook 3.6 and 10.3; decision 0034.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Annotated

from litestar import Response
from litestar import delete
from litestar import get
from litestar import post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.params import PathParameter
from litestar.params import QueryParameter

from chiphour.adapters.cashier import amount_from_text
from chiphour.adapters.enrolment import ALL_CONTRACTS
from chiphour.adapters.enrolment import Joining
from chiphour.adapters.enrolment import KeyTerms
from chiphour.adapters.enrolment import halt
from chiphour.adapters.keys import KeyRing
from chiphour.adapters.serve import shapes_members as shapes
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import found
from chiphour.adapters.serve.asked_members import Name
from chiphour.adapters.serve.asked_members import Word
from chiphour.adapters.serve.asked_members import gives_private
from chiphour.adapters.serve.member_objects import account_object
from chiphour.adapters.serve.member_objects import audit_object
from chiphour.adapters.serve.member_objects import key_object
from chiphour.adapters.serve.member_objects import member_object
from chiphour.adapters.serve.member_objects import moved_object
from chiphour.adapters.serve.office import as_answers
from chiphour.adapters.serve.office import office_of
from chiphour.adapters.serve.office import private
from chiphour.adapters.serve.sign_in import OPERATOR_SECURITY
from chiphour.adapters.serve.sign_in import SignedRequest
from chiphour.adapters.serve.sign_in import market_asked
from chiphour.adapters.serve.sign_in import operator_only
from chiphour.exchange.commands import Mode
from chiphour.units import NS_PER_DAY
from chiphour.units import text_from_microusd
from chiphour.wire.signature import KEY_ID

PAGE_DEFAULT = 100
PAGE_MOST = 1_000
CURSOR_MOST = 1 << 31
LINES_DEFAULT = 100
LINES_MOST = 10_000


@get(
    "/api/members",
    summary="Every member",
    guards=[operator_only],
    security=OPERATOR_SECURITY,
    responses=gives_private(shapes.MemberList, "The members, by name."),
    media_type=JSON,
)
async def members(
    request: SignedRequest,
    after: Annotated[
        int, QueryParameter(ge=0, le=CURSOR_MOST, description="The cursor `after` of a page.")
    ] = 0,
    limit: Annotated[
        int, QueryParameter(ge=1, le=PAGE_MOST, description="How many at most.")
    ] = PAGE_DEFAULT,
) -> Response[bytes]:
    """Give the members and their sub-accounts."""
    known = office_of(request).members
    rows = known.all()
    page = [member_object(known, each) for each in rows[after : after + limit]]
    end = after + limit
    return private(shapes.MemberList(page, end if end < len(rows) else None))


@post(
    "/api/members",
    summary="Let a member join",
    guards=[operator_only],
    security=OPERATOR_SECURITY,
    responses=gives_private(shapes.Joined, "Who has joined, with a key.", 201),
    media_type=JSON,
)
async def add_member(request: SignedRequest, data: JSONBody[shapes.NewMember]) -> Response[bytes]:
    """Open an account, drawn at random, pay in a deposit, and make a key."""
    office = office_of(request)
    with as_answers():
        deposit = amount_from_text(data.deposit_usd, least_microusd=0)
        joining = Joining(data.name, deposit, _terms(data), data.sub_of or "")
        enrolled = await office.enrolment.add(joining)
    return private(
        shapes.Joined(
            member=member_object(office.members, enrolled.member),
            cash_usd=text_from_microusd(enrolled.cash_microusd),
            key=key_object(enrolled.key),
            secret=enrolled.secret or None,
        ),
        201,
    )


@get(
    "/api/members/{name:str}",
    summary="A member's account",
    guards=[operator_only],
    security=OPERATOR_SECURITY,
    responses=gives_private(shapes.Account, "The account."),
    media_type=JSON,
)
async def member(request: SignedRequest, name: Name) -> Response[bytes]:
    """Give an account as it stands."""
    office = office_of(request)
    with as_answers():
        return private(
            await account_object(office, market_asked(request), office.members.named(name))
        )


@post(
    "/api/members/{name:str}/deposits",
    summary="Pay money in",
    guards=[operator_only],
    security=OPERATOR_SECURITY,
    responses=gives_private(shapes.Moved, "What was paid in."),
    media_type=JSON,
    status_code=200,
)
async def deposit(
    request: SignedRequest, name: Name, data: JSONBody[shapes.Money], word: Word = None
) -> Response[bytes]:
    """Pay money into an account."""
    office = office_of(request)
    with as_answers():
        who, amount = office.members.named(name), amount_from_text(data.amount_usd)
        outcome = await office.cashier.deposit(who, amount, word or "")
    return private(moved_object(office.members, outcome))


@post(
    "/api/members/{name:str}/withdrawals",
    summary="Pay money out",
    guards=[operator_only],
    security=OPERATOR_SECURITY,
    responses=gives_private(shapes.Moved, "What was paid out."),
    media_type=JSON,
    status_code=200,
)
async def withdraw(
    request: SignedRequest, name: Name, data: JSONBody[shapes.Money], word: Word = None
) -> Response[bytes]:
    """Pay money out of an account, of what no margin holds."""
    office = office_of(request)
    with as_answers():
        who, amount = office.members.named(name), amount_from_text(data.amount_usd)
        outcome = await office.cashier.withdraw(who, amount, word or "")
    return private(moved_object(office.members, outcome))


@post(
    "/api/members/{name:str}/keys",
    summary="Make a key",
    guards=[operator_only],
    security=OPERATOR_SECURITY,
    responses=gives_private(shapes.KeyMade, "The key.", 201),
    media_type=JSON,
)
async def add_key(
    request: SignedRequest, name: Name, data: JSONBody[shapes.NewKey]
) -> Response[bytes]:
    """Make a further key for a member's account."""
    office = office_of(request)
    with as_answers():
        who = office.members.named(name)
        key, secret = await office.enrolment.add_key(who, data.name, _terms(data))
    return private(shapes.KeyMade(key_object(key), secret or None), 201)


@post(
    "/api/members/{name:str}/halt",
    summary="Say what a member may still do",
    guards=[operator_only],
    security=OPERATOR_SECURITY,
    responses=gives_private(shapes.Halted, "What is allowed now."),
    media_type=JSON,
    status_code=200,
)
async def halt_member(
    request: SignedRequest, name: Name, data: JSONBody[shapes.Halt]
) -> Response[bytes]:
    """Give a member's account a mode; its orders may be cancelled too."""
    office = office_of(request)
    with as_answers():
        who = office.members.named(name)
        mode = Mode[data.mode.upper()]
        await halt(office.door, mode, account=who.account, cancels=data.cancel_orders)
    return private(shapes.Halted(who.name, data.mode, data.cancel_orders))


@post(
    "/api/contracts/{contract:str}/halt",
    summary="Say what a contract still takes",
    guards=[operator_only],
    security=OPERATOR_SECURITY,
    responses=gives_private(shapes.Halted, "What is allowed now."),
    media_type=JSON,
    status_code=200,
)
async def halt_contract(
    request: SignedRequest,
    contract: Annotated[str, PathParameter(max_length=64, description="The contract's name.")],
    data: JSONBody[shapes.Halt],
) -> Response[bytes]:
    """Give a contract a mode; its orders may be cancelled too."""
    listed = await asyncio.to_thread(market_asked(request).contracts)
    numbers = {each.name: each.number for each in listed}
    if contract not in numbers:
        raise NotFoundException(
            f"expected the name of a contract, see /api/contracts, found {found(contract)}"
        )
    with as_answers():
        mode = Mode[data.mode.upper()]
        door = office_of(request).door
        await halt(door, mode, contract=numbers[contract], cancels=data.cancel_orders)
    return private(shapes.Halted(contract, data.mode, data.cancel_orders))


@post(
    "/api/halt",
    summary="Say what all contracts still take: the kill switch",
    guards=[operator_only],
    security=OPERATOR_SECURITY,
    responses=gives_private(shapes.Halted, "What is allowed now."),
    media_type=JSON,
    status_code=200,
)
async def halt_all(request: SignedRequest, data: JSONBody[shapes.Halt]) -> Response[bytes]:
    """Give every contract a mode; all orders may be cancelled too."""
    with as_answers():
        mode = Mode[data.mode.upper()]
        door = office_of(request).door
        await halt(door, mode, contract=ALL_CONTRACTS, cancels=data.cancel_orders)
    return private(shapes.Halted("all", data.mode, data.cancel_orders))


@delete(
    "/api/keys/{key_id:str}",
    summary="Admit a key no more",
    guards=[operator_only],
    security=OPERATOR_SECURITY,
    responses=gives_private(shapes.KeyRow, "The key."),
    media_type=JSON,
    status_code=200,
)
async def revoke_key(
    request: SignedRequest,
    key_id: Annotated[str, PathParameter(max_length=32, description="The key's id.")],
) -> Response[bytes]:
    """Revoke a key; it and its sessions end at once."""
    keys = office_of(request).keys
    if not KEY_ID.fullmatch(key_id) or not await asyncio.to_thread(_has, keys, key_id):
        raise NotFoundException(f"expected the id of a key, see /api/keys, found {found(key_id)}")
    with as_answers():
        return private(key_object(await asyncio.to_thread(keys.revoke, key_id)))


@get(
    "/api/audit",
    summary="The trail of uses: of keys, and of the operator",
    guards=[operator_only],
    security=OPERATOR_SECURITY,
    responses=gives_private(shapes.Audit, "The lines, oldest first."),
    media_type=JSON,
)
async def audit(
    request: SignedRequest,
    last: Annotated[
        int, QueryParameter(ge=1, le=LINES_MOST, description="How many, the newest ones.")
    ] = LINES_DEFAULT,
    key: Annotated[
        str, QueryParameter(max_length=32, description="The id of a key; else of all.")
    ] = "",
) -> Response[bytes]:
    """Give the newest lines of the trail."""
    with as_answers():
        lines = await asyncio.to_thread(office_of(request).keys.trail, last, key)
    return private(audit_object(lines))


def _terms(data: shapes.NewMember | shapes.NewKey) -> KeyTerms:
    expires_ns = None if data.days is None else time.time_ns() + data.days * NS_PER_DAY
    return KeyTerms(
        tuple(data.scopes), tuple(data.contracts), tuple(data.networks), expires_ns, data.ed25519
    )


def _has(keys: KeyRing, key_id: str) -> bool:
    known = keys.keys()
    return any(key.id == key_id for key in known)


OPERATOR_API: Sequence[HTTPRouteHandler] = (
    *(members, add_member, member, deposit, withdraw, add_key, halt_member),
    *(halt_contract, halt_all, revoke_key, audit),
)
