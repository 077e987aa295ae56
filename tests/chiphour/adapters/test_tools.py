"""TOOLS: the seven queries give typed answers, of one chip or of all, or say why not.

Takes   tests/reported.py.
Gives   a failure where a query answers another question, or its answer is not of its shape.
Keeps   each answer read back strictly by its own type.
Source  Decision 0043; the article of decision 0042, "Data orchestrator".
"""

import msgspec
import pytest

from chiphour.adapters.signals import Judged
from chiphour.adapters.tools import BY_NAME
from chiphour.adapters.tools import SEVEN
from chiphour.adapters.tools import ToolRefused
from chiphour.adapters.tools import answer_of
from chiphour.analyse.goods import GoodUnknown
from reported import ANSWERS
from reported import VERDICTS

JUDGED = Judged(ANSWERS, VERDICTS)
OF_THE_ARTICLE = (
    *("get_current_prices", "get_price_changes", "get_cross_deltas", "get_supply_metrics"),
    *("get_volatility", "get_tod_patterns", "get_price_floor_series"),
)


def test_the_seven_are_those_of_the_article():
    assert tuple(BY_NAME) == OF_THE_ARTICLE


@pytest.mark.parametrize("query", SEVEN, ids=OF_THE_ARTICLE)
def test_every_answer_is_of_its_shape(query):
    found = answer_of(JUDGED, query.name, "h100-sxm")
    assert msgspec.json.decode(msgspec.json.encode(found), type=query.gives) == found
    assert (found.time, [each.chip for each in found.chips]) == (
        *("2026-07-20T07:00:00Z", ["h100-sxm"]),
    )
    assert getattr(found.chips[0], query.part)


def test_without_a_chip_all_are_given():
    found = answer_of(JUDGED, "get_volatility")
    assert [each.name for each in found.chips] == ["H100 SXM", "RTX4090"]
    assert found.chips[1].volatility.log_variation == 0.162


@pytest.mark.parametrize("query", [each for each in SEVEN if each.of_one_chip])
def test_what_is_long_is_asked_of_one_chip(query):
    with pytest.raises(ToolRefused, match="expected a chip, such as h100-sxm, rtx4090, found none"):
        answer_of(JUDGED, query.name)


@pytest.mark.parametrize("chip", ["b200-sxm", "h300", "h100"])
def test_a_chip_that_nobody_offers_is_refused(chip):
    with pytest.raises(GoodUnknown, match="expected a chip"):
        answer_of(JUDGED, "get_current_prices", chip)


def test_a_query_that_there_is_not_is_refused():
    with pytest.raises(ToolRefused, match="expected one of get_current_prices"):
        answer_of(JUDGED, "drop_table")
