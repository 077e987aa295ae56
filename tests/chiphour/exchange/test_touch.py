"""TEST TOUCH: asking ahead changes nothing, whatever commands say.

Takes   commands whose columns are any numbers; a market in its midst.
Gives   failures.
Keeps   every row that is read or asked for within its table: out of bounds is told uncompiled.
Source  Decisions 0005 and 0027.
"""

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.exchange import commands as ask
from chiphour.exchange.commands import COMMAND_COLUMNS
from chiphour.exchange.commands import Kind
from chiphour.exchange.engine import Engine
from chiphour.exchange.flatten import flatten
from chiphour.exchange.touch import begin_touching
from chiphour.exchange.touch import touch
from chiphour.ledger.flat import flat
from chiphour.simulate.storm_hand import seeded

ANY = st.sampled_from((0, 1, -1, 8, 63, 64, 1 << 31, (1 << 63) - 1, -(1 << 63)))
KINDS = st.sampled_from([*Kind, Kind.ORDER, Kind.CANCEL, Kind.ORDER, Kind.CANCEL])


@numba.njit
def ask_ahead(state, rows):
    table = flat(rows, COMMAND_COLUMNS, "commands")
    begin_touching(flatten(state), table)
    for done in range(rows.shape[0]):
        touch(flatten(state), table, done)


@pytest.fixture(scope="module")
def played_market():
    """Give a market with orders that rest and wait, stopped in its midst."""
    limits, rows = seeded(3, 120)
    market = Engine(limits)
    market.apply(rows)
    held = market.sections()
    assert len(held.orders) and len(held.waiting)
    return market, [*held.orders[:, 0].tolist(), *held.waiting[:, 0].tolist()]


@settings(max_examples=60)
@given(data=st.data())
def test_any_columns_are_read_past(data, played_market):
    market, known = played_market
    columns = st.lists(ANY | st.sampled_from(known), min_size=13, max_size=13)
    drawn = data.draw(st.lists(st.tuples(KINDS, columns), max_size=40))
    rows = np.zeros((len(drawn), COMMAND_COLUMNS), np.int64)
    for row, (kind, values) in zip(rows, drawn, strict=True):
        row[ask.KIND], row[3:] = kind, values
    before = [table.copy() for table in market._state]
    with np.errstate(all="raise"):
        ask_ahead(market._state, rows)
    assert all(map(np.array_equal, before, market._state))


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(Kind), st.lists(ANY, min_size=13, max_size=13))))
def test_any_columns_are_refused_as_they_are_one_by_one(drawn):
    rows = np.zeros((len(drawn), ask.COMMAND_COLUMNS), np.int64)
    for row, (kind, columns) in zip(rows, drawn, strict=True):
        row[ask.KIND], row[3:] = kind, columns
    rows[:, ask.SEQUENCE] = np.arange(1, len(rows) + 1)
    limits, _ = seeded(0, 1)
    together, alone = Engine(limits), Engine(limits)
    told = together.apply(rows)
    each = [alone.apply(row[None]) for row in rows]
    assert np.array_equal(told, np.concatenate(each) if each else told)
    assert together.digest() == alone.digest()


def test_a_batch_gives_what_its_commands_give_one_by_one():
    limits, rows = seeded(3, 120)
    together, alone = Engine(limits), Engine(limits)
    told = together.apply(rows)
    assert np.array_equal(told, np.concatenate([alone.apply(row[None]) for row in rows]))
    assert together.digest() == alone.digest()
