"""TEST ALERT DESK: alerts reach real receivers, whatever others do.

Takes   receivers on this machine that take, fail and are slow; a desk over a small archive.
Gives   claims on delivery, on order, on channels.
Keeps   deadlines short where a test waits for one.
Source  Decision 0042.
"""

import asyncio
import json
import time

import pytest

from asking import asking
from asking import hour
from asking import price
from chiphour.adapters import webhooks
from chiphour.adapters.alert_desk import LOOKED_EVERY_TURNS
from chiphour.adapters.alert_desk import AlertDesk
from chiphour.adapters.alerts import BACKOFF_NS
from chiphour.adapters.alerts import Alerts
from chiphour.adapters.signals import answers_at
from chiphour.adapters.webhooks import SIGNATURE
from chiphour.adapters.webhooks import signature
from chiphour.analyse.alerts import Rule
from receiving import receiving

RULE = Rule(0, "", "price", "h100-sxm", "below", 3 * 10**9)


@pytest.fixture
def desk(tmp_path):
    rows = [price("lambda", hour(0), 2), price("lambda", hour(1), 4), price("lambda", hour(2), 2)]
    questions = asking(tmp_path / "state", rows)
    made = AlertDesk(Alerts(tmp_path), lambda: (answers_at(questions, made.at_ns), {}))
    made.at_ns = hour(0)
    yield made
    made.alerts.close()


def states(desk, owner=""):
    return [(each.delivery, each.attempts) for each in reversed(desk.alerts.made(owner, 100))]


def test_an_alert_is_delivered_signed_and_once(desk):
    with receiving() as receiver:
        _, secret = desk.alerts.add(RULE, receiver.url)
        assert len(desk.judge()) == 1
        assert asyncio.run(desk.deliver(5 * 10**9)) == 1
        assert asyncio.run(desk.deliver(1 << 62)) == 0
    ((_, headers, body),) = receiver.heard
    assert json.loads(body) == {
        "id": 1,
        "rule": 1,
        "kind": "price",
        "subject": "h100-sxm",
        "side": "below",
        "threshold": "3.000000000",
        "value": "2.000000000",
        "time": "2026-05-04T00:00:00Z",
        "text": "h100-sxm: price is $2.000000000 an hour, below $3.000000000 an hour.",
    }
    assert headers[SIGNATURE] == signature(secret, 5, body)
    assert states(desk) == [("delivered", 1)]


def test_one_that_fails_and_one_that_is_slow_hold_up_nobody(desk, monkeypatch):
    monkeypatch.setattr(webhooks, "DEADLINE_S", 2.0)
    with (
        receiving() as good,
        receiving(status=503) as failing,
        receiving(slow_s=8.0) as slow,
    ):
        for receiver in (slow, failing, good):
            desk.alerts.add(RULE, receiver.url)
        desk.judge()
        began = time.monotonic()
        asyncio.run(desk.deliver(0))
        assert time.monotonic() - began < 7
        assert states(desk) == [("waiting", 1), ("waiting", 1), ("delivered", 1)]
        assert asyncio.run(desk.deliver(BACKOFF_NS - 1)) == 0
        failing.status = 200
        asyncio.run(desk.deliver(BACKOFF_NS))
        assert states(desk) == [("waiting", 2), ("delivered", 2), ("delivered", 1)]
        assert failing.heard[0][2] == failing.heard[1][2]


def test_a_rule_is_judged_once_for_each_time_and_speaks_again_after_it_ceased(desk):
    desk.alerts.add(RULE)
    assert (len(desk.judge()), len(desk.judge())) == (1, 0)
    for at_ns, begun in ((hour(1), 0), (hour(2), 1)):
        desk.at_ns = at_ns
        assert len(desk.judge()) == begun


def test_a_host_that_is_allowed_no_more_gets_nothing(desk):
    with receiving() as receiver:
        member = RULE._replace(owner="101")
        desk.alerts.add(member, receiver.url)
        desk.judge()
        asyncio.run(desk.deliver(0))
        assert receiver.heard == []
        assert states(desk, "101") == [("waiting", 1)]
        desk.allowed = frozenset({f"127.0.0.1:{receiver.port}"})
        asyncio.run(desk.deliver(BACKOFF_NS))
        assert len(receiver.heard) == 1


def said(source, turn=LOOKED_EVERY_TURNS):
    return [each["subject"] for each in source.tick(turn)]


def test_a_channel_tells_the_operators_alerts_on_its_chip_once(desk):
    one, every, other = (
        desk.family(None, [word], None) for word in ("H100-SXM", "any", "b200-sxm")
    )
    desk.alerts.add(RULE)
    desk.alerts.add(RULE._replace(owner="101"))
    desk.judge()
    assert said(one, 1) == []
    assert (said(one), said(every), said(other)) == (["h100-sxm"], ["h100-sxm"], [])
    assert (said(one), one.first()) == ([], None)


@pytest.mark.parametrize("words", [[], ["h100"], ["h100-sxm", "raw"], ["any", "any"]])
def test_a_channel_of_another_name_is_none(desk, words):
    assert desk.family(None, words, None) is None


def test_a_series_has_a_channel(desk):
    assert desk.family(None, ["h100-sxm-od"], None) is not None
