"""SPECS: a description says what its JSON says, however little of it is read.

Takes   descriptions as canonical JSON; what narrower series and the methodology ask for.
Gives   a failure where a text is found that is not stated, or quality is judged another way than
        from all of the description.
Keeps   the plain way beside the quick one: `json.loads`, and the rule word for word.
Source  docs/methodology/v2026_1.md, "Narrower series" and "Eligibility".
"""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audited import TABLES
from chiphour.audit.specs import is_at_least
from chiphour.audit.specs import is_quality_end
from chiphour.audit.specs import meets
from chiphour.audit.specs import quality_end
from chiphour.audit.specs import quality_faults
from chiphour.audit.specs import said_by
from chiphour.audit.specs import text_in
from chiphour.observe.observation import canonical_json

V2026_1 = TABLES.parameters["v2026_1"]
NAMES = ("a", "reliability", "reliability2", "verification", "z", 'odd,"reliability2":"', "{", "}")
TEXTS = ("", "0.94", "0.95", "1", "verified", "unverified", "x{", "}", '"', "\\", "\u00fc")


def judged(said):
    """Judge a description as the methodology says it."""
    verification, reliability = said.get("verification"), said.get("reliability2")
    if verification not in (None, "verified"):
        return "QUALITY", f"verification {verification}", "verified"
    reliability = said.get("reliability") if reliability is None else reliability
    digits = (reliability or "").replace(".", "", 1)
    is_good = digits.isdigit() and Decimal(reliability) >= Decimal("0.95")
    if reliability is None or is_good:
        return None
    return "QUALITY", f"reliability {reliability}", "0.950000"


@given(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(TEXTS)))
def test_what_is_kept_of_a_description_is_judged_as_all_of_it(said):
    end = quality_end(canonical_json(said))
    fault = judged(said)
    assert quality_faults([end], V2026_1) == (None if fault is None else [fault])


def test_an_end_is_kept_where_it_says_all():
    said = {"a": "1", "reliability2": "0.99", "verification": "verified"}
    end = quality_end(canonical_json(said))
    assert end == ',"reliability2":"0.99","verification":"verified"}'
    assert is_quality_end(end)
    assert quality_end('{"country":"US"}') == ""
    only = '{"a":"1","verification":"verified"}'
    assert quality_end(only) == only


def test_faults_are_told_beside_what_is_good():
    good, bad = '{"verification":"verified"}', '{"verification":"deverified"}'
    fault = ("QUALITY", "verification deverified", "verified")
    assert quality_faults([good, bad, ""], V2026_1) == [None, fault, None]
    assert quality_faults([good, ""], V2026_1) is None


def test_a_decimal_text_is_held_to_millionths():
    assert is_at_least("0.95", 950_000)
    assert not is_at_least("0.949999999", 950_000)
    assert not is_at_least("good", 0)


def test_a_narrower_series_asks_for_gpus_first():
    asked = TABLES.series["CHR.H100.SXM.OD.X8"]["filter"]
    assert [meets(gpus, "{}", asked) for gpus in (8, 4)] == [True, False]


def test_a_description_is_read_for_what_rules_ask():
    said = said_by('{"country":"US","interconnect":"INFINIBAND","vcpus":"8"}')
    assert (said.place, said.interconnect) == (("US", None), "INFINIBAND")
    assert (said.vcpus, said.memory) == (("8", None), (None, None))


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"name": "verified"},
        {"a": "1", "name": "x", "z": "2"},
        {"a": 'with "name":"trap"', "name": "true"},
        {'odd "name': "trap"},
        {'odd\\"name': "trap", "name": "\\"},
        {"other": {"name": "inner"}},
        {"name": ""},
    ],
)
def test_a_stated_text_is_what_the_json_says(said):
    assert text_in(canonical_json(said), "name") == said.get("name")
