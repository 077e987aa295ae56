"""AGENT_TOOLS: agents are offered what the market describes; what acts needs a key.

Takes   tests/indexed.py; a market that trades, tests/officed.py, with members' keys.
Gives   a failure where a tool is missing, acts without a key, or exceeds the key's scope.
Keeps   the market real, in a process of its own.
Source  Decision 0043.
"""

import asyncio

import pytest

from chiphour.adapters.agent_api import in_process
from chiphour.adapters.agent_api import remote
from chiphour.adapters.agent_tools import ACTS
from chiphour.adapters.agent_tools import READING
from chiphour.adapters.agent_tools import RPC
from chiphour.adapters.agent_tools import SIGNED
from chiphour.adapters.agent_tools import check_arguments
from chiphour.adapters.agent_tools import tools_of
from chiphour.adapters.serve.index_app import create_index_app
from chiphour.observe.observation import MarketError
from indexed import empty
from officed import PERPETUAL
from officed import Trading
from officed import key_file

OF_A_MARKET = {"list_contracts", "get_book", "get_curve", "list_auction_runs", "get_auction_run"}
OF_BUYERS = {"hedge", "rent_or_buy", "procure"}  # Where this market answers them.


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    trading = Trading(tmp_path_factory.mktemp("agents"))
    yield trading
    assert trading.end() == 0


def offered(market, key=None):
    async def run():
        return await tools_of(remote(market.address, key))

    return asyncio.run(run())


def called(market, key, *calls):
    """Call tools one after the other; give what each answered, or its refusal."""

    async def run():
        found = []
        tools = await tools_of(remote(market.address, key))
        for name, given in calls:
            try:
                check_arguments(tools[name], given)
                found.append(await tools[name].call(given))
            except MarketError as fault:
                found.append(str(fault))
        return found

    return asyncio.run(run())


def test_an_index_alone_offers_what_it_has(tmp_path):
    async def run():
        return await tools_of(in_process(create_index_app(empty(tmp_path))))

    expected = {name for name, _, _ in READING} - OF_A_MARKET
    found = set(asyncio.run(run()))
    assert expected - OF_BUYERS <= found
    assert found <= expected | {"clear_auction", "explain_auction"}


def test_without_a_key_nothing_acts(market):
    found = offered(market)
    assert {name for name, _, _ in READING} - OF_BUYERS <= set(found)
    assert not set(found) & {name for name, *_ in (*SIGNED, *RPC)}
    assert not any(tool.acts for tool in found.values())


def test_with_a_key_all_is_offered(market, tmp_path):
    path = key_file(tmp_path, market.join(scopes=["read"]))
    found = offered(market, path)
    assert {name for name, *_ in (*SIGNED, *RPC)} <= set(found)
    assert {name for name, tool in found.items() if tool.acts} == ACTS


def test_a_member_trades_through_its_tools(market, tmp_path):
    joined = market.join(deposit_usd="1000", scopes=["read", "trade"])
    order = {"instrument_name": PERPETUAL, "amount": 1, "type": "limit", "price": 3.0}
    placed, orders, positions, account = called(
        market,
        key_file(tmp_path, joined),
        ("buy", order),
        ("get_open_orders", {}),
        ("get_positions", {}),
        ("get_account", {"currency": "USDC"}),
    )
    assert placed["order"]["order_state"] == "open"
    assert [each["order_id"] for each in orders["result"]] == [placed["order"]["order_id"]]
    assert positions == {"result": []}
    assert account["equity"] == 1000
    (ended,) = called(
        market,
        tmp_path / "key.json",
        ("cancel_order", {"order_id": placed["order"]["order_id"]}),
    )
    assert ended["order_state"] == "cancelled"


def test_a_key_that_may_only_read_trades_nothing(market, tmp_path):
    order = {"instrument_name": PERPETUAL, "amount": 1, "type": "limit", "price": 3.0}
    refused, bid = called(
        market,
        key_file(tmp_path, market.join(deposit_usd="1000", scopes=["read"])),
        ("sell", order),
        ("submit_bid", {"run": 1, "body": {"id": "b"}}),
    )
    assert refused == "forbidden: expected a key with trade, found read"
    assert "expected" in bid


def test_a_refusal_of_the_market_is_its_sentence(market, tmp_path):
    path = key_file(tmp_path, market.join(deposit_usd="1", scopes=["read", "trade"]))
    order = {"instrument_name": PERPETUAL, "amount": 1_000, "type": "limit", "price": 3.0}
    poor, unknown = called(market, path, ("buy", order), ("get_book", {"contract": "NOTHING"}))
    assert "not_enough_funds" in poor or "margin" in poor.lower()
    assert unknown.startswith("expected the name of a contract")


@pytest.mark.parametrize(
    ("name", "given", "named"),
    [
        ("get_book", {}, "contract: expected a value, found none"),
        *(
            ("get_book", {"contract": each}, f"contract: expected a name, found {each!r}")
            for each in ("", "..", "a/b", ".")
        ),
        ("get_book", {"contracts": "x"}, "expected one of contract, depth, found 'contracts'"),
        ("get_book", {"contract": PERPETUAL, "depth": 0}, "depth: expected"),
        ("list_contracts", {"a": 1}, "argument: expected none, found 'a'"),
        ("get_fixings", {"slug": "h100"}, "expected a series such as h100-sxm-od"),
        ("clear_auction", {"run": {"x": "y" * (1 << 20)}}, "expected at most 1048576 bytes"),
    ],
)
def test_a_bad_argument_is_named(market, name, given, named):
    (found,) = called(market, None, (name, given))
    assert named in found
