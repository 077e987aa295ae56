"""TEST EXCHANGE_METER: what the exchange did is counted.

Takes   frames of a plain exchange, a clock that is moved.
Gives   claims on counts and on the rate.
Keeps   a rate over full seconds.
Source  Decision 0034.
"""

import numpy as np

from chiphour.adapters.commit import Told
from chiphour.adapters.exchange_meter import RATE_S
from chiphour.adapters.exchange_meter import ExchangeMeter
from chiphour.adapters.meters import Meters
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.events import EVENT_COLUMNS
from chiphour.units import NS_PER_SECOND
from doored import PlainDoor
from told import NOW

NOTHING = np.zeros((0, EVENT_COLUMNS), np.int64)


def readings(meters):
    lines = [line for line in meters.text().decode().splitlines() if line[:1] != "#"]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_commands_are_counted_by_kind_and_time_is_that_of_the_last():
    door, meter, meters = PlainDoor(), ExchangeMeter(), Meters()
    door.tell([command(Kind.OPEN_ACCOUNT, account=account) for account in (8, 9)])
    door.tell(command(Kind.DEPOSIT, account=8, amount_microusd=1))
    meter.add_to(meters, lambda: 5)
    for frame in door.frames:
        meter.hear(frame)
    found = readings(meters)
    assert found['chiphour_exchange_commands_total{kind="open_account"}'] == 2
    assert found['chiphour_exchange_commands_total{kind="deposit"}'] == 1
    assert found["chiphour_exchange_sequence"] == 3
    assert found["chiphour_exchange_market_time_seconds"] == NOW / NS_PER_SECOND
    assert found["chiphour_exchange_queue_commands"] == 5


def test_the_rate_is_of_full_seconds_since_the_start():
    now = [1_000 * NS_PER_SECOND]
    meter, meters = ExchangeMeter(lambda: now[0]), Meters()
    orders = np.array([command(Kind.ORDER)] * 30)
    meter.hear(Told(orders, NOTHING, []))  # From the journal: it counts for no rate.
    meter.add_to(meters, lambda: 0)
    for _ in range(2 * RATE_S):
        meter.hear(Told(orders, NOTHING, []))
        meter.hear(Told(orders[:5], NOTHING, []))
        now[0] += NS_PER_SECOND
    assert readings(meters)["chiphour_exchange_orders_per_second"] == 35
    now[0] += RATE_S // 2 * NS_PER_SECOND
    assert readings(meters)["chiphour_exchange_orders_per_second"] == 35 / 2
    now[0] += RATE_S * NS_PER_SECOND
    assert readings(meters)["chiphour_exchange_orders_per_second"] == 0
