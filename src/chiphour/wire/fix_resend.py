"""FIX_RESEND: what a peer of FIX missed is sent again, a portion at a time.

Takes   a range of our numbers that the peer asks for; what gives the messages that were kept.
Gives   the messages of the next portion, fills among them, and what is left of the range.
Keeps   each number of the range is sent or filled over once, in order; no portion has more than
        PORTION_MAX kept messages, however long the range is; what was sent again is sent again
        AGAIN_MAX times on one connection, and no more.
Source  FIX 4.4 volume 2: "Message Recovery", "Sequence Reset".

    asked for 1 to 9; 3, 4 and 7 were kept      1 fill to 3 | 3 | 4 | 5 fill to 7 | 7 | 8 fill to 10
    and where a portion has two of them         1 fill to 3 | 3 | 4, and left is 5 to 9

What was not kept are admin messages, which FIX fills over by SequenceReset with GapFillFlag. A
request of few bytes may ask for all that was ever sent: so nothing is read before it can be
written, and a peer that asks for the same again and again is not served for ever.
"""

from collections.abc import Callable
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from chiphour.wire.fix import Field

SEQUENCE_RESET = "4"
NEW_SEQ_NO, GAP_FILL_FLAG = 36, 123
PORTION_MAX = 100  # Kept messages that are read and written at once.
AGAIN_MAX = 3  # Requests of one connection for what it was already sent again.

Fields = tuple[Field, ...]


class Sent(NamedTuple):
    """A message of ours as it was first sent, to send it again."""

    sequence: int
    time_ns: int
    msg_type: str
    fields: Fields


class Resend(NamedTuple):
    """Send again what was kept from one number to another, both included, and fill the rest."""

    first: int
    last: int


# Gives the kept messages from one sequence to another, both included, in order. It is asked for a
# long range and read in part: a generator, not a list.
Stored = Callable[[int, int], Iterable[Sent]]


def nothing_stored(first: int, last: int) -> Iterable[Sent]:
    """Give no message: all is filled over."""
    return ()


def portion(asked: Resend, stored: Stored, now_ns: int) -> tuple[list[Sent], Resend | None]:
    """Give the next messages of a range, fills among them, and the range that is left."""
    assert 1 <= asked.first <= asked.last
    kept = [*islice(stored(asked.first, asked.last), PORTION_MAX)]
    last = kept[-1].sequence if len(kept) == PORTION_MAX else asked.last
    found: list[Sent] = []
    expected = asked.first
    for sent in kept:
        assert expected <= sent.sequence <= last
        found += _fill(expected, sent.sequence, now_ns)
        found.append(sent)
        expected = sent.sequence + 1
    found += _fill(expected, last + 1, now_ns)
    return found, Resend(last + 1, asked.last) if last < asked.last else None


class Requests:
    """What a peer has asked for on one connection."""

    def __init__(self) -> None:
        """Begin with nothing asked for."""
        self._newest = 0  # The highest number that was sent again.
        self._again = 0

    def are_too_many(self, asked: Resend) -> bool:
        """Note a request; tell whether it is one too many for what was sent again already."""
        self._again += asked.first <= self._newest
        self._newest = max(self._newest, asked.last)
        return self._again > AGAIN_MAX


def _fill(first: int, until: int, now_ns: int) -> list[Sent]:
    """Say that nothing will come from one number up to another; nothing where they are one."""
    if first == until:
        return []
    fields = ((GAP_FILL_FLAG, "Y"), (NEW_SEQ_NO, str(until)))
    return [Sent(first, now_ns, SEQUENCE_RESET, fields)]
