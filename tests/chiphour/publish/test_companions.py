"""COMPANIONS: figures beside a fix, each with its unit or its reason.

Takes   companions of each unit, and one without a value.
Gives   failures.
Keeps   values exact.
Source  Decision 0023.
"""

import pytest

from chiphour.index.companion import REASONS
from chiphour.index.companions import variants
from chiphour.publish.columns import object_of
from chiphour.publish.companions import COMPANION
from chiphour.publish.companions import companion_reason
from chiphour.publish.companions import companions_table
from chiphour.publish.companions import unit_words
from chiphour.publish.companions import value_text
from published import CW
from published import NO_QA


def test_a_companion_as_an_object():
    shown = object_of(COMPANION, CW)
    assert shown | {"measures": ""} == {
        "ticker": "CHR.H100.SXM.OD.CW",
        "series": "CHR.H100.SXM.OD",
        "variant": "CW",
        "strike": "2026-07-20T00:30:00Z",
        "known": "2026-07-20T00:35:00Z",
        "state": "fixed",
        "reason": "",
        "reason_text": "",
        "value": "3.1700",
        "unit": "USD per GPU-hour",
        "measures": "",
        "methodology": "v2026_1",
        "figures": [{"name": "members", "value": 5}],
        "rejections": [],
    }
    assert shown["measures"] == variants()["CW"].MEASURES


@pytest.mark.parametrize(
    ("value", "unit", "text", "words"),
    [
        (-7, "ticks", "-0.0007", "USD per GPU-hour"),
        (12_500, "ppm", "0.012500", "share"),
        (1, "nanousd per TB/s-hour", "0.000000001", "USD per TB/s-hour"),
        (3, "points", "3", "points"),
        (None, "ticks", None, "USD per GPU-hour"),
    ],
)
def test_values_are_decimal_text_in_a_named_unit(value, unit, text, words):
    one = CW._replace(value=value, unit=unit)
    assert (value_text(one), unit_words(one)) == (text, words)


def test_the_table_shows_values_and_reasons():
    text = companions_table([CW, NO_QA, CW._replace(variant="ODD")]).text
    assert "3.1700" in text
    assert companion_reason("FEW_TIERS") in text
    assert "No contract settles on it." not in text
    assert text.count("<tr") == 4


def test_every_reason_is_a_sentence():
    assert all(companion_reason(code).endswith(".") for code in REASONS)
    assert companion_reason("ODD") == "ODD"
