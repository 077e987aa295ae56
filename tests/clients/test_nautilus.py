"""NAUTILUS: a trading node of nautilus_trader trades here, and finds itself again after a restart.

Takes   a real market of five kinds of contract; a node on a Python of its own; a member on ccxt.
Gives   a failure where the node's orders, positions, books or money are not the exchange's.
Keeps   a skip only where no Python is there that it supports, or it does not install.
Source  Decisions 0035 and 0036; nautilus_trader's manual, "Deribit".
"""

import random
from contextlib import ExitStack
from decimal import Decimal

import pytest

from chiphour.contracts import table
from chiphour.exchange.commands import Side
from clients.driven import BASIS
from clients.driven import H100
from clients.driven import H100_DATED
from clients.driven import SYMBOLS
from clients.driven import account_of
from clients.driven import lots_of
from clients.driven import microusd
from clients.driven import rest_client
from clients.node import Node
from clients.node import interpreter
from trading import contracts_beside
from trading import trading

pytestmark = pytest.mark.extra

PERPETUAL = "H100SXMOD_USDC-PERPETUAL"
DATED = "H100SXMOD_USDC-31AUG26"
SPREAD = "H100SXMODH200SXMOD_USDC-31AUG26"
EVERY = {"members": 2, "beside": contracts_beside()}


@pytest.fixture(scope="module")
def python():
    return interpreter()


def check_state(node, floor) -> dict:
    """Hold what the node has of orders and positions to what the exchange has."""
    state, member = node.state(), floor.members[0]
    names = {listed.name: number for number, listed in floor.gateway.instruments.items()}
    positions = {SYMBOLS[names[name]]: int(Decimal(q)) for name, q in state["positions"].items()}
    assert positions == lots_of(floor, member)
    orders = floor.gateway.blotter(member.account).orders.values()
    standing = {str(order.order): order for order in orders if order.is_standing}
    assert {*state["orders"]} == {*standing}
    for number, order in standing.items():
        shown = state["orders"][number]
        assert names[shown["name"]] == order.contract
        assert (shown["side"] == "BUY") == (order.side == Side.BUY)
        assert (int(shown["quantity"]), int(shown["filled"])) == (order.lots, order.filled_lots)
    return state


def check_balance(node, floor) -> None:
    """Hold the node's money to the exchange's; it may be a second late."""
    held = account_of(floor, floor.members[0]).equity_microusd
    node.until_state(lambda state: microusd(state["balances"]["USDC"][0]) == held)


def test_a_node_trades(tmp_path, python):
    """Have it place, edit, cancel and fill orders of each type, below zero too."""
    with (
        trading(tmp_path, **EVERY) as floor,
        Node(python, floor, floor.members[0]) as node,
    ):
        bob = rest_client(floor, floor.members[1])
        bob.load_markets()
        types = {each["name"]: each["type"] for each in node.told("instrument")}
        for listed in floor.gateway.instruments.values():
            expires = listed.row[table.EXPIRY_NS]
            assert types.pop(listed.name) == ("CryptoFuture" if expires else "CryptoPerpetual")
        assert not types
        node.do("place", id="one", name=PERPETUAL, side="buy", lots=5, price="2.95")
        node.until("order", event="OrderAccepted", id="one")
        node.do("edit", id="one", lots=7, price="2.96")
        edited = node.until("order", event="OrderUpdated", id="one")
        assert (edited["quantity"], edited["price"]) == ("7", "2.9600")
        bob.create_order(H100, "market", "sell", 3)
        filled = node.until("order", event="OrderFilled", id="one")
        assert (filled["status"], filled["filled"]) == ("PARTIALLY_FILLED", "3")
        node.do("place", id="two", name=SPREAD, side="sell", lots=4, price="-0.61")
        node.until("order", event="OrderAccepted", id="two")
        bob.create_order(BASIS, "limit", "buy", 4, -0.61)
        node.until("order", event="OrderFilled", id="two", status="FILLED")
        node.do("place", id="stop", name=PERPETUAL, side="sell", lots=4, trigger="2.8")
        node.until("order", event="OrderAccepted", id="stop")
        more = {"trigger": "2.8", "price": "2.75"}
        node.do("place", id="stop limit", name=PERPETUAL, side="sell", lots=4, **more)
        node.until("order", event="OrderAccepted", id="stop limit")
        check_state(node, floor)
        check_balance(node, floor)
        node.do("place", id="much", name=PERPETUAL, side="buy", lots=9_000_000, price="3")
        assert "not_enough_funds" in node.until("order", event="OrderRejected", id="much")["reason"]
        bob.create_order(H100, "limit", "sell", 2, 3.01)
        node.do("place", id="at market", name=PERPETUAL, side="buy", lots=2)
        node.until("order", event="OrderFilled", id="at market", status="FILLED")
        node.do(
            "place",
            id="at once",
            name=PERPETUAL,
            side="buy",
            lots=2,
            price="2.9",
            time_in_force="IOC",
        )
        node.until("order", event="OrderCanceled", id="at once")
        node.do("cancel", id="one")
        node.until("order", event="OrderCanceled", id="one")
        node.do("cancel_all", name=PERPETUAL)
        for id in ("stop", "stop limit"):
            node.until("order", event="OrderCanceled", id=id)
        assert not check_state(node, floor)["orders"]


def test_a_node_has_the_books(tmp_path, python):
    """Let the other member trade at random: each last book of the node is the exchange's."""
    with (
        trading(tmp_path, **EVERY) as floor,
        Node(python, floor, floor.members[0]) as node,
    ):
        bob, rng = rest_client(floor, floor.members[1]), random.Random(3)
        bob.load_markets()
        node.do("listen", name=DATED)
        node.until("book", name=DATED)
        for _ in range(60):
            side = rng.choice(("buy", "sell"))
            price = 3 + (1 if side == "sell" else -1) * rng.randint(-5, 30) / 10_000
            bob.create_order(H100_DATED, "limit", side, rng.randint(1, 9), round(price, 4))
        book = floor.gateway.board.book(SYMBOLS.index(H100_DATED))
        told = node.until("book", name=DATED, sequence=book.levels_sequence)
        assert len(node.told("book")) > 40
        for shown, side in ((told["bids"], Side.BUY), (told["asks"], Side.SELL)):
            assert [(round(float(price) * 10_000), int(size)) for price, size in shown] == [
                (ticks, lots) for ticks, lots, _ in book.depth(side)
            ]


def test_nodes_find_themselves_again_after_a_restart_of_the_server(tmp_path, python):
    """Leave an order half filled and a position, and open the market again at its address.

    The node that was there misses a fill and finds it out; a new one begins with all there is.
    """
    with ExitStack() as stack:
        with trading(tmp_path, **EVERY) as floor:
            node = stack.enter_context(Node(python, floor, floor.members[0]))
            bob = rest_client(floor, floor.members[1])
            bob.load_markets()
            node.do("place", id="one", name=PERPETUAL, side="buy", lots=7, price="2.96")
            node.until("order", event="OrderAccepted", id="one")
            bob.create_order(H100, "market", "sell", 3)
            node.until("order", event="OrderFilled", id="one")
            check_state(node, floor)
            port = int(floor.url.rpartition(":")[2])
        with trading(tmp_path, **EVERY, known=floor.members, port=port) as floor:
            bob.create_order(H100, "market", "sell", 2)
            node.until_state(lambda state: state["positions"] == {PERPETUAL: 5.0})
            check_state(node, floor)
            node.do("place", id="two", name=PERPETUAL, side="buy", lots=1, price="2.9")
            node.until("order", event="OrderAccepted", id="two")
            with Node(python, floor, floor.members[0]) as fresh:
                assert len(check_state(fresh, floor)["orders"]) == 2
                bob.create_order(H100, "market", "sell", 2)
                for each in (node, fresh):
                    each.until_state(lambda state: state["positions"] == {PERPETUAL: 7.0})
                    check_state(each, floor)
            stack.close()
