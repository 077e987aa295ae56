"""IDS: members' own order ids: the same id says the same order, once.

Takes   the tables `market` and `ids`; an ORDER's row of the commands.
Gives   what was answered to an id, and a place to remember an answer.
Keeps   an id while its age is the market's or the one before; a search ends at the first slot of
        no account, because the slots of forgotten ids are emptied and closed up as they age.
Source  Rulebook 12.2. A collision of two bodies would harm only the member who made both.
"""

from chiphour.exchange import commands as ask
from chiphour.exchange import state as col
from chiphour.exchange.commands import COMMAND_COLUMNS
from chiphour.ledger.kernel import kernel

NOT_FOUND = -1
_PRIME = (1 << 31) - 1
_FACTOR_A = 48_271
_FACTOR_B = 69_621
_PART_BITS = 31
_TOP = 3  # What is left of a word after two parts.
_SCATTER = 0x9E3779B1  # 2^32 divided by the golden ratio, odd.
assert ask.KIND == ask.TIME_NS + 1 == 2
assert _SCATTER * _PRIME < 1 << 63


@kernel
def body_of(commands, i):
    """Give one number for all columns of a command but its sequence and time (rulebook 12.2).

    Two sums in the field of 2^31 - 1, each word in three parts: no product leaves an int64.
    """
    a = 0
    b = 0
    for column in range(ask.KIND, COMMAND_COLUMNS):
        word = commands[i, column]
        for part in range(3):
            mask = _PRIME if part < 2 else _TOP
            value = (word >> (_PART_BITS * part) & mask) + 1
            a = (a * _FACTOR_A + value) % _PRIME
            b = (b * _FACTOR_B + value) % _PRIME
    return a << _PART_BITS | b


@kernel
def _home(ids, account, number):
    mixed = (number & _PRIME) ^ (number >> _PART_BITS & _PRIME) ^ (account * 40_503 & _PRIME)
    return (mixed * _SCATTER >> 20) & (ids.shape[0] - 1)


@kernel
def find(state, account, number):
    """Give the row of an account's id in `ids`, or NOT_FOUND."""
    ids = state.ids
    row = _home(ids, account, number)
    while ids[row, col.ID_ACCOUNT] != 0:
        if ids[row, col.ID_ACCOUNT] == account and ids[row, col.ID_NUMBER] == number:
            return row
        row = (row + 1) & (ids.shape[0] - 1)
    return NOT_FOUND


@kernel
def is_full(state):
    """Tell whether no further id can be remembered."""
    market = state.market
    return market[0, col.IDS_NEW] + market[0, col.IDS_OLD] >= market[0, col.IDS_MAX]


@kernel
def remember(state, account, number, sequence, body, answer):
    """Remember an id that is not there yet, with its body and answer; the table is not full."""
    ids = state.ids
    row = _home(ids, account, number)
    while ids[row, col.ID_ACCOUNT] != 0:
        row = (row + 1) & (ids.shape[0] - 1)
    ids[row, col.ID_ACCOUNT] = account
    ids[row, col.ID_NUMBER] = number
    ids[row, col.ID_SEQUENCE] = sequence
    ids[row, col.ID_BODY] = body
    ids[row, col.ID_ANSWER] = answer
    ids[row, col.ID_AGE] = state.market[0, col.AGE]
    state.market[0, col.IDS_NEW] += 1


@kernel
def age(state):
    """Let ids age at a 00:30 sweep, and forget those that saw the second one (rulebook 12.2).

    From the first slot on; a wrapped run is closed up from slots that are clean already.
    """
    market = state.market
    ids = state.ids
    market[0, col.AGE] += 1
    forgotten = market[0, col.IDS_OLD]
    market[0, col.IDS_OLD] = market[0, col.IDS_NEW]
    market[0, col.IDS_NEW] = 0
    row = 0
    while forgotten > 0:
        held = ids[row, col.ID_ACCOUNT] != 0
        if held and ids[row, col.ID_AGE] < market[0, col.AGE] - 1:
            _empty(ids, row)
            forgotten -= 1
        else:
            row += 1


@kernel
def _empty(ids, gap):
    """Empty a row and move back each later one of the run that may not lie behind a gap."""
    mask = ids.shape[0] - 1
    row = (gap + 1) & mask
    while ids[row, col.ID_ACCOUNT] != 0:
        home = _home(ids, ids[row, col.ID_ACCOUNT], ids[row, col.ID_NUMBER])
        if (row - home) & mask >= (row - gap) & mask:
            for column in range(col.ID_COLUMNS):
                ids[gap, column] = ids[row, column]
            gap = row
        row = (row + 1) & mask
    for column in range(col.ID_COLUMNS):
        ids[gap, column] = 0
