"""REFERENCE IDS: members' own order ids: the same id says the same order, once.

Takes   an ORDER's row and columns; what was answered to it.
Gives   whether the id is new, repeated or reused; ids that grow old and are forgotten.
Keeps   an id at least for a whole market day, and until the second 00:30 sweep at most.
Source  Rulebook 12.2.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chiphour.exchange.commands import KIND
from chiphour.exchange.commands import Kind
from chiphour.exchange.reasons import Reason

if TYPE_CHECKING:
    from chiphour.exchange.reference_state import MarketState

Ask = dict[str, int]

# Refusals by which an id is neither looked up nor remembered (rulebook 12.2): they come first.
LAST_REASON_WITHOUT_ID = Reason.ACCOUNT_RESERVED

_PRIME = (1 << 31) - 1
_FACTOR_A = 48_271
_FACTOR_B = 69_621


@dataclass(frozen=True)
class Remembered:
    """An id that was used: by which order, with which body, and what was answered."""

    sequence: int
    body: int
    answer: int  # 0 or the reason.
    age: int  # The market's age when it was remembered.


def body_of(row: list[int]) -> int:
    """Give one number for all columns but SEQUENCE and TIME_NS (rulebook 12.2).

    Two sums modulo 2^31 - 1 of the words' parts of 31, 31 and 2 bits, each sum with a factor of
    its own; the first stands above the second.
    """
    a, b = 0, 0
    for word in row[KIND:]:
        for part in (word & _PRIME, word >> 31 & _PRIME, word >> 62 & 3):
            a = (a * _FACTOR_A + part + 1) % _PRIME
            b = (b * _FACTOR_B + part + 1) % _PRIME
    return (a << 31) + b


def reason_of_id(state: "MarketState", row: list[int], ask: Ask) -> Reason:
    """Tell why an ORDER's id refuses it, or NONE (rulebook 12.2)."""
    kept = state.ids.get((ask["account"], ask["client_order_id"]))
    if kept is not None:
        return Reason.NONE if kept.body == body_of(row) else Reason.ID_REUSED
    return Reason.IDS_FULL if len(state.ids) >= state.limits.ids else Reason.NONE


def has_id(ask: Ask, reason: Reason) -> bool:
    """Tell whether a command that would get this answer is an ORDER with an id that counts."""
    if ask["kind"] != Kind.ORDER or ask["client_order_id"] <= 0:
        return False
    return not Reason.NONE < reason <= LAST_REASON_WITHOUT_ID


def remember(state: "MarketState", row: list[int], ask: Ask, reason: Reason) -> None:
    """Remember an id with its body and its answer (rulebook 12.2)."""
    key = ask["account"], ask["client_order_id"]
    assert key not in state.ids
    state.ids[key] = Remembered(ask["sequence"], body_of(row), int(reason), state.age)


def forget(state: "MarketState") -> None:
    """Let ids age by one 00:30 sweep; those that saw the second are forgotten (rulebook 12.2)."""
    state.age += 1
    state.ids = {key: kept for key, kept in state.ids.items() if kept.age >= state.age - 1}
