"""TEST RPC PARAMS: what many methods take, taken one way.

Takes   params of requests.
Gives   failures.
Keeps   every bound a refusal that says the nearest legal value.
Source  Deribit's API v2.
"""

import json

import pytest

from chiphour.adapters import rpc_params as take
from chiphour.wire.dialect import Instrument
from chiphour.wire.jsonrpc import ID_MAX
from chiphour.wire.jsonrpc import Fields
from chiphour.wire.jsonrpc import RpcRefused
from chiphour.wire.jsonrpc import from_query
from chiphour.wire.jsonrpc import parse_request

NAMES = ("H100_USDC-PERPETUAL", "H200_USDC-PERPETUAL", "H100_USDC-31AUG26")
LISTED = [Instrument(number, name, (), "", 0) for number, name in enumerate(NAMES)]
BY_NAME = {each.name: each for each in LISTED}


def fields(**params):
    content = json.dumps({"method": "public/test", "params": params}).encode()
    return Fields(parse_request(content).params)


def refused(call, *given, **more):
    with pytest.raises(RpcRefused) as caught:
        call(*given, **more)
    return caught.value


def test_an_instrument_that_there_is_not_names_its_like():
    assert take.instrument(fields(instrument_name=NAMES[0]), BY_NAME) is LISTED[0]
    found = refused(take.instrument, fields(instrument_name="H100_USDC-PERPETUAK"), BY_NAME)
    assert found.code == 13020 and NAMES[0] in found.data["nearest"]
    assert refused(take.instrument, fields(), BY_NAME).code == -32602
    assert "nearest" not in refused(take.instrument, fields(instrument_name="!!"), BY_NAME).data


@pytest.mark.parametrize(
    ("params", "numbers"),
    [
        ({}, [0, 1, 2]),
        ({"currency": "USDC"}, [0, 1, 2]),
        ({"currency": "any", "kind": "any"}, [0, 1, 2]),
        ({"currency": "H100"}, [0, 2]),  # What ccxt takes for a currency.
        ({"currency": "H200", "kind": "future"}, [1]),
        ({"currency": "BTC"}, []),  # Known there, not traded here.
        ({"currency": "USDC", "kind": "option"}, []),
    ],
)
def test_currencies_and_kinds_choose_instruments(params, numbers):
    asked = fields(**params)
    assert [each.number for each in take.of_currency(asked, LISTED[::-1])] == numbers
    asked.end()


def test_a_currency_nobody_knows_is_refused_with_what_there_is():
    assert refused(take.of_currency, fields(currency="H10"), LISTED).data["nearest"][0] == "H100"
    assert refused(take.of_currency, fields(currency="zzzz"), LISTED).data["nearest"] == ["USDC"]
    assert refused(take.of_currency, fields(), LISTED, is_needed=True).data["param"] == "currency"


@pytest.mark.parametrize("count", [0, 1001, -1])
def test_a_count_is_between_1_and_1000(count):
    found = refused(take.count, fields(count=count))
    assert found.data["nearest"] == [max(1, min(1000, count))]
    assert take.count(fields(count=1000)) == 1000 and take.count(fields()) == take.COUNT


def test_a_window_is_told_from_its_beginning_where_it_has_one():
    """So a client that names a start finds the next page, and one that does not the newest."""
    assert take.window(fields()) == take.Window(10, 0, take.MS_MAX, 0, ID_MAX, False)
    assert take.window(fields(start_timestamp=5)).is_ascending
    assert not take.window(fields(start_timestamp=5, sorting="desc")).is_ascending
    assert not take.window(fields(end_timestamp=5, sorting="default")).is_ascending
    assert take.window(fields(sorting="asc", count=7)).most == 7


def test_numbers_of_trades_are_known_only_where_they_mean_something():
    asked = fields(start_seq=3, end_seq=9)
    assert take.window(asked, ("start_seq", "end_seq"))[3:5] == (3, 9)
    asked = fields(start_seq=3)
    take.window(asked)
    assert refused(asked.end).data["param"] == "start_seq"


def test_what_decides_between_two_stores_is_passed_over():
    asked = fields(include_old=True, historical=False)
    take.window(asked)
    asked.end()


@pytest.mark.parametrize("word", [None, "", "none"])
def test_no_continuation_begins_anew(word):
    assert take.continuation(fields(continuation=word)) is None


@pytest.mark.parametrize("word", ["x", "1x", "-1", str(ID_MAX + 1), "9" * 60, True, "\u0663"])
def test_a_continuation_that_nobody_gave_is_refused(word):
    assert refused(take.continuation, fields(continuation=word)).data["param"] == "continuation"


def test_a_continuation_comes_back_as_text_number_or_query():
    assert take.continuation(fields(continuation="77")) == 77
    assert take.continuation(fields(continuation=77)) == 77
    asked = Fields(from_query("public/test", "continuation=77").params)
    assert take.continuation(asked) == 77


def test_a_span_is_needed_whole():
    assert take.span(fields(start_timestamp=1, end_timestamp="2")) == (1, 2)
    assert refused(take.span, fields(start_timestamp=1)).data["param"] == "end_timestamp"
    assert take.span(fields(), is_needed=False) == (0, take.MS_MAX)


def test_another_account_is_refused():
    take.own_account(fields(), 8)
    take.own_account(fields(subaccount_id=8), 8)
    assert refused(take.own_account, fields(subaccount_id=9), 8).data["nearest"] == [8]
