"""GATEWAY: what members were told is what the journal says, told again.

Takes   a real market with its doors open; a flow of orders of two members at once.
Gives   failures.
Keeps   nothing of what waited once it is answered.
Source  Decisions 0028 and 0035; rulebook 12.
"""

import asyncio
import random
from concurrent.futures import Future

import numpy as np
import pytest

from chiphour.adapters.commit import SequencerStopped
from chiphour.adapters.gateway import PENDING_MAX
from chiphour.adapters.gateway import Gateway
from chiphour.adapters.gateway import GatewayBusy
from chiphour.adapters.market import Market
from chiphour.adapters.sequencer import Submission
from chiphour.exchange.commands import SEQUENCE
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from raw_socket import Raw
from raw_socket import request
from trading import NAME
from trading import trading


def flow(seed):
    """Give requests of a member: orders that rest and trade, cancels, edits."""
    some = random.Random(seed)
    order = {"instrument_name": NAME, "type": "limit"}
    for number in range(300):
        side = some.choice(("buy", "sell"))
        more = {"price": some.randrange(29_900, 30_100) / 10_000, "amount": some.randrange(1, 5)}
        if some.random() < 0.3:
            more["label"] = some.choice("abc")
        if some.random() < 0.05:
            yield request("private/cancel_all", number)
        else:
            yield request(f"private/{side}", number, **order, **more)


def test_a_replay_folds_to_what_was_told_live(tmp_path):
    """Two members trade at once; the journal, heard by another gateway, tells the same orders."""
    with trading(tmp_path) as floor:
        clients = [Raw(floor.socket_url, member) for member in floor.members]
        told: dict[str, dict] = {}
        for place, client in enumerate(clients):
            client.send(b"".join(flow(place)))
        for client in clients:
            for answer in client.answers(300):
                order = answer.get("result", 0)
                if isinstance(order, dict):
                    told[order["order"]["order_id"]] = order["order"]
            client.socket.close()
        live = {each.account: floor.gateway.blotter(each.account) for each in floor.members}
        labels = {
            (account, order.label): floor.gateway.labels.word_of(account, order.label)
            for account, blotter in live.items()
            for order in blotter.orders.values()
        }
        stood = floor.gateway.sequence, dict(floor.gateway.instruments)
        assert not floor.gateway._outcomes
        assert not floor.gateway._late
    again = Gateway()
    with Market(tmp_path, demonstration=False, hear=again.hear) as market:
        again.open(market, asyncio.new_event_loop())
        assert again.sequence == stood[0]
        assert [each.name for each in again.instruments.values()] == [
            each.name for each in stood[1].values()
        ]
    assert len(told) > 300
    for account, blotter in live.items():
        assert again.blotter(account).orders == blotter.orders
    for (account, number), word in labels.items():
        assert again.labels.word_of(account, number) == word


class Floor:
    """A market that answers when it is told to."""

    def __init__(self) -> None:
        self.handed: list[Submission] = []

    def listed(self):
        return []

    def question(self, question):
        raise AssertionError

    def hand_in(self, rows, private=b""):
        self.handed.append(Submission(rows, private, future=Future()))
        return self.handed[-1]


def on_loop(deed):
    async def run():
        gateway, floor = Gateway(), Floor()
        gateway.open(floor, asyncio.get_running_loop())
        await deed(gateway, floor)

    asyncio.run(run())


def test_a_turn_of_the_loop_is_one_submission_and_a_full_gateway_refuses_at_once():
    async def deed(gateway, floor):
        row, given = command(Kind.CANCEL, account=8, order=1), []
        for _ in range(PENDING_MAX):
            gateway.place(row, given.append)
        with pytest.raises(GatewayBusy, match="try again"):
            gateway.place(row, given.append)
        with pytest.raises(GatewayBusy):
            await gateway.submit(commands([row]))
        await asyncio.sleep(0)
        assert sum(len(each.rows) for each in floor.handed) == PENDING_MAX
        for each in floor.handed:
            each.future.set_exception(SequencerStopped("the disk is full"))
        await asyncio.sleep(0.01)
        assert [str(each) for each in given] == ["the disk is full"] * PENDING_MAX
        gateway.place(row, given.append)

    on_loop(deed)


def test_a_market_that_stops_fails_who_waits_and_refuses_who_comes():
    async def deed(gateway, floor):
        row = command(Kind.CANCEL, account=8, order=1)
        waiting = asyncio.ensure_future(gateway.place_one(row))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        floor.handed[0].future.set_exception(OSError("not a fault of the market"))
        with pytest.raises(SequencerStopped, match="not a fault"):
            await waiting
        gateway.close()
        with pytest.raises(SequencerStopped, match="closed"):
            gateway.place(row, lambda outcome: None)

    on_loop(deed)


def test_who_gave_up_waiting_harms_nobody():
    async def deed(gateway, floor):
        row = command(Kind.CANCEL, account=8, order=1)
        waiting, given = asyncio.ensure_future(gateway.place_one(row)), []
        await asyncio.sleep(0)
        gateway.place(row, given.append)
        waiting.cancel()
        await asyncio.sleep(0)
        floor.handed[0].future.set_exception(SequencerStopped("later"))
        await asyncio.sleep(0.01)
        assert [str(each) for each in given] == ["later"]
        assert gateway._pending == 0

    on_loop(deed)


def test_rows_are_handed_in_as_they_came():
    async def deed(gateway, floor):
        rows = [command(Kind.CANCEL, account=8, order=order) for order in range(1_000)]
        for row in rows:
            gateway.place(row, lambda outcome: None)
        await asyncio.sleep(0)
        handed = np.concatenate([each.rows for each in floor.handed])
        assert (handed == np.stack(rows)).all()
        assert (handed[:, SEQUENCE] == 0).all()

    on_loop(deed)


def test_a_fold_that_fails_closes_every_door(tmp_path, caplog):
    """Let a listener fail once: the order is durable, its sender is told, nothing else is said."""
    with trading(tmp_path) as floor:
        one, two = (Raw(floor.socket_url, member) for member in floor.members)

        def fail(heard):
            raise ValueError("deaf")

        floor.gateway.listen(fail)
        order = {"instrument_name": NAME, "type": "limit", "price": 2.9, "amount": 1}
        for client in (one, two):
            client.send(request("private/buy", 1, **order))
            (answer,) = client.answers(1)
            assert answer["error"]["code"] == 11051, answer
        assert floor.market.ask(lambda engine: engine.book(0, 1)[0])[0][1] == 1
    assert "deaf" in caplog.text
