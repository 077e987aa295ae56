"""QUERY_API: the seven queries answer by their names, of one chip or of all.

Takes   the served index.
Gives   a failure where an answer is not of its shape, or a bad question is not named.
Keeps   each answer read back strictly by its own type.
Source  Decision 0043.
"""

import httpx
import msgspec
import pytest

from chiphour.adapters.tools import SEVEN


@pytest.mark.parametrize("query", SEVEN, ids=[query.name for query in SEVEN])
def test_a_query_answers_in_its_shape(index_address, query):
    answer = httpx.get(f"{index_address}/api/queries/{query.name}?chip=h100-sxm", timeout=30)
    assert answer.status_code == 200
    found = msgspec.json.decode(answer.content, type=query.gives)
    assert [each.chip for each in found.chips] == ["h100-sxm"]


def test_all_chips_are_given_where_none_is_named(index_address):
    answer = httpx.get(f"{index_address}/api/queries/get_current_prices", timeout=30).json()
    assert [each["name"] for each in answer["chips"]] == ["H100 SXM", "H200 SXM", "L4"]
    assert len(answer["chips"][0]["prices"]) == 7


@pytest.mark.parametrize(
    ("path", "status", "named"),
    [
        ("get_tod_patterns", 400, "get_tod_patterns: expected a chip, such as h100-sxm"),
        ("get_volatility?chip=b200-sxm", 404, "expected a chip that was offered up to"),
        ("get_volatility?chip=h300", 404, "expected a chip in one form"),
        ("get_volatility?chips=l4", 400, "parameter: expected one of chip, found 'chips'"),
        (f"get_volatility?chip={'x' * 61}", 400, "chip: "),
        ("get_nothing", 404, "expected an address of this market"),
    ],
)
def test_a_bad_question_is_named(index_address, path, status, named):
    answer = httpx.get(f"{index_address}/api/queries/{path}", timeout=30)
    assert answer.status_code == status
    assert named in answer.json()["error"]
