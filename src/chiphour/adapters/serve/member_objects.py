"""MEMBER_OBJECTS: records of members, keys, accounts and the trail as the shapes that answer.

Takes   records of the office.
Gives   `shapes_members`.
Keeps   amounts exact, as decimal text; what may be withdrawn as the exchange would have it.
Source  Rulebook 3.4, 3.6 and 6.5; decision 0034.
"""

import asyncio
from collections.abc import Sequence

from chiphour.adapters.cashier import free_microusd
from chiphour.adapters.keys import Line
from chiphour.adapters.members import Member
from chiphour.adapters.members import Members
from chiphour.adapters.members import MemberUnknown
from chiphour.adapters.members import Outcome
from chiphour.adapters.serve import shapes_members as shapes
from chiphour.adapters.serve.market_view import MarketView
from chiphour.adapters.serve.office import Office
from chiphour.contracts import table
from chiphour.exchange.commands import Mode
from chiphour.exchange.engine import Account
from chiphour.exchange.engine import Engine
from chiphour.exchange.engine import Position
from chiphour.publish.market import Contract
from chiphour.units import iso_from_ns
from chiphour.units import text_from_microusd
from chiphour.wire.key import Key


def member_object(members: Members, member: Member) -> shapes.MemberRow:
    """Give a member."""
    parent = None
    if member.is_sub:
        try:
            parent = members.of(member.group).name
        except MemberUnknown:
            parent = str(member.group)  # Of a group that nobody has named.
    return shapes.MemberRow(member.name, member.account, member.label, parent)


def key_object(key: Key) -> shapes.KeyRow:
    """Give a key, without its secret."""
    return shapes.KeyRow(
        id=key.id,
        name=key.name,
        account=key.account,
        scopes=sorted(key.scopes),
        contracts=sorted(key.contracts),
        networks=[str(network) for network in key.networks],
        algorithm=key.algorithm,
        idempotent_labels=key.idempotent_labels,
        created=iso_from_ns(key.created_ns),
        expires=_time_or_null(key.expires_ns),
        revoked=_time_or_null(key.revoked_ns),
    )


def moved_object(members: Members, outcome: Outcome) -> shapes.Moved:
    """Give what became of a wish for money."""
    return shapes.Moved(
        what=outcome.what,
        member=members.of(outcome.account).name,
        to=members.of(outcome.target).name if outcome.target else None,
        amount_usd=text_from_microusd(outcome.amount_microusd),
        cash_usd=text_from_microusd(outcome.cash_microusd),
        sequence=outcome.sequence,
        time=iso_from_ns(outcome.time_ns),
    )


def audit_object(lines: Sequence[Line]) -> shapes.Audit:
    """Give lines of the trail."""
    return shapes.Audit([shapes.AuditLine(iso_from_ns(line.time_ns), *line[1:]) for line in lines])


async def account_object(office: Office, market: MarketView, member: Member) -> shapes.Account:
    """Give an account as it stands; raises MemberUnknown."""

    def look(engine: Engine) -> tuple[Account | None, int, int]:
        return engine.account(member.account), engine.sequence, engine.time_ns

    account, sequence, time_ns = await office.door.ask(look)
    if account is None:
        raise MemberUnknown(f"expected an account that is open, found {member.account}")
    listed = {each.number: each for each in await asyncio.to_thread(market.contracts)}
    group = office.members.group(member)
    return shapes.Account(
        member=member_object(office.members, member),
        time=iso_from_ns(time_ns),
        sequence=sequence,
        cash_usd=text_from_microusd(account.cash_microusd),
        equity_usd=text_from_microusd(account.equity_microusd),
        initial_margin_usd=text_from_microusd(account.initial_margin_microusd),
        maintenance_margin_usd=text_from_microusd(account.maintenance_margin_microusd),
        free_usd=text_from_microusd(free_microusd(account)),
        mode=Mode(account.mode).name.lower(),
        in_liquidation=bool(account.liquidation),
        fee_tier=account.tier,
        positions=[_position(each, listed[each.contract]) for each in account.positions],
        accounts=[member_object(office.members, each) for each in group],
    )


def _position(position: Position, contract: Contract) -> shapes.HeldPosition:
    return shapes.HeldPosition(
        contract=contract.name,
        lots=position.lots,
        open_buy_lots=position.open_buy_lots,
        open_sell_lots=position.open_sell_lots,
        entry_usd=text_from_microusd(position.entry_microusd),
        mark_usd=text_from_microusd(contract.row[table.MARK_MICROUSD]),
        initial_margin_usd=text_from_microusd(position.initial_margin_microusd),
    )


def _time_or_null(time_ns: int | None) -> str | None:
    return None if time_ns is None else iso_from_ns(time_ns)
