"""CALLS: whatever any method is asked, by whomever and through which door, it answers.

Takes   every method of a real market's table; params that hypothesis makes up, likely and absurd.
Gives   failures; the seed of the run and how many calls it made: 500, with `test --all` 5,000
        too. `CHIPHOUR_CALLS=100000` asks as often, `CHIPHOUR_SEED` the same again.
Keeps   the law: a result or a refusal, never a fault of ours, never a closed connection, nothing
        in the log.
Source  Decision 0035.
"""

import json
import logging
import os
import secrets
import sys
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import seed
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.adapters.rpc_orders import METHODS as ORDERS
from raw_socket import Raw
from raw_socket import frame
from rpc_client import signed
from trading import NAME
from trading import trading

ASKED = os.environ.get("CHIPHOUR_CALLS")
CALLS = [int(ASKED)] if ASKED else [500, pytest.param(5_000, marks=pytest.mark.long)]
SEED = int(os.environ.get("CHIPHOUR_SEED") or secrets.randbits(32))
EACH = 20  # Calls of one example, at most; about five in the mean.
INTERNAL_ERROR = -32603
STATUSES = {200, 400, 401, 403, 404, 429, 503}
CLOSES = {"private/logout"}  # It is documented that they do.

NAMES = (
    *("instrument_name", "amount", "contracts", "price", "type", "time_in_force", "post_only"),
    *("reject_post_only", "reduce_only", "mmp", "label", "trigger", "trigger_price", "order_id"),
    *("trigger_offset", "display_amount", "max_show", "valid_until", "currency", "kind", "count"),
    *("start_timestamp", "end_timestamp", "start_seq", "end_seq", "sorting", "historical"),
    *("continuation", "offset", "include_unfilled", "with_continuation", "depth", "resolution"),
    *("index_name", "channels", "scope", "timeout", "interval", "grant_type", "client_id"),
    *("timestamp", "signature", "nonce", "data", "refresh_token", "expected_result", "detailed"),
    *("extended", "subaccount_id", "length", "trade_id", "query", "expired", "include_old"),
    *("quantity_limit", "delta_limit", "frozen_time", "vega_limit", "client_name", "state"),
)
WORDS = (
    *(NAME, NAME.lower(), "H100SXMOD_USDC-1JAN27", "", "limit", "market", "stop_limit", "all"),
    *("stop_market", "take_limit", "take_market", "trailing_stop", "good_til_cancelled"),
    *("good_til_day", "fill_or_kill", "immediate_or_cancel", "mark_price", "index_price"),
    *("last_price", "USDC", "BTC", "any", "future", "option", "asc", "desc", "none", "1D", "60"),
    *("CHR.H100.SXM.OD", "chr_h100_sxm_od", "connection", "account", "client_signature"),
    *("refresh_token", "client_credentials", "true", "false", "exception", "x" * 65, "\0", "é😀"),
    *(f"book.{NAME}.raw", f"book.{NAME}.none.10.100ms", f"trades.{NAME}.100ms", "user.x.y.raw"),
    *("user.orders.any.any.raw", f"ticker.{NAME}.raw", "user.portfolio.usdc", f"quote.{NAME}"),
    *("user.changes.any.any.100ms", f"chart.trades.{NAME}.1", "-0", "1e9", "1.5", "NaN", "%00"),
)
NUMBERS = (
    *(0, 1, 2, 3, -1, 10, 60, 1_000, 10_001, 1 << 31, 1 << 62, (1 << 63) - 1, 1 << 63, 1 << 200),
    *(0.1, 2.9, 2.91, 3.1, 2.90005, -2.9, 1e-18, 1e18, 1e300, 1_784_600_000_000),
)

plain = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(NUMBERS),
    st.integers(0, 4_000),
    st.booleans(),
    st.none(),
    st.text(max_size=80),
)
values = st.one_of(
    plain,
    st.lists(plain, max_size=4),
    st.dictionaries(st.text(max_size=8), plain, max_size=3),
)
likely = st.fixed_dictionaries(
    {"instrument_name": st.just(NAME), "amount": st.integers(1, 9), "type": st.just("limit")},
    optional={
        "price": st.sampled_from([2.9, 2.95, 3, 3.05, 3.1]),
        "label": st.sampled_from(["a", "b", "c"]),
        "post_only": st.booleans(),
        "reduce_only": st.booleans(),
    },
)
# What most methods know, at its most ordinary.
ORDINARY = {
    "instrument_name": st.just(NAME),
    "currency": st.sampled_from(["USDC", "any"]),
    "kind": st.sampled_from(["future", "any"]),
    "count": st.integers(1, 20),
    "order_id": st.integers(1, 300).map(str),
    "label": st.sampled_from(["a", "b", "c"]),
    "amount": st.integers(1, 9),
    "price": st.sampled_from([2.9, 3, 3.1]),
    "start_timestamp": st.just(1_784_000_000_000),
    "end_timestamp": st.just(1_790_000_000_000),
    "channels": st.lists(st.sampled_from([word for word in WORDS if "." in word]), max_size=3),
}
ordinary = st.lists(st.sampled_from(sorted(ORDINARY)), max_size=3, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: ORDINARY[name] for name in names})
)
wild = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=70), values, max_size=7)


@pytest.fixture(scope="module")
def floor(tmp_path_factory):
    with trading(tmp_path_factory.mktemp("market")) as opened:
        yield opened


def one_of(methods):
    """Give a strategy of lists of calls: (method, params)."""
    some = st.sampled_from(methods)
    calls = st.tuples(some, wild | likely | ordinary | st.just({}))
    return st.lists(calls, min_size=1, max_size=EACH)


@pytest.mark.parametrize("count", CALLS)
def test_every_call_has_an_answer_and_harms_nothing(floor, caplog, count):
    """Ask through four doors in turn: a socket and HTTP, as a member and as nobody."""
    methods = sorted({*floor.trading.rpc.methods, *ORDERS} - CLOSES)
    doors = [
        _socket(floor, floor.members[0]),
        _http(floor, floor.members[1]),
        _socket(floor, None),
        _http(floor, None),
    ]
    asked = {"calls": 0, "answered": 0}
    caplog.set_level(logging.ERROR)
    sys.stdout.write(f"CHIPHOUR_SEED={SEED}\n")

    @seed(SEED)
    @settings(
        max_examples=max(4, count // 4),
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, len(doors) - 1), one_of(methods))
    def law(door, calls):
        answers = doors[door](calls)
        asked["calls"] += len(calls)
        for (method, params), answer in zip(calls, answers, strict=True):
            assert ("result" in answer) != ("error" in answer), (method, params, answer)
            asked["answered"] += "result" in answer
            error = answer.get("error", {"code": 0, "data": {}})
            assert error["code"] != INTERNAL_ERROR, (method, params, answer)
            assert "data" in error, (method, params, answer)

    law()
    sys.stdout.write(f"{asked['calls']} calls, {asked['answered']} with a result\n")
    assert asked["calls"] >= count
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR], caplog.text
    assert asked["answered"] > asked["calls"] // 50  # Not all of it was absurd.


def _socket(floor, member):
    client = Raw(floor.socket_url, member)

    def ask(calls):
        sent = [
            frame(json.dumps({"id": place, "method": method, "params": params}).encode())
            for place, (method, params) in enumerate(calls)
        ]
        client.send(b"".join(sent))
        client.told.clear()
        return sorted(client.answers(len(calls)), key=lambda answer: answer["id"])

    return ask


def _http(floor, member):
    client = httpx.Client(base_url=floor.url)

    def ask(calls):
        return [one(place, *call) for place, call in enumerate(calls)]

    def one(place, method, params):
        target, content = f"/api/v2/{method}", b""
        if place % 2:
            content = json.dumps({"id": place, "method": method, "params": params}).encode()
        else:
            said = {name: value for name, value in params.items() if value is not None}
            target += f"?{urlencode(said)}" if said else ""
        verb = "POST" if content else "GET"
        headers = signed(member, verb, target, content) if member else {}
        answer = client.request(verb, target, content=content, headers=headers)
        assert answer.status_code in STATUSES, (method, params, answer)
        return answer.json()

    return ask
