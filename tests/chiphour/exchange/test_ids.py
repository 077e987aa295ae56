"""TEST IDS: members' own order ids, against a plain dictionary.

Takes   random ids remembered, found and forgotten; rows of ORDERs.
Gives   what is found, and the hash of a body.
Keeps   an id for a whole market day.
Source  Rulebook 12.2.
"""

import random

import numpy as np

from chiphour.exchange import commands as ask
from chiphour.exchange import ids
from chiphour.exchange import state as col
from chiphour.exchange.limits import Limits

PRIME = (1 << 31) - 1


def plain_body(row):
    """Say rulebook 12.2's hash again, in Python's unbounded integers."""
    a = b = 0
    for word in row.tolist()[2:]:
        for part in (word & PRIME, word >> 31 & PRIME, word >> 62 & 3):
            a = (a * 48271 + part + 1) % PRIME
            b = (b * 69621 + part + 1) % PRIME
    return a << 31 | b


def test_body_is_of_all_columns_but_sequence_and_time(callable_from_python):
    """Two rows that differ in any other column differ in their body (rulebook 12.2)."""
    body_of = callable_from_python(ids.body_of)
    rows = np.zeros((32, 16), np.int64)
    rows[1:17] = np.eye(16, dtype=np.int64) * -(1 << 63)
    rows[17] = np.arange(16) * 0x0123_4567_89AB_CDEF // 16
    bodies = [body_of(rows, i) for i in range(18)]
    assert bodies == [plain_body(row) for row in rows[:18]]
    same = (1 + ask.SEQUENCE, 1 + ask.TIME_NS)
    assert all(bodies[i] == bodies[0] for i in same)
    assert len(set(bodies)) == 18 - len(same)


def test_ids_are_a_dictionary_that_forgets(callable_from_python):
    """Ids are found while their age is the market's or the one before (rulebook 12.2)."""
    find = callable_from_python(ids.find)
    remember = callable_from_python(ids.remember)
    age = callable_from_python(ids.age)
    is_full = callable_from_python(ids.is_full)
    state = col.allocate(Limits(accounts=64, contracts=1, indexes=2, orders=8, ids=24))
    dice = random.Random(12)
    known = {}
    for step in range(2_000):
        account, number = (
            dice.randrange(8, 16),
            dice.choice((1, 2, 3, 1 << 40, dice.getrandbits(62))),
        )
        row = find(state, account, number)
        assert (row != ids.NOT_FOUND) == ((account, number) in known)
        if row != ids.NOT_FOUND:
            assert tuple(state.ids[row].tolist()[2:6]) == known[account, number]
        elif not is_full(state):
            remember(state, account, number, step, step * 3, step % 5)
            known[account, number] = (step, step * 3, step % 5, int(state.market[0, col.AGE]))
        assert is_full(state) == (len(known) == 24)
        if dice.random() < 0.05:
            age(state)
            oldest = state.market[0, col.AGE] - 1
            known = {key: value for key, value in known.items() if value[3] >= oldest}
            assert (state.ids[:, col.ID_ACCOUNT] != 0).sum() == len(known)
