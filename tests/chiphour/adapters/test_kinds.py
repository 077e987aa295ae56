"""KINDS: a look-up says what a search says.

Takes   any kinds, any column of kinds.
Gives   flags of the rows.
Keeps   the answer that of `numpy.isin`.
Source  Decision 0035.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.adapters.kinds import KINDS_MAX
from chiphour.adapters.kinds import flags_of
from chiphour.exchange import commands
from chiphour.exchange import events

KINDS = st.integers(0, KINDS_MAX - 1)


@given(st.sets(KINDS), st.lists(KINDS))
def test_a_look_up_says_what_a_search_says(wanted, column):
    column = np.array(column, dtype=np.int64)
    assert flags_of(wanted)[column].tolist() == np.isin(column, list(wanted)).tolist()


def test_every_kind_has_a_place_and_no_other():
    assert max(*commands.Kind, *events.Kind) < KINDS_MAX
    with pytest.raises(IndexError):
        flags_of([KINDS_MAX])
