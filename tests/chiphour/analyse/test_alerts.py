"""TEST ALERTS: a rule speaks when it begins to hold, and not of what is not known.

Takes   answers over small archives, rules of each kind.
Gives   claims on readings, sentences, and on what is said once.
Keeps   thresholds exact.
Source  Decision 0042.
"""

import pytest

from asking import ask
from asking import asking
from asking import hour
from asking import price
from chiphour.adapters.signals import answers_at
from chiphour.analyse.alerts import Rule
from chiphour.analyse.alerts import RuleRefused
from chiphour.analyse.alerts import checked
from chiphour.analyse.alerts import reading_of
from chiphour.analyse.alerts import step
from chiphour.analyse.goods import GoodUnknown

USD = 10**9
CHEAP = Rule(1, "", "price", "h100-sxm", "below", 2 * USD)


@pytest.fixture
def answers(tmp_path):
    rows = [
        price("lambda", hour(0), 3),
        price("runpod", hour(0), "2.5"),
        ask("vast", hour(0), "1.5", "m1", "h1", gpus=3),
    ]
    return answers_at(asking(tmp_path, rows), hour(0))


@pytest.mark.parametrize(
    ("kind", "subject", "value"),
    [
        ("price", "h100-sxm", 500_000_000),
        ("spread", "h100-sxm", 500_000_000),
        ("supply", "h100-sxm", 3),
        ("price", "b200-sxm", None),
        ("spread", "b200-sxm", None),
        ("supply", "b200-sxm", None),
    ],
)
def test_what_each_kind_measures(answers, kind, subject, value):
    rule = Rule(1, "", kind, subject, "above", value or 0)
    found = reading_of(rule, answers, {})
    assert (found.value, found.holds) == (value, None if value is None else False)
    if value is not None:
        assert reading_of(rule._replace(threshold=value - 1), answers, {}).holds
        assert reading_of(rule._replace(side="below", threshold=value + 1), answers, {}).holds
        assert not reading_of(rule._replace(side="below"), answers, {}).holds


def test_a_rule_speaks_once_until_it_has_ceased(answers):
    dearer = answers._replace(
        prices=tuple(each._replace(floor_nanousd=3 * USD) for each in answers.prices)
    )
    begun, holding = step([CHEAP], set(), answers, {})
    assert [each.text for each in begun] == [
        "h100-sxm: price is $0.500000000 an hour, below $2.000000000 an hour."
    ]
    assert step([CHEAP], holding, answers, {}) == ([], {1})
    assert step([CHEAP], holding, dearer, {}) == ([], set())
    assert len(step([CHEAP], set(), answers, {})[0]) == 1


def test_what_is_not_known_changes_nothing(answers):
    nothing = answers._replace(prices=())
    assert step([CHEAP], {1}, nothing, {}) == ([], {1})
    assert step([CHEAP], set(), nothing, {}) == ([], set())


def test_a_series_without_a_fix_is_told(answers):
    rule = checked(Rule(2, "", "suppression", "H100-SXM-OD", "below", 7))
    begun, holding = step([rule], set(), answers, {"h100-sxm-od": True})
    assert (begun[0].text, holding) == ("h100-sxm-od: the last strike gave no fix.", {2})
    assert step([rule], {2}, answers, {"h100-sxm-od": False}) == ([], set())
    assert step([rule], {2}, answers, {}) == ([], {2})


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"kind": "weather"}, RuleRefused),
        ({"side": "beside"}, RuleRefused),
        ({"threshold": -1}, RuleRefused),
        ({"threshold": 10**15 + 1}, RuleRefused),
        ({"subject": "h100"}, GoodUnknown),
        ({"kind": "suppression"}, RuleRefused),
    ],
)
def test_a_rule_of_other_words_is_refused(changes, fault):
    with pytest.raises(fault, match=r"expected .* found"):
        checked(CHEAP._replace(**changes))
