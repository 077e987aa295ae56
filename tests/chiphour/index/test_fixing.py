"""FIXING: the record and its JSON.

Takes   a fixing with members and rejections.
Gives   a failure where a field is lost or changed on the way to JSON and back.
Keeps   what is stored equal to what was computed.
Source  Methodology v2026_1, "Publication".
"""

import json

import pytest

from chiphour.index.fixing import Fixing
from chiphour.index.fixing import Member
from chiphour.index.fixing import Rejection
from chiphour.index.fixing import from_json
from chiphour.index.fixing import to_json
from chiphour.observe.observation import canonical_json

FIXING = Fixing(
    series="CHR.H100.SXM.OD",
    strike_ns=1_784_507_400_000_000_000,
    methodology="v2026_1",
    parameters_sha256="ab",
    source="",
    state="fixed",
    reason="",
    fix_ticks=31_700,
    grade="B",
    panel=2,
    kept=1,
    interval_low_ticks=31_000,
    interval_high_ticks=None,
    level_ppm=900_000,
    fit=True,
    previous_strike_ns=None,
    change_ticks=None,
    matched_ticks=None,
    screen_ticks=None,
    composition_ticks=None,
    vintage="provisional",
    known_ns=1_784_507_700_000_000_000,
    inputs_root="cd",
    members=(
        Member("verda", ("datacrunch", "verda"), 10**9, 3, True, ("a", "b")),
        Member("lambda", ("lambda",), 3 * 10**9, 1, False, ("c",)),
    ),
    rejections=(Rejection("lambda", "SCREEN", "2.0", "1.0"),),
)


def test_a_fixing_comes_back_from_its_json_as_it_was():
    text = canonical_json(to_json(FIXING))
    again = from_json(json.loads(text))
    assert again == FIXING
    assert isinstance(again.members[0].venues, tuple)
    assert canonical_json(to_json(again)) == text


def test_an_unknown_or_missing_field_is_refused():
    record = to_json(FIXING)
    with pytest.raises(TypeError):
        from_json(record | {"surprise": 1})
    del record["grade"]
    with pytest.raises(TypeError):
        from_json(record)
