"""TEST ALERTS API: rules kept, told, forgotten; alerts of one's own; a feed for everybody.

Takes   a market that trades, with its operator and members; a real receiver.
Gives   claims on shapes, on who sees what, on refusals, on a webhook, the feed and the channel.
Keeps   members' rules out of everybody else's sight.
Source  Decision 0042.
"""

import json
import time

import feedparser
import msgspec
import pytest
from websockets.sync.client import connect

from chiphour.adapters.alerts import Alerts
from chiphour.adapters.serve import shapes_alerts as shapes
from chiphour.adapters.webhooks import SIGNATURE
from chiphour.adapters.webhooks import signature
from receiving import receiving

RULE = {"kind": "price", "subject": "h100-sxm", "side": "below", "threshold": "2.50"}


def strictly(answer, shape, status=200):
    assert answer.status_code == status, answer.text
    return msgspec.json.decode(answer.content, type=shape, strict=True)


def test_a_rule_is_kept_listed_and_forgotten(trading):
    made = strictly(trading.operator.post("/api/alert-rules", json=RULE), shapes.MadeRule, 201)
    assert (made.rule.threshold, made.rule.url, made.secret) == ("2.500000000", "", None)
    listed = strictly(trading.operator.get("/api/alert-rules"), shapes.Rules)
    assert made.rule in listed.rules
    left = trading.operator.delete(f"/api/alert-rules/{made.rule.id}")
    assert made.rule not in strictly(left, shapes.Rules).rules
    again = trading.operator.delete(f"/api/alert-rules/{made.rule.id}")
    assert again.status_code == 404
    strictly(trading.operator.get("/api/alerts?last=5"), shapes.AlertList)


def test_a_member_sees_its_own_rules_alone(trading):
    one, other = trading.join(), trading.join()
    kept = trading.signed(one, "POST", "/api/alert-rules", RULE)
    rule = strictly(kept, shapes.MadeRule, 201).rule
    assert strictly(trading.signed(one, "GET", "/api/alert-rules"), shapes.Rules).rules == [rule]
    assert strictly(trading.signed(other, "GET", "/api/alert-rules"), shapes.Rules).rules == []
    operators = strictly(trading.operator.get("/api/alert-rules"), shapes.Rules)
    assert rule.id not in [each.id for each in operators.rules]
    assert trading.signed(other, "DELETE", f"/api/alert-rules/{rule.id}").status_code == 404
    assert strictly(trading.signed(one, "GET", "/api/alerts"), shapes.AlertList).alerts == []


def test_nobody_unknown_keeps_a_rule(trading):
    assert trading.anybody.post("/api/alert-rules", json=RULE).status_code == 401
    assert trading.anybody.get("/api/alerts").status_code == 401


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"subject": "h100"}, "expected a chip in one form"),
        ({"threshold": "cheap"}, "threshold: expected a decimal number"),
        ({"threshold": "1.0000000001"}, "threshold: expected a multiple of one nano-dollar"),
        ({"threshold": "-1"}, "threshold: expected a number from 0"),
        ({"kind": "supply", "threshold": "1.5"}, "expected a multiple of one GPU"),
        ({"kind": "suppression"}, "expected a series such as h100-sxm-od"),
        ({"kind": "weather"}, "body: expected JSON of its shape"),
        ({"url": "ftp://127.0.0.1/"}, "url: expected http:// or https://"),
        ({"url": "http://127.0.0.1:65536/"}, "url: expected a port from 1 to 65535"),
        ({"threshold": "1000001"}, "threshold: expected a number from 0"),
        ({"more": 1}, "body: expected JSON of its shape"),
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused_in_one_sentence(trading, changes, words):
    answer = trading.operator.post("/api/alert-rules", json=RULE | changes)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_an_id_that_no_rule_can_have_is_refused(trading):
    answer = trading.operator.delete("/api/alert-rules/99999999999999999999")
    assert (answer.status_code, "rule_id: expected" in answer.json()["error"]) == (400, True)


def test_a_member_may_not_make_the_server_ask_this_machine(trading):
    hooked = RULE | {"url": "http://127.0.0.1:1/hook"}
    answer = trading.signed(trading.join(), "POST", "/api/alert-rules", hooked)
    assert answer.status_code == 400
    assert "expected a host that the operator allows" in answer.json()["error"]


def test_an_alert_reaches_the_receiver_the_feed_and_the_operator(trading):
    """The market of these tests saw no price, so the alert is put where a judgement would."""
    with receiving() as receiver:
        hooked = RULE | {"url": receiver.url}
        made = trading.operator.post("/api/alert-rules", json=hooked).json()
        fired(trading.folder, made["rule"]["id"])
        deadline = time.monotonic() + 20
        while not receiver.heard and time.monotonic() < deadline:
            time.sleep(0.05)
    ((_, headers, body),) = receiver.heard
    time_s = int(headers[SIGNATURE].partition(",")[0].removeprefix("t="))
    assert headers[SIGNATURE] == signature(made["secret"], time_s, body)
    found = json.loads(body)
    told = strictly(trading.operator.get("/api/alerts"), shapes.AlertList).alerts[0]
    assert (told.id, told.text) == (found["id"], found["text"])
    feed = feedparser.parse(trading.anybody.get("/feeds/alerts.atom").content)
    assert not feed.bozo
    assert found["text"] in [entry.summary for entry in feed.entries]
    trading.operator.delete(f"/api/alert-rules/{made['rule']['id']}")


def fired(folder, rule_id):
    """Put an alert of a rule into the file, as a judgement does."""
    alerts = Alerts(folder)
    with alerts._writing() as database:
        database.execute(
            "INSERT INTO alerts (rule, owner, kind, subject, side, threshold, time_ns, value, "
            "text, delivery, url, secret) SELECT id, owner, kind, subject, side, threshold, 0, 1, "
            "'h100-sxm: price fell.', 'waiting', url, secret FROM rules WHERE id = ?",
            (rule_id,),
        )
    alerts.close()


def test_a_channel_of_a_chip_may_be_listened_to(trading):
    address = trading.address.replace("http", "ws", 1) + "/ws/api/v2"
    with connect(address) as socket:
        for channel, is_there in (("alerts.h100-sxm", True), ("alerts.h100", False)):
            request = {"jsonrpc": "2.0", "id": 1, "method": "public/subscribe"}
            socket.send(json.dumps(request | {"params": {"channels": [channel]}}))
            answer = json.loads(socket.recv(timeout=10))
            assert ("result" in answer) is is_there, answer
