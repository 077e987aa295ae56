"""TEST TOUCH: reading ahead changes nothing, whatever commands say.

Takes   commands whose columns are any numbers.
Gives   failures.
Keeps   every row that is read within its table: out of bounds is told uncompiled.
Source  Decision 0005.
"""

import numpy as np
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.exchange import commands as ask
from chiphour.exchange.commands import Kind
from chiphour.exchange.engine import Engine
from chiphour.simulate.storm_hand import seeded

ANY = st.sampled_from((0, 1, -1, 8, 63, 64, 1 << 31, (1 << 63) - 1, -(1 << 63)))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(Kind), st.lists(ANY, min_size=13, max_size=13))))
def test_any_columns_are_read_past_and_refused_as_they_are_one_by_one(drawn):
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
