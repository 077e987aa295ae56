"""TEST COMPANION: the record of a companion.

Takes   a fixing.
Gives   claims on what is fixed, suppressed, written and read.
Keeps   the same record at the same bytes.
Source  Decision 0021.
"""

import json
from fractions import Fraction

import pytest

from chiphour.index.companion import Given
from chiphour.index.companion import fixed
from chiphour.index.companion import from_json
from chiphour.index.companion import rate_of
from chiphour.index.companion import suppressed
from chiphour.index.companion import ticks_of
from chiphour.index.companion import to_json
from chiphour.index.fixing import Rejection
from chiphour.index.series import BY_TICKER
from records import fixing

GIVEN = Given(BY_TICKER["CHR.H100.SXM.OD"], fixing())


def test_a_companion_names_its_series_strike_and_methodology():
    found = fixed(GIVEN, "CW", 3, "ticks", {"members": 2, "above": 1})
    assert found.ticker == "CHR.H100.SXM.OD.CW"
    assert (found.strike_ns, found.known_ns) == (fixing().strike_ns, fixing().known_ns)
    assert (found.state, found.reason, found.methodology) == ("fixed", "", "v2026_1")
    assert found.figures == (("above", 1), ("members", 2))


def test_a_suppressed_companion_has_a_reason_and_no_value():
    found = suppressed(GIVEN, "TX", "NO_TRADES", "ticks")
    assert (found.state, found.reason, found.value) == ("suppressed", "NO_TRADES", None)


def test_an_unknown_reason_is_our_own_mistake():
    with pytest.raises(AssertionError):
        suppressed(GIVEN, "TX", "BECAUSE", "ticks")


def test_what_is_written_is_read_back():
    out = (Rejection("b", "RUN", "1", "2"), Rejection("a", "RUN", "1", "2"))
    found = fixed(GIVEN, "CW", 3, "ticks", {"members": 2}, out)
    assert from_json(to_json(found)) == found
    assert found.rejections == tuple(sorted(out))
    assert from_json(json.loads(json.dumps(to_json(found)))) == found


def test_a_rate_is_exact_and_rounded_once():
    assert rate_of(fixing().members[0]) == Fraction(10**12 + 1, 3)
    assert [ticks_of(Fraction(half, 2) * 10**5) for half in (1, 3, 5)] == [0, 2, 2]
