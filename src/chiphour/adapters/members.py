"""MEMBERS: who trades here, and what money was asked for, folded from what the journal tells.

Takes   `Told`: stamped commands, their events, private bytes; from the market's first frame on.
Gives   members by name and by account, their sub-accounts; the outcome of each wish for money by
        the word that came with it; a free account, drawn at random.
Keeps   what the journal says and nothing else: a restart knows the same members, and a wish that
        was done once is known to be done. No account is ever drawn twice.
Source  Rulebook 3.1, 3.6 and 12.1; decision 0034.

Private bytes beside OPEN_ACCOUNT are a JSON list of `{"account", "name", "label"}`; beside DEPOSIT,
WITHDRAW and TRANSFER of one `{"account", "idempotency", "request"}`. Private bytes beside any other
command are somebody else's.

    MarketError
    └── MemberRefused       a member that cannot be
        ├── MemberUnknown   no member has this name or account
        └── MemberExists    one has it already
"""

import json
import secrets
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import numpy as np

from chiphour.adapters.commit import Told
from chiphour.adapters.kinds import flags_of
from chiphour.exchange import commands as c
from chiphour.exchange import events as e
from chiphour.exchange.commands import Kind
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.exchange.reasons import Reason
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import canonical_json
from chiphour.simulate.members import DEMONSTRATION
from chiphour.simulate.members import LABEL

NAME_LENGTH_MAX = 64
SUB_ACCOUNTS_MAX = 32  # Of a member, its first account not counted.
WISHES_MAX = 1_024  # That are remembered of an account.
MEMBER = "member"  # The label of those that are no demonstration.

_WORDS = {Kind.DEPOSIT: "deposit", Kind.WITHDRAW: "withdrawal", Kind.TRANSFER: "transfer"}
_HEARD = flags_of((Kind.OPEN_ACCOUNT, *_WORDS))
_ANSWERS = flags_of(
    (
        *(Event.ACCOUNT_OPENED, Event.DEPOSITED, Event.WITHDRAWN, Event.TRANSFERRED),
        Event.REFUSED,
    )
)


class MemberRefused(MarketError):
    """A member that cannot be."""


class MemberUnknown(MemberRefused):
    """No member has this name or account."""


class MemberExists(MemberRefused):
    """A member has this name already."""


class Member(NamedTuple):
    """Somebody who trades. `group` is the account of the member whose sub-account this is, or its
    own; accounts of a group do not trade with one another.
    """

    account: int
    name: str
    label: str
    group: int

    @property
    def is_sub(self) -> bool:
        """Tell whether it is somebody's sub-account."""
        return self.group != self.account


class Outcome(NamedTuple):
    """What became of a wish for money. `cash_microusd` is the account's after it.

    Of one that was refused `reason` is not NONE, and no money moved. `request` is the hash of
    what was asked for.
    """

    sequence: int
    time_ns: int
    what: str
    account: int
    target: int
    amount_microusd: int
    cash_microusd: int
    reason: Reason
    request: str = ""


class Members:
    """The members of a market. Threads may ask while it hears."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._turn = threading.Lock()
        self._by_account: dict[int, Member] = {}
        self._by_name: dict[str, Member] = {}
        self._opened: set[int] = set()
        self._called: dict[int, tuple[str, str]] = {}  # Names of accounts that are not open yet.
        self._wishes: dict[int, OrderedDict[str, Outcome]] = {}

    def hear(self, told: Told) -> None:
        """Fold what became durable."""
        heard = _HEARD[told.rows[:, c.KIND]]
        if not heard.any():
            return
        private = dict(told.private)
        places = np.flatnonzero(heard).tolist()
        answers = told.events[_ANSWERS[told.events[:, e.KIND]]].tolist()
        by_sequence: dict[int, list[list[int]]] = {}
        for event in answers:
            by_sequence.setdefault(event[e.SEQUENCE], []).append(event)
        with self._turn:
            for place in places:
                row = told.rows[place].tolist()
                found = by_sequence.get(row[c.SEQUENCE], [])
                self._take(row, found, _said(private.get(place, b"")))

    def all(self) -> list[Member]:
        """Give every member and sub-account, by name."""
        with self._turn:
            return sorted(self._by_account.values(), key=lambda each: (each.name, each.account))

    def named(self, name: str) -> Member:
        """Give the member with a name, however it is written; raises MemberUnknown."""
        with self._turn:
            found = self._by_name.get(folded(name))
        if found is None:
            raise MemberUnknown(f"expected the name of a member, found {shown(name)}")
        return found

    def of(self, account: int) -> Member:
        """Give the member of an account; raises MemberUnknown."""
        with self._turn:
            found = self._by_account.get(account)
        if found is None:
            raise MemberUnknown(f"expected the account of a member, found {account}")
        return found

    def group(self, member: Member) -> list[Member]:
        """Give all accounts of a member's group, the first one first, then by name."""
        return sorted(
            (each for each in self.all() if each.group == member.group),
            key=lambda each: (each.is_sub, each.name),
        )

    def check_new(self, name: str, parent: Member | None = None) -> None:
        """Raise MemberRefused for a name that a new member cannot have, or a group that is full."""
        check_name(name)
        with self._turn:
            if folded(name) in self._by_name:
                raise MemberExists(f"expected a name that nobody has, found {shown(name)}")
        if parent is None:
            return
        if parent.is_sub:
            raise MemberRefused(
                f"expected a member with sub-accounts, found {shown(parent.name)}, which is one"
            )
        if len(self.group(parent)) > SUB_ACCOUNTS_MAX:
            raise MemberRefused(
                f"expected at most {SUB_ACCOUNTS_MAX} sub-accounts of {shown(parent.name)}, "
                "found as many"
            )

    def draw(self, accounts: int) -> int:
        """Give an account that was never opened, at random, of a market with so many.

        Raises MemberRefused when there is none. Rows of demonstration members are left to them.
        """
        theirs = {each.account for each in DEMONSTRATION}
        with self._turn:
            taken = self._opened | theirs
            free = [row for row in range(ACCOUNTS_RESERVED, accounts) if row not in taken]
        if not free:
            raise MemberRefused(f"expected a free account among {accounts}, found none")
        return secrets.choice(free)

    def outcome(self, account: int, idempotency: str) -> Outcome | None:
        """Give what became of the wish of an account that came with this word, or None."""
        with self._turn:
            return self._wishes.get(account, OrderedDict()).get(idempotency)

    def _take(self, row: list[int], events: list[list[int]], said: list[dict[str, Any]]) -> None:
        """Fold one command with the events of it alone, and what is private of it."""
        if row[c.KIND] == Kind.OPEN_ACCOUNT:
            self._called |= _names(said)
            if any(event[e.KIND] == Event.ACCOUNT_OPENED for event in events):
                self._open(row[c.ACCOUNT], row[c.GROUP] or row[c.ACCOUNT])
            return
        outcome = _outcome(row, events)
        for each in said:
            word, request = each.get("idempotency"), each.get("request", "")
            if outcome and isinstance(word, str) and isinstance(request, str):
                self._remember(word, outcome._replace(request=request))

    def _open(self, account: int, group: int) -> None:
        self._opened.add(account)
        name, label = self._called.pop(account, ("", ""))
        if name:
            member = Member(account, name, label, group)
            self._by_account[account] = member
            self._by_name.setdefault(folded(name), member)

    def _remember(self, word: str, outcome: Outcome) -> None:
        wishes = self._wishes.setdefault(outcome.account, OrderedDict())
        wishes.setdefault(word, outcome)
        if len(wishes) > WISHES_MAX:
            wishes.popitem(last=False)


def name_bytes(account: int, name: str, label: str = MEMBER) -> bytes:
    """Write the private bytes beside the OPEN_ACCOUNT of a member."""
    return canonical_json([{"account": account, "name": name, "label": label}]).encode()


def wish_bytes(account: int, idempotency: str, request: str) -> bytes:
    """Write the private bytes beside a wish for money."""
    wish = {"account": account, "idempotency": idempotency, "request": request}
    return canonical_json([wish]).encode()


def check_name(name: str) -> None:
    """Raise MemberRefused for a name that no member can have.

    It stands in addresses and on one line of a list, and must not pass for another's.
    """
    fits = 1 <= len(name) <= NAME_LENGTH_MAX and name.isprintable() and name == name.strip()
    is_plain = unicodedata.normalize("NFC", name) == name and not set(name) & set("/\\?#%")
    if not fits or not is_plain or set(name) == {"."}:
        raise MemberRefused(
            f"expected a name of 1 to {NAME_LENGTH_MAX} printable characters, without spaces "
            f"around it and none of / \\ ? # %, found {shown(name)}"
        )
    if folded(name).startswith(folded(LABEL)):
        raise MemberRefused(
            f"expected a name that begins otherwise than {LABEL!r}, found {shown(name)}"
        )


def folded(name: str) -> str:
    """Give what two names have in common that look alike."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def shown(name: str) -> str:
    """Repeat a name in a refusal, cut to a length that fits a line."""
    return repr(name if len(name) <= NAME_LENGTH_MAX else name[:NAME_LENGTH_MAX] + "\u2026")


def _said(private: bytes) -> list[dict[str, Any]]:
    """Read private bytes; what is not a list of objects says nothing to us."""
    try:
        found = json.loads(private) if private else []
    except ValueError:
        return []
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _names(said: Sequence[dict[str, Any]]) -> dict[int, tuple[str, str]]:
    found = {}
    for each in said:
        account, name, label = (each.get(word) for word in ("account", "name", "label"))
        if isinstance(account, int) and isinstance(name, str) and name:
            found[account] = (name, label if isinstance(label, str) else "")
    return found


def _outcome(row: list[int], events: list[list[int]]) -> Outcome | None:
    """Give what became of a command for money, from the events that have its sequence.

    What was drained before it (rulebook 2.8) moves no money of these kinds, and refuses nothing.
    """
    for event in events:
        is_refused = event[e.KIND] == Event.REFUSED
        if event[e.ACCOUNT] == row[c.ACCOUNT]:
            return Outcome(
                sequence=row[c.SEQUENCE],
                time_ns=row[c.TIME_NS],
                what=_WORDS[Kind(row[c.KIND])],
                account=row[c.ACCOUNT],
                target=row[c.TARGET],
                amount_microusd=row[c.AMOUNT_MICROUSD],
                cash_microusd=0 if is_refused else event[e.CASH_MICROUSD],
                reason=Reason(event[e.REASON]) if is_refused else Reason.NONE,
            )
    return None
