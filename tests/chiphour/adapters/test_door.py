"""TEST DOOR: a market's own door waits for what is durable, and names what was refused.

Takes   a market on disk; events.
Gives   claims on submitting, asking, refusals.
Keeps   the loop free meanwhile.
Source  Decisions 0011 and 0034.
"""

import asyncio

import numpy as np
import pytest

from chiphour.adapters.door import MarketDoor
from chiphour.adapters.door import WishRefused
from chiphour.adapters.door import check_taken
from chiphour.adapters.market import Market
from chiphour.adapters.members import Members
from chiphour.adapters.members import name_bytes
from chiphour.exchange import events as e
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.compose import event
from chiphour.exchange.reasons import Reason


def test_all_who_listen_have_heard_when_a_door_answers(tmp_path):
    """Also after a restart, and while the loop does something else."""
    members, again, turns = Members(), Members(), []

    async def turning():
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    async def run(door):
        other = asyncio.create_task(turning())
        row = command(Kind.OPEN_ACCOUNT, account=9)
        said = await door.submit(row[None], name_bytes(9, "acme"))
        known = members.named("acme")
        cash = await door.ask(lambda engine: engine.account(9).cash_microusd)
        other.cancel()
        return said, known, cash

    with Market(tmp_path, demonstration=False, hear=members.hear) as market:
        said, known, cash = asyncio.run(run(MarketDoor(market)))
    assert said.events[0, e.KIND] == e.Kind.ACCOUNT_OPENED
    assert (known.account, cash) == (9, 0)
    assert len(turns) > 1
    with Market(tmp_path, demonstration=False, hear=again.hear):
        assert again.all() == members.all()


def test_the_first_refusal_is_raised_with_its_reason():
    refused = event(e.Kind.REFUSED, reason=Reason.MONEY_ABOVE_MAX)
    check_taken(event(e.Kind.DEPOSITED)[None])
    with pytest.raises(WishRefused, match="found MONEY_ABOVE_MAX") as caught:
        check_taken(np.stack([event(e.Kind.DEPOSITED), refused]))
    assert caught.value.reason == Reason.MONEY_ABOVE_MAX
