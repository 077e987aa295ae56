"""TRADING: every door leads to one market, and is closed with it.

Takes   a real market with its doors open, also one that is opened again.
Gives   answers of each door.
Keeps   what a restart must not change: orders, histories, words.
Source  Decision 0035.
"""

import subprocess
import sys

import httpx
import pytest

from chiphour.adapters.serve.trading import return_large_blocks
from rpc_client import Caller
from rpc_client import signed
from trading import NAME
from trading import trading

ORDER = {"instrument_name": NAME, "type": "limit", "price": 2.9}


def test_pages_files_and_json_rpc_are_served_on_one_port(tmp_path):
    with trading(tmp_path) as floor:
        assert httpx.get(f"{floor.url}/healthz").status_code == 200
        assert Caller(floor.url)("public/test")["version"]
        body = b'{"jsonrpc":"2.0","id":7,"method":"private/get_positions","params":{}}'
        headers = signed(floor.members[0], "POST", "/api/v2", body)
        answer = httpx.post(f"{floor.url}/api/v2", content=body, headers=headers)
        assert (answer.status_code, answer.json()["id"], answer.json()["result"]) == (200, 7, [])
        assert int(answer.headers["x-credits-left"]) == answer.json()["credits"]


def test_a_market_that_is_opened_again_knows_what_it_knew(tmp_path):
    """Trade, close, open again from the journal: a member's reads are the same, words too."""
    with trading(tmp_path) as floor:
        one, two = (Caller(floor.url, member) for member in floor.members)
        one("private/buy", amount=5, label="first", **ORDER)
        two("private/sell", amount=2, label="second", **ORDER)
        before = [_reads(each) for each in (one, two)]
    with trading(tmp_path) as floor:
        one, two = (Caller(floor.url, member) for member in floor.members)
        assert [_reads(each) for each in (one, two)] == before
        assert before[0][0][0]["label"] == "first"
        assert one("private/cancel_by_label", label="first") == 1


LARGE = """
import ctypes

class Counts(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in ("a", "b", "c", "hblks", *"defghi")]

def blocks():
    found = ctypes.CDLL(None).mallinfo2
    found.restype = Counts
    return found().hblks

if {returns}:
    from chiphour.adapters.serve.trading import return_large_blocks
    return_large_blocks()
bytearray(1 << 24)  # Freed at once.
before = blocks()
held = bytearray(1 << 22)
print(blocks() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of glibc")
@pytest.mark.parametrize("returns", [False, True])
def test_a_large_block_is_the_systems_own_also_after_a_larger_one(returns):
    """By itself the C library would put it into its heap from then on; the counts are its own."""
    words = [sys.executable, "-c", LARGE.format(returns=returns)]
    found = subprocess.run(words, capture_output=True, text=True, check=True)
    assert int(found.stdout) == returns


def test_another_c_library_is_no_fault(monkeypatch):
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())
    return_large_blocks()


def _reads(caller):
    reads = (
        *("private/get_open_orders", "private/get_positions"),
        *("private/get_account_summaries",),
    )
    found = [caller(method) for method in reads]
    found.append(caller("private/get_user_trades_by_instrument", instrument_name=NAME))
    found.append(caller("private/get_order_history_by_instrument", instrument_name=NAME))
    found.append(caller("public/get_order_book", instrument_name=NAME))
    found.append(caller("public/get_last_trades_by_instrument", instrument_name=NAME))
    return found
