"""ENROLMENT: members join and get keys; the operator halts. One path for all who ask for it.

Takes   names, deposits, what a key may do; a `Door` to the exchange, `Members`, a `KeyRing`.
Gives   who has joined, with an account drawn at random and a key whose secret is shown once.
Keeps   a name given once; a key for a member that exists; nothing begun that is known to fail.
Source  Rulebook 3.1 and 10.3; decision 0034.

    MarketError
    ├── MemberRefused   (members.py) a member that cannot be, is unknown or exists
    ├── KeyRingRefused  (key_file.py) a key that cannot be
    └── WishRefused     (door.py) what the exchange does not allow
"""

import asyncio
from typing import Any
from typing import NamedTuple

from chiphour.adapters.cashier import check_amount
from chiphour.adapters.door import Door
from chiphour.adapters.door import WishRefused
from chiphour.adapters.door import check_taken
from chiphour.adapters.keys import KeyRing
from chiphour.adapters.members import Member
from chiphour.adapters.members import MemberRefused
from chiphour.adapters.members import Members
from chiphour.adapters.members import name_bytes
from chiphour.adapters.members import shown
from chiphour.exchange import events as e
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Mode
from chiphour.exchange.compose import Rows
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.wire.key import READ
from chiphour.wire.key import Key

ALL_CONTRACTS = -1
DRAWS_MAX = 4  # Should somebody else open the same account at the same time.


class KeyTerms(NamedTuple):
    """What a key may do, from where, and until when."""

    scopes: tuple[str, ...] = (READ,)
    contracts: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    expires_ns: int | None = None
    public: str | None = None  # An Ed25519 key, in place of a secret of ours.


class Joining(NamedTuple):
    """Who wants to join; `sub_of` names the member whose sub-account it will be, or is ""."""

    name: str
    deposit_microusd: int = 0
    terms: KeyTerms = KeyTerms()
    sub_of: str = ""


class Enrolled(NamedTuple):
    """Who has joined, and a key with its secret, which is not shown again."""

    member: Member
    cash_microusd: int
    key: Key
    secret: str

    def __repr__(self) -> str:
        """Show no secret."""
        return f"Enrolled({self.member!r}, {self.key!r})"


class Enrolment:
    """Lets members join. It lives on one asyncio loop."""

    def __init__(self, door: Door, members: Members, keys: KeyRing) -> None:
        """Begin; `members` must hear of all that goes through the door."""
        self._door = door
        self._members = members
        self._keys = keys
        self._turn = asyncio.Lock()  # Between the look whether a name is free and its taking.

    async def add(self, joining: Joining) -> Enrolled:
        """Open an account, pay in the deposit and make a key.

        Raises MemberRefused, KeyRingRefused, WishRefused.
        """
        self._keys.check(joining.name, ACCOUNTS_RESERVED, **_words(joining.terms))
        async with self._turn:
            parent = self._members.named(joining.sub_of) if joining.sub_of else None
            self._members.check_new(joining.name, parent)
            if joining.deposit_microusd:
                check_amount(joining.deposit_microusd)
            account, cash_microusd = await self._open(joining, parent.group if parent else 0)
        member = self._members.of(account)
        key, secret = await self.add_key(member, member.name, joining.terms)
        return Enrolled(member, cash_microusd, key, secret)

    async def add_key(self, member: Member, name: str, terms: KeyTerms) -> tuple[Key, str]:
        """Make a key that acts for a member's account; raises KeyRingRefused."""
        words = _words(terms)
        return await asyncio.to_thread(self._keys.create, name, member.account, **words)

    async def _open(self, joining: Joining, group: int) -> tuple[int, int]:
        """Open an account and pay in the deposit; give the account and its cash."""
        limits = await self._door.ask(lambda engine: engine.limits)
        for _ in range(DRAWS_MAX):
            account = self._members.draw(limits.accounts)
            rows = [command(Kind.OPEN_ACCOUNT, account=account, group=group)]
            if amount := joining.deposit_microusd:
                rows.append(command(Kind.DEPOSIT, account=account, amount_microusd=amount))
            private = name_bytes(account, joining.name)
            events = (await self._door.submit(commands(rows), private)).events
            if (events[:, e.KIND] == e.Kind.ACCOUNT_OPENED).any():
                _check_paid(joining, events)
                paid = events[events[:, e.KIND] == e.Kind.DEPOSITED]
                return account, int(paid[0, e.CASH_MICROUSD]) if len(paid) else 0
        raise MemberRefused(f"expected a free account in {DRAWS_MAX} draws, found none")


async def halt(
    door: Door, mode: Mode, *, contract: int = 0, account: int = 0, cancels: bool = False
) -> None:
    """Give a contract, all of them (-1) or a member's account a mode; `cancels` orders there too.

    Raises WishRefused.
    """
    row = command(Kind.HALT, account=account, contract=contract, mode=int(mode), flags=int(cancels))
    check_taken((await door.submit(row[None])).events)


def _check_paid(joining: Joining, events: Rows) -> None:
    try:
        check_taken(events)
    except WishRefused as fault:
        raise WishRefused(
            f"{shown(joining.name)} has joined, without money or key; of the deposit: {fault}",
            fault.reason,
        ) from None


def _words(terms: KeyTerms) -> dict[str, Any]:
    return terms._asdict()
