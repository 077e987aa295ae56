"""TEST LISTED: which numbers are contracts'.

Takes   a table with one contract, listed or expired.
Gives   failures.
Keeps   numbers beyond the table from being looked up.
Source  Rulebook 8.2.
"""

import numpy as np
import pytest

from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.exchange.listed import is_listed


@pytest.mark.parametrize("state", [each for each in State if each != State.ABSENT])
def test_a_number_is_a_contract_once_one_was_listed_under_it(state, callable_from_python):
    known = callable_from_python(is_listed)
    contracts = np.zeros((3, term.CONTRACT_COLUMNS), np.int64)
    contracts[2, term.STATE] = state
    found = [bool(known(contracts, number)) for number in (-(1 << 62), -1, 0, 1, 2, 3, 1 << 62)]
    assert found == [False, False, False, False, True, False, False]
