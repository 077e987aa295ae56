"""CASHIER: money in, out, and between the accounts of a member: each wish done once.

Takes   amounts as decimal text or micro-dollars, members, an idempotency word.
Gives   `Outcome`: what became of the wish, also when it is asked for again.
Keeps   amounts exact and bounded. The word goes into the journal beside the command, so that a wish
        that was done before a crash is known after it; of two at the same time one is done.
Source  Rulebook 3.6; decision 0034.

    MarketError
    └── WishRefused         (door.py) what is not allowed
        ├── AmountRefused   not an amount
        └── WordReused      a word that stands for another wish
"""

import asyncio
import re
import secrets
from hashlib import sha256

from chiphour.adapters.door import Door
from chiphour.adapters.door import WishRefused
from chiphour.adapters.members import Member
from chiphour.adapters.members import Members
from chiphour.adapters.members import Outcome
from chiphour.adapters.members import shown
from chiphour.adapters.members import wish_bytes
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.engine import Account
from chiphour.exchange.limits import MONEY_MICROUSD_MAX
from chiphour.exchange.reasons import Reason
from chiphour.observe.observation import canonical_json
from chiphour.units import microusd_from_text
from chiphour.units import text_from_microusd

WORD_LENGTH_MAX = 64
_WORD = re.compile(rf"[!-~]{{1,{WORD_LENGTH_MAX}}}")
_AMOUNT = re.compile(r"[0-9]{1,13}(\.[0-9]{1,6})?")


class AmountRefused(WishRefused):
    """Not an amount."""


class WordReused(WishRefused):
    """An idempotency word that stands for another wish."""


class Cashier:
    """Does what members want with their money. It lives on one asyncio loop."""

    def __init__(self, door: Door, members: Members) -> None:
        """Begin; `members` must hear of all that goes through the door."""
        self._door = door
        self._members = members
        self._turn = asyncio.Lock()  # Between the look whether a word is new and what is done.

    async def deposit(self, member: Member, amount_microusd: int, word: str = "") -> Outcome:
        """Pay money in; raises WishRefused."""
        return await self._once(Kind.DEPOSIT, member, amount_microusd, word)

    async def withdraw(self, member: Member, amount_microusd: int, word: str = "") -> Outcome:
        """Pay money out, of what no margin holds; raises WishRefused."""
        return await self._once(Kind.WITHDRAW, member, amount_microusd, word)

    async def transfer(
        self, source: Member, target: Member, amount_microusd: int, word: str = ""
    ) -> Outcome:
        """Move money between two accounts of one member; raises WishRefused."""
        if source.group != target.group or source.account == target.account:
            raise WishRefused(
                f"expected two accounts of one member, found {shown(source.name)} and "
                f"{shown(target.name)}"
            )
        return await self._once(Kind.TRANSFER, source, amount_microusd, word, target=target.account)

    async def _once(
        self, kind: Kind, member: Member, amount_microusd: int, word: str, **more: int
    ) -> Outcome:
        """Do a wish, or give the answer that its word had before."""
        check_amount(amount_microusd)
        word = word or secrets.token_hex()
        if not _WORD.fullmatch(word):
            raise AmountRefused(
                f"Idempotency-Key: expected 1 to {WORD_LENGTH_MAX} characters without spaces, "
                f"found {shown(word)}"
            )
        account = member.account
        columns = {"account": account, "amount_microusd": amount_microusd, **more}
        request = sha256(canonical_json({"kind": int(kind), **columns}).encode()).hexdigest()
        async with self._turn:
            if self._members.outcome(account, word) is None:
                private = wish_bytes(account, word, request)
                await self._door.submit(command(kind, **columns)[None], private)
        outcome = self._members.outcome(account, word)
        assert outcome is not None, "who listens has heard of it"
        return _checked(outcome, request)


def free_microusd(account: Account) -> int:
    """Give what may be withdrawn (rulebook 3.6)."""
    if account.liquidation:
        return 0
    held = min(account.cash_microusd, account.equity_microusd)
    return max(0, held - account.initial_margin_microusd)


def amount_from_text(text: str, least_microusd: int = 1) -> int:
    """Read decimal dollars as micro-dollars, exactly; raises AmountRefused."""
    if not _AMOUNT.fullmatch(text):
        raise AmountRefused(
            f"amount: expected dollars with at most six decimals, such as 1250.50, "
            f"found {shown(text)}"
        )
    amount_microusd = microusd_from_text(text)
    check_amount(amount_microusd, least_microusd)
    return amount_microusd


def check_amount(amount_microusd: int, least_microusd: int = 1) -> None:
    """Raise AmountRefused for an amount that no command may have."""
    if not least_microusd <= amount_microusd <= MONEY_MICROUSD_MAX:
        raise AmountRefused(
            f"amount: expected {text_from_microusd(least_microusd)} to "
            f"{text_from_microusd(MONEY_MICROUSD_MAX)} dollars, "
            f"found {text_from_microusd(amount_microusd)}"
        )


def _checked(outcome: Outcome, request: str) -> Outcome:
    """Give an outcome of this very request that moved money; raises WishRefused."""
    if outcome.request != request:
        raise WordReused(
            "Idempotency-Key: expected a new one, or the request that it stands for, found it "
            f"used for another {outcome.what}"
        )
    if outcome.reason != Reason.NONE:
        raise WishRefused(
            f"{outcome.what}: expected {text_from_microusd(outcome.amount_microusd)} dollars that "
            f"may move, found {outcome.reason.name}",
            outcome.reason,
        )
    return outcome
